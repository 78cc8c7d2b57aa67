"""Structure of the package: imports run one way, and a public name is defined in one module."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).parents[3] / "workflow_scripts"
LAYERS = [
    {"errors", "arrays"},
    {"files", "config"},
    {"workflow", "corpora", "stats"},
    {"pos", "evaluation"},
    {"model", "summaries", "calibration"},
    {"training", "prediction", "report"},
    {"benchmark"},
    {"commands"},
    {"__main__"},
]
# Lower layers that a sub-package does not import all the same.
APART = {
    "workflow": {"config"},  # how commands run does not depend on what can be set
    "summaries": {"model"},  # they are computed from stored predictions, without torch
    "report": {"model"},
    "model": {"workflow"},  # a model does not depend on how it is run
    "training": {"workflow"},
}
ALLOWED = {("workflow", "posner.config.annotations")}  # inspects types, and has no settings
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def imports() -> Iterator[tuple[str, str, str]]:
    """Importing module, its sub-package, and imported module, for every import of the package."""
    for path in sorted((SOURCES / "posner").rglob("*.py")):
        parts = path.relative_to(SOURCES).with_suffix("").parts
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "posner":
                yield (
                    ".".join(parts),
                    parts[1],
                    node.module if node.module != "posner" else f"posner.{node.names[0].name}",
                )
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: relative import"


def test_every_module_has_a_layer() -> None:
    names = {
        path.stem for path in (SOURCES / "posner").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert names - {"__init__"} == LEVEL.keys()


def test_imports_run_one_way() -> None:
    wrong = []
    for module, package, imported in imports():
        other = imported.split(".")[1]
        if other == package or (package, imported) in ALLOWED:
            continue
        if LEVEL[other] >= LEVEL[package] or other in APART.get(package, set()):
            wrong.append(f"{module} imports {imported}")
    assert wrong == []


def test_init_files_are_empty() -> None:
    """A line there would be code of every command."""
    assert [path for path in (SOURCES / "posner").rglob("__init__.py") if path.read_bytes()] == []


def public_names(path: Path) -> Iterator[str]:
    """Names that a module defines at its top level, without those that begin with an underscore."""
    for node in ast.parse(path.read_bytes()).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        yield from (name for name in names if not name.startswith("_"))


def test_a_public_name_is_defined_in_one_module() -> None:
    modules = defaultdict(list)
    for path in sorted((SOURCES / "posner").rglob("*.py")):
        for name in set(public_names(path)) - {"log"}:
            modules[name].append(str(path.relative_to(SOURCES)))
    assert {name: paths for name, paths in modules.items() if len(paths) > 1} == {}
