"""What the configured study will be able to conclude."""

from __future__ import annotations

import logging
from pathlib import Path

from pydantic import Field

from posner.commands.analyses import EffectAnalysis
from posner.config.statistics import Power
from posner.files import atomic_path, write_table
from posner.stats.planning import PlannedStudy
from posner.summaries.assumptions import assumptions_sentence, read_pilot, study_assumptions
from posner.summaries.power import power_curves, power_sentences, power_table, power_warning

log = logging.getLogger(__name__)
CURVE_SEEDS = range(2, 16)


class SummarisePower(EffectAnalysis):
    """Write which effects the study can detect or exclude with its seeds, and how many seeds it would need.

    A line of warning says if effects of the margin are out of reach.
    """

    power: Power = Field(default_factory=Power)
    """Assumed standard deviations, or a pilot that has them."""
    output: Path
    """Folder to write to: power.txt with a sentence for each source of POS and kind of verdict, and the assumptions;
    power.csv with a row for each; and power_curves.csv with the same for other numbers of seeds of all variants."""

    def execute(self) -> None:
        pilot = read_pilot(self.power.pilot) if self.power.pilot else None
        study = PlannedStudy(self.variants, study_assumptions(self.power, pilot), self.statistics)
        verdicts = study.verdicts({name: variant.seeds for name, variant in self.variants.items()})
        write_table(self.output / "power.csv", power_table(verdicts))
        write_table(self.output / "power_curves.csv", power_curves(map(study.verdicts_with, CURVE_SEEDS)))
        assumed = {verdict.pos: study.assumptions[verdict.pos] for verdict in verdicts}
        lines = [*power_sentences(verdicts), assumptions_sentence(assumed, pilot)]
        with atomic_path(self.output / "power.txt") as path:
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        if warning := power_warning(verdicts):
            log.warning(warning)

    def content_files(self) -> list[Path]:
        return [self.power.pilot] if self.power.pilot else []

    def provenance_path(self) -> Path:
        return self.output / "power.provenance.json"
