"""Model cards of all NER models and of the POS tagger of one corpus and encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from posner.arrays import Doubles, Floats
from posner.commands.analyses import EffectAnalysis
from posner.config.base import Name, Seed
from posner.config.training import NerTraining, Training
from posner.config.variants import seeded_runs
from posner.corpora.corpus import Sentence, corpus_files, read_card, read_split
from posner.corpora.documents import ResamplingUnits
from posner.evaluation.stored import counts_by_unit, predictions_file, read_predictions
from posner.files import read_json, write_table
from posner.report.model_cards import CardContext, bootstrap_intervals, ner_card, tagger_card, write_card
from posner.stats.resampling import f1
from posner.workflow.command import Folder

SPLIT = "test"


class WriteModelCards(EffectAnalysis):
    """Write README.md into the folder of each NER model, and of the final POS tagger."""

    corpus_name: Name
    """Name of the corpus in the study."""
    encoder_name: Name
    """Name of the encoder in the study."""
    training: NerTraining = Field(default_factory=NerTraining)
    """Training of the NER models."""
    tagging: Training = Field(default_factory=Training)
    """Training of the tagger."""
    tagging_seed: Seed
    """Training seed of the tagger."""
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
    """Folder of the templates."""
    models: Path
    """CSV file to write, a row for each NER model: its folder, and its test F1 in 0..1 with interval."""

    def execute(self) -> None:
        sentences = read_split(self.corpus / f"{SPLIT}.parquet")
        context = CardContext(
            self.corpus_name,
            self.encoder_name,
            read_card(self.corpus / "corpus.json"),
            read_json(self.encoder, ["source", "model_type", "layers", "hidden_size"]),
            ResamplingUnits.of(sentences),
            self.statistics,
        )
        self.write_tagger_card(context, self.tag_counts(sentences, context.units))
        write_table(self.models, pd.DataFrame(self.write_ner_cards(context)))

    def inputs(self) -> list[Path]:
        predictions = [predictions_file(self.ner, *run) for run in seeded_runs(self.variants)]
        return [
            *corpus_files(self.corpus),
            self.encoder,
            self.confusion,
            self.tagger / "predictions.parquet",
            self.tagger / "model" / "config.json",
            self.metrics / "ner_comparisons.json",
            *(self.metrics / "variants" / f"{name}.json" for name in self.variants),
            *predictions,
            *(path.with_name("model") / "config.json" for path in predictions),
        ]

    def content_files(self) -> list[Path]:
        return sorted(self.templates.glob("*.md"))

    def provenance_path(self) -> Path:
        return self.models.with_suffix(".provenance.json")

    def write_ner_cards(self, context: CardContext) -> list[dict[str, Any]]:
        """Write the cards of all NER models; returns a row of the list of models for each."""
        comparisons = read_json(self.metrics / "ner_comparisons.json", ["variants"])["variants"]
        paths = {run: predictions_file(self.ner, *run) for run in seeded_runs(self.variants)}
        counts = [counts_by_unit(read_predictions(path, SPLIT), context.units) for path in paths.values()]
        intervals = bootstrap_intervals(np.stack(counts), f1, self.statistics)
        rows = []
        for ((name, seed), path), interval in zip(paths.items(), intervals, strict=True):
            summary = read_json(self.metrics / "variants" / f"{name}.json", ["label", "summary", "runs"])
            sentence = comparisons[name]["sentence"] if name in comparisons else None
            run = next(run for run in summary["runs"] if run["seed"] == seed)
            folder = path.parent / "model"
            fields = ner_card(
                context, name, self.variants[name], run, self.training, summary, sentence, interval.tolist()
            )
            write_card(folder, self.templates / "ner.md", fields)
            low, high = interval
            model = {"variant": name, "seed": seed, "folder": folder.relative_to(self.models.parent)}
            rows.append(model | {"f1": run["test"]["f1"], "low": low, "high": high})
        return rows

    def write_tagger_card(self, context: CardContext, counts: Floats) -> None:
        """Write the card of the tagger; `counts` are those of :meth:`tag_counts`."""
        [interval] = bootstrap_intervals(counts[None], accuracy, self.statistics)
        splits = read_json(self.confusion, ["splits"])["splits"]
        fields = tagger_card(context, self.tagging_seed, self.tagging, splits, interval.tolist())
        write_card(self.tagger / "model", self.templates / "tagger.md", fields)

    def tag_counts(self, sentences: list[Sentence], units: ResamplingUnits) -> Floats:
        """Correctly tagged words and all words in each unit of the test split: ``[units, 2]``."""
        table = pd.read_parquet(self.tagger / "predictions.parquet", columns=["tag"], filters=[("split", "==", SPLIT)])
        gold = [tag for sentence in sentences for tag in sentence.pos]
        correct = table["tag"].astype(str).to_numpy() == np.array(gold)
        unit = np.repeat(units.of_sentence, [len(sentence) for sentence in sentences])
        return np.stack([np.bincount(unit, weights=correct), np.bincount(unit)], axis=1).astype(np.float32)


def accuracy(counts: Doubles) -> Doubles:
    """Accuracy in 0..1 from counts ``[..., 2]`` of correct words and all words."""
    return counts[..., 0] / counts[..., 1]
