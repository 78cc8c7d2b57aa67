"""The reference pages show every config key and every option as the models define them."""

from __future__ import annotations

from pathlib import Path

import pytest
from posner.commands.names import module_names
from posner.commands.project.write_reference import WriteReference, command_classes
from posner.config.study import Config
from posner.report.reference import references, sections
from posner.workflow.options import options

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def test_the_pages_are_current(tmp_path: Path) -> None:
    WriteReference(output=tmp_path).execute()
    for name in ("config.md", "commands.md"):
        written, committed = ((folder / name).read_text(encoding="utf-8") for folder in (tmp_path, REFERENCE))
        assert written == committed, "run `python -m posner write_reference`"


def test_every_config_key_is_on_the_page() -> None:
    page = (REFERENCE / "config.md").read_text(encoding="utf-8")
    schema = Config.model_json_schema()
    for section in sections(schema, schema["$defs"]):
        keys = schema["$defs"][section.definition]["properties"]
        rows = page.partition(f"## {section.title}\n")[2].partition("\n## ")[0]
        assert [key for key, value in keys.items() if not references(value) and f"| `{key}` |" not in rows] == []


@pytest.mark.parametrize("name", sorted(module_names()))
def test_every_option_is_on_the_page(name: str) -> None:
    classes = {name: command for stage in command_classes().values() for name, command in stage.items()}
    page = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    (section,) = page.split(f"### {name}\n")[1:]
    rows = section.partition("\n##")[0]
    for path, _ in options(classes[name]):
        option = f"--{path.replace('_', '-')}"
        assert f"| `{option}` |" in rows or f"| `{option.partition('.')[0]}.KEY` |" in rows
