"""Summaries of sweeps: means, changes and deviations recomputed independently, and files that are no sweeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fabricated import RATES, SCALES, SEEDS, VARIANTS, changes_frame, read, sweep_frame, write_study
from posner.commands.corruption.summarise_corruption import SummariseCorruption
from posner.config.statistics import Estimation
from posner.errors import InputError
from posner.files import write_json
from posner.stats.propagation import Curves
from posner.summaries.corruption import interval_table, run_table, variant_summary
from posner.summaries.runs import read_changes, read_sweep

VARIANT = "late-gold-one_hot"


def at(table: pd.DataFrame, mode: str) -> pd.DataFrame:
    return table[table["mode"] == mode]


# --- means -----------------------------------------------------------------------------------------------------------


def test_rows_of_a_sweep_are_means_over_draws() -> None:
    sweep = sweep_frame(0.8, 0.3, draws=4)
    result = at(run_table(VARIANT, VARIANTS, 42, sweep), "tagger")
    assert result["level"].tolist() == list(RATES)
    assert set(result["draws"]) == {4}
    rows = at(sweep, "tagger")
    expected = rows.pivot(index="level", columns="draw", values="f1")
    np.testing.assert_allclose(result["f1"], expected.mean(axis=1))
    np.testing.assert_allclose(result["std_f1"], expected.std(axis=1), atol=1e-12)
    for measure in ("entities_flipped", "f1_LOC", "broken"):
        np.testing.assert_allclose(result[measure], rows.groupby("level")[measure].mean())


def test_the_change_is_taken_within_each_draw() -> None:
    """With donors of logits the clean text scores differently in each draw."""
    sweep = sweep_frame(0.8, 0.2, draws=2, rates=(0.5,))
    sweep = sweep[sweep["mode"].isin(["clean", "tagger"])].assign(f1=[0.80, 0.70, 0.60, 0.45])  # of draw 0, of draw 1
    result = run_table(VARIANT, VARIANTS, 42, sweep)
    np.testing.assert_allclose(result["change"], [0, -(0.10 + 0.15) / 2])
    np.testing.assert_allclose(result["std_change"], [0, np.std([0.10, 0.15], ddof=1)])
    summary = variant_summary(VARIANT, VARIANTS, {42: sweep})
    assert summary["points"][1]["change"]["mean"] == pytest.approx(-0.125)


def test_a_change_is_the_same_in_all_tables_where_a_mode_has_a_single_draw() -> None:
    """As the tagger's own tags have, whereas the clean text of a model that reads logits has one for each draw."""
    sweep = sweep_frame(0.8, 0.2, draws=4, rates=(0.5,))
    sweep = sweep[(sweep["draw"] == 0) | ~sweep["mode"].isin(["anchor", "constant", "zero"])].copy()
    clean = sweep["mode"] == "clean"
    sweep.loc[clean, "f1"] = [0.81, 0.8, 0.79, 0.78]
    statistics = Estimation(resamples=100)
    result = run_table(VARIANT, VARIANTS, 42, sweep).query("mode != 'clean'").set_index(["mode", "level"])["change"]
    intervals = interval_table(VARIANTS, {VARIANT: Curves.of({42: sweep}, "late")}, statistics)
    expected = intervals.set_index(["mode", "level"])["change"]
    np.testing.assert_allclose(result.loc[expected.index], expected)
    assert result["anchor"].item() == pytest.approx(sweep.query("mode == 'anchor'")["f1"].item() - 0.795)


@pytest.mark.parametrize("kind", ["std", "std_f1", "mean", "change"])
def test_entity_types_may_have_any_name(kind: str) -> None:
    sweep = sweep_frame(0.8, 0.3).rename(columns={"f1_LOC": f"f1_{kind}"})
    result = run_table(VARIANT, VARIANTS, 42, sweep)
    assert result.columns.is_unique
    np.testing.assert_allclose(result[f"f1_{kind}"], result["f1"])


def test_deviations_over_draws_and_over_seeds_are_kept_apart() -> None:
    sweeps = {seed: sweep_frame(0.8 + 0.01 * i, 0.3, seed=seed) for i, seed in enumerate(SEEDS)}
    result = variant_summary("encoder-gold", VARIANTS, sweeps)
    half = [np.array(sweep[(sweep["mode"] == "tagger") & (sweep["level"] == 0.5)]["f1"]) for sweep in sweeps.values()]
    grid = np.array(half)  # [seeds, draws]
    [point] = [point for point in result["points"] if (point["mode"], point["level"]) == ("tagger", 0.5)]
    assert point["f1"] == {
        "mean": pytest.approx(grid.mean()),
        "std": pytest.approx(grid.std(ddof=1)),
        "std_draws": pytest.approx(grid.std(axis=1, ddof=1).mean()),
        "std_seeds": pytest.approx(grid.mean(axis=1).std(ddof=1)),
    }
    rows = [row for row in result["runs"] if (row["mode"], row["level"]) == ("tagger", 0.5)]
    assert [row["seed"] for row in rows] == list(SEEDS)
    assert [row["f1"]["mean"] for row in rows] == pytest.approx(grid.mean(axis=1).tolist())


def test_with_one_draw_there_is_no_deviation(tmp_path: Path) -> None:
    sweep = sweep_frame(0.8, 0.3, draws=1, rates=(0.5, 1.0))
    result = variant_summary("encoder-gold", VARIANTS, {42: sweep})
    f1 = result["points"][1]["f1"]
    assert (f1["std"], f1["std_draws"], f1["std_seeds"]) == (None, None, None)
    write_json(tmp_path / "x.json", result)  # refuses NaN
    assert run_table("encoder-gold", VARIANTS, 42, sweep)[["std_change", "std_f1"]].isna().all(axis=None)


# --- what the tables say ---------------------------------------------------------------------------------------------


def test_every_sweep_is_in_the_file_of_its_fusion(study: Path) -> None:
    encoder, late = (read(study / "pos_corruption" / f"{name}_fusion.json")["variants"] for name in ("encoder", "late"))
    swept = {name: v for name, v in VARIANTS.items() if v.pos in ("gold", "predicted")}
    assert set(encoder) == {name for name, v in swept.items() if v.fusion == "encoder"}
    assert set(late) == {name for name, v in swept.items() if v.fusion == "late"}
    rows = pd.read_csv(study / "tables" / "corruption.csv")
    runs = sum(len(v.seeds) for v in swept.values())
    assert len(rows) == (1 + 2 * len(RATES) + len(SCALES) + 6) * runs


def test_intervals_are_of_the_mean_change(study: Path) -> None:
    result = pd.read_csv(study / "tables" / "corruption_intervals.csv")
    rows = pd.read_csv(study / "tables" / "corruption.csv")
    means = rows[rows["mode"] != "clean"].groupby(["variant", "mode", "level"])["change"].mean()
    actual = result.set_index(["variant", "mode", "level"])["change"]
    np.testing.assert_allclose(actual, means.loc[actual.index], atol=1e-12)
    assert (result["seeds"] == 1).any()
    inside = result[result["level"] > 0]  # one seed is enough beside variants with several
    assert ((inside["low"] < inside["change"]) & (inside["change"] < inside["high"])).all()


def test_training_and_test_pos_meet_in_one_table(study: Path) -> None:
    result = pd.read_csv(study / "tables" / "train_test.csv").set_index(["variant", "test_pos"])
    rows = pd.read_csv(study / "tables" / "corruption.csv")
    modes = {"gold": "clean", "predicted": "anchor", "none": "zero"}
    for (variant, test_pos), row in result.iterrows():
        f1 = at(rows[rows["variant"] == variant], modes[test_pos])["f1"]
        assert row["f1_mean"] == pytest.approx(f1.mean())
        own = result.loc[(variant, row["pos"]), "f1_mean"]
        assert row["change"] == pytest.approx(row["f1_mean"] - own, abs=1e-12)
    assert len(result) == 3 * sum(v.pos in ("gold", "predicted") for v in VARIANTS.values())


def test_where_it_happens_is_a_mean_over_seeds(study: Path) -> None:
    result = pd.read_csv(study / "tables" / "corruption_changes.csv", keep_default_na=False)
    of = {seed: changes_frame(seed) for seed in SEEDS}
    everything = {seed: frame[frame["mode"] == "anchor"] for seed, frame in of.items()}
    table = at(result[result["variant"] == VARIANT], "anchor")
    for by in ("type", "position"):
        for name in ("tokens", "tokens_flipped", "broken", "fixed"):
            total = np.mean([frame[name].sum() for frame in everything.values()])
            assert table[table["by"] == by][name].sum() == pytest.approx(total)
    [row] = table[(table["by"] == "position") & (table["position"] == "inside") & table["changed"]].to_dict("records")
    selected = [f[(f["position"] == "inside") & (f["source"] != f["target"])] for f in everything.values()]
    assert row["tokens_flipped"] == pytest.approx(np.mean([frame["tokens_flipped"].sum() for frame in selected]))
    [row] = table[(table["by"] == "tags") & (table["source"] == "NN")].to_dict("records")
    assert row["target"] == "NNP"
    selected = [f[(f["source"] == "NN") & (f["target"] == "NNP")] for f in everything.values()]
    assert row["broken"] == pytest.approx(np.mean([frame["broken"].sum() for frame in selected]))
    assert set(result.loc[result["by"] == "tags", "mode"]) == {"anchor"}


# --- sweeps that are none --------------------------------------------------------------------------------------------


def test_sweeps_of_nothing_are_refused(tmp_path: Path) -> None:
    command = SummariseCorruption(
        variants={"baseline": VARIANTS["baseline"]}, sweeps=tmp_path, output=tmp_path, tables=tmp_path
    )
    with pytest.raises(InputError, match="none of them reads POS"):
        command.execute()


def test_a_stage_has_wider_intervals(tmp_path: Path) -> None:
    widths = []
    write_study(tmp_path, VARIANTS)
    for stages in ((), (len(SEEDS), 9)):
        SummariseCorruption(
            variants=dict(VARIANTS), statistics=Estimation(stages=stages), sweeps=tmp_path / "corruption",
            output=tmp_path, tables=tmp_path,
        ).execute()  # fmt: skip
        slopes = pd.read_csv(tmp_path / "slopes.csv")
        pooled = read(tmp_path / "pooled.json")["slope"]["gold"]
        widths.append([*(slopes["high"] - slopes["low"]), pooled["high"] - pooled["low"]])
    plain, staged = np.array(widths)
    assert (staged[plain > 0] > plain[plain > 0]).all()
    assert (plain > 0).any()


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
    with pytest.raises(InputError, match="not the changes of a sweep"):
        read_changes(path)
