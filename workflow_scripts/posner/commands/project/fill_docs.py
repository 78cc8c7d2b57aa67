"""Fill the marked blocks of the documentation with results, so that no number in it is typed by hand."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from posner.commands.study.summarise_study import HEADER, result_rows
from posner.errors import InputError
from posner.files import Json, atomic_path, read_json, read_table
from posner.summaries.names import POS
from posner.summaries.sentences import signed_points
from posner.workflow.command import Command

VERDICT_TEXTS = ("answers", "details", "statistics", "seeds", "footnote")
SCORES = ("baseline_f1", "baseline_best", "variant_f1", "variant_best")
SIZE_COLUMNS = ("planted", "replicates", *SCORES, "difference", "helps", "power", "covered")
SIZE_HEADER = (
    "planted", "difference", "F1 without POS (best)", "with gold POS (best)", "*helps*", "expected", "interval covers"
)  # fmt: skip
SIMULATION_COLUMNS = ("units", "seeds", "false_claims", "coverage", "power", "equivalent")
SIMULATION_HEADER = (
    "documents", "seeds", "verdicts on", "false claims (worst)", "intervals cover (worst)", "effect detected (worst)",
    "equivalent (worst)"
)  # fmt: skip
PERFORMANCE_HEADER = ("task", "contender", "speed or cost", "times as fast", "ms a step", "of matrix products")
ONE_SEED = ("*one seed each, not tested:*", *[""] * (len(HEADER) - 1))


class FillDocs(Command):
    """Write the results of a study, the calibration and the benchmark between their marks in README.md and docs/."""

    folder: Path = Path()
    """Folder that holds README.md and docs/, with marks for the blocks."""
    results: Path = Path("results/published/minilm")
    """Folder that holds the study's verdict.json."""
    calibration: Path = Path("results/published/calibration")
    """Folder that holds the results of a calibration."""
    performance: Path = Path("results/published/performance")
    """Folder that holds tables of `benchmark`, a JSON file for each device."""

    def execute(self) -> None:
        verdict = read_json(self.results / "verdict.json", [*VERDICT_TEXTS, "variants"])
        reliability, simulated = (
            read_json(self.calibration / name, ["sentence"])["sentence"]
            for name in ("calibration.json", "simulation.json")
        )
        answers = "\n".join(f"- {answer}" for answer in verdict["answers"].values() if answer)
        readme = {
            "answers": answers,
            "results": results_table(verdict),
            "reliability": f"> {simulated}\n>\n> {reliability}",
        }
        fill_file(self.folder / "README.md", readme)
        fill_file(self.folder / "docs" / "index.md", {"answers": answers})
        tables = {
            "calibration": calibration_table(self.calibration),
            "simulation": f"> {simulated}\n\n{simulation_table(self.calibration)}",
        }
        fill_file(self.folder / "docs" / "calibration.md", tables)
        fill_file(self.folder / "docs" / "performance.md", {"performance": performance_tables(self.performance)})


def results_table(verdict: Json) -> str:
    """Markdown tables of variants and of controls, with the notes on statistics and the details of the answers."""
    controls = {
        name: variant
        for name, variant in verdict["variants"].items()
        if variant["label"].startswith((POS["oracle"], POS["random"]))
    }
    others = {name: variant for name, variant in verdict["variants"].items() if name not in controls}
    return "\n".join(
        [
            *markdown(HEADER, result_rows(others, ONE_SEED)),
            "",
            verdict["statistics"],
            "",
            *([verdict["seeds"], ""] if verdict["seeds"] else []),
            *(f"- {sentence}" for sentence in verdict["details"]),
            "",
            "<details><summary>Controls</summary>",
            "",
            *markdown(HEADER, result_rows(controls, ONE_SEED)),
            "",
            verdict["footnote"],
            "",
            "</details>",
        ]
    )


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    headings = [heading.replace("\n", " ") for heading in header]
    return [f"| {' | '.join(cells)} |" for cells in (headings, ["---"] * len(header), *rows)]


def calibration_table(folder: Path) -> str:
    """The conclusion of the calibration, and a table of effects of gold POS: planted, measured and detected."""
    calibration = read_json(folder / "calibration.json", ["sentence", "replicates", "trainings"])
    sizes = read_table(folder / "sizes.csv", SIZE_COLUMNS)
    gold = sizes[sizes["contrast"] == "gold"].to_dict("records")
    size = f"{calibration['trainings']} NER trainings on {calibration['replicates']} corpora."
    return "\n".join([f"> {calibration['sentence']}", "", *markdown(SIZE_HEADER, list(map(size_row, gold))), "", size])


def size_row(size: Mapping[Hashable, Any]) -> tuple[str, ...]:
    """The row of one size of planted effect."""
    baseline, baseline_best, variant, variant_best = (f"{100 * size[name]:.1f}" for name in SCORES)
    return (
        signed_points(size["planted"]),
        signed_points(size["difference"]),
        f"{baseline} ({baseline_best})",
        f"{variant} ({variant_best})",
        f"{size['helps']} of {size['replicates']}",
        f"{100 * size['power']:.0f} %",
        f"{size['covered']} of {size['replicates']}",
    )


def simulation_table(folder: Path) -> str:
    """A table of simulated designs: the rates where standard deviations are alike, and the worst of all spreads."""
    rows = read_table(folder / "simulation.csv", SIMULATION_COLUMNS)
    groups = rows.groupby(["units", "seeds", "kind"], sort=False)
    cells = [simulation_row(group) for _, group in groups]
    return "\n".join(markdown(SIMULATION_HEADER, cells))


def simulation_row(rows: pd.DataFrame) -> tuple[str, ...]:
    """The row of one number of documents and seeds, and one kind of verdict."""
    alike = rows[rows["spreads"] == "alike"].iloc[0]
    worst = {"false_claims": rows["false_claims"].max(), **rows[["coverage", "power", "equivalent"]].min()}
    rates = [f"{100 * alike[name]:.1f} % ({100 * worst[name]:.1f} %)" for name in SIMULATION_COLUMNS[2:]]
    kind = {"variants": "variants", "answer": "their mean"}[alike["kind"]]
    return (f"{alike['units']:g}", f"{alike['seeds']:g}", kind, *rates)


def performance_tables(folder: Path) -> str:
    """The tables of the benchmark, one for each device, with what was measured on what."""
    return "\n\n".join(performance_table(path) for path in sorted(folder.glob("*.json")))


def performance_table(path: Path) -> str:
    """The table of one device."""
    table = read_json(path, ["device", "threads", "encoder", "sentences", "matmul_tflops", "torch", "rows"])
    encoder = {"minilm": "MiniLM (6 layers, 384 wide)", "bert-base": "the shape of BERT-base"}[table["encoder"]]
    setting = (
        f"{table['device']}, {table['threads']} threads, torch {table['torch']}, transformers {table['transformers']}; "
        f"{encoder}, {table['sentences']} sentences in batches of 16; large matrix products run at "
        f"{table['matmul_tflops']:.2f} TFLOP/s."
    )
    return "\n".join([setting, "", *markdown(PERFORMANCE_HEADER, list(map(performance_row, table["rows"])))])


def performance_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    """One row of the table."""
    return (
        row["task"],
        row["contender"],
        f"{row['value']:,.{1 if row['value'] < 100 else 0}f} {row['unit']}",
        "" if row["ratio"] is None else f"{row['ratio']:.2f}",
        "" if row["step"] is None else f"{row['step']:.1f}",
        "" if row["share"] is None else f"{100 * row['share']:.1f} %",
    )


def fill_file(path: Path, blocks: Mapping[str, str]) -> None:
    """Write each of `blocks` between the marks of its name in the file `path`.

    Raises:
        InputError: the marks of a block are missing.
    """
    text = path.read_text(encoding="utf-8")
    for name, content in blocks.items():
        text = fill(text, name, content)
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8")


def fill(text: str, name: str, content: str) -> str:
    """`text` with `content` between the marks of the block `name`.

    Raises:
        InputError: the marks are missing.
    """
    block = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
    if not block.search(text):
        raise InputError(f"the marks <!-- begin {name} --> and <!-- end {name} --> are missing")
    return block.sub(lambda marks: f"{marks[1]}{content}\n{marks[2]}", text)
