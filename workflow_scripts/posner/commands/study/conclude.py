"""Conclusions on one corpus and encoder, in numbers and sentences."""

from __future__ import annotations

from pathlib import Path

from posner.config.variants import FUSIONS
from posner.files import read_json, read_table, write_json, write_table
from posner.stats.propagation import QUESTIONS
from posner.summaries.verdict import conclude, effects_table, oracles_table, variants_table
from posner.workflow.command import Command

NER = ("ner_baseline", "ner_gold_pos", "ner_predicted_pos", "ner_controls")
COMPARISONS = ("statistics", "units", "pooled", "scorings", "random_control", "variants")
SWEEPS = tuple(f"{fusion}_fusion" for fusion in sorted(FUSIONS))


class Conclude(Command):
    """Write what POS does to NER and what tagging errors cost: answers in sentences, and a verdict on each variant."""

    metrics: Path
    """Folder of ner_baseline.json, ner_gold_pos.json, ner_predicted_pos.json and ner_controls.json."""
    comparisons: Path
    """ner_comparisons.json."""
    ceiling: Path
    """ner_ceiling.json."""
    pos: Path
    """pos_tagging.csv."""
    corruption: Path | None = None
    """Folder of encoder_fusion.json and others, one for each fusion, and pooled.json, if a variant reads POS."""
    extra_tests: Path | None = None
    """ner_extra_tests.json, if the corpus has extra tests."""
    output: Path
    """JSON file to write."""
    tables: Path
    """Folder to write to: verdict_variants.csv, verdict_effects.csv, verdict_oracles.csv."""

    def execute(self) -> None:
        tagging = read_table(self.pos, ["accuracy"])
        ner = [read_json(self.metrics / f"{name}.json", ["variants"]) for name in NER]
        folder = self.corruption
        sweeps = [read_json(folder / f"{name}.json", ["variants"]) for name in SWEEPS] if folder else []
        pooled = read_json(folder / "pooled.json", QUESTIONS) if folder else None
        comparisons = read_json(self.comparisons, COMPARISONS)
        accuracy = dict(zip(tagging["split"], tagging["accuracy"], strict=True))
        ceiling = read_json(self.ceiling, ["sentence"])
        extra = read_json(self.extra_tests, []) if self.extra_tests else {}
        verdict = conclude(ner, comparisons, sweeps, pooled, extra, accuracy, ceiling)
        write_json(self.output, verdict)
        write_table(self.tables / "verdict_variants.csv", variants_table(verdict))
        write_table(self.tables / "verdict_effects.csv", effects_table(verdict))
        write_table(self.tables / "verdict_oracles.csv", oracles_table(verdict))

    def inputs(self) -> list[Path]:
        sweeps = [self.corruption / f"{name}.json" for name in (*SWEEPS, "pooled")] if self.corruption else []
        extra = [self.extra_tests] if self.extra_tests else []
        ner = [self.metrics / f"{name}.json" for name in NER]
        return [*ner, self.comparisons, self.ceiling, self.pos, *sweeps, *extra]

    def provenance_path(self) -> Path:
        return self.tables / "verdict.provenance.json"
