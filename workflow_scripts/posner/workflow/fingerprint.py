"""Code as an input: a short hash of everything that an entry script can reach, so that a rule reruns when it changes.

Modules are read and never imported: loading the workflow stays cheap, and no third-party library is needed for it. Two
texts have one fingerprint if they differ only in comments, docstrings, formatting, ``pass`` and code that only a type
checker reads. An import by a name that is computed at run time (``importlib.import_module``) is not followed:
first-party code has to be imported by statement.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from posner.errors import InputError

# Load or Store follows from where a node stands; the others are u"" prefixes and `# type:` comments.
NO_MEANING = frozenset({"ctx", "kind", "type_comment"})


class Import(NamedTuple):
    """One imported name: of ``from ..base import name`` or, with `name` empty, of ``import base``."""

    line: int
    level: int
    base: str
    name: str


class Parsed(NamedTuple):
    """What matters in the text of a module."""

    digest: str
    imports: tuple[Import, ...]


def fingerprint(module: str, root: Path, *, unreachable: Collection[str] = ()) -> str:
    """Hash of `module` and of all modules of its top-level package that it imports, itself or through others.

    The answer for the same arguments is kept, so all rules of one process see the code as it was first read.

    Args:
        module: full name, e.g. ``posner.commands.ner.train_ner``.
        root: the folder that holds the top-level package.
        unreachable: full names of modules that the job's settings keep it from entering, although it imports them;
            they and what only they import are left out. A name of no module is an error, so none outlives a renaming.

    Raises:
        InputError: a module is missing, or is no Python.
    """
    return _fingerprint(module, root.absolute(), frozenset(unreachable))


@cache
def _fingerprint(module: str, root: Path, unreachable: frozenset[str]) -> str:
    for name in sorted(unreachable):
        if _source(name, root) is None:
            raise InputError(f"{name}: there is no such module to leave out of a fingerprint")
    digests: dict[str, str] = {}
    waiting = set(_packages(module))
    while waiting:
        name = min(waiting)  # any order would do, but an error should always be the same one
        source = _source(name, root)
        if source is None:
            raise InputError(f"{name}: there is no such module or package (with an __init__.py)")
        parsed = _parse(source, root)
        digests[name] = parsed.digest
        package = name if source.endswith("__init__.py") else name.rpartition(".")[0]
        for imported in parsed.imports:
            modules = _modules(imported, package, source, root)
            waiting.update(other for other in modules if unreachable.isdisjoint(_packages(other)))
        waiting -= digests.keys()
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def _packages(module: str) -> Iterator[str]:
    """The packages that Python runs before `module`, and `module`."""
    parts = module.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts) + 1))


@cache
def _source(module: str, root: Path) -> str | None:
    """Path below `root` of a module's text, or ``None`` if there is none. Packages come first, as in Python."""
    stem = module.replace(".", "/")
    return next((name for name in (f"{stem}/__init__.py", f"{stem}.py") if (root / name).is_file()), None)


def _modules(imported: Import, package: str, source: str, root: Path) -> set[str]:
    """First-party modules that an import statement in `package` runs; none for an import from elsewhere."""
    base = imported.base
    if imported.level:
        parents = package.split(".")
        if imported.level > len(parents):
            raise InputError(f"{source}:{imported.line}: relative import beyond the top-level package")
        base = ".".join([*parents[: len(parents) - imported.level + 1], *filter(None, [base])])
    if base.partition(".")[0] != package.partition(".")[0]:
        return set()
    if _source(base, root) is None:
        raise InputError(f"{source}:{imported.line}: imports {base}, but there is no such module")
    modules = set(_packages(base))
    if imported.name == "*":  # __all__ of a package may name any of its modules
        folder = root / base.replace(".", "/")
        modules.update(f"{base}.{path.stem}" for path in folder.glob("[!_]*.py"))
    elif imported.name and _source(submodule := f"{base}.{imported.name}", root):
        modules.add(submodule)
    return modules


@cache
def _parse(source: str, root: Path) -> Parsed:
    try:
        tree = ast.parse((root / source).read_bytes())
    except SyntaxError as error:
        raise InputError(f"{source}:{error.lineno or 1}: {error.msg}") from None
    except ValueError as error:  # a null byte
        raise InputError(f"{source}:1: {error}") from None
    parts: list[str] = []
    imports: list[Import] = []
    _write(tree, parts, imports)
    return Parsed(hashlib.sha256("".join(parts).encode()).hexdigest(), tuple(imports))


def _write(node: Any, parts: list[str], imports: list[Import]) -> None:
    """Append the meaning of a syntax tree to `parts` and the imports in it to `imports`.

    Empty fields are left out: which ones there are depends on the version of Python.
    """
    kind = type(node)
    parts.append(kind.__name__)
    if kind is ast.Constant:
        parts.append(repr(node.value))
        return
    if kind is ast.Import:
        imports.extend(Import(node.lineno, 0, alias.name, "") for alias in node.names)
    elif kind is ast.ImportFrom:
        imports.extend(Import(node.lineno, node.level, node.module or "", alias.name) for alias in node.names)
    for name in node._fields:
        value = getattr(node, name, None)
        if value is None or name in NO_MEANING:
            continue
        if isinstance(value, ast.AST):
            parts.append(f"({name}=")
            _write(value, parts, imports)
            parts.append(")")
        elif not isinstance(value, list):
            parts.append(f"({name}={value!r})")
        elif items := [item for item in value if not _idle(item)]:
            parts.append(f"({name}=")
            for item in items:
                if isinstance(item, ast.AST):
                    _write(item, parts, imports)
                else:  # a name, or the missing key of {**mapping}
                    parts.append(repr(item))
                parts.append(",")
            parts.append(")")


def _idle(node: Any) -> bool:
    """Whether a statement does nothing: a docstring, ``pass``, or what only a type checker reads."""
    kind = type(node)
    if kind is ast.Expr:
        return type(node.value) is ast.Constant
    if kind is ast.If and not node.orelse:
        test = node.test
        return getattr(test, "id", None) == "TYPE_CHECKING" or getattr(test, "attr", None) == "TYPE_CHECKING"
    return kind is ast.Pass
