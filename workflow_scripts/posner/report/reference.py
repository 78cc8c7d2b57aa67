"""The reference pages of the documentation: every config key and every command, from the models that check them."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from posner.config.base import LARGEST_SEED, NAME_LENGTH, NAME_PATTERN

Schema = Mapping[str, Any]  # JSON schema

NOTE = "<!-- `posner write_reference` writes this page from the models of the settings. -->"
BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
ABBREVIATIONS = {"pos": "POS", "ner": "NER"}
COLUMNS = ("type", "default", "description")


@dataclass(frozen=True)
class Section:
    """A part of the config that has keys of its own."""

    path: str
    """Its place in the file, for example ``corpora.NAME``."""
    source: str | None
    """The value of `source` for which these keys are valid, where they depend on it."""
    definition: str
    """Name of its model."""

    @property
    def title(self) -> str:
        return f"{self.path} (source: {self.source})" if self.source else self.path

    @property
    def anchor(self) -> str:
        """The title as MkDocs and GitHub write it in links."""
        return re.sub(r"[^\w -]", "", self.title).lower().replace(" ", "-")


def config_page(config: type[BaseModel]) -> str:
    """Markdown: a section for each part of a config file, with a table of its keys."""
    schema = config.model_json_schema()
    definitions = schema["$defs"]
    introduction = (
        "A study's file overrides [config.yaml](../../config.yaml), which shows every key in use. The defaults below"
        " apply to keys that are in neither file. Unknown keys are errors. `NAME` is a name of your choice: letters,"
        f" digits, `-` and `_`, at most {NAME_LENGTH}."
    )
    lines = ["# Config keys", NOTE, introduction]
    for section in sections(schema, definitions):
        part = definitions[section.definition]
        keys = {name: key for name, key in part["properties"].items() if not references(key)}
        if keys:
            lines += [f"## {section.title}", flat(part["description"]), table("key", keys, part.get("required", ()))]
    return page(lines)


def commands_page(commands: Mapping[str, Mapping[str, type[BaseModel]]], config: type[BaseModel]) -> str:
    """Markdown: a section for each command, with a table of its options.

    Args:
        commands: commands by name, by stage.
        config: options that are a whole part of the config refer to its page instead of repeating it.
    """
    schema = config.model_json_schema()
    parts = {section.definition: section for section in reversed(list(sections(schema, schema["$defs"])))}
    introduction = (
        "`posner COMMAND --OPTION VALUE`, or `python -m posner COMMAND ...` where only the checkout is there. Lists and"
        " mappings are written as JSON. Rules run the same commands."
    )
    lines = ["# Commands", NOTE, introduction]
    for stage, of_stage in commands.items():
        lines.append(f"## {ABBREVIATIONS.get(stage, stage.replace('_', ' ').capitalize())}")
        for name, command in of_stage.items():
            own = command.model_json_schema()
            options = dict(command_options(own, parts))
            required = {option_name(key) for key in own.get("required", ())}
            lines += [f"### {name}", flat(inspect.getdoc(command) or ""), table("option", options, required)]
    return page(lines)


def command_options(schema: Schema, parts: Mapping[str, Section], prefix: str = "") -> Iterator[tuple[str, Schema]]:
    """Options of a command with their JSON schema; a part of the config is one row that refers to its section."""
    definitions = schema.get("$defs", {})
    for key, value in schema["properties"].items():
        option = option_name(f"{prefix}{key}")
        # A list or a mapping of models is one option, in JSON.
        models = [] if "type" in value else references(value)
        known = [parts[model] for model in models if model in parts]
        if known:
            links = ", ".join(f"[{part.title}](config.md#{part.anchor})" for part in known)
            text = f"{flat(value.get('description', ''))} Options are the keys of {links}."
            yield f"{option}.KEY", {"type": "as there", "description": text}
        elif models:
            for model in models:
                yield from command_options({**definitions[model], "$defs": definitions}, parts, f"{prefix}{key}.")
        else:
            yield option, value


def option_name(key: str) -> str:
    """``max_length`` as an option: ``--max-length``."""
    return f"--{key.replace('_', '-')}"


def sections(
    schema: Schema, definitions: Mapping[str, Schema], path: str = "", source: str | None = None
) -> Iterator[Section]:
    """The parts of a config, in the order of the file, outer ones first."""
    for name, value in schema["properties"].items():
        place = f"{path}{name}.NAME" if "patternProperties" in value else f"{path}{name}"
        for definition in references(value):
            part = definitions[definition]
            kind = part["properties"].get("source", {}).get("const", source)
            yield Section(place, kind, definition)
            yield from sections(part, definitions, f"{place}.", kind)


def references(value: Any) -> list[str]:
    """Names of the models that a JSON schema refers to, in order and once each."""
    if isinstance(value, Mapping):
        own = [value["$ref"].removeprefix("#/$defs/")] if "$ref" in value else []
        inner = [part for key, part in value.items() if key != "discriminator"]
    else:
        own, inner = [], value if isinstance(value, list) else []
    return list(dict.fromkeys([*own, *(name for part in inner for name in references(part))]))


def table(kind: str, keys: Mapping[str, Schema], required: Collection[str]) -> str:
    """A Markdown table of keys or options."""
    lines = [f"| {' | '.join((kind, *COLUMNS))} |", f"|{' --- |' * (1 + len(COLUMNS))}"]
    for name, schema in keys.items():
        default = "required" if name in required else code(schema["default"]) if "default" in schema else ""
        cells = (f"`{name}`", type_name(schema), default, flat(schema.get("description", "")))
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines)


def code(value: Any) -> str:
    """A default as it is written in a config file."""
    return f"`{value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)}`"


def type_name(schema: Schema) -> str:
    """The values that a JSON schema allows, in words, with their bounds."""
    if "const" in schema:
        return code(schema["const"])
    if "enum" in schema:
        return ", ".join(map(code, schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(type_name(part) for part in schema["anyOf"])
    kind = "path" if schema.get("format") == "path" else schema.get("type", "any")
    if kind == "array":
        items = schema.get("items") or {}
        kind = f"list of {type_name(items)}" if items else "list"
    if kind == "object":
        kind = "mapping"
    bounds = [f"{sign} {bound(schema[name])}" for name, sign in BOUNDS.items() if name in schema]
    pattern = [f"matches `{schema['pattern']}`"] if "pattern" in schema else []
    if schema.get("pattern") == f"^{NAME_PATTERN}$":
        kind, pattern = "name", []
    minimum = ["at least one"] if schema.get("minItems") == 1 else []
    return ", ".join([kind, *bounds, *pattern, *minimum])


def bound(number: float) -> str:
    """A bound as a reader remembers it."""
    return "2^63 - 1" if number == LARGEST_SEED else f"{number:,}" if isinstance(number, int) else f"{number:g}"


def flat(text: str) -> str:
    """A description in one line, with reStructuredText roles and literals as Markdown."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text).replace("``", "`")
    return " ".join(text.split())


def page(lines: Sequence[str]) -> str:
    """Paragraphs as the text of a file."""
    return "\n\n".join(lines) + "\n"
