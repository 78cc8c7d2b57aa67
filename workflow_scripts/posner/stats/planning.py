"""What a study will be able to conclude, before anything is trained: from its seeds and assumed standard deviations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from posner.config.statistics import Estimation
from posner.config.variants import Variant, baseline_of
from posner.stats.comparison import COMPARED_SOURCES, Source
from posner.stats.components import Components
from posner.stats.intervals import Design, ErrorModel, Prior
from posner.stats.joint import ALONE, SHARED_BASELINE, Family

VerdictKind = Literal["answer", "variants"]


@dataclass(frozen=True)
class Assumptions:
    """Standard deviations of the differences of the variants of one source of POS from the baseline, in F1 of 0..1.

    Attributes:
        seed_std: over seeds, of the difference of a variant.
        unit_std: over test sets, of the mean difference of a variant.
        answer_unit_std: over test sets, of the mean of all variants.
        units: resampling units of the test set.
    """

    seed_std: float
    unit_std: float
    answer_unit_std: float
    units: int


@dataclass(frozen=True, kw_only=True)
class PlannedVerdict:
    """What verdicts of one kind can show; all effects are in F1 of 0..1.

    Attributes:
        pos: source of POS.
        kind: ``answer`` for the mean of the source's variants, ``variants`` for single ones.
        variants: their number.
        seeds: training seeds in common with the baseline: the fewest of the variants, or those of the mean.
        margin: of equivalence.
        design: errors and tests; ``None`` where no variant has a second seed, so that no spread can be estimated.
    """

    pos: Source
    kind: VerdictKind
    variants: int
    seeds: int
    margin: float
    design: Design | None

    @property
    def detectable(self) -> float | None:
        """Smallest true effect that is detected with a power of 80 %."""
        return None if self.design is None else self.design.detectable()

    @property
    def equivalence_power(self) -> float:
        """Probability that no effect is shown to be within the margin."""
        return 0.0 if self.design is None else self.design.equivalence_power(self.margin)

    @property
    def seeds_for_margin(self) -> int | None:
        """Number of seeds that detect an effect of the margin; ``None`` where no number does."""
        return None if self.design is None else self.design.seeds_to_detect(self.margin)

    @property
    def seeds_for_equivalence(self) -> int | None:
        """Number of seeds that show that no effect is within the margin; ``None`` where no number does."""
        return None if self.design is None else self.design.seeds_for_equivalence(self.margin)


def plan_verdicts(
    variants: Mapping[str, Variant],
    seeds: Mapping[str, Sequence[int]],
    assumptions: Mapping[Source, Assumptions],
    statistics: Estimation,
) -> list[PlannedVerdict]:
    """The verdicts of a study, by source of POS.

    Args:
        seeds: training seeds of each variant.
        assumptions: by source of POS.
    """
    baseline = set(seeds[baseline_of(variants)])
    common = {
        pos: [number for name, v in variants.items() if v.pos == pos and (number := len(baseline & set(seeds[name])))]
        for pos in COMPARED_SOURCES
    }
    prior = Prior.of(
        [
            (assumptions[pos].seed_std ** 2, number - 1)
            for pos, members in common.items()
            for number in members
            if number > 1
        ]
    )
    return [
        plan(pos, members, prior, assumptions[pos], statistics)
        for pos, members in common.items()
        if members
        for plan in (plan_answer, plan_variants)
    ]


def plan_answer(
    pos: Source, members: Sequence[int], prior: Prior, assumptions: Assumptions, statistics: Estimation
) -> PlannedVerdict:
    """The verdict on the mean of the variants with the most seeds.

    Args:
        members: seeds of each variant of this source of POS.
        prior: of all variants.
    """
    seeds = max(members)
    number = members.count(seeds)
    error = error_of(seeds, prior, assumptions, assumptions.answer_unit_std)
    # A variant's difference has the variance of two models, the mean that of the baseline and a share of one.
    scatter = float(np.sqrt((1 + 1 / number) / 2))
    design = None if error is None else Design(error, ALONE, statistics.level, scatter)
    margin = statistics.margin / 100
    return PlannedVerdict(pos=pos, kind="answer", variants=number, seeds=seeds, margin=margin, design=design)


def plan_variants(
    pos: Source, members: Sequence[int], prior: Prior, assumptions: Assumptions, statistics: Estimation
) -> PlannedVerdict:
    """The verdicts on single variants: that on the one with the fewest seeds; arguments as for :func:`plan_answer`."""
    seeds = min(members)
    error = error_of(seeds, prior, assumptions, assumptions.unit_std)
    family = Family(len(members), SHARED_BASELINE)
    design = None if error is None else Design(error, family, statistics.level)
    margin = statistics.margin / 100
    return PlannedVerdict(pos=pos, kind="variants", variants=len(members), seeds=seeds, margin=margin, design=design)


def error_of(seeds: int, prior: Prior, assumptions: Assumptions, unit_std: float) -> ErrorModel | None:
    """The law of the error of a difference with this number of seeds."""
    seed_std = assumptions.seed_std if seeds > 1 else None
    return prior.error(Components(seeds, assumptions.units, seed_std, unit_std, 0.0))
