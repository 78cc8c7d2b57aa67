"""The recipes of CONTRIBUTING.md, executed verbatim."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pandas as pd
import pytest
import yaml
from posner.corpora.corpus import SPLITS
from tiny_models import make_sentences, make_tokenizer, save_encoder
from workflow_copy import CHECKOUT, Copy, copy_workflow

WORK = "results/mine/own"
QUICK = {"epochs": 1, "train_batch_size": 8, "max_length": 32}


def blocks(language: str) -> list[str]:
    """Code blocks of CONTRIBUTING.md."""
    text = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.fixture(scope="module")
def contributed(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the project to which every recipe was applied, run up to the new figure."""
    copy = copy_workflow(tmp_path_factory.mktemp("contributed") / "copy")
    (study,) = blocks("yaml")
    settings = {
        "pos": {"training": {"max_length": QUICK["max_length"]}},
        "ner": {"training": QUICK},
        "compute": {"device": "cpu", "threads": 1},
    }
    copy.study.write_text(yaml.safe_dump(yaml.safe_load(study) | settings))
    data = copy.folder / "data"
    (data / "mine").mkdir(parents=True)
    for seed, (split, number) in enumerate({"train": 40, "valid": 10, "test": 10}.items()):
        rows = ("".join(map("{} {} {}\n".format, s.tokens, s.pos, s.ner)) for s in make_sentences(number, seed))
        (data / "mine" / f"{split}.txt").write_text("\n".join(rows))
    make_tokenizer().save_pretrained(save_encoder(data / "my-encoder", "bert"))
    metric, column, figure, command, name, entry, *others = blocks("python")
    library = copy.folder / "workflow_scripts" / "posner"
    insert(library / "evaluation/scores.py", '"accuracy": agreeing / tokens,', metric)
    insert(library / "report/layouts.py", '"Accuracy": "{accuracy}",', column)
    with (library / "report/figures/ner.py").open("a") as file:
        file.write(f"\n\n{figure}")
    (library / "commands/ner/plot_exact_sentences.py").write_text(command)
    insert(library / "commands/names.py", '"plot_ner_results",', name)
    insert(library / "report/contents.py", "FIGURES = {", entry)
    (copy.folder / "resources/captions/exact_sentences.rst").write_text("Sentences.\n")
    add_fusion(library, *others[:5])
    add_corpus_format(library, *others[5:])
    copy.snakemake("--cores", "2", f"{WORK}/figures/exact_sentences.png", f"{WORK}/verdict.json")
    return copy


def add_fusion(library: Path, module: str, name: str, import_: str, case: str, modules: str) -> None:
    (library / "model/fusion/scaled.py").write_text(module)
    insert(library / "config/variants.py", 'fusion: Literal["none", "late",', name)
    insert(library / "model/modeling.py", "from posner.model.fusion.late import LateFusion", import_, indent=0)
    insert(library / "model/modeling.py", "return NoFusion()", case)
    insert(library / "model/fusion/modules.py", '"none": frozenset[str](),', modules)


def add_corpus_format(library: Path, settings: str, reader: str, imports: str, case: str) -> None:
    path = library / "config/corpora.py"
    before, union, after = path.read_text().partition("Corpus = Annotated[")
    path.write_text(f"{before}{settings}\n\n{union}JsonLinesCorpus | {after}")
    (library / "corpora/json_lines.py").write_text(reader)
    insert(library / "corpora/sources.py", "from posner.corpora.grammar import generate", imports, indent=0)
    insert(library / "corpora/sources.py", "match settings:", case)


def insert(path: Path, after: str, lines: str, indent: int = 8) -> None:
    text = path.read_text()
    assert text.count(after) == 1
    path.write_text(text.replace(after, f"{after}\n{textwrap.indent(lines.strip(), ' ' * indent)}"))


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


def test_a_metric_is_in_the_tables_for_readers(contributed: Copy) -> None:
    command = ["-m", "posner", "typeset_tables", "--tables", json.dumps([f"{WORK}/tables/ner_runs.csv"])]
    subprocess.run([sys.executable, *command], cwd=contributed.folder, env=contributed.environment, check=True)
    for kind in ("tex", "html"):
        assert "Sentences without an error" in (contributed.folder / WORK / f"tables/ner_runs.{kind}").read_text()


def test_a_figure_is_drawn_and_in_the_report(contributed: Copy) -> None:
    figures = contributed.folder / WORK / "figures"
    assert {path.suffix for path in figures.iterdir() if path.stem == "exact_sentences"} == {".png", ".svg"}
    printed = contributed.snakemake("--dry-run", "--forcerun", "plot_exact_sentences")
    assert re.search(r"rule report:\n +input: .*exact_sentences\.svg", printed)


def test_a_fusion_is_trained_swept_and_judged(contributed: Copy) -> None:
    work = contributed.folder / WORK
    sweep = pd.read_parquet(work / "corruption" / "scaled" / "seed-1.parquet")
    metrics = json.loads((work / "ner/scaled/seed-1/metrics.json").read_text())
    clean = sweep.loc[sweep["mode"] == "clean", "f1"]
    assert clean.tolist() == pytest.approx([metrics["test"]["f1"]] * len(clean), abs=5e-3)
    propagation = json.loads((work / "pos_corruption/scaled_fusion.json").read_text())
    assert list(propagation["variants"]) == ["scaled"]
    verdict = pd.read_csv(work / "tables/verdict_variants.csv")
    assert verdict.loc[verdict["variant"] == "scaled", "label"].tolist() == ["Gold POS (scaled, one-hot)"]


def json_lines(folder: Path, **splits: int) -> dict[str, object]:
    """Settings of a corpus in the new format, with splits that are made from these seeds."""
    for split, seed in splits.items():
        rows = ({"tokens": s.tokens, "pos": s.pos, "ner": s.ner} for s in make_sentences(30, seed))
        (folder / f"{split}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return {"source": "json_lines", **{split: f"{split}.jsonl" for split in splits}}


def test_a_corpus_in_a_new_format_is_read_and_checked(contributed: Copy) -> None:
    study = yaml.safe_load(contributed.study.read_text())
    card = "results/lines/corpus/corpus.json"
    for test, is_refused in [(3, False), (1, True)]:
        lines = json_lines(contributed.folder, train=1, validation=2, test=test)
        path = contributed.folder / "lines.yaml"
        path.write_text(
            yaml.safe_dump(study | {"study": study["study"] | {"corpora": ["lines"]}, "corpora": {"lines": lines}})
        )
        printed = contributed.snakemake("--configfile", str(path), "--", card, check=not is_refused)
        assert ("same sentences" in printed) == is_refused
        if not is_refused:
            assert json.loads((contributed.folder / card).read_text())["sentences"] == dict.fromkeys(SPLITS, 30)
