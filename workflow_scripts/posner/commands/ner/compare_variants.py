"""Comparison of every variant with the baseline, from stored predictions."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from pydantic import Field

from posner.commands.analyses import EffectAnalysis
from posner.config.statistics import Statistics
from posner.config.variants import seeded_runs
from posner.corpora.corpus import corpus_files, read_split
from posner.corpora.documents import ResamplingUnits
from posner.evaluation.scorings import SCORINGS, counts_by_scoring
from posner.evaluation.stored import count_runs, predictions_file
from posner.files import write_json, write_table
from posner.stats.comparison import compare_sources
from posner.stats.pooling import pool_sources
from posner.stats.random_control import compare_with_random
from posner.stats.stages import at_stage
from posner.summaries.comparisons import as_dicts, comparison_summary, comparison_table, random_control_table
from posner.summaries.oracles import f1_over_seeds, gated, random_reasons, reasons, trusted
from posner.summaries.scorings import differences_by_scoring, scorings_summary, scorings_table
from posner.workflow.command import Folder

EXACT = SCORINGS.index("exact")


class CompareVariants(EffectAnalysis):
    """Write each variant's difference in test F1 to the baseline, with interval, tests, power and verdict.

    Verdicts on an input path whose oracle fails are inconclusive, as are those of a fusion through which random POS has
    an effect, and all of them if the baseline was not learned.
    """

    statistics: Statistics = Field(default_factory=Statistics)
    """Margin, level and resamples of intervals and tests, and the F1 that oracles have to reach."""
    corpus: Folder
    """Folder of the corpus."""
    ner: Folder
    """Folder of the runs: {variant}/seed-{seed}/predictions.parquet."""
    output: Path
    """JSON file to write."""
    table: Path
    """CSV file to write; beside it, ner_scorings.csv has other scorings than exact F1, and ner_random_control.csv the
    differences from random POS.
    """

    def execute(self) -> None:
        statistics = at_stage(self.statistics, self.stage)
        units = ResamplingUnits.of(read_split(self.corpus / "test.parquet"))
        scored = count_runs(self.ner, self.variants, "test", partial(counts_by_scoring, units=units))
        counts = {name: {seed: c[EXACT] for seed, c in by_seed.items()} for name, by_seed in scored.items()}
        compared = compare_sources(counts, self.variants, statistics)
        not_learned = reasons(self.variants, f1_over_seeds(counts), statistics)
        because = random_reasons(compared, self.variants) | not_learned
        comparisons = gated(compared, because)
        pooled = pool_sources(counts, trusted(self.variants, because), statistics)
        scorings = differences_by_scoring(scored, self.variants, because, statistics)
        summary = comparison_summary(comparisons, pooled, self.variants, statistics, units)
        controlled = gated(compare_with_random(counts, self.variants, statistics), not_learned)
        more = {"scorings": scorings_summary(scorings), "random_control": as_dicts(controlled)}
        write_json(self.output, summary | more)
        write_table(self.table, comparison_table(comparisons, self.variants))
        write_table(self.table.with_name("ner_scorings.csv"), scorings_table(scorings, self.variants))
        write_table(self.table.with_name("ner_random_control.csv"), random_control_table(controlled, self.variants))

    def inputs(self) -> list[Path]:
        runs = [predictions_file(self.ner, name, seed) for name, seed in seeded_runs(self.variants)]
        return [*corpus_files(self.corpus), *runs]

    def provenance_path(self) -> Path:
        return self.table.with_suffix(".provenance.json")
