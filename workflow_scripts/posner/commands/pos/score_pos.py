"""Confusion counts and scores of predicted POS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from posner.arrays import Ids
from posner.corpora.corpus import SPLITS, read_card, read_split
from posner.evaluation.entities import prf
from posner.evaluation.scores import confusion_counts
from posner.files import write_json
from posner.pos.features import tag_ids
from posner.pos.predicted import read_predicted
from posner.workflow.command import Command, Folder

TOP = 20  # confusions listed by count


class ScorePos(Command):
    """Compare predicted POS with the corpus's, for out-of-fold train, validation and test."""

    corpus: Folder
    """Folder of the corpus."""
    predicted: Path
    """predicted.parquet."""
    output: Path
    """JSON file to write."""

    def execute(self) -> None:
        tags = read_card(self.corpus / "corpus.json").pos_tags
        predicted = read_predicted(self.predicted, tags)
        gold = {split: tag_ids(read_split(self.corpus / f"{split}.parquet"), tags) for split in SPLITS}
        write_json(
            self.output,
            {
                "tags": list(tags),
                "splits": {split: split_scores(gold[split], predicted.ids[split], tags) for split in SPLITS},
            },
        )


def split_scores(gold: Ids, predicted: Ids, tags: tuple[str, ...]) -> dict[str, Any]:
    """Counts and scores of one split.

    Returns:
        `counts` ``[true tags][predicted tags]``; `accuracy` over all tokens, `macro_f1` over the tags that occur;
        scores `per_tag`; `top_confusions`; `tokens`, and how many have a tag `unseen` in train (always wrong).
    """
    counts = confusion_counts(gold, predicted, len(tags))
    per_tag = {
        tag: dict(zip(("precision", "recall", "f1"), prf(right, assigned, true), strict=True)) | {"support": true}
        for tag, right, assigned, true in zip(
            tags,
            counts.diagonal().tolist(),
            np.bincount(predicted, minlength=len(tags)).tolist(),
            counts.sum(axis=1).tolist(),
            strict=True,
        )
    }
    return {
        "tokens": len(gold),
        "unseen": int((gold < 0).sum()),
        "accuracy": float((gold == predicted).mean()),
        "macro_f1": float(np.mean([row["f1"] for row in per_tag.values() if row["support"]])),
        "top_confusions": top_confusions(counts, tags),
        "per_tag": per_tag,
        "counts": counts.tolist(),
    }


def top_confusions(counts: Ids, tags: tuple[str, ...]) -> list[dict[str, Any]]:
    """The most frequent errors; `share` is of the tokens with that true tag."""
    errors = counts * (1 - np.eye(len(tags), dtype=np.int64))
    order = np.argsort(-errors, axis=None, kind="stable")[:TOP]
    pairs = [divmod(int(place), len(tags)) for place in order]
    return [
        {
            "gold": tags[g],
            "predicted": tags[p],
            "count": int(errors[g, p]),
            "share": float(errors[g, p] / counts[g].sum()),
        }
        for g, p in pairs
        if errors[g, p]
    ]
