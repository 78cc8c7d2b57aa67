"""Summaries of stored results: numbers recomputed independently, and invalid files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fabricated import (
    SEEDS,
    TAGS,
    VARIANTS,
    confusion_matrix,
    read,
    split_scores,
    variant,
    write_run,
    write_study,
)
from hypothesis import given
from hypothesis import strategies as st
from posner.commands.corpus.summarise_corpus import SummariseCorpus
from posner.commands.names import module_names
from posner.commands.ner.summarise_ner import SummariseNer
from posner.commands.pos.summarise_pos import SummarisePos
from posner.commands.study.conclude import NER
from posner.config.variants import baseline_of
from posner.corpora.corpus import Provenance, Sentence, write_corpus
from posner.errors import InputError
from posner.files import read_table, write_json, write_table
from posner.summaries.names import labels
from posner.summaries.ner import nested, spread_over_seeds
from posner.summaries.runs import read_runs
from posner.workflow.options import flags, parse

ROOT = Path(__file__).parents[3]
GROUP_OF = {"none": "ner_baseline", "gold": "ner_gold_pos", "predicted": "ner_predicted_pos"}
TWO = {name: VARIANTS[name] for name in ("baseline", "late-gold-one_hot")}


def runs_of(study: Path) -> pd.DataFrame:
    return pd.read_csv(study / "tables" / "ner_runs.csv")


# --- NER -------------------------------------------------------------------------------------------------------------


def test_every_run_is_in_the_table_once(study: Path) -> None:
    keys = list(runs_of(study)[["variant", "seed", "split"]].itertuples(index=False, name=None))
    expected_rows = [
        (n, s, split) for n, v in VARIANTS.items() for s in v.seeds or () for split in ("validation", "test")
    ]
    assert keys == expected_rows


def test_a_row_has_the_scores_of_its_run(study: Path) -> None:
    for row in runs_of(study).to_dict("records"):
        record = read(study / "ner" / row["variant"] / f"seed-{row['seed']}" / "metrics.json")
        scores = record[row["split"]]
        for name in ("f1", "precision", "recall", "f1_macro", "accuracy", "invalid_tags", "tokens"):
            assert row[name] == scores[name]
        for name in ("f1", "precision", "recall", "f1_macro"):
            assert row[f"strict_{name}"] == scores["strict"][name]
        assert row["training_best_step"] == record["best_step"]


def test_the_summary_agrees_with_pandas(study: Path) -> None:
    measures = ["f1", "precision", "recall", "f1_macro", "accuracy", "strict_f1"]
    expected = runs_of(study).groupby(["variant", "split"])[measures].agg(["mean", "std"])
    result = pd.read_csv(study / "tables" / "ner_summary.csv").set_index(["variant", "split"])
    for measure in measures:
        for part in ("mean", "std"):
            pd.testing.assert_series_equal(
                result[f"{measure}_{part}"].sort_index(), expected[measure, part].sort_index(), check_names=False
            )


def test_differences_are_paired_by_seed(study: Path) -> None:
    runs = runs_of(study).set_index(["variant", "split", "seed"])["f1"].sort_index()
    result = pd.read_csv(study / "tables" / "ner_summary.csv").set_index(["variant", "split"])
    for name, settings in VARIANTS.items():
        for split in ("validation", "test"):
            row = result.loc[name, split]
            if name == "baseline":
                assert row[["common_seeds", "f1_difference_mean", "f1_difference_std"]].isna().all()
                continue
            common = list(settings.seeds or ())
            own, base = runs.loc[name, split].loc[common], runs.loc["baseline", split].loc[common]
            assert row["common_seeds"] == len(common)
            assert row["f1_difference_mean"] == pytest.approx((own - base).mean())
            assert row["f1_difference_std"] == pytest.approx((own - base).std(), nan_ok=True)


def test_scores_by_type(study: Path) -> None:
    rows = pd.read_csv(study / "tables" / "ner_by_type.csv")
    assert len(rows) == 2 * 4 * sum(len(v.seeds or ()) for v in VARIANTS.values())
    for row in rows.sample(20, random_state=0).to_dict("records"):
        scores = read(study / "ner" / row["variant"] / f"seed-{row['seed']}" / "metrics.json")[row["split"]]
        assert row["f1"] == scores["by_type"][row["type"]]["f1"]
        assert row["strict_f1"] == scores["strict"]["by_type"][row["type"]]["f1"]
        assert row["support"] == 100


def test_a_variants_file_holds_every_seed_and_its_summary(study: Path) -> None:
    result = read(study / "metrics/variants/late-gold-one_hot.json")
    assert [row["seed"] for row in result["runs"]] == list(SEEDS)
    org = [row["test"]["by_type"]["ORG"]["recall"] for row in result["runs"]]
    assert result["summary"]["test"]["by_type"]["ORG"]["recall"] == {
        "n": 3,
        "mean": pytest.approx(np.mean(org)),
        "std": pytest.approx(np.std(org, ddof=1)),
    }
    assert read(study / "metrics/variants/baseline.json")["difference"] is None


def test_every_variant_is_in_the_group_of_its_source_of_pos(study: Path) -> None:
    groups = {name: read(study / "metrics" / f"{name}.json")["variants"] for name in NER}
    assert list(groups["ner_baseline"]) == ["baseline"]
    for name, settings in VARIANTS.items():
        holding = [group for group, variants in groups.items() if name in variants]
        assert holding == ["ner_controls" if settings.is_control else GROUP_OF[settings.pos]]
        assert groups[holding[0]][name] == read(study / "metrics/variants" / f"{name}.json")


def test_a_type_that_only_some_models_predicted() -> None:
    rows = {1: {"by_type": {"A": {"f1": 0.5}, "B": {"f1": 0.1}}}, 2: {"by_type": {"A": {"f1": 0.7}}}}
    result = nested(spread_over_seeds, rows)["by_type"]
    assert result["A"]["f1"]["mean"] == pytest.approx(0.6)
    assert result["B"]["f1"] == {"n": 1, "mean": 0.1, "std": None}


def test_types_with_the_name_of_a_count() -> None:
    row = {"tokens": 9, "support": 3, "by_type": {"support": {"f1": 0.5, "support": 3}, "tokens": {"f1": 0.1}}}
    result = nested(spread_over_seeds, {1: row})
    assert result.keys() == {"by_type"}
    assert {kind: list(scores) for kind, scores in result["by_type"].items()} == {"support": ["f1"], "tokens": ["f1"]}


def test_a_type_that_only_the_baseline_predicted(tmp_path: Path) -> None:
    for name, settings in TWO.items():
        for seed in settings.seeds or ():
            write_run(tmp_path, name, settings, seed, 0.8)
    path = tmp_path / "baseline" / "seed-43" / "metrics.json"
    record = read(path)
    record["test"]["by_type"]["LAW"] = {"f1": 0.0, "precision": 0.0, "recall": 0.0, "support": 0}
    write_json(path, record)
    command = SummariseNer(variants=TWO, ner=tmp_path, metrics=tmp_path / "m", tables=tmp_path / "t")
    command.execute()
    result = read(tmp_path / "m" / "variants" / "late-gold-one_hot.json")
    assert "LAW" not in result["summary"]["test"]["by_type"]
    assert result["difference"]["test"]["by_type"]["LAW"]["f1"] == {
        "n": 0, "mean": None, "std": None,
    }  # fmt: skip
    assert read(tmp_path / "m" / "variants" / "baseline.json")["summary"]["test"]["by_type"]["LAW"]["f1"]["n"] == 1


def test_flags_of_the_rule_give_the_command() -> None:
    settings = {
        name: settings.model_dump(mode="json", exclude_defaults=True) | {"seeds": list(settings.seeds or ())}
        for name, settings in VARIANTS.items()
    }
    result = parse(SummariseNer, flags(variants=settings, ner=Path("n"), metrics=Path("m"), tables=Path("t")))
    assert result.variants == VARIANTS


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


def test_labels_distinguish_variants() -> None:
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


# --- POS and corpus --------------------------------------------------------------------------------------------------


def test_tables_of_tagging(tmp_path: Path) -> None:
    odd = {"NA": 50, "null": 40, '"': 30, ",": 20, "''": 10, "a b": 5}
    confusion = confusion_matrix(odd)
    write_json(tmp_path / "c.json", confusion)
    SummarisePos(confusion=tmp_path / "c.json", tables=tmp_path).execute()
    overall = read_table(tmp_path / "pos_tagging.csv", ["accuracy", "macro_f1", "tokens"]).set_index("split")
    by_tag = read_table(tmp_path / "pos_by_tag.csv", ["f1", "support"])
    confusions = read_table(tmp_path / "pos_confusions.csv", ["count", "share"])
    for split, scores in confusion["splits"].items():
        assert overall.loc[split, "accuracy"] == scores["accuracy"]
        rows = by_tag[by_tag["split"] == split]
        assert dict(zip(rows["tag"], rows["f1"], strict=True)) == {t: row["f1"] for t, row in scores["per_tag"].items()}
        pairs = confusions.loc[confusions["split"] == split, ["gold", "predicted", "count"]]
        expected_rows = [(row["gold"], row["predicted"], row["count"]) for row in scores["top_confusions"]]
        assert list(pairs.itertuples(index=False, name=None)) == expected_rows


def test_a_tagger_without_errors(tmp_path: Path) -> None:
    confusion = confusion_matrix(TAGS)
    for scores in confusion["splits"].values():
        scores["top_confusions"] = []
    write_json(tmp_path / "c.json", confusion)
    SummarisePos(confusion=tmp_path / "c.json", tables=tmp_path).execute()
    assert read_table(tmp_path / "pos_confusions.csv", ["count", "share"]).empty


def test_counts_of_a_corpus(tmp_path: Path) -> None:
    one = Sentence(("Ann", "Lee", "ran"), ("NNP", "NNP", "VBD"), ("B-PER", "I-PER", "O"), "d1")
    two = Sentence(("Rome",), ("FW",), ("B-PER",), "d2")
    write_corpus(tmp_path, {"train": [one], "validation": [one, two], "test": [one]}, Provenance("columns", "x"))
    SummariseCorpus(card=tmp_path / "corpus.json", output=tmp_path / "counts.csv").execute()
    assert pd.read_csv(tmp_path / "counts.csv").set_index("split").loc["validation"].to_dict() == {
        "documents": 2,
        "sentences": 2,
        "tokens": 4,
        "entities": 2,
        "entities_PER": 2,
        "tokens_with_unseen_pos": 1,
        "repeated_sentences": 1,
    }


cells = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=6)
numbers = st.none() | st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(cells, numbers), min_size=1, max_size=5))
def test_tables_are_read_as_written(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, Any]]) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    frame = pd.DataFrame(rows, columns=["text", "number"]).astype({"number": float})
    write_table(path, frame)
    result = read_table(path, ["number"])
    assert result["text"].tolist() == frame["text"].tolist()
    np.testing.assert_array_equal(result["number"], frame["number"])


def test_a_table_without_its_columns_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,x\n")
    for missing in (["c"], ["b"]):
        with pytest.raises(InputError, match=r"t\.csv: not the expected table"):
            read_table(tmp_path / "t.csv", missing)


def test_analysis_needs_no_model_library() -> None:
    """These commands run on a login node in seconds, so they must not import torch."""
    modules = [
        module for name, module in module_names().items() if name.startswith(("plot_", "summarise_", "conclude"))
    ]
    assert len(modules) > 15
    program = (
        f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n"
        "print(*sorted({'torch', 'transformers', 'datasets'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_fabricated_scores_have_the_layout_of_real_ones(tmp_path: Path) -> None:
    """Otherwise these tests would be about a layout that no training writes."""
    from posner.evaluation.scores import ner_scores

    def shape(value: Any) -> Any:
        return {key: shape(part) for key, part in value.items()} if isinstance(value, dict) else type(value)

    labels = [["B-LOC", "O", "B-MISC", "B-ORG", "B-PER"]]
    assert shape(ner_scores(labels, labels, 0, 0)) == shape(split_scores(0.8))
    assert write_study(tmp_path, TWO).keys() == TWO.keys()
