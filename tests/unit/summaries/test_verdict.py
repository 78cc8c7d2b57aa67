"""What is concluded, and the study on one page: words that say no more than the numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import docutils.core
import pandas as pd
import pytest
from fabricated import (
    CEILING,
    VARIANTS,
    read,
    variant,
    write_comparisons,
    write_run,
)
from posner.commands.ner.summarise_ner import SummariseNer
from posner.commands.study.conclude import NER
from posner.commands.study.summarise_study import SummariseStudy, table
from posner.config.statistics import Statistics
from posner.config.variants import Variant
from posner.summaries.verdict import conclude, propagation_sentence, statistics_sentence

ACCURACY = {"train": 0.96, "validation": 0.95, "test": 0.94}


def concluded(tmp_path: Path, f1: dict[str, tuple[float, ...]], variants: dict[str, Variant]) -> dict[str, Any]:
    """The verdict on runs with the test F1 `f1`."""
    for name, values in f1.items():
        for seed, value in zip(variants[name].seeds or (), values, strict=True):
            write_run(tmp_path / "ner", name, variants[name], seed, value)
    command = SummariseNer(variants=variants, ner=tmp_path / "ner", metrics=tmp_path / "m", tables=tmp_path / "t")
    command.execute()
    by_seed = {name: dict(zip(variants[name].seeds or (), values, strict=True)) for name, values in f1.items()}
    write_comparisons(tmp_path / "m", by_seed, variants, tmp_path / "t")
    ner = [read(tmp_path / "m" / f"{name}.json") for name in NER]
    return conclude(ner, read(tmp_path / "m" / "ner_comparisons.json"), [], ACCURACY, CEILING)


def test_conclusions_count_what_the_intervals_say(tmp_path: Path) -> None:
    variants = {
        "baseline": variant("none", "none", "none"),
        "up": variant("late", "gold", "one_hot"),
        "level": variant("encoder", "gold", "one_hot", inject_layer_offset_from_end=1),
        "same": variant("encoder", "gold", "one_hot", inject_layer_offset_from_end=2),
        "once": variant("late", "gold", "trainable_embed", (42,)),
        "down": variant("late", "predicted", "one_hot"),
    }
    f1 = {
        "baseline": (0.80, 0.81, 0.82),
        "up": (0.85, 0.861, 0.872),
        "level": (0.79, 0.82, 0.82),
        "same": (0.8, 0.81, 0.8204),
        "once": (0.9,),
        "down": (0.75, 0.761, 0.772),
    }
    made = concluded(tmp_path, f1, variants)
    assert {name: row["verdict"] for name, row in made["variants"].items()} == {
        "baseline": None, "up": "helps", "level": "cannot tell", "same": "no effect larger than the margin",
        "once": "cannot tell", "down": "hurts",
    }  # fmt: skip
    change = {
        name: f"{100 * row['difference']['mean']:+.2f}" for name, row in made["variants"].items() if row["verdict"]
    }
    assert made["answer"] == (
        f"Gold POS helps in 1 of 4 variants ({change['up']} points), has no effect larger than the margin in 1 "
        f"({change['same']} points), cannot be told to help or hurt in 2 ({change['level']} to "
        f"{change['once']} points). Predicted POS hurts ({change['down']} points)."
    )
    assert made["variants"]["up"]["difference"]["mean"] == pytest.approx(0.051, abs=0.01)
    assert made["pos_accuracy"] == ACCURACY
    assert made["footnote"].endswith(CEILING["answer"])


def test_conclusions_on_errors(study: Path) -> None:
    made = conclude(
        [read(study / "metrics" / f"{name}.json") for name in NER],
        read(study / "metrics" / "ner_comparisons.json"),
        [read(study / "pos_corruption" / f"{name}_fusion.json") for name in ("early", "late")],
        ACCURACY,
        CEILING,
    )
    rows = pd.read_csv(study / "tables" / "corruption.csv").assign(change=lambda t: 100 * t["change"])
    changes = rows[rows["mode"] == "tagger"].groupby(["level", "variant"])["change"].mean()

    def span(rate: float) -> str:
        return f"{changes.loc[rate].min():+.2f} to {changes.loc[rate].max():+.2f}"

    # The tagger errs on 6 %; at a rate of 5 % the sweep changed 4.95 % of the tags, at 10 % 9.9 %.
    assert (
        "Replacing 4.95 % of the test tags with our tagger's kinds of error (it errs on 6 %) changes test F1 by "
        f"{span(0.05)} points, replacing 99 % by {span(1.0)}. Every tenth of the test tags that is replaced "
    ) in made["answer"]


def test_conclusions_on_slopes_and_on_errors_that_gather(study: Path) -> None:
    swept = [read(study / "pos_corruption" / f"{name}_fusion.json") for name in ("early", "late")]
    made = conclude(
        [read(study / "metrics" / f"{name}.json") for name in NER],
        read(study / "metrics" / "ner_comparisons.json"),
        swept,
        ACCURACY,
        CEILING,
    )
    table = pd.read_csv(study / "tables" / "slopes.csv").set_index(["question", "variant"])
    assert set(made["propagation"]) == {name for name, v in VARIANTS.items() if v.pos in ("gold", "predicted")}
    for name, found in made["propagation"].items():
        for question in ("slope", "clustering"):
            assert found[question]["verdict"] == table.loc[(question, name), "verdict"]
            assert found[question]["change"] == pytest.approx(table.loc[(question, name), "change"])
            assert f"): {found[question]['verdict']}" in found[question]["answer"]
    hurting = 100 * table.loc["slope"].query("verdict == 'hurts'")["change"]
    changes = f"{hurting.min():+.2f} to {hurting.max():+.2f} points"
    assert (
        f"Every tenth of the test tags that is replaced hurts in {len(hurting)} of 8 variants ({changes}), "
        in made["answer"]
    )
    assert " Making as many errors where our tagger makes them " in made["answer"]


def test_sweeps_without_a_line_say_nothing_of_it(study: Path) -> None:
    swept = [read(study / "pos_corruption" / f"{name}_fusion.json") for name in ("early", "late")]
    for group in swept:
        for summary in group["variants"].values():
            summary |= {"slope": None, "clustering": None}
    assert all(propagation_sentence(question, swept[0]["variants"]) == "" for question in ("slope", "clustering"))


@pytest.mark.parametrize(("number", "is_few"), [(19, True), (20, False)])
def test_too_few_texts_are_told(number: int, is_few: bool) -> None:
    statistics = Statistics().model_dump(mode="json")
    told = statistics_sentence({"statistics": statistics, "texts": {"number": number, "unit": "documents"}})
    assert f"the {number} documents of the test set" in told
    assert ("too few for intervals" in told) == is_few


def test_a_study_of_the_baseline_alone(tmp_path: Path) -> None:
    made = concluded(tmp_path, {"baseline": (0.8, 0.81, 0.82)}, {"baseline": VARIANTS["baseline"]})
    assert made["answer"] == ""
    assert list(made["variants"]) == ["baseline"]


# --- the study on one page -------------------------------------------------------------------------------------------


def page(study: Path, title: str = "A title") -> str:
    output = study / "summary.rst"
    SummariseStudy(title=title, results=(study,), report=Path("results/report.html"), output=output).execute()
    return output.read_text(encoding="utf-8")


def test_the_page_is_sound_and_says_everything(study: Path) -> None:
    text = page(study)
    strict = {"report_level": 1, "halt_level": 2}  # any remark on the markup is an error
    words = docutils.core.publish_doctree(text, settings_overrides=strict).astext()
    made = pd.read_csv(study / "tables" / "ner_summary.csv").set_index(["variant", "split"])
    compared = pd.read_csv(study / "tables" / "ner_comparisons.csv").set_index("variant")
    for name in VARIANTS:
        row = made.loc[name, "test"]
        line = next(line for line in text.splitlines() if line.startswith(f"{name} "))
        assert f"{100 * row['f1_mean']:.2f}" in line
        if name in compared.index:
            found = compared.loc[name]
            interval = f"{100 * found['low']:+.2f} to {100 * found['high']:+.2f}" if found["seeds"] > 1 else "one seed"
            assert interval in line
            assert line.endswith(found["verdict"])
    assert read(study / "verdict.json")["answer"] in " ".join(words.split())
    assert "out-of-fold train 96.00, validation 95.00, test 94.00" in words
    assert "results/report.html" in words
    assert max(map(len, text.splitlines())) <= 120


def test_a_title_is_no_template(study: Path) -> None:
    """The report renders the page by jinja: a title must not be able to run there."""
    assert "{" not in page(study, "{{ 6 * 7 }} {% for x in y %}")


def test_a_table_has_straight_columns() -> None:
    assert table([("a", "bb"), ("ccc", "d"), ("e", "")]).splitlines() == [
        "===  ==",
        "a    bb",
        "===  ==",
        "ccc  d",
        "e",
        "===  ==",
    ]
