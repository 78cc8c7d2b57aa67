"""Tables of a sweep: scores, flips and where tags changed, as computed from the predictions of full passes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from posner.arrays import COUNT_COLUMNS
from posner.config.corruption import Corruption
from posner.model.modeling import PosNerModel
from posner.pos.corruption import MODES
from posner.pos.donors import TagFeatures
from posner.prediction.sweep_results import SweepTables, run_sweep
from seqeval.metrics import classification_report, f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities
from swept_text import (
    CLEAN,
    PLAN,
    SENTENCES,
    SETTINGS,
    TAGGED,
    TEXT,
    TEXT_OF,
    TRUE,
    Ids,
    feature,
    full_pass,
    one_hot,
    to_labels,
    variant,
    with_donors,
)
from tiny_models import LABELS, by_sentence, checkpoint_of, make_model, stir
from torch import nn


def swept(model: PosNerModel, source: TagFeatures, settings: Corruption = SETTINGS) -> SweepTables:
    return run_sweep(checkpoint_of(model), TEXT, TAGGED, TEXT_OF, source, settings)


def label_rows(labels: Ids) -> list[list[str]]:
    return [[LABELS[i] for i in part] for part in by_sentence(labels, SENTENCES)]


def entities(rows: list[list[str]]) -> set[tuple[int, str, int, int]]:
    return {(i, *entity) for i, row in enumerate(rows) for entity in get_entities(row)}


@pytest.mark.parametrize(
    ("place", "make_source"), [("late", one_hot), ("late", with_donors), ("middle", one_hot), ("earliest", one_hot)]
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning", "ignore::UserWarning")
def test_every_row_has_the_scores_of_a_full_pass_by_seqeval(bert: Path, place: str, make_source: Any) -> None:
    source = make_source()
    model = stir(make_model(bert, variant(place, feature(source))))
    table = swept(model, source).rows
    keys = [(tagging.mode, tagging.level, tagging.number) for tagging in PLAN]
    assert list(zip(table["mode"], table["level"], table["draw"], strict=True)) == keys
    clean = {
        t.number: label_rows(to_labels(full_pass(model, source.table, source.rows(CLEAN, t)[0]))) for t in PLAN[:2]
    }
    for tagging, row in zip(PLAN, table.to_dict("records"), strict=True):
        rows, fallbacks = source.rows(CLEAN, tagging)
        predicted = label_rows(to_labels(full_pass(model, source.table, rows)))
        assert row["f1"] == pytest.approx(f1_score(TRUE, predicted, zero_division=0))
        assert row["precision"] == pytest.approx(precision_score(TRUE, predicted, zero_division=0))
        assert row["recall"] == pytest.approx(recall_score(TRUE, predicted, zero_division=0))
        report = classification_report(TRUE, predicted, output_dict=True, zero_division=0)
        for kind in ("LOC", "PER"):
            assert row[f"f1_{kind}"] == pytest.approx(report[kind]["f1-score"])
        assert row["tokens_changed"] == (tagging.tags != CLEAN).sum()
        assert row["effective_rate"] == pytest.approx((tagging.tags != CLEAN).mean())
        assert row["donor_fallbacks"] == fallbacks
        before, now, true = (entities(labels) for labels in (clean[tagging.number], predicted, TRUE))
        assert row["entities_flipped"] == len(before ^ now)
        assert row["fixed"] == len((now - before) & true)
        assert row["broken"] + row["moved"] + row["retyped"] == len((before - now) & true)
        for text in range(TEXT_OF.max() + 1):
            in_text = [{e for e in part if TEXT_OF[e[0]] == text} for part in (now & true, now, true)]
            assert [row[name][text] for name in COUNT_COLUMNS] == list(map(len, in_text))


def test_where_tags_changed_adds_up_to_the_rows(bert: Path) -> None:
    tables = swept(stir(make_model(bert, variant("middle"))), one_hot())
    counted = tables.changes.groupby(["mode", "level"], sort=False)
    assert len(counted) == len(tables.rows.groupby(["mode", "level"]))
    for point, cells in counted:
        rows = tables.rows[(tables.rows["mode"] == point[0]) & (tables.rows["level"] == point[1])]
        assert cells["tokens"].sum() == pytest.approx(len(CLEAN))
        assert cells[cells["source"] != cells["target"]]["tokens"].sum() == pytest.approx(rows["tokens_changed"].mean())
        for name in ("broken", "moved", "retyped", "fixed"):
            assert cells[name].sum() == pytest.approx(rows[name].mean())


def test_nothing_flips_where_nothing_changes_and_the_set_grows(bert: Path) -> None:
    settings = Corruption(rates=(1, 0, 0.2, 0.6), scales=(0, 2, 1), draws=3)
    table = swept(stir(make_model(bert, variant("late"))), one_hot(), settings).rows
    unchanged = table[table["level"] == 0]
    assert set(unchanged["mode"]) == {"clean", "tagger", "pooled", "scaled"}
    counts = ["tokens_changed", "effective_rate", "entities_flipped", "broken", "moved", "retyped", "fixed"]
    assert (unchanged[counts] == 0).all(axis=None)
    assert unchanged["f1"].nunique() == 1
    for _, rows in table[table["mode"].isin(["tagger", "pooled", "scaled"])].groupby(["mode", "draw"]):
        assert rows["level"].is_monotonic_increasing
        assert rows["tokens_changed"].is_monotonic_increasing
    full = table[table["level"] == 1].groupby("mode")["tokens_changed"].first()
    assert full["tagger"] == np.isin(CLEAN, [1, 2, 3]).sum()
    assert full["pooled"] == full["random_tag"] == (CLEAN >= 0).sum()


def test_the_corruption_is_the_same_for_every_checkpoint(encoders: dict[str, Path]) -> None:
    tables = [
        swept(stir(make_model(encoders[kind], variant(place))), one_hot()).rows
        for kind, place in (("bert", "late"), ("roberta", "middle"), ("electra", "earliest"))
    ]
    columns = ["mode", "level", "draw", "effective_rate", "tokens_changed"]
    for other in tables[1:]:
        pd.testing.assert_frame_equal(tables[0][columns], other[columns])


def test_a_sweep_gives_the_same_tables_twice(bert: Path) -> None:
    model = stir(make_model(bert, variant("middle")))
    one, other = (swept(model, one_hot()) for _ in range(2))
    pd.testing.assert_frame_equal(one.rows, other.rows, check_exact=True)
    pd.testing.assert_frame_equal(one.changes, other.changes, check_exact=True)


def test_a_model_that_ignores_pos_flips_nothing(bert: Path) -> None:
    model = make_model(bert, variant("middle"))
    nn.init.normal_(model.classifier.weight, generator=torch.Generator().manual_seed(0))
    table = swept(model, one_hot()).rows
    assert set(table["mode"]) == set(MODES)
    assert (table["entities_flipped"] == 0).all()
    assert table["f1"].nunique() == 1
