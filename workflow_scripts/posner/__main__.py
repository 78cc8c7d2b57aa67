"""The command line: ``posner COMMAND``, or ``python -m posner COMMAND`` where only the source root is on the path.

Only the module of the command is imported, so that help is fast and a job loads only what it needs.
"""

from __future__ import annotations

import ast
import importlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from posner.commands.names import COMMANDS, class_name, module_names

USAGE = "usage: posner COMMAND [--OPTION VALUE]...\n       posner COMMAND --help\n       posner --version"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command in `arguments` (default: ``sys.argv[1:]``); invalid input ends the process with status 2."""
    open_closed_streams()
    try:
        try:
            dispatch(sys.argv[1:] if arguments is None else arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # the reader of the output, such as `head`, has ended
        discard_output()
        raise SystemExit(1) from None
    except OSError as error:
        discard_output()
        if not (isinstance(error.__context__, SystemExit) and error.__context__.code):  # else there is an error already
            sys.stderr.write(f"error: standard output cannot be written: {error}\n")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(128 + signal.SIGINT) from None


def open_closed_streams() -> None:
    """Open standard output and error if they were closed: writing to the first fails, to the second is in vain.

    Otherwise the next file that is opened has the number of the closed one, and receives what is printed.
    """
    for number, name, flags in ((1, "stdout", os.O_RDONLY), (2, "stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, flags)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115


def discard_output() -> None:
    """Send what is left of the output nowhere, or Python reports at exit that it cannot be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def dispatch(arguments: Sequence[str]) -> None:
    """Show help or the version, or run a command."""
    name, *rest = arguments or ["--help"]
    if name in ("-h", "--help"):
        print("\n".join(overview()))
    elif name == "--version":
        print(f"posner {version()}")
    elif name in module_names():
        from posner.workflow.command import run  # here, because help does not need it

        run(getattr(importlib.import_module(module_names()[name]), class_name(name)), rest)
    else:
        from posner.errors import suggestion

        sys.stderr.write(f"error: unknown command {name!r}{suggestion(name, module_names())}\n{USAGE}\n")
        raise SystemExit(2)


def version() -> str:
    """The version in pyproject.toml of the checkout, else that of the installed package."""
    import tomllib  # here, because commands do not need these two
    from importlib import metadata

    project = Path(__file__).parents[2] / "pyproject.toml"
    if not project.is_file():
        return metadata.version("posner")
    return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


def overview() -> Iterator[str]:
    """Lines of the list of all commands, by stage, each with the first line of its module's docstring."""
    yield USAGE
    width = max(map(len, module_names()))
    for group, names in COMMANDS.items():
        yield f"\n{group.replace('_', ' ')}:"
        for name in names:
            yield f"  {name:{width}}  {summary_line(Path(__file__).parent / 'commands' / group / f'{name}.py')}"


def summary_line(path: Path) -> str:
    """The first line of a module's docstring; the module is parsed, not imported."""
    return (ast.get_docstring(ast.parse(path.read_bytes())) or "").partition("\n")[0]


if __name__ == "__main__":
    main()
