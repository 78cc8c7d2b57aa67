"""Results are made again if their provenance records are missing or differ from what their rules ask for.

Snakemake decides by dates and by metadata in ``.snakemake``, which are written when a job ends. It considers outputs
without metadata current, and does not know of the files that a rule does not name, such as the tokenizer of a model.

Snakemake has no hook for further reasons. It asks its persistence whether a job has metadata, after all other reasons
were excluded. The function that replaces this question here also reads the job's record, and gives the job a reason to
run, which a dry run prints as it prints others. It asks in the order in which the data flow, so the hashes of what a
job reads are known from the records of earlier jobs, and no file is hashed.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from posner.workflow.records import CODE, difference, missing_files, origin, output_paths
from posner.workflow.verification import read_record
from snakemake.logging import logger
from snakemake_patches import is_tested


def apply() -> None:
    """Have Snakemake read records; a version that was not tested does not."""
    installed = version("snakemake")
    if not is_tested(installed):
        logger.info(f"Provenance records are not checked: that was not tested with Snakemake {installed}.")
        return
    # Internal to Snakemake, so another version may have them elsewhere.
    from snakemake.persistence import NO_PARAMS_CHANGE, ParamsChange, PersistenceBase
    from snakemake.settings.enums import RerunTrigger

    has_metadata, params_changed = PersistenceBase.has_metadata, PersistenceBase.params_changed
    hashes: dict[str, str] = {}  # of all results so far, by path
    changes: dict[Any, ParamsChange] = {}

    def has_record_and_metadata(persistence: PersistenceBase, job: Any) -> bool:
        """Whether the job has metadata; if its record or a file is missing, the job gets a reason to run."""
        path, reason = record_path(job), persistence.dag.reason(job)
        if path:
            record = read_record(path)
            reason.missing_output.update(missing_files(path, record))
            if record:
                recorded, current = difference(record, job.params) | origin(record, path, hashes)
                changes[job] = ParamsChange(set(recorded), set(current), set(job.output))
                hashes.update(output_paths(record, path))
        if has_metadata(persistence, job):
            return True
        if RerunTrigger.PARAMS in persistence.dag.workflow.rerun_triggers:
            reason.params_changed = changes.get(job, NO_PARAMS_CHANGE)
        return False

    def params_or_record_changed(persistence: PersistenceBase, job: Any, file: Any = None) -> ParamsChange | bool:
        """The difference of the params from the metadata, else that of the record from what it would be now."""
        return params_changed(persistence, job, file) or changes.get(job, NO_PARAMS_CHANGE)

    PersistenceBase.has_metadata = has_record_and_metadata  # type: ignore[method-assign]
    PersistenceBase.params_changed = params_or_record_changed  # type: ignore[method-assign]


def record_path(job: Any) -> Path | None:
    """The provenance record of a job whose results are there; ``None`` if they are not, or have no record.

    It is the output `provenance`, or has the name of the first output.
    """
    if not any(map(os.path.exists, job.output)):  # first, because in a new study nothing is there
        return None
    if not any(isinstance(param, str) and param.startswith(CODE) for param in job.params):
        return None  # not a command of posner
    if hasattr(job.output, "provenance"):
        return Path(job.output.provenance)
    return Path(job.output[0]).with_suffix(".provenance.json")
