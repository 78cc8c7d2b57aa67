"""The figure of power over seeds: one curve for each kind of verdict, drawn once where sources share it."""

from __future__ import annotations

from typing import get_args

import pandas as pd
import pytest
from posner.config.statistics import Estimation
from posner.config.variants import Variant
from posner.report.figures.seeds import distinct_curves, draw_seeds
from posner.stats.comparison import COMPARED_SOURCES
from posner.stats.planning import Assumptions, PlannedStudy, VerdictKind
from posner.summaries.power import power_curves, power_table

SAME = Assumptions(seed_std=0.0035, unit_std=0.001, unit_correlation=1.0, units=200)
OTHER = Assumptions(seed_std=0.002, unit_std=0.001, unit_correlation=1.0, units=200)


def study(gold: int, predicted: int, of_predicted: Assumptions = SAME) -> PlannedStudy:
    numbers = {"gold": gold, "predicted": predicted}
    variants = {"baseline": Variant()} | {
        f"{pos}-{width}": Variant(fusion="late", pos=pos, feature="one_hot", pos_embed_dim=8 + width)
        for pos in numbers
        for width in range(numbers[pos])
    }
    return PlannedStudy(variants, {**dict.fromkeys(COMPARED_SOURCES, SAME), "predicted": of_predicted}, Estimation())


def curves_of(planned: PlannedStudy) -> pd.DataFrame:
    return power_curves(planned.verdicts_with(seeds) for seeds in range(2, 8))


@pytest.mark.parametrize(
    ("planned", "labels"),
    [
        (study(1, 0), ["gold: mean of 1 variant", "gold: each of 1 variant"]),
        (study(1, 1), ["gold, predicted: mean of 1 variant", "gold, predicted: each of 1 variant"]),
        (study(4, 4), ["gold, predicted: mean of 4 variants", "gold, predicted: each of 4 variants"]),
        (
            study(2, 2, OTHER),
            [f"{pos}: {kind} of 2 variants" for kind in ("mean", "each") for pos in ("gold", "predicted")],
        ),
        (study(0, 0), []),
    ],
)
def test_each_kind_of_verdict_has_a_curve(planned: PlannedStudy, labels: list[str]) -> None:
    curves = curves_of(planned)
    distinct = distinct_curves(curves)
    assert list(distinct) == labels
    for label, curve in distinct.items():
        kind = get_args(VerdictKind)["each" in label]
        own = curves[(curves["kind"] == kind) & (curves["pos"] == label.partition(":")[0].split(", ")[0])]
        assert curve["detectable"].tolist() == own["detectable"].tolist()


def test_the_curves_are_drawn_in_points_with_the_margin_and_the_seeds_of_the_study() -> None:
    planned = study(4, 4)
    curves = curves_of(planned)
    figure = draw_seeds(power_table(planned.verdicts_with(5)), curves)
    effects, equivalence = figure.axes
    assert [line.get_label() for line in effects.lines[:2]] == list(distinct_curves(curves))
    mean = curves[(curves["kind"] == "answer") & (curves["pos"] == "gold")]
    assert effects.lines[0].get_ydata().tolist() == pytest.approx((100 * mean["detectable"]).tolist())  # type: ignore[union-attr]
    assert equivalence.lines[0].get_ydata().tolist() == mean["equivalence_power"].tolist()  # type: ignore[union-attr]
    levels = [line.get_ydata()[0] for axes in figure.axes for line in axes.lines if len(line.get_xdata()) == 2]  # type: ignore[arg-type,index]
    assert {0.5, 0.8} < set(levels)
    assert [line.get_xdata()[0] for line in effects.lines[3:]] == [5]  # type: ignore[index]
