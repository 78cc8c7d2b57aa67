"""Write the JSON schema of the config, which editors complete and check it with."""

from __future__ import annotations

from pathlib import Path

from posner.config.study import Config
from posner.files import write_json
from posner.workflow.command import Command


class WriteSchema(Command):
    """Write the JSON schema of the config."""

    output: Path = Path("resources/config.schema.json")
    """JSON file to write."""

    def execute(self) -> None:
        write_json(self.output, Config.model_json_schema())
