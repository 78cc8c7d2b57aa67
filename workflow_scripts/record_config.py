"""Write down the config as it was used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from .posner.artifacts import write_json
from .posner.cli import Command, run


class RecordConfig(Command):
    """Write the whole config: config.yaml, other files and the command line put together."""

    config: dict[str, Any] = Field(description="The config.")
    output: Path = Field(description="JSON file to write.")

    def cli_cmd(self) -> None:
        write_json(self.output, self.config)


if __name__ == "__main__":
    run(RecordConfig)
