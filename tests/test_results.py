"""What is made of stored results: every number again by another way, and files that are not what they should be."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docutils.core
import numpy as np
import pandas as pd
import pytest
from fabricated import (
    RATES,
    SEEDS,
    TAGS,
    VARIANTS,
    confusion_matrix,
    split_scores,
    summarise,
    sweep_frame,
    variant,
    write_comparisons,
    write_run,
    write_study,
)
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.conclude import NER, Conclude
from workflow_scripts.posner.artifacts import write_json
from workflow_scripts.posner.cli import flags, parse
from workflow_scripts.posner.config import Variant
from workflow_scripts.posner.corpus import Provenance, Sentence, write_corpus
from workflow_scripts.posner.corruption_summary import run_table, variant_summary
from workflow_scripts.posner.errors import InputError
from workflow_scripts.posner.labels import labels
from workflow_scripts.posner.ner_summary import nested, spread
from workflow_scripts.posner.results import baseline_of, read_runs, read_sweep, read_table, write_table
from workflow_scripts.posner.verdict import conclude
from workflow_scripts.summarise_corpus import SummariseCorpus
from workflow_scripts.summarise_corruption import SummariseCorruption
from workflow_scripts.summarise_ner import SummariseNer
from workflow_scripts.summarise_pos import SummarisePos
from workflow_scripts.summarise_study import SummariseStudy, table

ROOT = Path(__file__).parents[1]
TWO = {name: VARIANTS[name] for name in ("baseline", "late-gold-one_hot")}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "made-up" / "tiny"
    summarise(folder)
    return folder


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def runs_of(study: Path) -> pd.DataFrame:
    return pd.read_csv(study / "tables" / "ner_runs.csv")


# --- NER -------------------------------------------------------------------------------------------------------------


def test_every_run_is_in_the_table_once(study: Path) -> None:
    keys = list(runs_of(study)[["variant", "seed", "split"]].itertuples(index=False, name=None))
    wanted = [(n, s, split) for n, v in VARIANTS.items() for s in v.seeds or () for split in ("validation", "test")]
    assert keys == wanted


def test_a_row_has_the_scores_of_its_run(study: Path) -> None:
    for row in runs_of(study).to_dict("records"):
        record = read(study / "ner" / row["variant"] / f"seed-{row['seed']}" / "metrics.json")
        scores = record[row["split"]]
        for name in ("f1", "precision", "recall", "f1_macro", "accuracy", "invalid_tags", "tokens"):
            assert row[name] == scores[name]
        for name in ("f1", "precision", "recall", "f1_macro"):
            assert row[f"strict_{name}"] == scores["strict"][name]
        assert row["training_best_step"] == record["best_step"]


def test_the_summary_is_what_pandas_makes_of_the_runs(study: Path) -> None:
    measures = ["f1", "precision", "recall", "f1_macro", "accuracy", "strict_f1"]
    expected = runs_of(study).groupby(["variant", "split"])[measures].agg(["mean", "std"])
    made = pd.read_csv(study / "tables" / "ner_summary.csv").set_index(["variant", "split"])
    for measure in measures:
        for part in ("mean", "std"):
            pd.testing.assert_series_equal(
                made[f"{measure}_{part}"].sort_index(), expected[measure, part].sort_index(), check_names=False
            )


def test_differences_are_paired_by_seed(study: Path) -> None:
    runs = runs_of(study).set_index(["variant", "split", "seed"])["f1"].sort_index()
    made = pd.read_csv(study / "tables" / "ner_summary.csv").set_index(["variant", "split"])
    for name, settings in VARIANTS.items():
        for split in ("validation", "test"):
            row = made.loc[name, split]
            if name == "baseline":
                assert row[["common_seeds", "f1_difference_mean", "f1_difference_std"]].isna().all()
                continue
            common = list(settings.seeds or ())
            ours, base = runs.loc[name, split].loc[common], runs.loc["baseline", split].loc[common]
            assert row["common_seeds"] == len(common)
            assert row["f1_difference_mean"] == pytest.approx((ours - base).mean())
            assert row["f1_difference_std"] == pytest.approx((ours - base).std(), nan_ok=True)


def test_scores_by_type(study: Path) -> None:
    rows = pd.read_csv(study / "tables" / "ner_by_type.csv")
    assert len(rows) == 2 * 4 * sum(len(v.seeds or ()) for v in VARIANTS.values())
    for row in rows.sample(20, random_state=0).to_dict("records"):
        scores = read(study / "ner" / row["variant"] / f"seed-{row['seed']}" / "metrics.json")[row["split"]]
        assert row["f1"] == scores["by_type"][row["type"]]["f1"]
        assert row["strict_f1"] == scores["strict"]["by_type"][row["type"]]["f1"]
        assert row["support"] == 100


def test_a_variants_file_holds_every_seed_and_its_summary(study: Path) -> None:
    made = read(study / "metrics" / "late-gold-one_hot.json")
    assert [row["seed"] for row in made["runs"]] == list(SEEDS)
    org = [row["test"]["by_type"]["ORG"]["recall"] for row in made["runs"]]
    assert made["summary"]["test"]["by_type"]["ORG"]["recall"] == {
        "n": 3,
        "mean": pytest.approx(np.mean(org)),
        "std": pytest.approx(np.std(org, ddof=1)),
    }
    assert read(study / "metrics" / "baseline.json")["difference"] is None


def test_groups_by_source_of_pos_share_out_the_variants(study: Path) -> None:
    groups = {name: read(study / "metrics" / f"{name}.json")["variants"] for name in NER}
    assert list(groups["ner_baseline"]) == ["baseline"]
    for name, settings in VARIANTS.items():
        holding = [group for group, variants in groups.items() if name in variants]
        assert holding == [{"none": "ner_baseline"}.get(settings.pos, f"ner_{settings.pos}_pos")]
        assert groups[holding[0]][name] == read(study / "metrics" / f"{name}.json")


def test_a_type_that_only_some_models_predicted() -> None:
    rows = {1: {"by_type": {"A": {"f1": 0.5}, "B": {"f1": 0.1}}}, 2: {"by_type": {"A": {"f1": 0.7}}}}
    made = nested(spread, rows)["by_type"]
    assert made["A"]["f1"]["mean"] == pytest.approx(0.6)
    assert made["B"]["f1"] == {"n": 1, "mean": 0.1, "std": None}


def test_a_type_that_only_the_baseline_predicted(tmp_path: Path) -> None:
    for name, settings in TWO.items():
        for seed in settings.seeds or ():
            write_run(tmp_path, name, settings, seed, 0.8)
    path = tmp_path / "baseline" / "seed-43" / "metrics.json"
    record = read(path)
    record["test"]["by_type"]["LAW"] = {"f1": 0.0, "precision": 0.0, "recall": 0.0, "support": 0}
    write_json(path, record)
    command = SummariseNer(variants=TWO, ner=tmp_path, metrics=tmp_path / "m", tables=tmp_path / "t")
    command.cli_cmd()
    made = read(tmp_path / "m" / "late-gold-one_hot.json")
    assert "LAW" not in made["summary"]["test"]["by_type"]
    assert made["difference"]["test"]["by_type"]["LAW"]["f1"] == {
        "n": 0, "mean": None, "std": None,
    }  # fmt: skip
    assert read(tmp_path / "m" / "baseline.json")["summary"]["test"]["by_type"]["LAW"]["f1"]["n"] == 1


def test_flags_of_the_rule_give_the_command() -> None:
    settings = {
        name: settings.model_dump(mode="json", exclude_defaults=True) | {"seeds": list(settings.seeds or ())}
        for name, settings in VARIANTS.items()
    }
    made = parse(SummariseNer, flags(variants=settings, ner=Path("n"), metrics=Path("m"), tables=Path("t")))
    assert made.variants == VARIANTS


@pytest.mark.parametrize("text", ["", "{", "[]", '{"test": {}}'])
def test_a_broken_metrics_file_is_named(tmp_path: Path, text: str) -> None:
    write_run(tmp_path, "baseline", VARIANTS["baseline"], 42, 0.8)
    path = tmp_path / "baseline" / "seed-43" / "metrics.json"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(InputError, match=r"baseline/seed-43/metrics\.json: .*delete it and run again"):
        read_runs(tmp_path, VARIANTS)


def test_a_missing_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"baseline/seed-42/metrics\.json"):
        read_runs(tmp_path, VARIANTS)


@pytest.mark.parametrize("names", [[], ["late-gold-one_hot"]])
def test_there_has_to_be_a_baseline(names: Sequence[str]) -> None:
    with pytest.raises(InputError, match="exactly one variant must have fusion: none"):
        baseline_of({name: VARIANTS[name] for name in names})


def test_labels_tell_variants_apart() -> None:
    assert len(set(labels(VARIANTS).values())) == len(VARIANTS)
    twins = {
        "one": variant("late", "gold", "one_hot"),
        "two": variant("late", "gold", "one_hot", (1,)),
        "usual": variant("late", "gold", "trainable_embed"),
        "wide": variant("late", "gold", "trainable_embed", pos_embed_dim=64),
    }
    assert labels(twins) == {
        "one": "Gold POS (late, one-hot) [one]",
        "two": "Gold POS (late, one-hot) [two]",
        "usual": "Gold POS (late, embeddings)",
        "wide": "Gold POS (late, 64-wide embeddings)",
    }


# --- sweeps ----------------------------------------------------------------------------------------------------------


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
    assert set(early) == {name for name, v in VARIANTS.items() if v.fusion == "encoder"}
    assert set(late) == {name for name, v in VARIANTS.items() if v.fusion == "late"}
    rows = pd.read_csv(study / "tables" / "corruption.csv")
    assert len(rows) == len(RATES) * sum(len(v.seeds or ()) for v in VARIANTS.values() if v.fusion != "none")


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


# --- POS and corpus --------------------------------------------------------------------------------------------------


def test_tables_of_tagging(tmp_path: Path) -> None:
    odd = {"NA": 50, "null": 40, '"': 30, ",": 20, "''": 10, "a b": 5}
    confusion = confusion_matrix(odd)
    write_json(tmp_path / "c.json", confusion)
    SummarisePos(confusion=tmp_path / "c.json", tables=tmp_path).cli_cmd()
    overall = read_table(tmp_path / "pos_tagging.csv", ["accuracy", "macro_f1", "tokens"]).set_index("split")
    by_tag = read_table(tmp_path / "pos_by_tag.csv", ["f1", "support"])
    confusions = read_table(tmp_path / "pos_confusions.csv", ["count", "share"])
    for split, scores in confusion["splits"].items():
        assert overall.loc[split, "accuracy"] == scores["accuracy"]
        rows = by_tag[by_tag["split"] == split]
        assert dict(zip(rows["tag"], rows["f1"], strict=True)) == {t: row["f1"] for t, row in scores["per_tag"].items()}
        pairs = confusions.loc[confusions["split"] == split, ["gold", "predicted", "count"]]
        wanted = [(row["gold"], row["predicted"], row["count"]) for row in scores["top_confusions"]]
        assert list(pairs.itertuples(index=False, name=None)) == wanted


def test_a_tagger_without_errors(tmp_path: Path) -> None:
    confusion = confusion_matrix(TAGS)
    for scores in confusion["splits"].values():
        scores["top_confusions"] = []
    write_json(tmp_path / "c.json", confusion)
    SummarisePos(confusion=tmp_path / "c.json", tables=tmp_path).cli_cmd()
    assert read_table(tmp_path / "pos_confusions.csv", ["count", "share"]).empty


def test_counts_of_a_corpus(tmp_path: Path) -> None:
    one = Sentence(("Ann", "Lee", "ran"), ("NNP", "NNP", "VBD"), ("B-PER", "I-PER", "O"), "d1")
    two = Sentence(("Rome",), ("FW",), ("B-PER",), "d2")
    write_corpus(tmp_path, {"train": [one], "validation": [one, two], "test": [one]}, Provenance("columns", "x"))
    SummariseCorpus(card=tmp_path / "corpus.json", output=tmp_path / "counts.csv").cli_cmd()
    assert pd.read_csv(tmp_path / "counts.csv").set_index("split").loc["validation"].to_dict() == {
        "documents": 2, "sentences": 2, "tokens": 4, "entities": 2, "entities_PER": 2, "tokens_with_unseen_pos": 1,
    }  # fmt: skip


cells = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=6)
numbers = st.none() | st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(cells, numbers), min_size=1, max_size=5))
def test_tables_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, Any]]) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    frame = pd.DataFrame(rows, columns=["text", "number"]).astype({"number": float})
    write_table(path, frame)
    made = read_table(path, ["number"])
    assert made["text"].tolist() == frame["text"].tolist()
    np.testing.assert_array_equal(made["number"], frame["number"])


def test_a_table_without_its_columns_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,x\n")
    for missing in (["c"], ["b"]):
        with pytest.raises(InputError, match=r"t\.csv: not the expected table"):
            read_table(tmp_path / "t.csv", missing)


# --- conclusions -----------------------------------------------------------------------------------------------------

ACCURACY = {"train": 0.96, "validation": 0.95, "test": 0.94}


def concluded(tmp_path: Path, f1: dict[str, tuple[float, ...]], variants: dict[str, Variant]) -> dict[str, Any]:
    """The verdict on runs with the test F1 `f1`."""
    for name, values in f1.items():
        for seed, value in zip(variants[name].seeds or (), values, strict=True):
            write_run(tmp_path / "ner", name, variants[name], seed, value)
    command = SummariseNer(variants=variants, ner=tmp_path / "ner", metrics=tmp_path / "m", tables=tmp_path / "t")
    command.cli_cmd()
    by_seed = {name: dict(zip(variants[name].seeds or (), values, strict=True)) for name, values in f1.items()}
    write_comparisons(tmp_path / "m", by_seed, variants, tmp_path / "t")
    ner = [read(tmp_path / "m" / f"{name}.json") for name in NER]
    return conclude(ner, read(tmp_path / "m" / "ner_comparisons.json"), [], ACCURACY)


def test_conclusions_count_what_the_intervals_say(tmp_path: Path) -> None:
    variants = {
        "baseline": variant("none", "none", "none"),
        "up": variant("late", "gold", "one_hot"),
        "level": variant("encoder", "gold", "one_hot", inject_layer_offset_from_end=1),
        "same": variant("encoder", "gold", "one_hot", inject_layer_offset_from_end=2),
        "once": variant("late", "gold", "trainable_embed", (42,)),
        "down": variant("late", "predicted", "one_hot"),
    }
    f1 = {
        "baseline": (0.80, 0.81, 0.82),
        "up": (0.85, 0.861, 0.872),
        "level": (0.79, 0.82, 0.82),
        "same": (0.8, 0.81, 0.8204),
        "once": (0.9,),
        "down": (0.75, 0.761, 0.772),
    }
    made = concluded(tmp_path, f1, variants)
    assert {name: row["verdict"] for name, row in made["variants"].items()} == {
        "baseline": None, "up": "helps", "level": "cannot tell", "same": "no effect larger than the margin",
        "once": "cannot tell", "down": "hurts",
    }  # fmt: skip
    assert made["answer"] == (
        "Gold POS (4 variants): helps in 1; no effect larger than the margin in 1; cannot tell in 2. "
        "Predicted POS (1 variant): hurts in 1."
    )
    assert made["variants"]["up"]["difference"]["mean"] == pytest.approx(0.051, abs=0.01)
    assert made["pos_accuracy"] == ACCURACY


def test_conclusions_on_errors(study: Path) -> None:
    made = conclude(
        [read(study / "metrics" / f"{name}.json") for name in NER],
        read(study / "metrics" / "ner_comparisons.json"),
        [read(study / "pos_corruption" / f"{name}_fusion.json") for name in ("early", "late")],
        ACCURACY,
    )
    rows = pd.read_csv(study / "tables" / "corruption.csv").assign(change=lambda t: -100 * t["drop"])
    changes = rows.groupby(["rate", "variant"])["change"].mean()

    def span(rate: float) -> str:
        return f"{changes.loc[rate].min():+.2f} to {changes.loc[rate].max():+.2f}"

    # The tagger errs on 6 %; at a rate of 5 % the sweep changed 4.95 % of the tags, at 10 % 9.9 %.
    assert made["answer"].endswith(
        "Replacing 5 % of the test tags with our tagger's kinds of error (it errs on 6 %) changes test F1 by "
        f"{span(0.05)} points, replacing 100 % by {span(1.0)}."
    )


def test_a_study_of_the_baseline_alone(tmp_path: Path) -> None:
    made = concluded(tmp_path, {"baseline": (0.8, 0.81, 0.82)}, {"baseline": VARIANTS["baseline"]})
    assert made["answer"] == ""
    assert list(made["variants"]) == ["baseline"]


# --- the study on one page -------------------------------------------------------------------------------------------


def page(study: Path, title: str = "A title") -> str:
    Conclude(
        metrics=study / "metrics",
        comparisons=study / "metrics" / "ner_comparisons.json",
        pos=study / "tables" / "pos_tagging.csv",
        corruption=study / "pos_corruption",
        output=study / "verdict.json",
    ).cli_cmd()
    output = study / "summary.rst"
    SummariseStudy(title=title, results=(study,), report=Path("results/report.html"), output=output).cli_cmd()
    return output.read_text(encoding="utf-8")


def test_the_page_is_sound_and_says_everything(study: Path) -> None:
    text = page(study)
    strict = {"report_level": 1, "halt_level": 2}  # any remark on the markup is an error
    words = docutils.core.publish_doctree(text, settings_overrides=strict).astext()
    made = pd.read_csv(study / "tables" / "ner_summary.csv").set_index(["variant", "split"])
    compared = pd.read_csv(study / "tables" / "ner_comparisons.csv").set_index("variant")
    for name in VARIANTS:
        row = made.loc[name, "test"]
        line = next(line for line in text.splitlines() if line.startswith(f"{name} "))
        assert f"{100 * row['f1_mean']:.2f}" in line
        if name in compared.index:
            found = compared.loc[name]
            interval = f"{100 * found['low']:+.2f} to {100 * found['high']:+.2f}" if found["seeds"] > 1 else "one seed"
            assert interval in line
            assert line.endswith(found["verdict"])
    assert read(study / "verdict.json")["answer"] in " ".join(words.split())
    assert "out-of-fold train 96.00, validation 95.00, test 94.00" in words
    assert "results/report.html" in words
    assert max(map(len, text.splitlines())) <= 120


def test_a_title_is_no_template(study: Path) -> None:
    """The report renders the page by jinja: a title must not be able to run there."""
    assert "{" not in page(study, "{{ 6 * 7 }} {% for x in y %}")


def test_a_table_has_straight_columns() -> None:
    assert table([("a", "bb"), ("ccc", "d"), ("e", "")]).splitlines() == [
        "===  ==",
        "a    bb",
        "===  ==",
        "ccc  d",
        "e",
        "===  ==",
    ]


def test_analysis_needs_no_model_library() -> None:
    """These scripts run on a login node and in seconds: what they import must not reach torch."""
    scripts = sorted(
        path.stem
        for pattern in ("plot_*.py", "summarise_*.py", "conclude.py")
        for path in (ROOT / "workflow_scripts").glob(pattern)
    )
    assert len(scripts) == 11
    program = (
        f"import importlib, sys\nfor name in {scripts}: importlib.import_module('workflow_scripts.' + name)\n"
        "print(*sorted({'torch', 'transformers', 'datasets'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_fabricated_scores_have_the_layout_of_real_ones(tmp_path: Path) -> None:
    """Else all tests here would be of a layout that no training writes."""
    from workflow_scripts.posner.scoring import ner_scores

    def shape(value: Any) -> Any:
        return {key: shape(part) for key, part in value.items()} if isinstance(value, dict) else type(value)

    labels = [["B-LOC", "O", "B-MISC", "B-ORG", "B-PER"]]
    assert shape(ner_scores(labels, labels, 0)) == shape(split_scores(0.8))
    assert write_study(tmp_path, TWO).keys() == TWO.keys()
