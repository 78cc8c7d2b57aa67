"""Code as an input: a short hash of all definitions that a command can reach, so that a rule reruns when they change.

A definition that is reached counts with all that it names: functions, classes and constants, of its own module and of
those that it imports from. Statements that have an effect when a module is imported count wherever the module is
imported. Where the names alone do not show which part is used, the whole counts: a class, a package, a module of which
attributes are not read by name (``getattr(module, name)``), and a module that calls ``globals`` or ``eval``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from pathlib import Path

from posner.errors import InputError
from posner.workflow.definitions import UNFOLLOWED, Chain, Import, Module, Statement, read_module

# A module, and what of it: what a chain of names leads to, all of it (no names), or only what its import does (None).
Target = tuple[str, Chain | None]
NAMESPACES = frozenset({"globals", "locals", "eval", "exec"})  # reach names that are not written


def fingerprint(*entries: str, root: Path, unreachable: Collection[str] = ()) -> str:
    """Hash of what is reached from `entries`: modules, or definitions in them (``posner.files:sha256``).

    A process reads each module once, so all its fingerprints are of the same code.

    Args:
        root: the folder that holds the top-level package.
        unreachable: modules, packages and definitions that the job's settings keep it from entering, although it
            imports them; they and what only they reach are left out. An unknown one is an error, so that none outlives
            a renaming.

    Raises:
        InputError: a module or a definition is missing, or a module is no Python.
    """
    parts = reached(*entries, root=root, unreachable=unreachable)
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(parts.items()) if digest)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def reached(*entries: str, root: Path, unreachable: Collection[str] = ()) -> dict[str, str]:
    """Digests of all that is reached, by name: definitions, and of each module, by its name, the effects of its import.

    The digest of a module without effects is empty.
    """
    root = root.absolute()
    for name in sorted(unreachable):
        _target(name, root)
    digests: dict[str, str] = {}
    waiting = [_target(entry, root) for entry in entries]
    seen = set(waiting)
    while waiting:
        parts, targets = _follow(*waiting.pop(), root)
        digests.update(parts)
        new = {target for target in targets - seen if not _is_left_out(target, unreachable)}
        seen |= new
        waiting.extend(new)
    return digests


def _target(name: str, root: Path) -> Target:
    """The target that `name` stands for, ``module`` or ``module:definition``."""
    module, _, definition = name.partition(":")
    if _source(module, root) is None:
        raise InputError(f"{name}: there is no such module or package (with an __init__.py)")
    if definition and definition not in _module(module, root).definitions:
        raise InputError(f"{name}: there is no such definition in the module")
    return module, (definition,) if definition else ()


def _is_left_out(target: Target, unreachable: Collection[str]) -> bool:
    module, chain = target
    return any(name in unreachable for name in [*_packages(module), f"{module}:{(chain or ('',))[0]}"])


@cache
def _follow(module: str, chain: Chain | None, root: Path) -> tuple[dict[str, str], set[Target]]:
    """Digests of a target's own parts by name, and the targets to which they lead."""
    parsed = _module(module, root)
    if chain is None:
        targets: set[Target] = {(package, None) for package in _packages(module)}
        for item in parsed.imports:
            targets.update(_runs(item, root))
        for statement in parsed.effects:
            targets.update(_uses(statement, module, root))
        effects = "".join(statement.digest for statement in parsed.effects)
        return {module: effects and hashlib.sha256(effects.encode()).hexdigest()}, targets
    targets = {(module, None)}
    if not chain:
        targets.update((module, (name,)) for name in parsed.definitions)
        targets.update((other, ()) for other in _submodules(module, root))
        return {f"{module}:*": " ".join(sorted(parsed.names))}, targets
    name, *rest = chain
    definition = parsed.definitions.get(name)
    if definition is not None:
        if definition.is_import:
            targets.update(_bound(item, rest) for item in definition.imports if item.name)
        else:
            targets.update(_uses(definition, module, root))
        return {f"{module}:{name}": definition.digest}, targets
    if _source(f"{module}.{name}", root):
        targets.add((f"{module}.{name}", tuple(rest)))
    elif name not in parsed.names:
        targets.add((module, ()))
    return {}, targets


def _uses(statement: Statement, module: str, root: Path) -> Iterator[Target]:
    """Targets that a statement of `module` names and imports."""
    names = _module(module, root).names
    top = module.partition(".")[0]
    for item in statement.imports:
        yield from _runs(item, root)
        yield from (_bound(item, chain[1:]) for chain in statement.names if chain[0] == item.name)
    for chain in statement.names:
        if chain[-1] in UNFOLLOWED:
            raise InputError(
                f"{module}: {'.'.join(chain)} leads to code that cannot be followed; import it by statement"
            )
        if chain[0] in names:
            yield module, chain
        elif chain[0] in NAMESPACES:
            yield module, ()
        elif chain[0] == top and chain[1:] and _source(".".join(chain[:2]), root):  # a full name in a string
            yield top, chain[1:]


def _bound(item: Import, attributes: Sequence[str]) -> Target:
    """Targets that an imported name leads to, with the attributes that are read from it."""
    return item.module, (*item.chain, *attributes)


def _runs(item: Import, root: Path) -> Iterator[Target]:
    """The modules that an import runs."""
    yield item.module, None
    if item.chain and _source(submodule := f"{item.module}.{item.chain[0]}", root):
        yield submodule, None


def _packages(module: str) -> Iterator[str]:
    """The packages that Python runs before `module`, and `module`."""
    parts = module.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _submodules(package: str, root: Path) -> Iterator[str]:
    """All modules and packages within a package; none of a module."""
    for path in (root / package.replace(".", "/")).rglob("*.py"):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        if name != package:
            yield name


@cache
def _source(module: str, root: Path) -> str | None:
    """Path below `root` of a module's text, or ``None`` if there is none. Packages come first, as in Python."""
    stem = module.replace(".", "/")
    return next((name for name in (f"{stem}/__init__.py", f"{stem}.py") if (root / name).is_file()), None)


@cache
def _module(module: str, root: Path) -> Module:
    source = _source(module, root)
    if source is None:
        raise InputError(f"{module}: there is no such module or package (with an __init__.py)")
    try:
        parsed = read_module((root / source).read_bytes(), module, source.endswith("__init__.py"))
    except SyntaxError as error:
        raise InputError(f"{source}:{error.lineno or 1}: {error.msg}") from None
    except ValueError as error:  # a null byte
        raise InputError(f"{source}:1: {error}") from None
    for statement in [*parsed.definitions.values(), *parsed.effects]:
        for item in statement.imports:
            if _source(item.module, root) is None:
                raise InputError(f"{source}:{item.line}: imports {item.module}, but there is no such module")
    return parsed
