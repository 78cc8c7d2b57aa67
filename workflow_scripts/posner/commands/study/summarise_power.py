"""What the configured study will be able to conclude."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import Field

from posner.commands.analyses import EffectAnalysis
from posner.config.statistics import Power
from posner.files import atomic_path, read_json, write_table
from posner.stats.planning import PlannedVerdict, plan_verdicts
from posner.stats.stages import at_stage
from posner.summaries.power import assumptions_of, power_curves, power_sentences, power_table, power_warning

log = logging.getLogger(__name__)
CURVE_SEEDS = range(2, 16)


class SummarisePower(EffectAnalysis):
    """Write which effects the study can detect or exclude with its seeds, and how many seeds it would need.

    A line of warning says if effects of the margin are out of reach.
    """

    power: Power = Field(default_factory=Power)
    """Assumed standard deviations, or a pilot that has them."""
    output: Path
    """Folder to write to: power.txt with a sentence for each source of POS and kind of verdict, power.csv with a row
    for each, and power_curves.csv with the same for other numbers of seeds."""

    def execute(self) -> None:
        pilot = self.power.pilot
        facts = read_json(pilot, ["units", "pooled", "variants"]) if pilot else None
        assumptions = assumptions_of(self.power, facts)
        statistics = at_stage(self.statistics, self.stage)

        def plan(seeds: Mapping[str, Sequence[int]]) -> list[PlannedVerdict]:
            return plan_verdicts(self.variants, seeds, assumptions, statistics)

        verdicts = plan({name: variant.seeds for name, variant in self.variants.items()})
        curves = power_curves(plan(dict.fromkeys(self.variants, range(number))) for number in CURVE_SEEDS)
        write_table(self.output / "power.csv", power_table(verdicts))
        write_table(self.output / "power_curves.csv", curves)
        with atomic_path(self.output / "power.txt") as path:
            path.write_text("".join(f"{line}\n" for line in power_sentences(verdicts)), encoding="utf-8")
        if warning := power_warning(verdicts):
            log.warning(warning)

    def content_files(self) -> list[Path]:
        return [self.power.pilot] if self.power.pilot else []

    def provenance_path(self) -> Path:
        return self.output / "power.provenance.json"
