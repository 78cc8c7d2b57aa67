"""What CONTRIBUTING.md tells people to do, done as it stands there; and the files about the project are up to date."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib

import pandas as pd
import pytest
import yaml
from tiny_models import make_sentences, make_tokenizer, save_encoder
from workflow_copy import CHECKOUT, Copy, copy_workflow

WORK = "results/mine/own"
QUICK = {"epochs": 1, "train_batch_size": 8, "max_length": 32}
PLOT = '''"""A figure."""
from pathlib import Path
from matplotlib.figure import Figure
from pydantic import Field
from .posner.cli import run
from .posner.figures import Plot
from .posner.results import read_table

class PlotExactSentences(Plot):
    """Draw it."""
    runs: Path = Field(description="ner_runs.csv.")
    def draw(self) -> Figure:
        figure = Figure()
        figure.subplots().plot(read_table(self.runs, ["exact_sentences"])["exact_sentences"])
        return figure

if __name__ == "__main__":
    run(PlotExactSentences)
'''


def blocks(language: str) -> list[str]:
    """Code blocks of CONTRIBUTING.md."""
    text = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.fixture(scope="module")
def contributed(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the project in which every recipe was followed, run up to the new figure."""
    copy = copy_workflow(tmp_path_factory.mktemp("contributed") / "copy")
    (study,) = blocks("yaml")
    training = {"training": QUICK}
    copy.study.write_text(
        yaml.safe_dump(yaml.safe_load(study) | {"ner": training, "compute": {"device": "cpu", "threads": 1}})
    )
    data = copy.folder / "data"
    (data / "mine").mkdir(parents=True)
    for seed, (split, number) in enumerate({"train": 40, "valid": 10, "test": 10}.items()):
        rows = ("".join(map("{} {} {}\n".format, s.tokens, s.pos, s.ner)) for s in make_sentences(number, seed))
        (data / "mine" / f"{split}.txt").write_text("\n".join(rows))
    make_tokenizer().save_pretrained(save_encoder(data / "my-encoder", "bert"))
    metric, column, figure = blocks("python")
    insert(copy, "workflow_scripts/posner/evaluation/scores.py", '"accuracy": agreeing / tokens,', metric)
    insert(copy, "workflow_scripts/posner/report/layouts.py", '"Accuracy": "{accuracy}",', column)
    insert(copy, "rules/figures.smk", "PLOTS = {", figure)
    (copy.folder / "workflow_scripts" / "plot_exact_sentences.py").write_text(PLOT)
    (copy.folder / "resources" / "captions" / "exact_sentences.rst").write_text("Sentences.\n")
    copy.snakemake("--cores", "2", f"{WORK}/figures/exact_sentences.png")
    return copy


def insert(copy: Copy, file: str, after: str, line: str) -> None:
    path = copy.folder / file
    text = path.read_text()
    assert text.count(after) == 1
    path.write_text(text.replace(after, f"{after}\n        {line.strip()}"))


def test_a_corpus_an_encoder_and_a_variant_by_config(contributed: Copy) -> None:
    work = contributed.folder / WORK
    metrics = json.loads((work / "ner/late-wide/seed-1/metrics.json").read_text())
    assert metrics["variant"]["pos_embed_dim"] == 64
    assert metrics["test"]["sentences"] == 10
    assert json.loads((work / "encoder/encoder.json").read_text())["source"] == "path"


def test_a_metric_is_in_every_record_and_table(contributed: Copy) -> None:
    work = contributed.folder / WORK
    runs = pd.read_csv(work / "tables/ner_runs.csv").set_index(["variant", "split"])
    for variant in ("baseline", "late-wide"):
        predictions = pd.read_parquet(work / "ner" / variant / "seed-1" / "predictions.parquet")
        test = predictions[predictions["split"] == "test"]
        right = (test["gold"].astype(str) == test["predicted"].astype(str)).groupby(test["sentence"]).all()
        assert runs.loc[(variant, "test"), "exact_sentences"] == pytest.approx(right.mean())
    assert "exact_sentences_mean" in pd.read_csv(work / "tables/ner_summary.csv")


def test_a_metric_is_in_the_tables_that_people_read(contributed: Copy) -> None:
    command = ["-m", "posner", "typeset_tables", "--tables", json.dumps([f"{WORK}/tables/ner_runs.csv"])]
    subprocess.run([sys.executable, *command], cwd=contributed.folder, env=contributed.environment, check=True)
    for kind in ("tex", "html"):
        assert "Sentences without an error" in (contributed.folder / WORK / f"tables/ner_runs.{kind}").read_text()


def test_a_figure_is_drawn_and_in_the_report(contributed: Copy) -> None:
    figures = contributed.folder / WORK / "figures"
    assert {path.name for path in figures.iterdir()} == {"exact_sentences.png", "exact_sentences.svg"}
    printed = contributed.snakemake("--dry-run", "--forcerun", "plot_exact_sentences")
    assert re.search(r"rule report:\n +input: .*exact_sentences\.svg", printed)


# --- files about the project -----------------------------------------------------------------------------------------


def version() -> str:
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((CHECKOUT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()  # what the format requires
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == version()
    assert citation["license"] == "MIT"
    assert all(author.keys() & {"name", "family-names"} for author in citation["authors"])


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"^## \[(.+?)\]", (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert versions[0] == version()
