"""How often conclusions are right where the truth is known: many small studies of generated corpora, put together.

Each replicate is a study of a corpus of its own. It holds three *contrasts* to the baseline:

- ``gold``: the corpus's tags. What they can bring at best is planted: the best F1 with POS minus that without;
- ``predicted``: our taggers' tags, which can bring nothing, since the taggers read no more than NER does;
- ``again``: the baseline itself with other seeds, of which the expected difference is none, exactly.

A trained model need not come near the best, so the truth that an interval is meant for is what this training is to be
expected to bring, over seeds and texts. For ``again`` that is nothing. For the others it is the mean of all other
replicates of the same ambiguity, whose own error is allowed for. As each replicate has a training set of its own, it is
a mean over training sets, too, of which an interval does not claim to know anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from posner.stats.intervals import level_among, power

CLAIMS = ("helps", "hurts")
NONE = "no effect larger than the margin"
CONTRASTS = {"gold": "gold POS", "predicted": "predicted POS", "again": "the baseline with other seeds"}


def judged(replicates: pd.DataFrame) -> pd.DataFrame:
    """`replicates` with what only all of them together can tell.

    Args:
        replicates: a row a contrast and corpus: `contrast`, `ambiguity`, `difference`, `low`, `high`,
            `bootstrap_low`, `bootstrap_high`; differences in 0..1.

    Returns:
        The same with `error`, the difference minus the truth, and whether the intervals cover the truth: `covers` and
        `bootstrap_covers`.
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
    """A row for each contrast and ambiguity: what was planted, what was measured, and what was said.

    Args:
        replicates: see :func:`judged`; besides, the columns of :class:`posner.stats.comparison.Comparison`, `tests`
            (how many variants share the level), `baseline_f1`, `variant_f1`, and the best that can be reached,
            `baseline_best` and `variant_best`.
        level: of the verdicts.
    """
    groups = replicates.groupby(["contrast", "ambiguity"], sort=True)
    return pd.DataFrame(size(rows, level) for _, rows in groups)


def size(rows: pd.DataFrame, level: float) -> dict[str, Any]:
    """One row of :func:`sizes`; `stated_std` and `observed_std` are of the difference, over replicates."""
    means = ("baseline_f1", "baseline_best", "variant_f1", "variant_best", "difference")
    seed_std, text_std = (root_mean_square(rows[name]) for name in ("seed_std", "text_std"))
    seeds, tests = (int(rows[name].iloc[0]) for name in ("seeds", "tests"))
    verdicts = rows["verdict"].value_counts()
    return {
        "contrast": rows["contrast"].iloc[0],
        "ambiguity": float(rows["ambiguity"].iloc[0]),
        "replicates": len(rows),
        "planted": float((rows["variant_best"] - rows["baseline_best"]).mean()),
        **{name: float(rows[name].mean()) for name in means},
        "observed_std": float(rows["error"].std()),
        "stated_std": float(np.hypot(seed_std / np.sqrt(seeds), text_std)),
        "seed_std": seed_std,
        "text_std": text_std,
        "seeds": seeds,
        "tests": tests,
        **{word: int(verdicts.get(word, 0)) for word in (*CLAIMS, NONE, "cannot tell")},
        # The smallest of several p values is held against a share of the level (Holm).
        "power": power(abs(rows["difference"].mean()), seed_std, text_std, seeds, level_among(level, tests)),
        "covered": int(rows["covers"].sum()),
    }


def root_mean_square(values: pd.Series[float]) -> float:
    """The usual size of standard deviations."""
    return float(np.sqrt((values**2).mean()))


def share(of: Sequence[bool] | pd.Series[bool]) -> dict[str, Any]:
    """How many of how many, with the exact 95 % interval of the chance (Clopper & Pearson 1934)."""
    right, number = int(np.sum(of)), len(of)
    low, high = stats.binomtest(right, number).proportion_ci(0.95)
    return {"count": right, "of": number, "low": float(low), "high": float(high)}


def is_null(rows: pd.DataFrame) -> pd.Series[bool]:
    """Where nothing was planted: what POS can bring at best is nothing."""
    return rows["variant_best"] == rows["baseline_best"]


def reliability(rows: pd.DataFrame, margin: float) -> dict[str, Any]:
    """How often conclusions are right, by contrast.

    Args:
        rows: see :func:`judged`.
        margin: of equivalence, in 0..1.

    Returns:
        `false_claims`: how often an effect is claimed where none was planted; `false_nulls`: how often none larger than
        the margin is claimed where the expected one is larger; `coverage` of intervals, and `bootstrap_coverage`.
    """
    expected = rows["difference"] - rows["error"]
    parts = {
        "false_claims": rows["verdict"].isin(CLAIMS)[is_null(rows)],
        "false_nulls": (rows["verdict"] == NONE)[expected.abs() > margin],
        "coverage": rows["covers"],
        "bootstrap_coverage": rows["bootstrap_covers"],
    }
    return {
        name: {
            contrast: share(values[rows["contrast"] == contrast])
            for contrast in CONTRASTS
            if (rows["contrast"] == contrast)[values.index].any()
        }
        for name, values in parts.items()
    }


def answer(found: dict[str, Any]) -> str:
    """What a calibration says, in words; `found` is :func:`reliability`, with `guesses` and `statistics`."""
    level = found["statistics"]["level"]
    false = found["false_claims"]
    claims = (
        f"Where no effect was planted, verdicts claimed one in {counted(false.values())} comparisons"
        f" (allowed: {100 * (1 - level):g} %): {each(false)}."
    )
    coverage = (
        f"Intervals of {100 * level:g} % covered the truth in {counted(found['coverage'].values())}:"
        f" {each(found['coverage'])}."
    )
    if not (nulls := found["false_nulls"]):
        return f"{claims} {coverage}"
    return f"{claims} {coverage} An effect larger than the margin was called none in {counted(nulls.values())}."


def counted(shares: Iterable[Mapping[str, Any]]) -> str:
    """``3 of 60``, of all together."""
    counts = [(part["count"], part["of"]) for part in shares]
    return "{} of {}".format(*map(sum, zip(*counts, strict=True)))


def each(shares: Mapping[str, Mapping[str, Any]]) -> str:
    """``gold POS 1 of 20, ...``."""
    return ", ".join(f"{CONTRASTS[name]} {part['count']} of {part['of']}" for name, part in shares.items())
