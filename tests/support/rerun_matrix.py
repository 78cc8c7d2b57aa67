"""Which definitions of the library rerun which jobs: measured by an edit to each of them, and written to docs/.

``python tests/support/rerun_matrix.py`` edits every top-level function, class, constant and statement of a copy of the
library in turn, computes the code fingerprint of every job again, and writes docs/rerun_matrix.md. It takes minutes.
"""

from __future__ import annotations

import ast
import re
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).parents[2]
SOURCES = CHECKOUT / "workflow_scripts"
PAGE = CHECKOUT / "docs" / "rerun_matrix.md"
if __name__ == "__main__":
    sys.path.insert(0, str(SOURCES))

from posner.commands.names import COMMANDS, entry_point  # noqa: E402
from posner.model.fusion.modules import MODULES, unreachable_modules  # noqa: E402
from posner.workflow import fingerprint as code  # noqa: E402
from posner.workflow.provenance import RUNNER, UNCOUNTED  # noqa: E402

INTRODUCTION = """\
# Which code reruns which jobs

For this page every function, class, constant and statement with an effect in the library was edited in turn, and the
code fingerprint of every job was computed again. A cell shows how many definitions of the module rerun the job when
they are edited; an empty cell means none. Jobs that run the model of a variant are listed by the variant's fusion.
Commands under `project` are no jobs of a study. [What triggers a rerun](reruns.md) has the rules.

`python tests/support/rerun_matrix.py` writes this page. Tests hold what matters most: no training depends on summaries,
statistics, figures or the report, and no summary, table or figure depends on models or training.
"""


class Job(NamedTuple):
    """A kind of job with a code fingerprint of its own."""

    name: str
    entry: str
    unreachable: tuple[str, ...]


def jobs() -> dict[str, list[Job]]:
    """All kinds of jobs by stage, as the rules use the commands."""
    rules = "".join(path.read_text(encoding="utf-8") for path in sorted((CHECKOUT / "rules").glob("*.smk")))
    of_variant = set(re.findall(r'code_of_variant\("(\w+)"\)', rules))
    without_fusion = set(re.findall(r'code_without_fusion\("(\w+)"\)', rules))
    assert of_variant, "rules/ no longer call code_of_variant"
    assert without_fusion, "rules/ no longer call code_without_fusion"

    def kinds(command: str) -> Iterator[Job]:
        entry = entry_point(command)
        if command in of_variant:
            for fusion in MODULES:
                if command == "sweep_corruption" and fusion == "none":
                    continue  # without POS there is nothing to corrupt
                yield Job(f"{command}, {fusion}", entry, tuple(unreachable_modules(fusion)))
        else:
            yield Job(command, entry, tuple(unreachable_modules("none")) if command in without_fusion else ())

    return {
        stage: [job for command in commands for job in kinds(command)]
        for stage, commands in COMMANDS.items()
        if stage != "project"
    }


def fingerprint(job: Job, root: Path) -> str:
    """The code fingerprint of a job with the library below `root`."""
    return code.fingerprint(job.entry, RUNNER, root=root, unreachable=[*UNCOUNTED, *job.unreachable])


def reached(job: Job) -> set[str]:
    """What the fingerprint of a job counts: modules, and definitions as ``module:name``."""
    return set(code.reached(job.entry, RUNNER, root=SOURCES, unreachable=[*UNCOUNTED, *job.unreachable]))


def module_name(path: Path) -> str:
    """Full name of the module in the file `path`, given relative to the source root."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def edits(text: str) -> Iterator[tuple[str, str]]:
    """A name for each top-level definition or statement of a module, and the module's text with that one edited."""
    for number, node in enumerate(ast.parse(text).body):
        tree = ast.parse(text)
        edited = tree.body[number]
        match edited:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                edited.body.append(ast.parse("edited = 0").body[0])
                yield edited.name, ast.unparse(tree)
            case ast.Assign() | ast.AnnAssign() if edited.value is not None:
                edited.value = ast.Tuple([edited.value, ast.Constant(0)], ast.Load())
                targets = edited.targets if isinstance(edited, ast.Assign) else [edited.target]
                yield ast.unparse(targets[0]), ast.unparse(tree)
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                continue
            case ast.If() if "TYPE_CHECKING" in ast.unparse(node.test):
                continue
            case _:
                tree.body.insert(number, node)
                yield f"line {node.lineno}", ast.unparse(tree)


def measure() -> Iterator[tuple[str, str, list[Job]]]:
    """Module and name of every definition or statement, and the jobs that an edit to it reruns."""
    everything = [job for stage in jobs().values() for job in stage]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(SOURCES / "posner", root / "posner", ignore=shutil.ignore_patterns("__pycache__"))
        before = {job: fingerprint(job, root) for job in everything}
        for path in sorted((root / "posner").rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            for name, edited in edits(text):
                path.write_text(edited, encoding="utf-8")
                forget()
                yield (
                    module_name(path.relative_to(root)),
                    name,
                    [job for job in everything if fingerprint(job, root) != before[job]],
                )
            path.write_text(text, encoding="utf-8")
            forget()


def forget() -> None:
    """Let the next fingerprint read the files again."""
    code._module.cache_clear()
    code._follow.cache_clear()


def page() -> str:
    """The matrix as Markdown: a table for each stage, and one of what all jobs share."""
    totals: dict[str, int] = defaultdict(int)
    reruns: dict[tuple[str, str], int] = defaultdict(int)
    for module, _, rerun in measure():
        totals[module] += 1
        for job in rerun:
            reruns[module, job.name] += 1
    stages = jobs()
    names = [job.name for stage in stages.values() for job in stage]
    cells = {
        (module, name): f"{reruns[module, name]} of {total}" if reruns[module, name] else ""
        for module, total in totals.items()
        for name in names
    }
    shared = [module for module in totals if len({cells[module, name] for name in names}) == 1]
    parts = [INTRODUCTION, "## All jobs\n", table(["any job"], {m: [cells[m, names[0]]] for m in shared})]
    for stage, members in stages.items():
        rows = {m: [cells[m, job.name] for job in members] for m in totals if m not in shared}
        parts += [f"## {stage.replace('_', ' ').capitalize()}\n", table([job.name for job in members], rows)]
    nowhere = [f"`{module}`" for module in shared if not cells[module, names[0]]]
    parts.append(f"## No job\n\n{', '.join(nowhere)}\n")
    return "\n".join(parts)


def table(columns: list[str], rows: dict[str, list[str]]) -> str:
    """A Markdown table of the modules of which any cell is filled."""
    lines = [["module", *(f"`{name}`" for name in columns)], ["---", *(":-:" for _ in columns)]]
    lines += [[f"`{module.removeprefix('posner.')}`", *cells] for module, cells in rows.items() if any(cells)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
