"""Config files as they are written: a key that is given twice is an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from posner.errors import InputError, message_line

# The loader in C is ten times as fast, and not in every build of PyYAML.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def refuse_repeated_keys(paths: Iterable[Path]) -> None:
    """Check config files for keys that are given twice; readers of YAML and JSON drop the first value.

    Raises:
        InputError: a key is given twice; the message names the file and both lines.
    """
    for path in paths:
        try:
            # Blanks for tabs: the files may be JSON, in which YAML does not allow them.
            text = path.read_text(encoding="utf-8").replace("\t", " ")
            repeated = list(repeated_keys(yaml.compose(text, Loader=LOADER)))
        except (OSError, ValueError, RecursionError, yaml.YAMLError):  # Snakemake reports what it cannot read
            continue
        if repeated:
            key, first, second = repeated[0]
            raise InputError(
                message_line(f"{path}, line {second}: {key} is given a second time, after line {first}; merge the two")
            )


def repeated_keys(root: yaml.Node | None) -> Iterator[tuple[str, int, int]]:
    """Keys that occur twice in one mapping, each with its outer keys, and the lines of both, from 1."""
    left: list[tuple[str, yaml.Node | None]] = [("", root)]
    seen: set[int] = set()  # an alias may lead back to a node
    while left:
        outer, node = left.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            left.extend((f"{outer}{number}.", item) for number, item in enumerate(node.value))
        elif isinstance(node, yaml.MappingNode):
            lines: dict[tuple[str, str], int] = {}
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):  # no setting has such a key
                    continue
                name, line = (key.tag, key.value), key.start_mark.line + 1
                if name in lines:
                    yield f"{outer}{key.value}", lines[name], line
                lines.setdefault(name, line)
                left.append((f"{outer}{key.value}.", value))
