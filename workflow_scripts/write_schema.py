"""Write the JSON schema of the config, which editors complete and check it with."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from .posner.artifacts import write_json
from .posner.cli import Command, run
from .posner.config import Config


class WriteSchema(Command):
    """Write the JSON schema of the config."""

    output: Path = Field(Path("resources/config.schema.json"), description="JSON file to write.")

    def cli_cmd(self) -> None:
        write_json(self.output, Config.model_json_schema())


if __name__ == "__main__":
    run(WriteSchema)
