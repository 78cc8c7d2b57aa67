"""What runs again after an edit of a study, of its files or its corpora: a dry run plans it in a finished study."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from edits import (
    AFTER_SWEEPS,
    ALL_TRAINED,
    CONCLUDED,
    COST,
    END,
    PLOTS_OF_SWEEPS,
    POWER_SETTING,
    SETTING,
    TAGGED,
    TRAINED,
    Edit,
    in_file,
    in_study,
    replace,
)
from workflow_copy import Copy

TOKENS = "a_word NN O\nanother NNP B-PER\n\n"


def touch_all(copy: Copy) -> None:
    for path in copy.folder.rglob("*"):
        if path.is_file():
            path.touch()


def add_variant(copy: Copy) -> None:
    variants = yaml.safe_load(copy.study.read_text())["study"]["variants"]
    copy.set(study__variants=[*variants, "late-gold-trainable_embed"])


def add_extra_test(copy: Copy) -> None:
    copy.set(corpora__small__extra_tests={"hard": {"test": 10, "ambiguity": 1, "seed": 2}})


def add_comments(copy: Copy) -> None:
    """Comments, in the study's own file and in the defaults."""
    copy.study.write_text("# Explained.\n" + copy.study.read_text())
    replace(copy.folder / "config.yaml", "warmup_ratio: 0.1", "warmup_ratio: 0.1  # share of the steps")


GOLD = {"fusion": "encoder", "pos": "gold", "feature": "trainable_embed", "inject_layer_offset_from_end": 2}
PLOTS = dict.fromkeys(
    [
        "plot_pos_tagging",
        "plot_confusions",
        "plot_ner_results",
        "plot_injection_strategies",
        "plot_slices",
        *PLOTS_OF_SWEEPS,
        "plot_oracles",
        "plot_training",
        "plot_cost",
    ],
    1,
)
EXTRA_TEST = {
    **dict.fromkeys(["prepare_extra_test", "tokenize_extra_test", "tag_extra_test"], 1),
    **dict.fromkeys(["compare_extra_tests", "typeset_extra_tests"], 1),
    "predict_extra_test": 5,
}


EDITS = [
    Edit("`touch` of every file, a fresh checkout", "nothing", touch_all, {}),
    Edit("a comment in the config", "nothing", add_comments, {}),
    Edit(
        "one more seed",
        "that seed's trainings and sweeps, and the analysis",
        in_study(study__seeds=[1, 2]),  # the baseline has both
        TRAINED | {"train_ner": 3},
        POWER_SETTING,
    ),
    Edit(
        "one more variant",
        "that variant, and the analysis",
        add_variant,
        TRAINED | {"train_ner": 1, "sweep_corruption": 1},
        POWER_SETTING,
    ),
    Edit(
        "one variant's option",
        "that variant, and the analysis",
        in_study(**{"variants__encoder-gold": GOLD | {"pos_embed_dim": 16}}),
        TRAINED | {"train_ner": 1, "sweep_corruption": 1},
        POWER_SETTING,
    ),
    Edit(
        "a corruption rate, the number of draws",
        "sweeps and what follows",
        in_study(corruption__draws=3),
        {"sweep_corruption": 3, "list_sweeps": 1, **AFTER_SWEEPS, **COST},
        SETTING,
    ),
    Edit(
        "the style of figures",
        "figures",
        in_file("resources/styles/posner.mplstyle", "font.size: 9", "font.size: 10"),
        PLOTS | {"typeset_poster": 1},
        ("plot_seeds", "report"),
    ),
    Edit(
        "a caption",
        "the report",
        in_file("resources/captions/corruption.rst", "What", "Explained: What"),
        {},
        ("report",),
    ),
    Edit(
        "the words of the poster",
        "posters, and the report",
        in_file("resources/poster/poster.typ", "Do POS tags still help", "Do POS tags help"),
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
        "the margin of equivalence",
        "comparisons, and what is concluded",
        in_study(statistics__margin=0.3),
        dict.fromkeys(["compare_variants", "plot_injection_strategies", "write_model_cards"], 1) | AFTER_SWEEPS,
        POWER_SETTING,
    ),
    Edit(
        "the F1 that oracles must reach",
        "comparisons, and what is concluded",
        in_study(statistics__oracle_f1=90.0),
        dict.fromkeys(["compare_variants", "plot_injection_strategies", "write_model_cards", *CONCLUDED], 1),
        SETTING,
    ),
    Edit(
        "the learning rate of NER",
        "NER and what follows, no tagger",
        in_study(ner__training__learning_rate=2e-3),
        ALL_TRAINED,
        SETTING,
    ),
    Edit(
        "the longest input of NER",
        "word pieces of that length, NER and what follows, no tagger",
        in_study(ner__training__max_length=128),
        {"tokenize_corpus": 1, **ALL_TRAINED},
        SETTING,
    ),
    Edit(
        "two values swapped between two settings",
        "what depends on them",
        in_study(ner__training__train_batch_size=1, ner__training__epochs=8),
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
        EXTRA_TEST | dict.fromkeys(CONCLUDED, 1),
        SETTING,
        corpora=1,
    ),
    Edit(
        "one sentence of a corpus",
        "everything computed from this corpus, nothing of another",
        in_file("test.txt", "\n\n", f"\n\n{TOKENS}"),
        TAGGED
        | ALL_TRAINED
        | dict.fromkeys(["prepare_corpus", "prepare_encoder", "tokenize_corpus", "assign_folds"], 1)
        | dict.fromkeys(["summarise_corpus", "typeset_counts"], 1),
        END,
        corpora=1,
    ),
]


@pytest.mark.parametrize("edit", EDITS, ids=[edit.name for edit in EDITS])
def test_an_edit_reruns_what_depends_on_it(edited: Copy, edit: Edit) -> None:
    edit.apply(edited)
    assert edited.planned() == edit.expected


def test_the_documentation_shows_what_an_edit_reruns() -> None:
    assert [edit.name for edit in EDITS if not edit.is_documented] == []


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
