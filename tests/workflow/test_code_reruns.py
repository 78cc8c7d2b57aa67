"""What runs again after an edit of the code: a dry run plans it in a finished study."""

from __future__ import annotations

import pytest
from edits import (
    AFTER_NER,
    AFTER_SWEEPS,
    ALL_TRAINED,
    COST,
    END,
    LIBRARY,
    POWER_SETTING,
    SETTING,
    TAGGED,
    TRAINED,
    Edit,
    add_field,
    append,
    in_file,
    replace,
)
from workflow_copy import Copy


def add_command(copy: Copy) -> None:
    """A new command, in a new module."""
    (copy.folder / LIBRARY / "commands/ner/count_words.py").write_text("class CountWords:\n    pass\n")
    replace(copy.folder / LIBRARY / "commands/names.py", '"train_ner",', '"train_ner", "count_words",')


def add_functions(copy: Copy) -> None:
    """New functions that nothing calls."""
    for name in ["report/figures/ner.py", "stats/intervals.py", "training/loop.py", "corpora/corpus.py"]:
        append(copy, name, "\n\ndef print_nothing() -> None:\n    print()\n")


AFTER_STATISTICS = AFTER_SWEEPS | dict.fromkeys(
    ["compare_variants", "score_slices", "plot_injection_strategies", "plot_slices", "write_model_cards"], 1
)


EDITS = [
    Edit(
        "a comment, a docstring, formatting",
        "nothing",
        in_file(f"{LIBRARY}/training/loop.py", "def take_steps(", "# Why.\ndef take_steps("),
        {},
    ),
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
        "a title in the report",
        "the report",
        in_file(f"{LIBRARY}/report/contents.py", "Most frequent confusions", "Confusions"),
        {},
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
        in_file(
            f"{LIBRARY}/config/statistics.py",
            "    seed: Seed = 42\n",
            "    seed: Seed = 42\n    tolerance: float = 0\n",
        ),
        AFTER_STATISTICS,
        POWER_SETTING,
    ),
    Edit(
        "a new field in the settings of the sweep",
        "sweeps and what follows; no training",
        add_field("corruption"),
        {"sweep_corruption": 3, "list_sweeps": 1, **AFTER_SWEEPS, **COST},
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
        in_file(f"{LIBRARY}/training/loop.py", "progress.step += 1", "progress.step = progress.step + 1"),
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
]


@pytest.mark.parametrize("edit", EDITS, ids=[edit.name for edit in EDITS])
def test_an_edit_reruns_what_depends_on_it(edited: Copy, edit: Edit) -> None:
    edit.apply(edited)
    assert edited.planned() == edit.expected


def test_the_documentation_shows_what_an_edit_reruns() -> None:
    assert [edit.name for edit in EDITS if not edit.is_documented] == []
