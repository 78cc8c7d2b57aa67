"""Confusion counts and scores of the predicted POS tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from posner.arrays import Ids
from posner.corpora.corpus import SPLITS, corpus_files, read_card, read_split
from posner.evaluation.entities import prf
from posner.evaluation.scores import confusion_counts
from posner.files import write_json
from posner.pos.features import tag_ids
from posner.pos.predicted import read_predicted
from posner.workflow.command import Command, Folder

LISTED = 20  # most frequent confusions


class ScorePos(Command):
    """Compare the predicted POS tags with the corpus's, on train (out of fold), validation and test."""

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
                "splits": {split: tagging_scores(gold[split], predicted.ids[split], tags) for split in SPLITS},
            },
        )

    def inputs(self) -> list[Path]:
        return [*corpus_files(self.corpus), self.predicted]

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")


def tagging_scores(gold: Ids, predicted: Ids, tags: tuple[str, ...]) -> dict[str, Any]:
    """Counts and scores of one split.

    Returns:
        `counts` ``[true tags][predicted tags]``; `accuracy` over all tokens; `macro_f1`, the mean over the tags that
        occur; scores `per_tag`; `top_confusions`; the number of `tokens`, and of those whose tag is `unseen` in train
        and therefore always predicted wrongly. Scores are in 0..1.
    """
    counts = confusion_counts(gold, predicted, len(tags))
    per_tag = {
        tag: dict(zip(("precision", "recall", "f1"), prf(correct, assigned, true), strict=True)) | {"support": true}
        for tag, correct, assigned, true in zip(
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
    """The most frequent confusions; `share` is the share of the tokens with that true tag, in 0..1."""
    errors = counts * (1 - np.eye(len(tags), dtype=np.int64))
    order = np.argsort(-errors, axis=None, kind="stable")[:LISTED]
    pairs = [divmod(int(cell), len(tags)) for cell in order]
    return [
        {
            "gold": tags[gold],
            "predicted": tags[predicted],
            "count": int(errors[gold, predicted]),
            "share": float(errors[gold, predicted] / counts[gold].sum()),
        }
        for gold, predicted in pairs
        if errors[gold, predicted]
    ]
