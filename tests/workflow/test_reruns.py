"""What an edit reruns: a table of edits, and the jobs that a dry run plans after each in a finished study."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import yaml
from workflow_copy import CHECKOUT, Copy

TOKENS = "a_word NN O\nanother NNP B-PER\n\n"


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


def add_comments(copy: Copy) -> None:
    """Comments, in the study's own file and in the defaults."""
    copy.study.write_text("# Explained.\n" + copy.study.read_text())
    replace(copy.folder / "config.yaml", "warmup_ratio: 0.1", "warmup_ratio: 0.1  # share of the steps")


LIBRARY = "workflow_scripts/posner"


def add_command(copy: Copy) -> None:
    """A new command, in a new module."""
    (copy.folder / LIBRARY / "commands/ner/count_words.py").write_text("class CountWords:\n    pass\n")
    replace(copy.folder / LIBRARY / "commands/names.py", '"train_ner",', '"train_ner", "count_words",')


def append(copy: Copy, name: str, text: str) -> None:
    """Add `text` at the end of a module of the library."""
    with (copy.folder / LIBRARY / name).open("a") as file:
        file.write(text)


def add_functions(copy: Copy) -> None:
    """New functions that nothing calls."""
    for name in ["report/figures/ner.py", "stats/intervals.py", "training/loop.py", "corpora/corpus.py"]:
        append(copy, name, "\n\ndef print_nothing() -> None:\n    print()\n")


def add_field(settings: str) -> Callable[[Copy], None]:
    """A new field in a class of settings, the last one in its module."""
    return lambda copy: append(copy, f"config/{settings}.py", "    tolerance: float = 0\n")


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
        "plot_training",
        "plot_cost",  # in the variants' colours, which depend on the table of runs
        *PLOTS_OF_SWEEPS,
        "write_model_cards",
        *CONCLUDED,
    ],
    1,
)
AFTER_SWEEPS = dict.fromkeys(["summarise_corruption", *PLOTS_OF_SWEEPS, *CONCLUDED], 1)
COST = dict.fromkeys(["summarise_cost", "plot_cost", "typeset_tables"], 1)
# With some variants; and with all of them.
TRAINED = {"sweep_corruption": 3, "list_runs": 1, "list_sweeps": 1, **AFTER_NER, **AFTER_SWEEPS, **COST}
ALL_TRAINED = {"train_ner": 6, "measure_ceiling": 1, **TRAINED}
TAGGED = {"train_tagger": 3, "merge_pos": 1, "score_pos": 1, **AFTER_POS, **COST}
AFTER_STATISTICS = AFTER_SWEEPS | dict.fromkeys(
    ["compare_variants", "score_slices", "plot_injection_strategies", "plot_slices", "write_model_cards"], 1
)
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
    **dict.fromkeys(["prepare_extra_test", "tag_extra_test", "compare_extra_tests", "typeset_extra_tests"], 1),
    "predict_extra_test": 5,
}
END = ("summarise_study", "report")
SETTING = ("record_config", *END)  # the config is recorded as a whole


@dataclass(frozen=True)
class Edit:
    """A row of the table in docs/reruns.md: jobs of each corpus by rule, and rules of the whole study that run once."""

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
        in_file(f"{LIBRARY}/training/loop.py", "def training_step(", "# Why.\ndef training_step("),
        {},
    ),
    Edit("a comment in the config", "nothing", add_comments, {}),
    Edit(
        "the help text of a setting",
        "nothing",
        in_file(f"{LIBRARY}/config/statistics.py", '"""Confidence level', '"""The confidence level'),
        {},
    ),
    Edit(
        "a message of the config check",
        "nothing",
        in_file(f"{LIBRARY}/config/variants.py", "gold POS has no logits", "there are no logits of gold POS"),
        {},
    ),
    Edit(
        "an error message in the training code",
        "nothing",
        in_file(f"{LIBRARY}/model/modeling.py", "no prepared encoder is there", "the encoder is missing"),
        {},
    ),
    Edit("a new command", "nothing", add_command, {}),
    Edit(
        "a new function in a module of figures, statistics or training",
        "nothing",
        add_functions,
        {},
    ),
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
        {"sweep_corruption": 3, "list_sweeps": 1, **AFTER_SWEEPS, **COST},
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
        "a title in the report",
        "the report",
        in_file(f"{LIBRARY}/report/contents.py", "Most frequent confusions", "Confusions"),
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
        "the code of one figure",
        "that figure, and the report",
        in_file(f"{LIBRARY}/report/figures/ner.py", "dict(zip(product(kinds", "dict(0 or zip(product(kinds"),
        {"plot_slices": 1},
        ("report",),
    ),
    Edit(
        "one statistic, e.g. the standard deviation over seeds",
        "what uses it, and what follows",
        in_file(f"{LIBRARY}/stats/spread.py", "return cls(", "return 0 or cls("),
        AFTER_NER | AFTER_SWEEPS | {"measure_ceiling": 1, "compare_variants": 0, "score_slices": 0},
        END,
    ),
    Edit(
        "a new field in the settings of statistics",
        "what takes these settings, and what follows; no training",
        add_field("statistics"),
        AFTER_STATISTICS,
        SETTING,
    ),
    Edit(
        "a new field in the settings of the sweep",
        "sweeps and what follows; no training",
        add_field("corruption"),
        {"sweep_corruption": 3, "list_sweeps": 1, **AFTER_SWEEPS, **COST},
        SETTING,
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
            f"{LIBRARY}/model/fusion/late.py",
            "logits + self.scale * self.project(pos)",
            "self.scale * self.project(pos) + logits",
        ),
        TRAINED | {"train_ner": 3, "sweep_corruption": 2},
        END,
    ),
    Edit(
        "the training loop",
        "every training, and what follows",
        in_file(f"{LIBRARY}/training/loop.py", "return loss.item()", "return float(loss)"),
        TAGGED | ALL_TRAINED,
        END,
    ),
    Edit(
        "the code of the POS taggers",
        "taggers, variants with predicted POS, sweeps, the analysis; no variant with gold POS",
        in_file(f"{LIBRARY}/commands/pos/train_tagger.py", "return frozenset()", "return frozenset([])"),
        TAGGED | TRAINED | {"train_ner": 1, "measure_ceiling": 1},
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
        "everything computed from this corpus, nothing of another",
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


def test_the_documentation_shows_what_an_edit_reruns() -> None:
    page = (CHECKOUT / "docs" / "reruns.md").read_text(encoding="utf-8")
    for edit in EDITS:
        assert f"| {edit.what} | {edit.reruns} |" in page


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
