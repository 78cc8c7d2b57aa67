"""Model cards of all NER models and of the POS tagger of one corpus and encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from posner.arrays import Ids
from posner.config.base import Name
from posner.config.statistics import Statistics
from posner.config.training import NerTraining, Training
from posner.config.variants import Variant, seeds
from posner.corpora.corpus import Sentence, read_card, read_split
from posner.corpora.documents import texts_of
from posner.evaluation.stored import entity_counts, predictions_file, read_predictions
from posner.files import read_json, write_table
from posner.model.pretrained import longest_input
from posner.report.model_cards import Origin, ner_card, tagger_card, text_intervals, write_card
from posner.stats.intervals import Doubles
from posner.stats.resampling import Array, f1
from posner.workflow.command import Command, Folder

SPLIT = "test"


class WriteModelCards(Command):
    """Write README.md into the folder of each NER model, and of the final POS tagger."""

    corpus_name: Name
    """Name of the corpus in the study."""
    encoder_name: Name
    """Name of the encoder in the study."""
    variants: dict[Name, Variant]
    """Variants by name, each with its seeds."""
    training: NerTraining = Field(default_factory=NerTraining)
    """How NER models were trained."""
    tagging: Training = Field(default_factory=Training)
    """How the tagger was trained."""
    tagging_seed: int = Field(ge=0)
    """Training seed of the tagger."""
    statistics: Statistics = Field(default_factory=Statistics)
    """Level and resamples of intervals."""
    corpus: Folder
    """Folder of the corpus."""
    encoder: Path
    """encoder.json."""
    ner: Folder
    """Folder of the runs: {variant}/seed-{seed}/predictions.parquet and model/."""
    tagger: Folder
    """Folder of the final tagger: predictions.parquet and model/."""
    metrics: Path
    """Folder of {variant}.json and ner_comparisons.json."""
    confusion: Path
    """confusion_matrix.json."""
    templates: Path
    """Folder of the cards' templates."""
    models: Path
    """CSV file to write, a NER model a row: where it is, and its test F1 in 0..1."""

    def execute(self) -> None:
        sentences = read_split(self.corpus / f"{SPLIT}.parquet")
        text_of, unit = texts_of([sentence.document for sentence in sentences])
        origin = Origin(
            self.corpus_name,
            self.encoder_name,
            read_card(self.corpus / "corpus.json"),
            read_json(self.encoder, ["source", "model_type", "layers", "hidden_size"]),
            {"unit": unit, "number": int(text_of.max()) + 1},
            self.statistics,
        )
        self.write_tagger_card(origin, self.tag_counts(sentences, text_of))
        write_table(self.models, pd.DataFrame(self.write_ner_cards(origin, text_of)))

    def write_ner_cards(self, origin: Origin, text_of: Ids) -> list[dict[str, Any]]:
        """Write the cards of all NER models; returns a row of the list of models for each."""
        compared = read_json(self.metrics / "ner_comparisons.json", ["variants"])["variants"]
        runs = [(name, seed, predictions_file(self.ner, name, seed)) for name, seed in seeds(self.variants)]
        counts = np.stack([entity_counts(read_predictions(path, SPLIT), text_of) for _, _, path in runs])
        rows = []
        for (name, seed, path), interval in zip(runs, text_intervals(counts, f1, self.statistics), strict=True):
            summary = read_json(self.metrics / f"{name}.json", ["label", "summary", "runs"])
            answer = compared[name]["answer"] if name in compared else None
            made = next(made for made in summary["runs"] if made["seed"] == seed)
            folder = path.parent / "model"
            training = as_it_was(self.training, folder)
            fields = ner_card(origin, name, self.variants[name], made, training, summary, answer, interval.tolist())
            write_card(folder, self.templates / "ner.md", fields)
            low, high = interval
            where = {"variant": name, "seed": seed, "folder": folder.relative_to(self.models.parent)}
            rows.append(where | {"f1": made["test"]["f1"], "low": low, "high": high})
        return rows

    def write_tagger_card(self, origin: Origin, counts: Array) -> None:
        """Write the card of the tagger; `counts` are those of :meth:`tag_counts`."""
        (interval,) = text_intervals(counts[None], accuracy, self.statistics)
        splits = read_json(self.confusion, ["splits"])["splits"]
        folder = self.tagger / "model"
        training = as_it_was(self.tagging, folder)
        fields = tagger_card(origin, self.tagging_seed, training, splits, interval.tolist())
        write_card(folder, self.templates / "tagger.md", fields)

    def tag_counts(self, sentences: list[Sentence], text_of: Ids) -> Array:
        """Words whose tag is right, and words, of each text of the test split: ``[texts, 2]``."""
        table = pd.read_parquet(self.tagger / "predictions.parquet", columns=["tag"], filters=[("split", "==", SPLIT)])
        gold = [tag for sentence in sentences for tag in sentence.pos]
        right = table["tag"].astype(str).to_numpy() == np.array(gold)
        text = np.repeat(text_of, [len(sentence) for sentence in sentences])
        return np.stack([np.bincount(text, weights=right), np.bincount(text)], axis=1).astype(np.float32)


def as_it_was(training: Training, folder: Path) -> Training:
    """The settings with the length that the model in `folder` takes, where that is less."""
    return training.model_copy(update={"max_length": min(training.max_length, longest_input(folder))})


def accuracy(counts: Doubles) -> Doubles:
    """Share of words that are right."""
    return counts[..., 0] / counts[..., 1]
