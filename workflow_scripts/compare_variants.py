"""Every variant against the baseline: differences, intervals, tests, power and verdicts, from stored predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field

from .posner.artifacts import write_json
from .posner.cli import Command, Folder, run
from .posner.comparison import Comparison, Counts, answer, compare
from .posner.config import Name, Statistics, Variant
from .posner.corpus import corpus_files, read_split
from .posner.entity_counts import count_runs, entity_counts
from .posner.labels import labels
from .posner.ner_summary import identity
from .posner.results import baseline_of, predictions_file, seeds, write_table
from .posner.texts import texts_of

SPLIT = "test"


class CompareVariants(Command):
    """Write how each variant's test F1 differs from the baseline's, and how sure that is."""

    variants: dict[Name, Variant] = Field(description="Variants by name, each with its seeds.")
    statistics: Statistics = Field(default_factory=Statistics, description="How sure conclusions have to be.")
    corpus: Folder = Field(description="Folder of the corpus.")
    ner: Path = Field(description="Folder of the runs: {variant}/seed-{seed}/predictions.parquet.")
    output: Path = Field(description="JSON file to write.")
    table: Path = Field(description="CSV file to write.")

    def cli_cmd(self) -> None:
        sentences = read_split(self.corpus / f"{SPLIT}.parquet")
        text_of, unit = texts_of([sentence.document for sentence in sentences])
        counts = count_runs(self.ner, self.variants, SPLIT, partial(entity_counts, text_of=text_of))
        found = compare_families(counts, self.variants, self.statistics)
        write_json(self.output, comparisons(found, self.variants, self.statistics, unit, int(text_of.max()) + 1))
        write_table(self.table, comparison_table(found, self.variants))

    def inputs(self) -> list[Path]:
        runs = [predictions_file(self.ner, name, seed) for name, seed in seeds(self.variants)]
        return [*corpus_files(self.corpus), *runs]

    def sidecar(self) -> Path:
        return self.table.with_suffix(".provenance.json")


def compare_families(counts: Counts, variants: Mapping[str, Variant], statistics: Statistics) -> dict[str, Comparison]:
    """All variants against the baseline, in two families whose verdicts share one level: those with POS, the controls.

    Controls answer another question, and to run them must not make that of POS harder to answer.
    """
    baseline = baseline_of(variants)
    found: dict[str, Comparison] = {}
    for controls in (False, True):
        family = [name for name in variants if name == baseline or variants[name].is_control == controls]
        found |= compare({name: counts[name] for name in family}, baseline, statistics)
    return found


def comparisons(
    found: Mapping[str, Comparison], variants: Mapping[str, Variant], statistics: Statistics, unit: str, texts: int
) -> dict[str, Any]:
    """What ``ner_comparisons.json`` holds."""
    names = labels(variants)
    return {
        "statistics": statistics.model_dump(mode="json"),
        "texts": {"unit": unit, "number": texts},
        "variants": {
            name: asdict(made) | {"answer": answer(names[name], made, statistics)} for name, made in found.items()
        },
    }


def comparison_table(found: Mapping[str, Comparison], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row a variant."""
    rows = []
    for name, made in found.items():
        columns = asdict(made)
        needed = columns.pop("seeds_needed")
        by_size = {f"seeds_for_{points}_points": number for points, number in needed.items()}
        rows.append(identity(name, variants) | columns | by_size)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run(CompareVariants)
