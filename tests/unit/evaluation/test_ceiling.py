"""Upper bound of rules on POS, where the best possible outcome is known."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fabricated import read
from hypothesis import given
from hypothesis import strategies as st
from posner.commands.ner.measure_ceiling import MeasureCeiling
from posner.corpora.corpus import Provenance, Sentence, write_corpus
from posner.errors import InputError
from posner.evaluation.ceiling import LabelledSplit, Rule, rule_effects
from posner.summaries.ceiling import ceiling_summary
from stored_predictions import predictions_table, write_predicted

LABELS = ("O", "B-PER", "I-PER")
OUT, PER = 0, 1
NN, NNP, DT = 0, 1, 2


def split(
    gold: Sequence[int], predicted: Sequence[int], tags: Sequence[int], lengths: Sequence[int] | None = None
) -> LabelledSplit:
    pos = np.array(tags)
    return LabelledSplit(
        lengths or [len(gold)],
        np.array(gold),
        np.array(predicted),
        {"none": np.zeros_like(pos), "gold": pos, "predicted": np.zeros_like(pos)},
    )


def shares(validation: LabelledSplit, test: LabelledSplit) -> dict[tuple[str, int, str], tuple[int, int, float]]:
    rows = rule_effects({"validation": validation, "test": test}, LABELS)
    return {(r["pos"], r["window"], r["learned_on"]): (r["corrected"], r["broken"], r["share"]) for r in rows}


# The baseline calls every word a person; those are that are tagged NNP.
KNOWN = split(gold=[PER, OUT, PER, OUT], predicted=[PER] * 4, tags=[NNP, NN, NNP, NN], lengths=[1] * 4)


def test_decisive_tags_correct_all_errors_and_others_none() -> None:
    actual = shares(KNOWN, KNOWN)
    for window, learned_on in itertools.product((0, 1), ("validation", "test")):
        assert actual["gold", window, learned_on] == (2, 0, 1.0)
        assert actual["none", window, learned_on] == actual["predicted", window, learned_on] == (0, 0, 0.0)


def test_f1_is_that_of_the_corrected_labels() -> None:
    [row] = [
        row
        for row in rule_effects({"validation": KNOWN, "test": KNOWN}, LABELS)
        if (row["pos"], row["window"], row["learned_on"]) == ("gold", 0, "validation")
    ]
    assert (row["baseline_f1"], row["f1"], row["errors"]) == (pytest.approx(2 / 3), 1.0, 2)


def test_a_wider_window_sees_the_neighbours_of_the_sentence_only() -> None:
    """The word is a person after DT; the tag before it is another sentence's in the second case."""
    test = split([OUT, PER, OUT, OUT], [OUT] * 4, [DT, NN, NNP, NN], lengths=[2, 1, 1])
    actual = shares(test, test)
    assert actual["gold", 0, "test"] == (0, 0, 0.0), "NN is a person once of two times: a tie is no reason"
    assert actual["gold", 1, "test"] == (1, 0, 1.0)
    alike = split([OUT, PER, OUT, OUT], [OUT] * 4, [DT, NN, DT, NN], lengths=[2, 1, 1])
    assert shares(alike, alike)["gold", 1, "test"] == (1, 0, 1.0), "DT ends a sentence there and is no neighbour"


def test_a_single_word_supports_no_rule_on_validation() -> None:
    once = split([OUT, PER], [PER, PER], [NN, NNP], lengths=[1, 1])
    actual = shares(once, KNOWN)
    assert actual["gold", 0, "validation"] == (0, 0, 0.0)
    assert actual["gold", 0, "test"] == (2, 0, 1.0)


def test_a_rule_that_does_not_hold_on_test_breaks_words() -> None:
    turned = split([OUT, OUT, PER, PER], [PER] * 4, [NNP, NNP, NN, NN], lengths=[1] * 4)
    assert shares(turned, KNOWN)["gold", 0, "validation"] == (0, 2, -1.0)


def test_a_baseline_without_errors_needs_no_correction() -> None:
    right = split([PER, OUT], [PER, OUT], [NNP, NN])
    assert set(shares(right, right).values()) == {(0, 0, 0.0)}


WORDS = st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=1, max_size=7)


@given(WORDS)
def test_no_rule_corrects_more_than_the_one_learned_on_test(words: list[tuple[int, int, int]]) -> None:
    """Compared with all functions of label and tag, one context at a time."""
    gold, predicted, tags = (np.array(column) for column in zip(*words, strict=True))
    rule = Rule.of(10 * predicted + tags, predicted, gold, min_lead=1)
    right = int((rule.apply(10 * predicted + tags, predicted) == gold).sum())
    best = 0
    for context in set(zip(predicted, tags, strict=True)):
        selected = gold[[pair == context for pair in zip(predicted, tags, strict=True)]]
        best += max(int((selected == label).sum()) for label in range(3))
    assert right == best


def test_words_in_unknown_contexts_keep_their_label() -> None:
    rule = Rule.of(np.array([5, 5, 9]), np.array([1, 1, 1]), np.array([0, 0, 1]), min_lead=2)
    assert rule.apply(np.array([4, 5, 6, 9, 10]), np.array([2, 1, 2, 1, 0])).tolist() == [2, 0, 2, 1, 0]


def test_the_sentence_has_means_over_seeds() -> None:
    rows = [
        {"seed": seed} | row | {"share": row["share"] + seed / 10}
        for seed in (0, 1)
        for row in rule_effects({"validation": KNOWN, "test": KNOWN}, LABELS)
    ]
    result = ceiling_summary(pd.DataFrame(rows))
    assert result["seeds"] == [0, 1]
    assert result["sentence"] == (
        "A lookup rule on the baseline's label and the gold POS tag, learned on validation, corrects 105.0 % of the "
        "baseline's wrong test labels; the best such rule, learned on test itself, 105.0 %. With the tags of both "
        "neighbours, the figures are 105.0 % and 105.0 %, where the latter includes overfitting."
    )
    shares = {(r["pos"], r["window"], r["learned_on"]): r["share"]["mean"] for r in result["rules"]}
    assert shares["none", 0, "test"] == pytest.approx(0.05)


def test_the_command_reads_stored_predictions(tmp_path: Path) -> None:
    """Persons are NNP; the baseline takes all nouns for persons, and predicted POS is uninformative."""
    sentence = Sentence(("Ann", "saw", "grass"), ("NNP", "VB", "NN"), ("B-PER", "O", "O"))
    write_corpus(
        tmp_path / "corpus", dict.fromkeys(("train", "validation", "test"), [sentence] * 3), Provenance("made", "up")
    )
    write_predicted(
        tmp_path / "predicted.parquet",
        ("NN", "NNP", "VB"),
        dict.fromkeys(("train", "validation", "test"), [0, 2, 0] * 3),
    )
    path = tmp_path / "ner" / "baseline" / "seed-7" / "predictions.parquet"
    path.parent.mkdir(parents=True)
    actual = [(sentence.ner, ("B-PER", "O", "B-PER"))] * 3
    tables = [predictions_table(actual, LABELS, split) for split in ("validation", "test")]
    pd.concat(tables, ignore_index=True).to_parquet(path)
    command = MeasureCeiling(
        baseline="baseline", seeds=(7,), corpus=tmp_path / "corpus", predicted=tmp_path / "predicted.parquet",
        ner=tmp_path / "ner", output=tmp_path / "ceiling.json", table=tmp_path / "ceiling.csv",
    )  # fmt: skip
    command.execute()
    table = pd.read_csv(command.table).set_index(["pos", "window", "learned_on"])
    assert table.loc[("gold", 0, "validation"), ["errors", "corrected", "broken", "share", "f1"]].tolist() == [
        3,
        3,
        0,
        1,
        1,
    ]
    assert table.loc[("predicted", 0, "test"), "share"] == 0
    assert read(command.output)["seeds"] == [7]
    write_corpus(
        tmp_path / "corpus", dict.fromkeys(("train", "validation", "test"), [sentence] * 2), Provenance("made", "up")
    )
    with pytest.raises(InputError, match="not those of this corpus"):
        command.execute()
