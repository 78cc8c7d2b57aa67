"""Record the config that a study used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posner.files import write_json
from posner.workflow.command import Command


class RecordConfig(Command):
    """Write the whole config: config.yaml, further files and the command line combined."""

    config: dict[str, Any]
    """The config."""
    output: Path
    """JSON file to write."""

    def execute(self) -> None:
        write_json(self.output, self.config)

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")
