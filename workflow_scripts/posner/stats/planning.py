"""What a study will be able to conclude, before anything is trained: from its seeds and assumed standard deviations."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, get_args

from posner.config.statistics import Estimation
from posner.config.variants import Variant, baseline_of
from posner.stats.comparison import COMPARED_SOURCES, Source
from posner.stats.components import Components
from posner.stats.intervals import POWER, Design, Prior, fewest_seeds
from posner.stats.joint import ALONE, SHARED_BASELINE, Family
from posner.stats.stages import at_stage

VerdictKind = Literal["answer", "variants"]


@dataclass(frozen=True)
class Assumptions:
    """The spread of the differences of the variants of one source of POS from the baseline, in F1 of 0..1.

    Attributes:
        seed_std: standard deviation over seeds, of the difference of a variant.
        unit_std: standard deviation over test sets, of the mean difference of a variant.
        unit_correlation: of the errors of two variants over test sets, in 0..1.
        units: resampling units of the test set.
    """

    seed_std: float
    unit_std: float
    unit_correlation: float
    units: int

    def of_mean(self, variants: int) -> Assumptions:
        """The spread of the mean of several variants.

        Over seeds, two differences from one baseline have correlation 1/2.
        """
        return replace(
            self,
            seed_std=self.seed_std * relative_std(variants, SHARED_BASELINE),
            unit_std=self.unit_std * relative_std(variants, self.unit_correlation),
        )


def relative_std(number: int, correlation: float) -> float:
    """Standard deviation of the mean of several correlated values whose standard deviations are 1."""
    return math.sqrt(correlation + (1 - correlation) / number)


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
        with_seeds: the verdict if the baseline and all variants had a number of seeds.
    """

    pos: Source
    kind: VerdictKind
    variants: int
    seeds: int
    margin: float
    design: Design | None
    with_seeds: Callable[[int], PlannedVerdict] = field(repr=False, compare=False)

    @cached_property
    def detectable(self) -> float | None:
        """Smallest true effect that is detected with a power of 80 %."""
        return None if self.design is None else self.design.detectable()

    @cached_property
    def equivalence_power(self) -> float:
        """Probability that no effect is shown to be within the margin."""
        return 0.0 if self.design is None else self.design.equivalence_power(self.margin)

    @property
    def detects_margin(self) -> bool:
        """Whether a true effect of the margin is detected with a power of 80 %."""
        return self.detectable is not None and self.detectable <= self.margin

    @property
    def shows_equivalence(self) -> bool:
        """Whether no effect is shown to be within the margin with a power of 80 %."""
        return self.equivalence_power >= POWER

    @cached_property
    def seeds_for_margin(self) -> int | None:
        """Number of seeds that detect an effect of the margin; ``None`` where no number does."""
        return fewest_seeds(lambda seeds: self.with_seeds(seeds).detects_margin)

    @cached_property
    def seeds_for_equivalence(self) -> int | None:
        """Number of seeds that show that no effect is within the margin; ``None`` where no number does."""
        return fewest_seeds(lambda seeds: self.with_seeds(seeds).shows_equivalence)


@dataclass(frozen=True)
class PlannedStudy:
    """A study before it is run.

    Attributes:
        variants: of the study, with the baseline.
        assumptions: by source of POS.
        statistics: margin, level and stages.
    """

    variants: Mapping[str, Variant]
    assumptions: Mapping[Source, Assumptions]
    statistics: Estimation

    def verdicts(self, seeds: Mapping[str, Sequence[int]]) -> list[PlannedVerdict]:
        """The verdicts by source of POS, at the level of the stage that this number of seeds has reached.

        Args:
            seeds: training seeds of each variant.
        """
        baseline = set(seeds[baseline_of(self.variants)])
        common = {
            pos: [n for name, v in self.variants.items() if v.pos == pos and (n := len(baseline & set(seeds[name])))]
            for pos in COMPARED_SOURCES
        }
        prior = Prior.of(
            [(self.assumptions[pos].seed_std ** 2, n - 1) for pos, members in common.items() for n in members if n > 1]
        )
        level = at_stage(self.statistics, len(baseline)).level
        return [
            self.verdict(pos, kind, members, prior, level)
            for pos, members in common.items()
            if members
            for kind in get_args(VerdictKind)
        ]

    def verdicts_with(self, number: int) -> list[PlannedVerdict]:
        """The verdicts if the baseline and all variants had this number of seeds."""
        return self.verdicts(dict.fromkeys(self.variants, range(number)))

    def verdict(
        self, pos: Source, kind: VerdictKind, members: Sequence[int], prior: Prior, level: float
    ) -> PlannedVerdict:
        """The verdict on the mean of the variants with the most seeds, or on single variants, that with the fewest.

        Variances over seeds are moderated, as in the analysis, so intervals assume another than the true one where the
        sources of POS differ.

        Args:
            members: seeds of each variant of this source of POS.
            prior: of the variances over seeds of all variants.
            level: of the tests, in 0.5..1.
        """
        assumed = self.assumptions[pos]
        if kind == "answer":
            seeds = max(members)
            variants = members.count(seeds)
            family, own = ALONE, assumed.of_mean(variants)
        else:
            seeds, variants = min(members), len(members)
            family, own = Family(variants, SHARED_BASELINE), assumed
        error = prior.error(
            Components(seeds, assumed.units, assumed.seed_std if seeds > 1 else None, own.unit_std, 0.0)
        )
        return PlannedVerdict(
            pos=pos,
            kind=kind,
            variants=variants,
            seeds=seeds,
            margin=self.statistics.margin / 100,
            design=None if error is None else Design(error, family, level, own.seed_std),
            with_seeds=lambda number: next(v for v in self.verdicts_with(number) if (v.pos, v.kind) == (pos, kind)),
        )
