"""Summaries of NER runs: scores of every seed, mean and standard deviation, paired difference from the baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from posner.config.variants import SeededVariant, Variant, baseline_of
from posner.files import Json
from posner.stats.spread import Spread, paired_difference
from posner.summaries.names import IDENTITY, identity, labels
from posner.summaries.runs import EVALUATED, Run

Scores = Mapping[str, Any]  # numbers, or scores by name
BySeed = Mapping[int, Scores]

TYPE_SCORES = ("f1", "precision", "recall", "support")  # of an entity type
COUNTS = ("tokens", "sentences", "support")  # properties of the split, equal in all runs
TRAINING = ("best_step", "steps", "parameters", "precision", "device")  # of metrics.json, besides scores


def variant_summaries(runs: Sequence[Run], variants: Mapping[str, SeededVariant]) -> dict[str, dict[str, Any]]:
    """The content of ``metrics/variants/{variant}.json`` by variant; scores and differences are in 0..1.

    `runs` has every seed's record; `summary` has the mean and standard deviation of every score of validation and test,
    nested as in the records; `difference` has the paired differences from the baseline (``None`` for itself).
    """
    baseline = baseline_of(variants)
    names = labels(variants)
    by_seed = {
        split: {name: {run.seed: run.scores(split) for run in runs if run.variant == name} for name in variants}
        for split in EVALUATED
    }
    summaries = {}
    for name, variant in variants.items():
        is_baseline = name == baseline
        summaries[name] = {
            "variant": name,
            "label": names[name],
            "is_baseline": is_baseline,
            "settings": variant.model_dump(mode="json", exclude={"seeds"}),
            "seeds": list(variant.seeds),
            "summary": {split: nested(spread_over_seeds, by_seed[split][name]) for split in EVALUATED},
            "difference": None
            if is_baseline
            else {
                split: nested(difference_over_seeds, by_seed[split][name], by_seed[split][baseline])
                for split in EVALUATED
            },
            "runs": [{"seed": run.seed} | run.record for run in runs if run.variant == name],
        }
    return summaries


def spread_over_seeds(values: Mapping[int, float]) -> dict[str, Any]:
    """Mean and standard deviation over seeds."""
    return asdict(Spread.of(list(values.values())))


def difference_over_seeds(variant: Mapping[int, float], baseline: Mapping[int, float]) -> dict[str, Any]:
    """Mean and standard deviation of the paired difference."""
    paired = paired_difference(variant, baseline)
    return {"n": len(paired.seeds), "mean": paired.mean, "std": paired.std}


def nested(statistic: Callable[..., dict[str, Any]], *groups: BySeed) -> dict[str, Any]:
    """A statistic of every score, nested like the scores.

    Args:
        statistic: takes one number by seed for each group.
        groups: scores by seed. Some scores exist for some seeds only (those of an entity type that the split lacks and
            that only some models predict); their statistic is over these seeds.
    """
    rows = [row for group in groups for row in group.values()]
    statistics: dict[str, Any] = {}
    keys = dict.fromkeys(key for row in rows for key in row if key not in COUNTS or isinstance(row[key], Mapping))
    for key in keys:  # an entity type may have the name of a count
        parts = [{seed: row[key] for seed, row in group.items() if key in row} for group in groups]
        is_nested = any(isinstance(value, Mapping) for part in parts for value in part.values())
        statistics[key] = nested(statistic, *parts) if is_nested else statistic(*parts)
    return statistics


# --- tables ----------------------------------------------------------------------------------------------------------


def ner_runs_table(runs: Sequence[Run], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row for each run and split: micro, macro and strict scores, counts, and properties of the training."""
    return pd.DataFrame(
        identity(run.variant, variants)
        | {"seed": run.seed, "split": split}
        | flat_scores(run.scores(split))
        | {f"training_{name}": run.record.get(name) for name in TRAINING}
        for run in runs
        for split in EVALUATED
    )


def flat_scores(scores: Scores) -> dict[str, float]:
    """The scores without those by type; strict ones are called ``strict_f1`` and so on."""
    strict = {f"strict_{key}": value for key, value in scores["strict"].items()}
    both = {**scores, **strict}
    return {key: value for key, value in both.items() if not isinstance(value, Mapping) and "support" not in key}


def by_type_table(runs: Sequence[Run], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row for each run, split and entity type: F1, precision, recall, number of entities, F1 under strict IOB2."""
    rows = [
        identity(run.variant, variants)
        | {"seed": run.seed, "split": split, "type": kind}
        | dict(row)
        | {"strict_f1": run.scores(split)["strict"]["by_type"].get(kind, {}).get("f1")}
        for run in runs
        for split in EVALUATED
        for kind, row in run.scores(split)["by_type"].items()
    ]
    # Without entities there are the columns only.
    return pd.DataFrame(rows, columns=None if rows else [*IDENTITY, "seed", "split", "type", *TYPE_SCORES, "strict_f1"])


def ner_summary_table(summaries: Mapping[str, Json], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row for each variant and split: mean and standard deviation over seeds, paired difference of F1."""
    return pd.DataFrame(
        identity(name, variants)
        | {"split": split, "seeds": len(summary["seeds"])}
        | spread_columns(summary["summary"][split])
        | difference_columns(summary["difference"], split)
        for name, summary in summaries.items()
        for split in EVALUATED
    )


def spread_columns(summary: Mapping[str, Any]) -> dict[str, float | None]:
    """``f1_mean``, ``f1_std`` and so on."""
    strict = {f"strict_{key}": value for key, value in summary["strict"].items() if key != "by_type"}
    both = {key: value for key, value in summary.items() if key not in ("strict", "by_type")} | strict
    return {f"{key}_{part}": value[part] for key, value in both.items() for part in ("mean", "std")}


def difference_columns(difference: Json | None, split: str) -> dict[str, Any]:
    """The difference in micro F1 from the baseline; empty for the baseline itself."""
    parts = ("mean", "std")
    if difference is None:
        return {"common_seeds": None} | {f"f1_difference_{part}": None for part in parts}
    f1 = difference[split]["f1"]
    return {"common_seeds": f1["n"]} | {f"f1_difference_{part}": f1[part] for part in parts}
