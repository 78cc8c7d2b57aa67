"""Sweeps put together: means, drops and deviations again by another way, and sweeps that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fabricated import (
    RATES,
    SEEDS,
    VARIANTS,
    read,
    sweep_frame,
)

from workflow_scripts.posner.artifacts import write_json
from workflow_scripts.posner.corruption_summary import run_table, variant_summary
from workflow_scripts.posner.errors import InputError
from workflow_scripts.posner.results import read_sweep
from workflow_scripts.summarise_corruption import SummariseCorruption

TWO = {name: VARIANTS[name] for name in ("baseline", "late-gold-one_hot")}


def test_rows_of_a_sweep_are_means_over_draws() -> None:
    sweep = sweep_frame(0.8, 0.3, draws=4)
    made = run_table("late-gold-one_hot", VARIANTS, 42, sweep)
    assert made["rate"].tolist() == list(RATES)
    assert set(made["draws"]) == {4}
    expected = sweep.pivot(index="rate", columns="draw", values="f1")
    np.testing.assert_allclose(made["f1"], expected.mean(axis=1))
    np.testing.assert_allclose(made["f1_std"], expected.std(axis=1), atol=1e-12)
    np.testing.assert_allclose(made["entities_flipped"], sweep.groupby("rate")["entities_flipped"].mean())
    np.testing.assert_allclose(made["f1_LOC"], sweep.groupby("rate")["f1_LOC"].mean())


def test_the_drop_is_taken_within_each_draw() -> None:
    """With donors of logits the clean text scores differently in each draw."""
    sweep = sweep_frame(0.8, 0.2, draws=2, rates=(0.0, 0.5))
    sweep["f1"] = [0.80, 0.70, 0.60, 0.45]  # draw 0: rates 0 and 0.5; draw 1: the same
    made = run_table("late-gold-one_hot", VARIANTS, 42, sweep)
    np.testing.assert_allclose(made["drop"], [0, (0.10 + 0.15) / 2])
    np.testing.assert_allclose(made["drop_std"], [0, np.std([0.10, 0.15], ddof=1)])
    summary = variant_summary("late-gold-one_hot", VARIANTS, {42: sweep})
    assert summary["rates"][1]["drop"]["mean"] == pytest.approx(0.125)


def test_deviations_over_draws_and_over_seeds_are_kept_apart() -> None:
    sweeps = {seed: sweep_frame(0.8 + 0.01 * i, 0.3, seed=seed) for i, seed in enumerate(SEEDS)}
    made = variant_summary("encoder-gold", VARIANTS, sweeps)
    assert [point["rate"] for point in made["rates"]] == list(RATES)
    grid = np.array([sweep[sweep["rate"] == 0.5]["f1"].to_numpy() for sweep in sweeps.values()])  # [seeds, draws]
    f1 = next(point for point in made["rates"] if point["rate"] == 0.5)["f1"]
    assert f1 == {
        "mean": pytest.approx(grid.mean()),
        "std": pytest.approx(grid.std(ddof=1)),
        "std_draws": pytest.approx(grid.std(axis=1, ddof=1).mean()),
        "std_seeds": pytest.approx(grid.mean(axis=1).std(ddof=1)),
    }
    rows = [row for row in made["runs"] if row["rate"] == 0.5]
    assert [row["seed"] for row in rows] == list(SEEDS)
    assert [row["f1"]["mean"] for row in rows] == pytest.approx(grid.mean(axis=1).tolist())


def test_without_rate_0_there_is_no_drop_and_with_one_draw_no_deviation(tmp_path: Path) -> None:
    sweep = sweep_frame(0.8, 0.3, draws=1, rates=(0.5, 1.0))
    made = variant_summary("encoder-gold", VARIANTS, {42: sweep})
    assert [point["drop"] for point in made["rates"]] == [None, None]
    f1 = made["rates"][0]["f1"]
    assert (f1["std"], f1["std_draws"], f1["std_seeds"]) == (None, None, None)
    write_json(tmp_path / "x.json", made)  # refuses NaN
    table = run_table("encoder-gold", VARIANTS, 42, sweep)
    assert table[["drop", "drop_std", "f1_std"]].isna().all(axis=None)


def test_modes_of_corruption_are_not_mixed() -> None:
    easy, hard = sweep_frame(0.8, 0.1), sweep_frame(0.8, 0.5).assign(mode="hard")
    made = run_table("encoder-gold", VARIANTS, 42, pd.concat([easy, hard], ignore_index=True))
    assert made.groupby("mode").size().to_dict() == {"hard": len(RATES), "uniform": len(RATES)}
    np.testing.assert_allclose(made[made["mode"] == "hard"]["f1"], hard.groupby("rate")["f1"].mean())
    summary = variant_summary("encoder-gold", VARIANTS, {42: pd.concat([easy, hard], ignore_index=True)})
    assert [point["mode"] for point in summary["rates"]] == ["hard"] * len(RATES) + ["uniform"] * len(RATES)


def test_early_and_late_fusion_share_out_the_sweeps(study: Path) -> None:
    early, late = (read(study / "pos_corruption" / f"{name}_fusion.json")["variants"] for name in ("early", "late"))
    swept = {name: v for name, v in VARIANTS.items() if v.pos in ("gold", "predicted")}
    assert set(early) == {name for name, v in swept.items() if v.fusion == "encoder"}
    assert set(late) == {name for name, v in swept.items() if v.fusion == "late"}
    rows = pd.read_csv(study / "tables" / "corruption.csv")
    assert len(rows) == len(RATES) * sum(len(v.seeds or ()) for v in swept.values())


def test_sweeps_of_nothing_are_refused(tmp_path: Path) -> None:
    command = SummariseCorruption(
        variants={"baseline": VARIANTS["baseline"]}, sweeps=tmp_path, output=tmp_path, tables=tmp_path
    )
    with pytest.raises(InputError, match="none of them has POS"):
        command.cli_cmd()


def test_a_broken_sweep_is_named(tmp_path: Path) -> None:
    path = tmp_path / "seed-1.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"seed-1\.parquet: not a sweep"):
        read_sweep(path)
    sweep_frame(0.8, 0.1).drop(columns="effective_rate").to_parquet(path)
    with pytest.raises(InputError, match=r"no column 'effective_rate'"):
        read_sweep(path)
    with pytest.raises(InputError, match="not a sweep"):
        read_sweep(tmp_path / "none.parquet")
