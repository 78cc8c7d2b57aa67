"""Reliability of verdicts: error rates and coverage over many small studies of corpora with known effects.

Each replicate is a study of a corpus of its own. It has three *contrasts* with the baseline:

- ``gold``: the corpus's tags. Their maximal effect is planted: the best possible F1 with POS minus that without;
- ``predicted``: the taggers' tags, whose maximal effect is 0, since the taggers read no more than the NER model;
- ``again``: the baseline with other seeds, whose expected difference is exactly 0.

A trained model need not reach the best possible F1. The true value for an interval is therefore the expected
difference of this training procedure over seeds and test sets. For ``again`` it is 0. For the others it is estimated by
the mean of all other replicates with the same ambiguity, and the error of that mean is taken into account. Each
replicate has a training set of its own, so this mean also averages over training sets, a source of variance that the
intervals do not claim to cover.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd
from scipy import stats

from posner.files import Json
from posner.stats.conclusions import Verdict
from posner.stats.intervals import Design, ErrorModel
from posner.stats.joint import Family
from posner.stats.spread import root_mean_square

VERDICTS = get_args(Verdict)
EFFECTS = ("helps", "hurts")
SPREADS = ("moderated_std", "unit_std", "interaction_std")
CONTRASTS = {"gold": "gold POS", "predicted": "predicted POS", "again": "the baseline with other seeds"}


def with_coverage(replicates: pd.DataFrame) -> pd.DataFrame:
    """Add the error of each estimate, and whether its intervals cover the true value.

    Args:
        replicates: a row for each contrast and corpus with columns `contrast`, `ambiguity`, `difference`, `low`,
            `high`, `bootstrap_low`, `bootstrap_high`; differences in 0..1.

    Returns:
        The rows with `error`, the difference minus the true value, and `covers` and `bootstrap_covers`.
    """
    by_size = replicates.groupby(["contrast", "ambiguity"])["difference"]
    number = by_size.transform("size")
    # x minus the mean of the n - 1 others is (x - mean) n / (n - 1). Its variance is that of x times n / (n - 1).
    from_mean = (replicates["difference"] - by_size.transform("mean")) * np.sqrt(number / (number - 1))
    error = from_mean.where(replicates["contrast"] != "again", replicates["difference"])
    truth = replicates["difference"] - error
    return replicates.assign(
        error=error,
        covers=truth.between(replicates["low"], replicates["high"]),
        bootstrap_covers=truth.between(replicates["bootstrap_low"], replicates["bootstrap_high"]),
    )


def sizes(replicates: pd.DataFrame, level: float) -> pd.DataFrame:
    """A row for each contrast and ambiguity: the planted and the measured effect, and the verdicts.

    Args:
        replicates: of :func:`with_coverage`, with the fields of :class:`posner.stats.comparison.Comparison`, `tests`
            (number of variants whose verdicts hold together), `units`, `baseline_f1`, `variant_f1`, and the best
            possible F1, `baseline_best` and `variant_best`.
        level: family-wise level of the verdicts.
    """
    groups = replicates.groupby(["contrast", "ambiguity"], sort=True)
    return pd.DataFrame(summarise_size(rows, level) for _, rows in groups)


def summarise_size(rows: pd.DataFrame, level: float) -> dict[str, Any]:
    """One row of :func:`sizes`: `observed_std` is that of the errors, `stated_std` the one that intervals assume."""
    means = ("baseline_f1", "baseline_best", "variant_f1", "variant_best", "difference")
    spreads = {name: root_mean_square(rows[name]) for name in SPREADS}
    numbers = {name: int(rows[name].iloc[0]) for name in ("seeds", "tests", "units")}
    errors = {**spreads, **numbers, "seed_df": float(rows["seed_df"].mean())}
    verdicts = rows["verdict"].value_counts()
    return {
        "contrast": rows["contrast"].iloc[0],
        "ambiguity": float(rows["ambiguity"].iloc[0]),
        "replicates": len(rows),
        "planted": float((rows["variant_best"] - rows["baseline_best"]).mean()),
        **{name: float(rows[name].mean()) for name in means},
        "observed_std": float(rows["error"].std()),
        "stated_std": float(np.hypot(spreads["moderated_std"] / np.sqrt(numbers["seeds"]), spreads["unit_std"])),
        **errors,
        **{word: int(verdicts.get(word, 0)) for word in VERDICTS},
        "power": design_of(errors, level).power(abs(rows["difference"].mean())),
        "covered": int(rows["covers"].sum()),
    }


def design_of(errors: Mapping[str, float], level: float) -> Design:
    """The design of a replicate, of which the power is computed.

    Args:
        errors: columns of :func:`sizes`: the standard deviations :data:`SPREADS`, `seeds`, `seed_df`, `units`, `tests`.
        level: of the verdicts, in 0..1.
    """
    error = ErrorModel(
        seeds=int(errors["seeds"]),
        seed_std=errors["moderated_std"],
        seed_df=errors["seed_df"],
        unit_std=errors["unit_std"],
        interaction_std=errors["interaction_std"],
        unit_df=errors["units"] - 1,
    )
    return Design(error, Family(int(errors["tests"])), level)


def proportion(outcomes: Sequence[bool] | pd.Series[bool]) -> dict[str, Any]:
    """Number of true outcomes (`count`) among all (`of`), and the exact 95 % interval of their proportion.

    The interval is that of Clopper & Pearson (1934).
    """
    true, number = int(np.sum(outcomes)), len(outcomes)
    low, high = stats.binomtest(true, number).proportion_ci(0.95)
    return {"count": true, "of": number, "low": float(low), "high": float(high)}


def is_null(rows: pd.DataFrame) -> pd.Series[bool]:
    """Mask of the rows without a planted effect."""
    return rows["variant_best"] == rows["baseline_best"]


def reliability(rows: pd.DataFrame, margin: float) -> dict[str, Any]:
    """Error rates of the verdicts and coverage of the intervals, by contrast.

    Args:
        rows: of :func:`with_coverage`.
        margin: of equivalence, in F1 of 0..1.

    Returns:
        `false_claims`: verdicts of an effect where none was planted; `false_nulls`: verdicts of equivalence where the
        true effect is above the margin; `coverage` of the intervals, and `bootstrap_coverage`.
    """
    expected = rows["difference"] - rows["error"]
    parts = {
        "false_claims": rows["verdict"].isin(EFFECTS)[is_null(rows)],
        "false_nulls": (rows["verdict"] == "equivalent")[expected.abs() > margin],
        "coverage": rows["covers"],
        "bootstrap_coverage": rows["bootstrap_covers"],
    }
    return {
        name: {
            contrast: proportion(values[rows["contrast"] == contrast])
            for contrast in CONTRASTS
            if (rows["contrast"] == contrast)[values.index].any()
        }
        for name, values in parts.items()
    }


def reliability_sentences(calibration: Json) -> str:
    """The reliability of verdicts and intervals in plain sentences.

    Args:
        calibration: content of ``calibration.json``: `statistics` and the result of :func:`reliability`.
    """
    level = calibration["statistics"]["level"]
    claims, coverage, nulls = (calibration[name] for name in ("false_claims", "coverage", "false_nulls"))
    sentences = (
        f"Where no effect was planted, an effect was claimed in {total(claims.values())} comparisons "
        f"(nominal: {100 * (1 - level):g} %): {by_contrast(claims)}. "
        f"The {100 * level:g} % intervals covered the true value in {total(coverage.values())} comparisons: "
        f"{by_contrast(coverage)}."
    )
    if not nulls:
        return sentences
    return f"{sentences} A true effect above the margin was declared equivalent in {total(nulls.values())} comparisons."


def total(proportions: Iterable[Json]) -> str:
    """All proportions together: ``3 of 60``."""
    counts = [(part["count"], part["of"]) for part in proportions]
    return "{} of {}".format(*map(sum, zip(*counts, strict=True)))


def by_contrast(proportions: Mapping[str, Json]) -> str:
    """``gold POS 1 of 20, ...``."""
    return ", ".join(f"{CONTRASTS[name]} {part['count']} of {part['of']}" for name, part in proportions.items())
