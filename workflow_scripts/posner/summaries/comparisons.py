"""Comparisons with the baseline put together: as an object of JSON, and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import pandas as pd

from posner.config.statistics import Statistics
from posner.config.variants import Variant
from posner.stats.comparison import Comparison, answer
from posner.summaries.names import labels
from posner.summaries.ner import IDENTITY, identity


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
    """A row a variant; only columns where there is none to compare."""
    rows = []
    for name, made in found.items():
        columns = asdict(made)
        needed = columns.pop("seeds_needed")
        by_size = {f"seeds_for_{points}_points": number for points, number in needed.items()}
        rows.append(identity(name, variants) | columns | by_size)
    known = [field.name for field in fields(Comparison) if field.name != "seeds_needed"]
    return pd.DataFrame(rows, columns=None if rows else [*IDENTITY, *known])
