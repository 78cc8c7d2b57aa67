"""Imports run in one direction, packages have empty ``__init__`` modules, and a public name has one definition."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "workflow_scripts" / "posner"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Each package or module may import those of earlier lines only.
LAYERS = [
    {"errors", "arrays", "processes"},
    {"files", "config"},
    {"workflow", "corpora", "stats"},
    {"pos", "evaluation"},
    {"model", "summaries", "calibration"},
    {"training", "prediction", "report"},
    {"benchmark"},
    {"commands"},
    {"__main__"},
]
LAYER = {name: number for number, names in enumerate(LAYERS) for name in names}
# Earlier layers that may not be imported either: fingerprints and summaries depend on no settings and no models.
FORBIDDEN = {
    "workflow": {"config"},
    "summaries": {"model"},
    "report": {"model", "training"},
    "model": {"workflow"},
    "training": {"workflow"},
}
ALLOWED = {("workflow.options", "config.annotations")}  # annotations of any settings, none of a domain


def name_of(path: Path) -> str:
    """Name of a module below ``posner``."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def imported(path: Path) -> Iterator[str]:
    """Modules of the library that a module imports, below ``posner``."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.ImportFrom(level=0, module="posner"):
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(level=0, module=str(module)) if module.startswith("posner."):
                yield module.removeprefix("posner.")
            case ast.ImportFrom(level=level) if level:
                raise AssertionError(f"{name_of(path)}, line {node.lineno}: relative import")
            case ast.Import():
                yield from (alias.name.removeprefix("posner.") for alias in node.names if "posner" in alias.name)


def test_every_package_has_a_layer() -> None:
    assert {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES} - {"__init__"} == LAYER.keys()


def test_imports_run_in_one_direction() -> None:
    wrong = []
    for path in MODULES:
        module = name_of(path)
        for other in imported(path):
            importer, target = module.partition(".")[0], other.partition(".")[0]
            is_later = importer != target and LAYER[target] >= LAYER.get(importer, -1)
            if is_later or (target in FORBIDDEN.get(importer, ()) and (module, other) not in ALLOWED):
                wrong.append(f"{module} imports {other}: {importer} may not depend on {target}")
    assert not wrong, "\n".join(wrong)


def test_packages_have_empty_init_modules() -> None:
    filled = [str(path.parent) for path in MODULES if path.name == "__init__.py" and path.read_bytes()]
    assert not filled, f"a line in __init__.py reruns all jobs: {filled}"
    missing = [str(folder) for folder in {path.parent for path in MODULES} if not (folder / "__init__.py").is_file()]
    assert not missing, f"without __init__.py: {missing}"


def test_modules_are_named_after_their_content() -> None:
    vague = [
        path for path in MODULES if path.stem.strip("_") in {"util", "utils", "helper", "helpers", "misc", "common"}
    ]
    assert not vague


def test_a_public_name_is_defined_in_one_module() -> None:
    modules = defaultdict(set)
    for path in MODULES:
        for node in ast.parse(path.read_bytes()).body:
            for name in defined_by(node):
                if not name.startswith("_") and name != "log":  # a module's logger
                    modules[name].add(name_of(path))
    shared = {name: sorted(places) for name, places in modules.items() if len(places) > 1}
    assert not shared, "\n".join(f"{name}: {', '.join(places)}" for name, places in sorted(shared.items()))


def defined_by(node: ast.stmt) -> list[str]:
    """Names of a function, class or constant."""
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign():
            return [target.id for target in node.targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []
