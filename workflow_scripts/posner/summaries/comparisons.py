"""Comparisons of variants with the baseline, as JSON and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

import pandas as pd

from posner.config.statistics import Estimation
from posner.config.variants import Variant
from posner.corpora.documents import ResamplingUnits
from posner.stats.comparison import Comparison, Source
from posner.stats.conclusions import Conclusion
from posner.stats.pooling import Pooled
from posner.stats.random_control import RandomDifference
from posner.summaries.names import IDENTITY, identity, labels
from posner.summaries.sentences import comparison_sentence

AnyKey = TypeVar("AnyKey", bound=str)


def comparison_summary(
    comparisons: Mapping[str, Comparison],
    pooled: Mapping[Source, Pooled],
    variants: Mapping[str, Variant],
    statistics: Estimation,
    units: ResamplingUnits,
) -> dict[str, Any]:
    """The content of ``ner_comparisons.json``.

    Args:
        pooled: the mean difference of the variants of each source of POS.
        units: of the test set.
    """
    names = labels(variants)
    return {
        "statistics": statistics.model_dump(mode="json"),
        "units": {"kind": units.kind, "number": units.number},
        "pooled": as_dicts(pooled),
        "variants": {
            name: asdict(comparison) | {"sentence": comparison_sentence(names[name], comparison, statistics)}
            for name, comparison in comparisons.items()
        },
    }


def as_dicts(conclusions: Mapping[AnyKey, Conclusion]) -> dict[AnyKey, dict[str, Any]]:
    """Conclusions as JSON, by the same keys."""
    return {name: asdict(conclusion) for name, conclusion in conclusions.items()}


def random_control_table(differences: Mapping[str, RandomDifference], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row for each variant with a control of random POS; the columns only if there is none."""
    rows = [identity(name, variants) | asdict(difference) for name, difference in differences.items()]
    return pd.DataFrame(
        rows, columns=None if rows else [*IDENTITY, *(field.name for field in fields(RandomDifference))]
    )


def comparison_table(comparisons: Mapping[str, Comparison], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row for each variant; a study of the baseline alone has the columns only."""
    rows = []
    for name, comparison in comparisons.items():
        columns = asdict(comparison)
        seeds_needed = columns.pop("seeds_needed")
        by_size = {f"seeds_for_{points}_points": seeds for points, seeds in seeds_needed.items()}
        rows.append(identity(name, variants) | columns | by_size)
    fixed = [field.name for field in fields(Comparison) if field.name != "seeds_needed"]
    return pd.DataFrame(rows, columns=None if rows else [*IDENTITY, *fixed])
