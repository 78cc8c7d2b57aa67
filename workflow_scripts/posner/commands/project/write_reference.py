"""Write the reference of config keys and commands for the documentation."""

from __future__ import annotations

import importlib
from pathlib import Path

from pydantic import BaseModel

from posner.commands.names import COMMANDS, class_name, module_names
from posner.config.study import Config
from posner.files import atomic_path
from posner.report.reference import commands_page, config_page
from posner.workflow.command import Command


class WriteReference(Command):
    """Write the reference of config keys and commands as Markdown."""

    output: Path = Path("docs/reference")
    """Folder to write config.md and commands.md to."""

    def execute(self) -> None:
        pages = {"config.md": config_page(Config), "commands.md": commands_page(command_classes(), Config)}
        for name, text in pages.items():
            with atomic_path(self.output / name) as path:
                path.write_text(text, encoding="utf-8")


def command_classes() -> dict[str, dict[str, type[BaseModel]]]:
    """The class of every command, by stage and name; imports all of them."""
    modules = module_names()
    return {
        stage: {name: getattr(importlib.import_module(modules[name]), class_name(name)) for name in names}
        for stage, names in COMMANDS.items()
    }
