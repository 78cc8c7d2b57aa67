"""The workflow as a user runs it: a small study from nothing to its report."""

from __future__ import annotations

import gc
import json
import os
import random
import re
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pytest
import yaml
from posner.files import sha256
from posner.model.modeling import PosNerModel
from pypdf import PdfReader
from snakemake.resources import Resource
from tex import article, needs_latex
from transformers import AutoModelForTokenClassification, AutoTokenizer
from workflow_copy import CHECKOUT, STUDY, Copy, copy_workflow

# --- the whole graph -------------------------------------------------------------------------------------------------


def expected_jobs(raw: dict[str, object], folds: int, seeds: dict[str, int], swept: int) -> dict[str, int]:
    """Jobs of each stage by formula: `seeds` is the number of seeds of each variant, `swept` of those with POS."""
    study = raw["study"]
    corpora = len(study["corpora"])  # type: ignore[index]
    pairs = corpora * len(study["encoders"])  # type: ignore[index]
    return {
        "prepare_corpus": corpora,
        "assign_folds": corpora,
        "prepare_encoder": pairs,
        "tokenize_corpus": pairs,
        "train_tagger": pairs * (folds + 1),
        "merge_pos": pairs,
        "score_pos": pairs,
        "train_ner": pairs * sum(seeds.values()),
        "sweep_corruption": pairs * swept,
    }


def test_the_number_of_jobs_follows_the_formula(tmp_path: Path) -> None:
    copy = copy_workflow(tmp_path / "copy")
    seeds = {
        "baseline": 2,
        "late-gold-one_hot": 3,
        "late-predicted-logits": 3,
        "encoder-gold": 3,
        "late-oracle-one_hot": 1,
    }
    copy.set(study__seeds=[1, 2, 3], pos__folds=4)
    raw = yaml.safe_load(copy.study.read_text())
    raw["corpora"]["other"] = raw["corpora"]["small"] | {"seed": 2}
    raw["encoders"]["wide"] = raw["encoders"]["tiny"] | {"hidden_size": 64}
    raw["study"] |= {"corpora": ["small", "other"], "encoders": ["tiny", "wide"]}
    copy.study.write_text(yaml.safe_dump(raw))
    planned = copy.planned()
    expected = expected_jobs(raw, folds=4, seeds=seeds, swept=9)
    assert {rule: planned[rule] for rule in expected} == expected
    assert expected["train_ner"] == 48


def test_reading_the_workflow_imports_nothing_heavy() -> None:
    """Each job on a cluster reads the workflow again."""
    rules = [*CHECKOUT.glob("rules/*"), CHECKOUT / "Snakefile"]
    lines = [
        line
        for path in rules
        if path.is_file()
        for line in path.read_text().splitlines()
        if "import" in line.split()[:3]
    ]
    ours = [line for line in lines if line.startswith("from posner")]
    assert len(ours) > 4
    heavy = {"torch", "transformers", "datasets", "pandas", "pyarrow", "numpy", "scipy", "matplotlib"}
    code = "\n".join([*ours, "import sys", f"print(*({heavy} & sys.modules.keys()))"])
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert not done.stdout.split()


def test_a_finished_study_has_everything(finished: Copy) -> None:
    work = finished.folder / "results" / "small" / "tiny"
    for variant, seed in [("baseline", 1), ("baseline", 2), ("late-gold-one_hot", 1), ("encoder-gold", 1)]:
        run = work / "ner" / variant / f"seed-{seed}"
        metrics = json.loads((run / "metrics.json").read_text())
        predictions = pd.read_parquet(run / "predictions.parquet")
        test = predictions[predictions["split"] == "test"]
        assert metrics["test"]["tokens"] == len(test)
        assert metrics["test"]["accuracy"] == pytest.approx((test["gold"] == test["predicted"]).mean())
    sweep = pd.read_parquet(work / "corruption" / "encoder-gold" / "seed-1.parquet")
    clean = json.loads((work / "ner" / "encoder-gold" / "seed-1" / "metrics.json").read_text())["test"]["f1"]
    assert sweep["mode"].value_counts()[["clean", "tagger", "scaled", "anchor"]].tolist() == [2, 6, 10, 1]
    assert sweep.loc[sweep["mode"] == "clean", "f1"].tolist() == pytest.approx([clean, clean], abs=5e-3)
    assert sorted(path.suffix for path in (work / "figures").iterdir()).count(".png") >= 5
    runs = pd.read_csv(work / "tables" / "ner_runs.csv").set_index(["variant", "seed", "split"])
    cards = sorted(work.glob("ner/*/*/model/README.md"))
    assert len(cards) == 6
    models = pd.read_csv(work / "ner" / "models.csv")
    assert {work / "ner" / folder / "README.md" for folder in models["folder"]} == set(cards)
    for card in cards:
        seed = int(card.parts[-3].removeprefix("seed-"))
        metadata = yaml.safe_load(card.read_text().split("---\n")[1])
        f1 = metadata["model-index"][0]["results"][0]["metrics"][0]["value"]
        assert f1 == pytest.approx(runs.loc[(card.parts[-4], seed, "test"), "f1"])
    assert (work / "pos" / "final" / "model" / "README.md").is_file()
    assert not list(finished.folder.glob("results/**/.*.part*"))
    assert not list((work / "resume").glob("*"))


@pytest.mark.parametrize("variant", ["baseline", "late-predicted-logits", "encoder-gold"])
def test_trained_models_load_with_transformers(finished: Copy, variant: str) -> None:
    folder = finished.folder / "results" / "small" / "tiny" / "ner" / variant / "seed-1" / "model"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model, loaded = AutoModelForTokenClassification.from_pretrained(folder, output_loading_info=True)
    assert not any(loaded[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert isinstance(model, PosNerModel)
    assert set(model.config.id2label.values()) >= {"O", "B-PER", "I-PER"}
    assert bool(model.config.pos_tags) == (variant != "baseline")
    assert tokenizer("a word")["input_ids"]


def test_every_model_and_table_has_its_record(finished: Copy) -> None:
    work = finished.folder / "results" / "small" / "tiny"
    models = [path.parent for path in work.rglob("model") if path.parent.parent != work]
    assert len(models) == 9
    sweeps = list(work.glob("corruption/*/seed-?.parquet"))
    groups = {table.name.partition("_")[0].removesuffix(".csv") for table in work.glob("tables/*.csv")}
    groups -= {"slopes", "train"}  # written with those of corruption
    records = [
        *(model / "provenance.json" for model in models),
        *(sweep.with_suffix(".provenance.json") for sweep in sweeps),
        *(work / "tables" / f"{group}.provenance.json" for group in groups),
        work / "pos" / "predicted.provenance.json",
    ]
    for path in records:
        record = json.loads(path.read_text())
        assert record["inputs"], path
        assert record["code"], path


@needs_latex
def test_every_table_can_be_printed(finished: Copy, tmp_path: Path) -> None:
    tables = sorted(finished.folder.glob("results/**/*.csv"))
    tables = [table.with_suffix(".tex") for table in tables if table.parent.name in ("tables", "corpus")]
    assert len(tables) > 15
    assert len(PdfReader(article(tables, tmp_path)).pages) >= len(tables)


def test_a_text_is_predicted_as_a_target(finished: Copy) -> None:
    texts = finished.folder / "data" / "texts"
    texts.mkdir(parents=True)
    (texts / "news.txt").write_text("a_word\n\nanother a_word\n")
    (texts / "tagged.CONLL").write_text("a_word NN\n\nanother NNP\n")
    work = "results/files/tiny/predictions"
    targets = [f"{work}/late-predicted-logits/seed-1/news.jsonl", f"{work}/encoder-gold/seed-1/tagged.conll"]
    finished.snakemake("--cores", "2", *targets)
    lines, rows = ((finished.folder / target).read_text().splitlines() for target in targets)
    assert [json.loads(line)["text"] for line in lines] == ["a_word", "", "another a_word"]
    assert [row.split()[:2] for row in rows] == [["a_word", "NN"], [], ["another", "NNP"], []]
    assert "Nothing to be done" in finished.snakemake("--dry-run", *targets)


def test_targets_read_as_a_menu() -> None:
    command = [sys.executable, "-m", "snakemake", "--configfile", STUDY, "--list-target-rules"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    menu = dict(re.findall(r"^(\w+)(?: \((.*)\))?$", done.stdout, flags=re.MULTILINE))
    assert {"all", "corpus", "pos", "ner", "comparisons", "corruption", "figures", "models", "report"} <= menu.keys()
    for rule, words in menu.items():
        assert re.fullmatch(r"[A-Z].{15,110}\.", words), f"{rule}: {words!r} is not one line"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ner__training__epoch": 3}, "ner.training.epoch: unknown key; did you mean 'epochs'?"),
        ({"study__seeds": [1, 1]}, "study.seeds: 1 is listed more than once"),
        ({"corpora__small": {"source": "columns", "train": "a", "validation": "b", "test": "c"}}, "a does not exist"),
    ],
)
def test_a_wrong_config_is_one_clear_message(tmp_path: Path, change: dict[str, object], message: str) -> None:
    copy = copy_workflow(tmp_path / "copy")
    copy.set(**change)
    printed = copy.snakemake("--dry-run", check=False)
    assert message in printed
    assert "Traceback" not in printed


# --- rules -----------------------------------------------------------------------------------------------------------

RULE = """
rule own:
    output: "own.txt"
    shell: "python -c 'import posner, mine; print(mine.__file__)' > {output} && echo second >> {output}"
"""


def test_a_rule_may_run_two_commands_with_modules_of_the_user(tmp_path: Path) -> None:
    copy = copy_workflow(tmp_path / "copy")
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "mine.py").touch()
    with (copy.folder / "Snakefile").open("a") as file:
        file.write(RULE)
    arguments = copy.command("--", "own.txt")
    arguments["env"] |= {"PYTHONPATH": str(tmp_path / "modules")}
    subprocess.run(**arguments, check=True, capture_output=True)
    assert (copy.folder / "own.txt").read_text().splitlines() == [str(tmp_path / "modules" / "mine.py"), "second"]


def test_nothing_in_the_working_directory_takes_the_place_of_a_module(tmp_path: Path) -> None:
    copy, work = copy_workflow(tmp_path / "copy"), tmp_path / "work"
    (work / "posner").mkdir(parents=True)
    for module in ("posner/__init__.py", "random.py"):
        (work / module).write_text("raise SystemExit('shadowed')")
    with (copy.folder / "Snakefile").open("a") as file:
        file.write(RULE.replace("mine", "random"))
    arguments = copy.command("--directory", str(work), "--", "own.txt")
    subprocess.run(**arguments, check=True, capture_output=True)
    assert (work / "own.txt").read_text().splitlines() == [random.__file__, "second"]


def test_only_rules_whose_jobs_save_their_state_replace_their_shell() -> None:
    text = "\n".join(path.read_text() for path in CHECKOUT.glob("rules/*.smk"))
    assert re.findall(r'"exec python -m posner (\w+)', text) == re.findall(r"posner (train_\w+)", text)


def test_stages_are_included_in_any_order(tmp_path: Path) -> None:
    copy = copy_workflow(tmp_path / "copy")
    planned = copy.planned()
    snakefile = copy.folder / "Snakefile"
    includes = re.findall(r"^include: .*\n", snakefile.read_text(), flags=re.MULTILINE)
    assert includes[:2] == ['include: "rules/paths.smk"\n', 'include: "rules/common.smk"\n']
    block = "".join(includes)
    assert block in snakefile.read_text()
    snakefile.write_text(snakefile.read_text().replace(block, "".join([*includes[:2], *reversed(includes[2:])])))
    assert copy.planned() == planned


def test_an_untested_snakemake_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(CHECKOUT / "rules")
    import snakemake_patches

    assert snakemake_patches.is_tested(version("snakemake"))
    monkeypatch.setattr(snakemake_patches, "version", lambda _: "10.0.0")
    before, threshold = vars(Resource.evaluate).copy(), gc.get_threshold()
    snakemake_patches.apply()
    snakemake_patches.note_parameters(print)
    assert (vars(Resource.evaluate), gc.get_threshold()) == (before, threshold)


# --- killed, and run again -------------------------------------------------------------------------------------------


def is_result(path: Path) -> bool:
    """Whether the content of a file depends on the study alone, not on when and where it ran."""
    is_of_time = "resume" in path.parts or path.stem in ("history", "cost", "runs")
    return path.is_file() and not is_of_time and not path.name.endswith("provenance.json")


def results_of(copy: Copy) -> dict[str, str]:
    """Hash of every result of the generated corpus by its path."""
    folder = copy.folder / "results" / "small"
    return {str(path.relative_to(folder)): sha256(path) for path in folder.rglob("*") if is_result(path)}


def test_stopped_killed_and_on_one_core_a_study_ends_with_the_same_bytes(finished: Copy, tmp_path: Path) -> None:
    copy = copy_workflow(tmp_path / "again")
    run = ["--cores", "1", "figures", "models"]
    with copy.started(*run) as process:
        copy.wait_for("logs/small/tiny/ner/*/*.log")
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C reaches Snakemake and its jobs
        assert process.wait(timeout=60) != 0
    with copy.started(*run) as process:
        copy.wait_for("results/small/tiny/corruption/*/*.parquet")
        os.killpg(process.pid, signal.SIGKILL)  # a power cut leaves the lock
    assert "--unlock" in copy.snakemake(*run, check=False)
    copy.snakemake("--unlock")
    copy.snakemake(*run)
    results, expected = results_of(copy), results_of(finished)
    assert len(results) > 60
    assert results == expected
