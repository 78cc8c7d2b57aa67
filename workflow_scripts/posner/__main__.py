"""The command line: ``posner COMMAND``, or ``python -m posner COMMAND`` where only the source root is on the path.

A command is found by its name and only its module is imported, so that help is fast and a job loads what it needs.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from posner.commands.names import COMMANDS, class_name, module_names

USAGE = "usage: posner COMMAND [--OPTION VALUE]...\n       posner COMMAND --help\n       posner --version"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that `arguments` (default: ``sys.argv[1:]``) name; ends the process with status 2 on errors."""
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if name in ("-h", "--help"):
        print("\n".join(overview()))
    elif name == "--version":
        print(f"posner {version()}")
    elif name in module_names():
        from posner.workflow.command import run  # here, because help needs none of what it loads

        run(getattr(importlib.import_module(module_names()[name]), class_name(name)), rest)
    else:
        from posner.errors import suggestion

        sys.stderr.write(f"error: there is no command {name!r}{suggestion(name, module_names())}\n{USAGE}\n")
        raise SystemExit(2)


def version() -> str:
    """The version that pyproject.toml states, or, where there is no checkout, that of the installed package."""
    import tomllib  # here, because no command needs these two
    from importlib import metadata

    project = Path(__file__).parents[2] / "pyproject.toml"
    if not project.is_file():
        return metadata.version("posner")
    return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


def overview() -> Iterator[str]:
    """Lines that list every command with the first line of its module's docstring, by stage."""
    yield USAGE
    width = max(map(len, module_names()))
    for group, names in COMMANDS.items():
        yield f"\n{group.replace('_', ' ')}:"
        for name in names:
            yield f"  {name:{width}}  {first_line(Path(__file__).parent / 'commands' / group / f'{name}.py')}"


def first_line(path: Path) -> str:
    """The first line of a module's docstring; the module is read, not imported."""
    return (ast.get_docstring(ast.parse(path.read_bytes())) or "").partition("\n")[0]


if __name__ == "__main__":
    main()
