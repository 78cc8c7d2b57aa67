"""Contents of a module: its definitions, and the statements that have an effect when it is imported.

Modules are read and never imported. Two texts have the same digests if they differ only in comments, docstrings,
formatting, ``pass``, code that only a type checker reads, and the wording of errors (texts in a ``raise``).
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

Chain = tuple[str, ...]  # a name, and the attributes that are read from it: ("np", "linalg", "norm")

# Load or Store follows from where a node stands; the others are u"" prefixes and `# type:` comments.
NO_MEANING = frozenset({"ctx", "kind", "type_comment"})
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
# Decorators of other libraries that change nothing but what they decorate.
PURE_DECORATORS = frozenset({"dataclass", "cache", "lru_cache", "contextmanager", "torch.inference_mode"})
# A string that may be a type (a forward reference), or the full name of a module or of a definition in it.
REFERENCE = re.compile(r"""[\w.:|\[\]()='", ]+""")
# Lead to code that is not named: an import of a computed name, or all subclasses of a class.
UNFOLLOWED = frozenset({"import_module", "__import__", "__subclasses__", "__init_subclass__"})


class Import(NamedTuple):
    """A name that an import of first-party code binds: to `module`, or to what `chain` leads to in it.

    The name ``*`` stands for all that is in `module`. ``import a.b`` binds ``a``, and runs ``a.b`` without a name.
    """

    line: int
    name: str
    module: str
    chain: Chain = ()


class Statement(NamedTuple):
    """A top-level statement, or one name of a top-level import: its meaning, the names that it uses, its imports."""

    digest: str
    names: frozenset[Chain]
    imports: tuple[Import, ...]
    is_import: bool


class Module(NamedTuple):
    """A module: its definitions count where they are used, its effects and imports wherever it is imported.

    A definition is a function, a class, an assignment or an import of a name that no other statement of the module
    binds. `names` are all names that the module binds.
    """

    definitions: dict[str, Statement]
    effects: tuple[Statement, ...]
    imports: tuple[Import, ...]
    names: frozenset[str]


@cache
def read_module(text: bytes, name: str, is_package: bool) -> Module:
    """The module `name` with the source `text`. Of a package every statement is an effect.

    Raises:
        SyntaxError, ValueError: `text` is no Python, or imports from beyond the top-level package.
    """
    tree = ast.parse(text)
    package = name if is_package else name.rpartition(".")[0]
    nodes = [part for node in tree.body for part in separated(node) if not is_idle(part)]
    statements = [read_statement(node, package) for node in nodes]
    bound = [bound_names(node) for node in nodes]
    times = Counter(name for names in bound for name in names)
    foreign = [statement.is_import and not statement.imports for statement in statements]
    own = {name for names, other in zip(bound, foreign, strict=True) if not other for name in names}
    used = {chain[0] for statement in statements for chain in statement.names}

    definitions: dict[str, Statement] = {}
    effects: list[Statement] = []
    for node, statement, names, is_foreign in zip(nodes, statements, bound, foreign, strict=True):
        is_unused = is_foreign and used.isdisjoint(names)  # it is imported for its effect
        if is_package or is_unused or has_effect(node, own) or any(times[name] > 1 for name in names):
            anywhere = {(item.name,) for item in statement.imports}  # any definition may use what they bind
            effects.append(statement._replace(names=statement.names | anywhere))
        else:
            definitions.update(dict.fromkeys(names, statement))
    imports = [item for node in nodes for part in run_at_import(node) for item in imports_of(part, package)]
    return Module(definitions, tuple(effects), tuple(imports), frozenset(times))


def is_idle(node: Any) -> bool:
    """Whether a statement does nothing: a docstring, ``pass``, or what only a type checker reads."""
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"), orelse=[]):
            return True
        case ast.ImportFrom(module="typing", names=[ast.alias(name="TYPE_CHECKING")]):
            return True
        case ast.If(test=ast.Constant()):
            return all(map(is_idle, [*node.body, *node.orelse]))
    return False


def separated(node: ast.stmt) -> list[ast.stmt]:
    """A statement for each name of an import; any other statement as it is."""
    match node:
        case ast.Import():
            return [ast.Import([alias], lineno=node.lineno) for alias in node.names]
        case ast.ImportFrom():
            return [ast.ImportFrom(node.module, [alias], node.level, lineno=node.lineno) for alias in node.names]
    return [node]


def bound_names(node: ast.stmt) -> set[str]:
    """The names that a top-level statement binds; those in functions within an ``if`` or a loop are among them."""
    names: set[str] = set()
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Assign():
            parts = [part for target in node.targets for part in ast.walk(target)]
        case ast.AnnAssign():
            parts = [node.target]
        case _:
            parts = list(ast.walk(node))
    for part in parts:
        match part:
            case ast.Name(ctx=ast.Store() | ast.Del()):
                names.add(part.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(part.name)
            case ast.alias():
                names.add(part.asname or part.name.partition(".")[0])
    return names


def run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a top-level statement that run when the module is imported: all but the bodies of functions."""
    yield node
    children = [child for child in ast.iter_child_nodes(node) if not is_idle(child)]
    if isinstance(node, (*FUNCTIONS, ast.Lambda)):
        children = [*getattr(node, "decorator_list", ()), *node.args.defaults, *filter(None, node.args.kw_defaults)]
    for child in children:
        yield from run_at_import(child)


def has_effect(node: ast.stmt, own: Collection[str]) -> bool:
    """Whether a top-level statement may do more than bind names; `own` are the first-party names in the module.

    It may if it is no definition, writes to an attribute or an item, calls first-party code, or has a decorator that is
    first-party or not known.
    """
    if not isinstance(node, (*DEFINITIONS, *IMPORTS, ast.Assign, ast.AnnAssign)):
        return True
    if any(called(part) not in PURE_DECORATORS for part in getattr(node, "decorator_list", ())):
        return True
    for part in run_at_import(node):
        match part:
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()) | ast.NamedExpr():
                return True
            case ast.alias(name="*"):
                return True
            case ast.Call() if called(part).partition(".")[0] in own:
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if any(called(decorator).partition(".")[0] in own for decorator in part.decorator_list):
                    return True
    return False


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of a name and the attributes that are read from it, or "" of another expression."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{base}.{node.attr}" if (base := dotted(node.value)) else ""
    return ""


def called(node: ast.expr) -> str:
    """The dotted name of what is called, of a call; else of the expression itself."""
    return dotted(node.func if isinstance(node, ast.Call) else node)


def imports_of(node: ast.AST, package: str) -> Iterator[Import]:
    """The imports of first-party code by `node` itself, an import statement in a module of `package`.

    Raises:
        SyntaxError: a relative import leads beyond the top-level package.
    """
    parents = package.split(".")
    match node:
        case ast.Import():
            for alias in node.names:
                top = alias.name.partition(".")[0]
                if top == parents[0]:
                    yield Import(node.lineno, alias.asname or top, alias.name if alias.asname else top)
                    yield Import(node.lineno, "", alias.name)
        case ast.ImportFrom():
            if node.level > len(parents):
                raise SyntaxError("relative import beyond the top-level package", ("", node.lineno, 0, ""))
            start = parents[: len(parents) - node.level + 1] if node.level else []
            module = ".".join([*start, *filter(None, [node.module])])
            if module.partition(".")[0] == parents[0]:
                for alias in node.names:
                    chain = () if alias.name == "*" else (alias.name,)
                    yield Import(node.lineno, alias.asname or alias.name, module, chain)


def read_statement(node: ast.stmt, package: str) -> Statement:
    """The part of a top-level statement that fingerprints cover, in a module of `package`."""
    reader = _Reader(package)
    reader.read(node)
    if isinstance(node, ast.ClassDef):  # what its body imports is an attribute of the class
        reader.names.update((item.name,) for item in reader.imports)
    digest = hashlib.sha256("".join(reader.parts).encode()).hexdigest()
    return Statement(digest, frozenset(reader.names), tuple(reader.imports), isinstance(node, IMPORTS))


class _Reader:
    """Collects the meaning of a syntax tree, and the names and imports in it."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.parts: list[str] = []
        self.names: set[Chain] = set()
        self.imports: list[Import] = []

    def read(self, node: ast.AST, *, in_error: bool = False) -> None:
        """Append `node`. Empty fields are left out: which ones there are depends on the version of Python."""
        if in_error and is_text(node):
            return
        self.imports.extend(imports_of(node, self.package))
        self.parts.append(type(node).__name__)
        if name := dotted(node):
            self.parts.append(f"({name})")
            self.names.add(tuple(name.split(".")))
            return
        match node:
            case ast.Constant():
                self.parts.append(repr(node.value))
                self.names.update(names_in_text(node.value))
                return
            case ast.FunctionDef(name="__init_subclass__"):
                self.names.add(("__init_subclass__",))
        for field in node._fields:
            value = getattr(node, field, None)
            items = [item for item in value if not is_idle(item)] if isinstance(value, list) else [value]
            if value is None or field in NO_MEANING or not items:
                continue
            self.parts.append(f"({field}=")
            for item in items:
                if isinstance(item, ast.AST):
                    self.read(item, in_error=in_error or isinstance(node, ast.Raise))
                else:  # a name, or the missing key of {**mapping}
                    self.parts.append(repr(item))
                self.parts.append(",")
            self.parts.append(")")


def is_text(node: ast.AST) -> bool:
    """Whether an expression is a string or an f-string, which in a ``raise`` is the wording of an error."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def names_in_text(value: object) -> Iterator[Chain]:
    """Names in a string that may be a type or the full name of code: they may be looked up when the code runs."""
    if isinstance(value, str) and REFERENCE.fullmatch(value):
        with suppress(SyntaxError):
            waiting: list[ast.AST] = [ast.parse(value.replace(":", ".").strip(), mode="eval")]
            while waiting:
                node = waiting.pop()
                if name := dotted(node):
                    yield tuple(name.split("."))
                elif isinstance(node, ast.Constant):
                    yield from names_in_text(node.value)
                else:
                    waiting.extend(ast.iter_child_nodes(node))
