"""Config files as they are written: what readers of YAML and JSON would silently drop or change is an error."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from posner.errors import InputError, message_line

# The loader in C is ten times as fast, and not in every build of PyYAML.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TAG = "tag:yaml.org,2002:"
# YAML 1.1 also knows octal, hexadecimal, binary and sexagesimal numbers, and underscores.
PLAIN_NUMBERS = {f"{TAG}int": r"-?(0|[1-9][0-9]*)", f"{TAG}float": r"[^_:]*"}
KEY_KINDS = {"int": "a number", "float": "a number", "timestamp": "a date"}


def refuse_misread(paths: Iterable[Path]) -> None:
    """Check config files for what their readers silently drop or change.

    Raises:
        InputError: a key is given twice, or is no text, or a number is not read as it is written; the message names
            the file and the line.
    """
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError):  # Snakemake reports what it cannot read
            continue
        if problem := first_problem(text):
            raise InputError(message_line(f"{path}{problem}"))


def refuse_misread_arguments(arguments: Iterable[str]) -> None:
    """As :func:`refuse_misread`, for the values of ``--config``, of which Snakemake takes all scalars for text.

    Raises:
        InputError: a key is given twice.
    """
    for argument in arguments:
        key, _, text = argument.partition("=")
        if repeated := next(repeated_keys(compose(text), f"{key}."), None):
            raise InputError(message_line(f"--config: {repeated[0]} is given twice; merge the two"))


def first_problem(text: str) -> str | None:
    """The first problem of a file, with its line where that is known."""
    # Blanks for tabs: the file may be JSON, in which YAML does not allow them.
    root = compose(text.replace("\t", " "))
    if root is None:
        repeated = repeated_json_key(text)
        return None if repeated is None else f": {repeated} is given twice; merge the two"
    for key, first, second in repeated_keys(root):
        return f", line {second}: {key} is given a second time, after line {first}; merge the two"
    return next((f", line {line}: {problem}" for line, problem in misread_scalars(root)), None)


def compose(text: str) -> yaml.Node | None:
    """The nodes of a YAML document; ``None`` if it is empty or not YAML, such as JSON with half characters."""
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=LOADER)
    except (ValueError, RecursionError, yaml.YAMLError):
        return None
    return root


def repeated_json_key(text: str) -> str | None:
    """A key that is given twice in one object of a JSON document; ``None`` if there is none, and for other text."""
    repeated: list[str] = []

    def note_repeated(pairs: list[tuple[str, Any]]) -> None:
        repeated.extend(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)

    try:
        json.loads(text, object_pairs_hook=note_repeated)
    except (ValueError, RecursionError):
        return None
    return repeated[0] if repeated else None


def nodes(root: yaml.Node | None, outer: str = "") -> Iterator[tuple[str, yaml.Node]]:
    """All nodes below `root`, with the keys that lead there, each before its own."""
    left = [(outer, root)]
    seen: set[int] = set()  # an alias may lead back to a node
    while left:
        outer, node = left.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        yield outer, node
        if isinstance(node, yaml.SequenceNode):
            left.extend((f"{outer}{number}.", item) for number, item in enumerate(node.value))
        elif isinstance(node, yaml.MappingNode):
            left.extend((f"{outer}{key.value}.", value) for key, value in scalar_items(node))


def scalar_items(node: yaml.MappingNode) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    """The items of a mapping; no setting has a key that is a list or a mapping."""
    return [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]


def repeated_keys(root: yaml.Node | None, outer: str = "") -> Iterator[tuple[str, int, int]]:
    """Keys that occur twice in one mapping, each with its outer keys, and the lines of both, from 1."""
    for place, node in nodes(root, outer):
        lines: dict[tuple[str, str], int] = {}
        for key, _ in scalar_items(node) if isinstance(node, yaml.MappingNode) else []:
            name, line = (key.tag, key.value), key.start_mark.line + 1
            if name in lines:
                yield f"{place}{key.value}", lines[name], line
            lines.setdefault(name, line)


def misread_scalars(root: yaml.Node) -> Iterator[tuple[int, str]]:
    """Keys that are no text, and numbers that are not read as they are written: the line, from 1, and the problem."""
    for _, node in nodes(root):
        line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            for key, _ in scalar_items(node):
                if (kind := key.tag.removeprefix(TAG)) not in ("str", "merge"):
                    read = str(yaml.safe_load(key.value)).lower() if kind == "bool" else KEY_KINDS.get(kind, kind)
                    yield key.start_mark.line + 1, f"the key {key.value} is read as {read}; put it in quotes"
        elif node.tag in PLAIN_NUMBERS and not re.fullmatch(PLAIN_NUMBERS[node.tag], node.value):
            number = yaml.safe_load(node.value)
            yield line, f"{node.value} is read as {number}; write the number in decimal digits, or text in quotes"
