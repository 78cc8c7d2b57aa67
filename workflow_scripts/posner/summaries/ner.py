"""NER runs put together: every seed's scores, their spread, and the paired difference to the baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from posner.config.variants import Variant, baseline_of
from posner.stats.spread import Spread, paired_difference
from posner.summaries.names import injection, labels
from posner.summaries.runs import EVALUATED, Run

Scores = Mapping[str, Any]  # numbers, or scores by name
BySeed = Mapping[int, Scores]

COUNTS = ("tokens", "sentences", "support")  # of the split, alike in all runs: there is nothing to average
TRAINING = ("best_step", "steps", "parameters", "precision", "device")  # of metrics.json, besides scores


def summaries(runs: Sequence[Run], variants: Mapping[str, Variant]) -> dict[str, dict[str, Any]]:
    """For each variant what ``metrics/{variant}.json`` holds; scores and differences are in 0..1.

    `runs` has every seed's record; `summary` has the mean and standard deviation of every score of validation and test,
    nested as in the records; `difference` has the paired differences to the baseline (``None`` for itself).
    """
    baseline = baseline_of(variants)
    names = labels(variants)
    by_seed = {
        split: {name: {run.seed: run.scores(split) for run in runs if run.variant == name} for name in variants}
        for split in EVALUATED
    }
    made = {}
    for name, variant in variants.items():
        is_baseline = name == baseline
        made[name] = {
            "variant": name,
            "label": names[name],
            "is_baseline": is_baseline,
            "settings": variant.model_dump(mode="json", exclude={"seeds"}),
            "seeds": list(variant.seeds or ()),
            "summary": {split: nested(spread, by_seed[split][name]) for split in EVALUATED},
            "difference": None
            if is_baseline
            else {split: nested(difference, by_seed[split][name], by_seed[split][baseline]) for split in EVALUATED},
            "runs": [{"seed": run.seed} | run.record for run in runs if run.variant == name],
        }
    return made


def spread(values: Mapping[int, float]) -> dict[str, Any]:
    """Mean and standard deviation over seeds."""
    return asdict(Spread.of(list(values.values())))


def difference(variant: Mapping[int, float], baseline: Mapping[int, float]) -> dict[str, Any]:
    """Paired difference over seeds; the difference of each seed follows from `runs`."""
    found = paired_difference(variant, baseline)
    return {"n": len(found.seeds), "mean": found.mean, "std": found.std}


def nested(statistic: Callable[..., dict[str, Any]], *groups: BySeed) -> dict[str, Any]:
    """A statistic of every score, nested as the scores are.

    Args:
        statistic: of one number by seed for each group.
        groups: scores by seed. A score that only some seeds have (of an entity type that the split lacks and that only
            some models predicted) is taken from those; the statistic says how many they are.
    """
    rows = [row for group in groups for row in group.values()]
    made: dict[str, Any] = {}
    for key in dict.fromkeys(key for row in rows for key in row if key not in COUNTS):
        parts = [{seed: row[key] for seed, row in group.items() if key in row} for group in groups]
        is_nested = any(isinstance(value, Mapping) for part in parts for value in part.values())
        made[key] = nested(statistic, *parts) if is_nested else statistic(*parts)
    return made


# --- tables ----------------------------------------------------------------------------------------------------------


IDENTITY = ("variant", "label", "fusion", "pos", "feature", "injection")


def identity(name: str, variants: Mapping[str, Variant]) -> dict[str, Any]:
    """The columns by which tables name a variant."""
    variant = variants[name]
    return {
        "variant": name,
        "label": labels(variants)[name],
        "fusion": variant.fusion,
        "pos": variant.pos,
        "feature": variant.feature,
        "injection": injection(variant),
    }


def runs_table(runs: Sequence[Run], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row a run and split: its micro, macro and strict scores, counts, and how it was trained."""
    return pd.DataFrame(
        identity(run.variant, variants)
        | {"seed": run.seed, "split": split}
        | flat(run.scores(split))
        | {f"training_{name}": run.record.get(name) for name in TRAINING}
        for run in runs
        for split in EVALUATED
    )


def flat(scores: Scores) -> dict[str, float]:
    """The scores without those by type; the strict ones as ``strict_f1`` and so on."""
    strict = {f"strict_{key}": value for key, value in scores["strict"].items()}
    both = {**scores, **strict}
    return {key: value for key, value in both.items() if not isinstance(value, Mapping) and "support" not in key}


def by_type_table(runs: Sequence[Run], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row a run, split and entity type: F1, precision, recall, the number of entities, and the F1 of strict IOB2."""
    return pd.DataFrame(
        identity(run.variant, variants)
        | {"seed": run.seed, "split": split, "type": kind}
        | dict(row)
        | {"strict_f1": run.scores(split)["strict"]["by_type"].get(kind, {}).get("f1")}
        for run in runs
        for split in EVALUATED
        for kind, row in run.scores(split)["by_type"].items()
    )


def summary_table(made: Mapping[str, Mapping[str, Any]], variants: Mapping[str, Variant]) -> pd.DataFrame:
    """A row a variant and split: mean and standard deviation over seeds, paired difference of F1 to the baseline."""
    return pd.DataFrame(
        identity(name, variants)
        | {"split": split, "seeds": len(summary["seeds"])}
        | spread_columns(summary["summary"][split])
        | difference_columns(summary["difference"], split)
        for name, summary in made.items()
        for split in EVALUATED
    )


def spread_columns(summary: Mapping[str, Any]) -> dict[str, float | None]:
    """``f1_mean``, ``f1_std`` and so on."""
    strict = {f"strict_{key}": value for key, value in summary["strict"].items() if key != "by_type"}
    both = {key: value for key, value in summary.items() if key not in ("strict", "by_type")} | strict
    return {f"{key}_{part}": value[part] for key, value in both.items() for part in ("mean", "std")}


def difference_columns(found: Mapping[str, Any] | None, split: str) -> dict[str, Any]:
    """The difference of micro F1; empty for the baseline."""
    parts = ("mean", "std")
    if found is None:
        return {"common_seeds": None} | {f"f1_difference_{part}": None for part in parts}
    f1 = found[split]["f1"]
    return {"common_seeds": f1["n"]} | {f"f1_difference_{part}": f1[part] for part in parts}
