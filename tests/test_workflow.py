"""The workflow as a user runs it: a small study from nothing to its report, and what an edit then reruns."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import yaml
from workflow_copy import CHECKOUT, Copy, copy_workflow

from workflow_scripts.posner.artifacts import sha256

TOKENS = "a_word NN O\nanother NNP B-PER\n\n"


@pytest.fixture
def edited(finished: Copy, tmp_path: Path) -> Copy:
    """The finished study in a copy with other dates, to be edited."""
    folder = tmp_path / "other place"
    shutil.copytree(finished.folder, folder, copy_function=shutil.copyfile)
    return Copy(folder)


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
    """Each job on a cluster reads the workflow anew."""
    rules = [*CHECKOUT.glob("rules/*.smk"), CHECKOUT / "Snakefile"]
    lines = [line for path in rules for line in path.read_text().splitlines() if "import" in line.split()[:3]]
    ours = [line for line in lines if line.startswith("from workflow_scripts")]
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
    for card in cards:
        seed = int(card.parts[-3].removeprefix("seed-"))
        metadata = yaml.safe_load(card.read_text().split("---\n")[1])
        f1 = metadata["model-index"][0]["results"][0]["metrics"][0]["value"]
        assert f1 == pytest.approx(runs.loc[(card.parts[-4], seed, "test"), "f1"])
    assert (work / "pos" / "final" / "model" / "README.md").is_file()
    assert not list(finished.folder.glob("results/**/.*.part*"))
    assert not list((work / "resume").glob("*"))


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


# --- what an edit reruns ---------------------------------------------------------------------------------------------


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def in_file(name: str, old: str, new: str) -> Callable[[Copy], None]:
    return lambda copy: replace(copy.folder / name, old, new)


def in_study(**values: object) -> Callable[[Copy], None]:
    return lambda copy: copy.set(**values)


def touch_all(copy: Copy) -> None:
    for path in copy.folder.rglob("*"):
        if path.is_file():
            path.touch()


def add_variant(copy: Copy) -> None:
    variants = yaml.safe_load(copy.study.read_text())["study"]["variants"]
    copy.set(study__variants=[*variants, "late-gold-trainable_embed"])


def add_extra_test(copy: Copy) -> None:
    copy.set(corpora__small__extra_tests={"hard": {"test": 10, "ambiguity": 1, "seed": 2}})


def explain(copy: Copy) -> None:
    """Comments, in the study's own file and in the defaults."""
    copy.study.write_text("# Explained.\n" + copy.study.read_text())
    replace(copy.folder / "config.yaml", "warmup_ratio: 0.1", "warmup_ratio: 0.1  # share of the steps")


LIBRARY = "workflow_scripts/posner"
GOLD = {"fusion": "encoder", "pos": "gold", "feature": "trainable_embed", "inject_layer_offset_from_end": 2}
PLOTS_OF_SWEEPS = ["plot_corruption", "plot_scaled_errors", "plot_pos_controls"]
CONCLUDED = ["conclude", "plot_oracles", "typeset_tables", "typeset_poster", "run_notebook"]
AFTER_POS = dict.fromkeys(
    ["summarise_pos", "plot_pos_tagging", "plot_confusions", "plot_corruption", "write_model_cards", *CONCLUDED], 1
)
AFTER_NER = dict.fromkeys(
    [
        "summarise_ner",
        "compare_variants",
        "score_slices",
        "plot_ner_results",
        "plot_injection_strategies",
        "plot_slices",
        "plot_cost",  # in the variants' colours, which are told by the table of runs
        *PLOTS_OF_SWEEPS,
        "write_model_cards",
        *CONCLUDED,
    ],
    1,
)
AFTER_SWEEPS = dict.fromkeys(["summarise_corruption", *PLOTS_OF_SWEEPS, *CONCLUDED], 1)
COST = dict.fromkeys(["summarise_cost", "plot_cost", "typeset_tables"], 1)
TRAINED = {"sweep_corruption": 3, **AFTER_NER, **AFTER_SWEEPS, **COST}  # with some variants; and with all of them:
ALL_TRAINED = {"train_ner": 6, "measure_ceiling": 1, **TRAINED}
TAGGED = {"train_tagger": 3, "merge_pos": 1, "score_pos": 1, **AFTER_POS, **COST}
PLOTS = dict.fromkeys(
    [
        "plot_pos_tagging",
        "plot_confusions",
        "plot_ner_results",
        "plot_injection_strategies",
        "plot_slices",
        *PLOTS_OF_SWEEPS,
        "plot_oracles",
        "plot_cost",
    ],
    1,
)
EXTRA_TEST = {
    **dict.fromkeys(["prepare_extra_test", "tag_extra_test", "compare_extra_tests", "typeset_extra_tests"], 1),
    "predict_extra_test": 5,
}
END = ("summarise_study", "report")
SETTING = ("record_config", *END)  # the config is recorded as a whole


@dataclass(frozen=True)
class Edit:
    """A row of the README's table, and the jobs that it means: those of each corpus, and those of the whole study."""

    what: str
    reruns: str
    make: Callable[[Copy], None]
    jobs: dict[str, int]
    study: tuple[str, ...] = ()
    corpora: int = 2


EDITS = [
    Edit("`touch` of every file, a fresh checkout", "nothing", touch_all, {}),
    Edit(
        "a comment, a docstring, formatting",
        "nothing",
        in_file(f"{LIBRARY}/training.py", "def training_step(", "# Why.\ndef training_step("),
        {},
    ),
    Edit("a comment in the config", "nothing", explain, {}),
    Edit(
        "one more seed",
        "that seed's trainings and sweeps, and the analysis",
        in_study(study__seeds=[1, 2]),  # the baseline has both
        TRAINED | {"train_ner": 3},
        SETTING,
    ),
    Edit(
        "one more variant",
        "that variant, and the analysis",
        add_variant,
        TRAINED | {"train_ner": 1, "sweep_corruption": 1},
        SETTING,
    ),
    Edit(
        "one variant's option",
        "that variant, and the analysis",
        in_study(**{"variants__encoder-gold": GOLD | {"pos_embed_dim": 16}}),
        TRAINED | {"train_ner": 1, "sweep_corruption": 1},
        SETTING,
    ),
    Edit(
        "a corruption rate, the number of draws",
        "sweeps and what follows",
        in_study(corruption__draws=3),
        {"sweep_corruption": 3, **AFTER_SWEEPS, **COST},
        SETTING,
    ),
    Edit(
        "the style of figures",
        "figures",
        in_file("resources/styles/posner.mplstyle", "font.size: 9", "font.size: 10"),
        PLOTS | {"typeset_poster": 1},
        ("report",),
    ),
    Edit(
        "a caption",
        "the report",
        in_file("resources/captions/corruption.rst", "Micro F1", "F1"),
        {},
        ("report",),
    ),
    Edit(
        "the words of the poster",
        "posters, and the report",
        in_file("resources/poster/poster.typ", "Do they still help", "Do they help"),
        {"typeset_poster": 1},
        ("report",),
    ),
    Edit(
        "the text of the notebook",
        "notebooks, and the report",
        in_file("notebooks/results_analysis.ipynb", "a guided tour", "a tour"),
        {"run_notebook": 1},
        ("report",),
    ),
    Edit(
        "statistics",
        "the analysis",
        in_file(f"{LIBRARY}/statistics.py", "return ", "return 0 or "),
        AFTER_NER | AFTER_SWEEPS | {"measure_ceiling": 1},
        END,
    ),
    Edit(
        "the margin of equivalence",
        "comparisons, and what is concluded",
        in_study(statistics__margin=0.3),
        dict.fromkeys(["compare_variants", "plot_injection_strategies", "write_model_cards"], 1) | AFTER_SWEEPS,
        SETTING,
    ),
    Edit(
        "the code of a fusion",
        "variants of that fusion, and the analysis",
        in_file(
            f"{LIBRARY}/late_fusion.py",
            "logits + self.scale * self.project(pos)",
            "self.scale * self.project(pos) + logits",
        ),
        TRAINED | {"train_ner": 3, "sweep_corruption": 2},
        END,
    ),
    Edit(
        "the training loop",
        "every training, and what follows",
        in_file(f"{LIBRARY}/training.py", "return loss.item()", "return float(loss)"),
        TAGGED | ALL_TRAINED,
        END,
    ),
    Edit(
        "the learning rate of NER",
        "NER and what follows, no tagger",
        in_study(ner__training__learning_rate=2e-3),
        ALL_TRAINED,
        SETTING,
    ),
    Edit(
        "two values swapped between two settings",
        "what depends on them",
        in_study(ner__training__train_batch_size=16, ner__training__eval_batch_size=8),
        ALL_TRAINED,
        SETTING,
    ),
    Edit(
        "the number of folds",
        "POS, variants with predicted POS, sweeps, the analysis",
        in_study(pos__folds=3),
        TAGGED | ALL_TRAINED | {"assign_folds": 1, "train_tagger": 4, "train_ner": 1},
        SETTING,
    ),
    Edit(
        "one more extra test",
        "that test's predictions, and the analysis; no training",
        add_extra_test,
        EXTRA_TEST,
        ("record_config", "report"),
        corpora=1,
    ),
    Edit(
        "one sentence of a corpus",
        "all that is made of this corpus, nothing of another",
        in_file("test.txt", "\n\n", f"\n\n{TOKENS}"),
        TAGGED
        | ALL_TRAINED
        | dict.fromkeys(["prepare_corpus", "prepare_encoder", "assign_folds", "summarise_corpus", "typeset_counts"], 1),
        END,
        corpora=1,
    ),
]


@pytest.mark.parametrize("edit", EDITS, ids=[edit.what for edit in EDITS])
def test_an_edit_reruns_what_depends_on_it(edited: Copy, edit: Edit) -> None:
    edit.make(edited)
    expected = Counter({rule: edit.corpora * number for rule, number in edit.jobs.items()})
    assert edited.planned() == expected + Counter(edit.study)


def test_the_readme_shows_what_an_edit_reruns() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    for edit in EDITS:
        assert f"| {edit.what} | {edit.reruns} |" in readme


def test_a_text_is_predicted_as_a_target(finished: Copy) -> None:
    texts = finished.folder / "data" / "texts"
    texts.mkdir(parents=True)
    (texts / "news.txt").write_text("a_word\n\nanother a_word\n")
    (texts / "tagged.conll").write_text("a_word NN\n\nanother NNP\n")
    work = "results/files/tiny/predictions"
    targets = [f"{work}/late-predicted-logits/seed-1/news.jsonl", f"{work}/encoder-gold/seed-1/tagged.conll"]
    finished.snakemake("--cores", "2", *targets)
    lines, rows = ((finished.folder / target).read_text().splitlines() for target in targets)
    assert [json.loads(line)["text"] for line in lines] == ["a_word", "", "another a_word"]
    assert [row.split()[:2] for row in rows] == [["a_word", "NN"], [], ["another", "NNP"], []]
    assert "Nothing to be done" in finished.snakemake("--dry-run", *targets)


def test_targets_read_as_a_menu() -> None:
    command = [sys.executable, "-m", "snakemake", "--configfile", "tests/small_study.yaml", "--list-target-rules"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    menu = dict(re.findall(r"^(\w+) \((.*)\)$", done.stdout, flags=re.MULTILINE))
    assert {"all", "corpus", "pos", "ner", "corruption", "figures", "report"} <= menu.keys()
    for rule, words in menu.items():
        assert re.fullmatch(r"[A-Z].{15,110}\.", words), f"{rule}: {words!r} is not one line"


def test_a_second_run_has_nothing_to_do(finished: Copy) -> None:
    assert "Nothing to be done" in finished.snakemake("--dry-run")


@pytest.mark.parametrize(
    "options",
    [
        ["--cores", "1"],
        ["--set-threads", "train_ner=1", "--set-resources", "train_ner:mem_mb=1", "train_tagger:slurm_partition=big"],
        ["--profile", "profiles/slurm", "--default-resources", "slurm_account=me", "slurm_partition=gpus"],
        ["--verbose"],
    ],
    ids=["cores", "resources", "profile", "log level"],
)
def test_where_and_how_large_jobs_are_reruns_nothing(finished: Copy, options: list[str]) -> None:
    assert finished.planned(*options) == {}


def test_an_extra_test_is_scored_by_the_models_that_are_there(edited: Copy) -> None:
    add_extra_test(edited)
    edited.snakemake("--cores", "2", "results/small/tiny/tables/extra_tests.csv")
    table = pd.read_csv(edited.folder / "results/small/tiny/tables/extra_tests.csv")
    runs = [
        ("baseline", 1),
        ("baseline", 2),
        ("late-gold-one_hot", 1),
        ("late-predicted-logits", 1),
        ("encoder-gold", 1),
    ]
    assert list(zip(table["variant"], table["seed"], strict=True)) == runs
    assert set(table["test"]) == {"hard"}
    assert set(table["support"]) == {read_entities(edited.folder / "results/small/corpus/extra/hard.json")}
    assert edited.planned("ner", "pos") == {}
    again = {"hard": {"test": 10, "ambiguity": 1, "seed": 2}, "easy": {"test": 10, "ambiguity": 0, "seed": 3}}
    edited.set(corpora__small__extra_tests=again)
    assert edited.planned("results/small/tiny/tables/extra_tests.tex") == EXTRA_TEST, "the other test is left alone"


def read_entities(card: Path) -> int:
    return sum(json.loads(card.read_text())["entities"].values())


def test_another_corpus_is_left_alone(edited: Copy) -> None:
    replace(edited.folder / "test.txt", "\n\n", f"\n\n{TOKENS}")
    assert edited.planned("results/small/tiny/verdict.json") == {}


def test_the_reason_says_what_changed(edited: Copy) -> None:
    edited.set(ner__training__learning_rate=2e-3)
    printed = edited.snakemake("--dry-run", "results/small/tiny/ner/baseline/seed-1/metrics.json")
    before, now = printed.partition("before: ")[2].split("\n")[0].split(" now: ")
    assert "--training.learning-rate=0.001" in before
    assert "--training.learning-rate=0.002" in now
    assert "--variant" not in before + now


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ner__training__epoch": 3}, "ner.training.epoch: unknown key; did you mean 'epochs'?"),
        ({"study__seeds": [1, 1]}, "study.seeds: 1 stands there more than once"),
        ({"corpora__small": {"source": "columns", "train": "a", "validation": "b", "test": "c"}}, "a is not there"),
    ],
)
def test_a_wrong_config_is_one_clear_message(tmp_path: Path, change: dict[str, object], message: str) -> None:
    copy = copy_workflow(tmp_path / "copy")
    copy.set(**change)
    printed = copy.snakemake("--dry-run", check=False)
    assert message in printed
    assert "Traceback" not in printed


# --- killed, and run again -------------------------------------------------------------------------------------------


def is_result(path: Path) -> bool:
    """Whether a file says what was found, and nothing of how long it took and where."""
    is_log = {"logs", "benchmarks", "resume"} & set(path.parts) or path.stem in ("history", "cost")
    return path.is_file() and not is_log and not path.name.endswith("provenance.json")


def results_of(copy: Copy) -> dict[str, str]:
    """Hash of every result of the generated corpus by its path."""
    folder = copy.folder / "results" / "small"
    return {str(path.relative_to(folder)): sha256(path) for path in folder.rglob("*") if is_result(path)}


def test_stopped_killed_and_on_one_core_a_study_ends_with_the_same_bytes(finished: Copy, tmp_path: Path) -> None:
    copy = copy_workflow(tmp_path / "again")
    run = ["--cores", "1", "figures", "models"]
    with copy.started(*run) as process:
        copy.wait_for("logs/ner/*/*.log")
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C reaches Snakemake and its jobs
        assert process.wait(timeout=60) != 0
    with copy.started(*run) as process:
        copy.wait_for("corruption/*/*.parquet")
        os.killpg(process.pid, signal.SIGKILL)  # a power cut leaves the lock
    assert "--unlock" in copy.snakemake(*run, check=False)
    copy.snakemake("--unlock")
    copy.snakemake(*run)
    made, expected = results_of(copy), results_of(finished)
    assert len(made) > 60
    assert made == expected
