"""The spreads by which a study is planned: stated in the config, or those of a pilot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from posner.config.statistics import Power
from posner.files import read_model
from posner.stats.comparison import COMPARED_SOURCES, Source
from posner.stats.planning import Assumptions
from posner.stats.spread import root_mean_square
from posner.summaries.names import within_sentence

ASSUMED_UNITS = 200  # of the test set, without a pilot


@dataclass(frozen=True)
class PilotEffect:
    """Standard deviations of a difference from the baseline, see :class:`posner.stats.conclusions.Conclusion`."""

    seed_std: float | None
    unit_std: float


@dataclass(frozen=True)
class PilotMean(PilotEffect):
    """Those of the mean of several variants."""

    variants: tuple[str, ...]


@dataclass(frozen=True)
class PilotUnits:
    """The resampling units of the test set."""

    number: int


@dataclass(frozen=True)
class Pilot:
    """What is read of a pilot's ``ner_comparisons.json``."""

    units: PilotUnits
    pooled: Mapping[str, PilotMean]
    variants: Mapping[str, PilotEffect]

    def __post_init__(self) -> None:
        if missing := {name for mean in self.pooled.values() for name in mean.variants} - self.variants.keys():
            raise ValueError(f"a mean of variants that are not in it: {', '.join(sorted(missing))}")

    def assumptions(self, pos: Source) -> Assumptions | None:
        """The spread of the variants of a source of POS: root mean squares of those that its answer is the mean of.

        ``None`` without an answer on this source, or where its variants have one seed.
        """
        mean = self.pooled.get(pos)
        if mean is None or mean.seed_std is None:
            return None
        members = [self.variants[name] for name in mean.variants]
        seed_std = root_mean_square(member.seed_std or 0.0 for member in members)
        unit_std = root_mean_square(member.unit_std for member in members)
        correlation = correlation_of_members(mean.unit_std, unit_std, len(members))
        return Assumptions(seed_std, unit_std, correlation, max(self.units.number, 2))


def read_pilot(path: Path) -> Pilot:
    """The pilot of a study.

    Raises:
        InputError: the file is none of the comparisons that this version writes.
    """
    remedy = "compare the variants of power.pilot again"
    return read_model(path, TypeAdapter(Pilot), "the ner_comparisons.json of a study", remedy)


def correlation_of_members(mean_std: float, member_std: float, number: int) -> float:
    """Correlation, in 0..1, of `number` values whose standard deviation, and that of their mean, are known."""
    if number == 1 or member_std == 0:
        return 1.0
    ratio = (mean_std / member_std) ** 2
    return float(np.clip((number * ratio - 1) / (number - 1), 0, 1))


def study_assumptions(power: Power, pilot: Pilot | None) -> dict[Source, Assumptions]:
    """The spreads of a pilot by source of POS, and the stated ones for sources that it does not have.

    Variants whose spread over test sets is stated share all of it, so that their mean is no more certain than they are.
    """
    units = max(pilot.units.number, 2) if pilot else ASSUMED_UNITS
    stated = Assumptions(power.seed_std / 100, power.unit_std / 100, 1.0, units)
    measured = pilot_assumptions(pilot)
    return {pos: measured.get(pos, stated) for pos in COMPARED_SOURCES}


def pilot_assumptions(pilot: Pilot | None) -> dict[Source, Assumptions]:
    """The spreads of a pilot by source of POS, where it has them."""
    known = {pos: pilot.assumptions(pos) for pos in COMPARED_SOURCES} if pilot else {}
    return {pos: assumed for pos, assumed in known.items() if assumed is not None}


def assumptions_sentence(assumptions: Mapping[Source, Assumptions], pilot: Pilot | None) -> str:
    """The assumed standard deviations by source of POS, and where they come from."""
    measured = pilot_assumptions(pilot)
    otherwise = "config" if pilot is None else "config: not in the pilot"
    parts = []
    for pos, assumed in assumptions.items():
        over_seeds, over_tests = 100 * assumed.seed_std, 100 * assumed.unit_std
        origin = "pilot" if pos in measured else otherwise
        parts.append(
            f"{within_sentence(pos)} {over_seeds:.2f} over seeds and {over_tests:.2f} over test sets ({origin})"
        )
    return f"Assumed standard deviations of a difference, in points: {'; '.join(parts)}."
