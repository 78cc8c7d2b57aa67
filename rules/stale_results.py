"""Results without metadata of Snakemake are rerun if their provenance records differ from the params of their rules.

Snakemake has no hook for that. It asks its persistence whether a job has metadata, and considers the outputs of a job
without them current. The function that replaces this question here also compares the job with its record, and a
difference becomes the reason to run the job, which a dry run prints as it prints changes of params. Records are read
only where metadata are missing.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from posner.workflow.records import difference
from snakemake.logging import logger
from snakemake_patches import is_tested


def apply() -> None:
    """Have Snakemake compare records; a version that was not tested does not."""
    installed = version("snakemake")
    if not is_tested(installed):
        logger.info(f"Results without metadata are not checked: that was not tested with Snakemake {installed}.")
        return
    # Internal to Snakemake, so another version may have them elsewhere.
    from snakemake.persistence import ParamsChange, PersistenceBase
    from snakemake.settings.enums import RerunTrigger

    has_metadata = PersistenceBase.has_metadata

    def compare_records(persistence: PersistenceBase, job: Any) -> bool:
        """Whether the job has metadata; if not, its record may give a reason to run it."""
        if has_metadata(persistence, job):
            return True
        path = record_path(job)
        is_trigger = RerunTrigger.PARAMS in persistence.dag.workflow.rerun_triggers
        if path is not None and is_trigger and path.is_file():  # before the params are asked for, which takes long
            recorded, current = difference(path, job.params)
            persistence.dag.reason(job).params_changed = ParamsChange(set(recorded), set(current), set(job.output))
        return False

    PersistenceBase.has_metadata = compare_records  # type: ignore[method-assign]


def record_path(job: Any) -> Path | None:
    """The provenance record of a job: an output, or beside the model; ``None`` if its command writes none."""
    if hasattr(job.output, "provenance"):
        return Path(job.output.provenance)
    return Path(job.output.model).with_name("provenance.json") if hasattr(job.output, "model") else None
