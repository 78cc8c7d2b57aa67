"""Write down the config as it was used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posner.files import write_json
from posner.workflow.command import Command


class RecordConfig(Command):
    """Write the whole config: config.yaml, other files and the command line put together."""

    config: dict[str, Any]
    """The config."""
    output: Path
    """JSON file to write."""

    def execute(self) -> None:
        write_json(self.output, self.config)
