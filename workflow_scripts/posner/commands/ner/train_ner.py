"""Train one NER model: one variant, one seed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from posner.arrays import WordLogits
from posner.commands.training import TrainingCommand
from posner.config.training import NerTraining
from posner.config.variants import Variant
from posner.corpora.corpus import read_card, read_split
from posner.evaluation.entities import EntityFinder
from posner.evaluation.scores import ner_scores
from posner.files import atomic_path, write_json
from posner.model.batching import Example
from posner.model.device import Device, resolve
from posner.model.examples import read_examples
from posner.model.modeling import PosNerConfig, PosNerModel, fresh_model, model_config
from posner.model.pretrained import load_tokenizer, longest_input
from posner.pos.features import Standardisation
from posner.pos.predicted import read_predicted
from posner.pos.provider import PosReader
from posner.prediction.predict import OUTSIDE_ID, predict, prediction_table
from posner.training.loop import Evaluation, train
from posner.training.resume import Resume

log = logging.getLogger(__name__)


class TrainNer(TrainingCommand):
    """Train a NER model, keep the checkpoint with the best validation F1, and store its predictions and scores."""

    predicted: Path | None = None
    """predicted.parquet, for variants with predicted POS."""
    variant: Variant = Field(default_factory=Variant)
    """How POS is given."""
    training: NerTraining = Field(default_factory=NerTraining)
    """How it is trained."""

    results = ("model/model.safetensors", "predictions.parquet", "metrics.json")

    def train(self, resume: Resume) -> None:
        device = resolve(self.compute)
        card = read_card(self.corpus / "corpus.json")
        predicted = read_predicted(self.predicted, card.pos_tags) if self.predicted else None
        reader = PosReader(self.variant, card, predicted, self.seed)
        config = self.build_config(card.ner_labels, reader)
        tokenizer = load_tokenizer(self.encoder)
        max_length = min(self.training.max_length, longest_input(self.encoder))
        examples = {
            split: read_examples(self.corpus, split, tokenizer, max_length, config, reader)
            for split in ("train", "validation", "test")
        }
        model = fresh_model(self.encoder, config, self.seed, device.attention)
        predictor = Predictor(device, tokenizer.pad_token_id, self.training.eval_batch_size)
        evaluation = Evaluation(self.training.eval_steps, lambda m: predictor.f1(m, examples["validation"]))
        trained = train(
            model, examples["train"], tokenizer.pad_token_id, self.training, self.seed, device, evaluation, resume
        )
        words = {split: predictor(model, examples[split]) for split in ("validation", "test")}
        resume.before_outputs()
        self.save_model(model, tokenizer)
        with atomic_path(self.output / "predictions.parquet") as path:
            tables = [prediction_table(split, examples[split], words[split], config.labels) for split in words]
            pd.concat(tables, ignore_index=True).to_parquet(path, index=False)
        with atomic_path(self.output / "model" / "history.csv") as path:
            pd.DataFrame(asdict(row) for row in trained.history).to_csv(path, index=False)
        scores = {split: split_scores(examples[split], words[split], config.labels) for split in words}
        log.info("test F1 %.4f, best step %d of %d", scores["test"]["f1"], trained.best_step, trained.steps)
        log.info("%.0f s, %.0f pieces/s", trained.seconds, trained.speed)
        write_json(
            self.output / "metrics.json",
            {
                "seed": self.seed,
                "variant": self.variant.model_dump(mode="json", exclude={"seeds"}),
                "best_step": trained.best_step,
                "steps": trained.steps,
                "parameters": sum(p.numel() for p in model.parameters()),
                "precision": device.precision,
                "device": device.device.type,
                **scores,
            },
        )
        resume.remove()

    def inputs(self) -> list[Path]:
        return [*super().inputs(), *([self.predicted] if self.predicted else [])]

    def build_config(self, labels: tuple[str, ...], reader: PosReader) -> PosNerConfig:
        """Config of the model, with the standardisation of logits where the variant reads them."""
        config = model_config(self.encoder, labels, self.variant, reader.tags)
        if self.variant.feature == "logits":
            standard = Standardisation.of(reader.rows("train", read_split(self.corpus / "train.parquet")))
            config.pos_mean, config.pos_scale = standard.mean.tolist(), standard.scale.tolist()
        return config


class Predictor:
    """Predicts and scores examples, always on the same device and with the same batches."""

    def __init__(self, device: Device, pad_id: int, batch_size: int) -> None:
        self.device, self.pad_id, self.batch_size = device, pad_id, batch_size

    def __call__(self, model: PosNerModel, examples: Sequence[Example]) -> list[WordLogits]:
        return predict(model, examples, self.pad_id, self.batch_size, self.device)

    def f1(self, model: PosNerModel, examples: Sequence[Example]) -> float:
        """Micro F1 in 0..1."""
        finder = EntityFinder(model.config.labels, [len(e.labels) for e in examples])
        predicted = np.concatenate([w.labels(OUTSIDE_ID) for w in self(model, examples)])
        true = np.concatenate([e.labels for e in examples])
        return finder.counts(finder.keys(true), finder.keys(predicted)).scores()[2]


def split_scores(examples: Sequence[Example], words: Sequence[WordLogits], labels: Sequence[str]) -> dict[str, Any]:
    """Scores of one split."""
    true = [[labels[i] for i in e.labels] for e in examples]
    predicted = [[labels[i] for i in w.labels(OUTSIDE_ID)] for w in words]
    return ner_scores(true, predicted, lost=sum(e.pieces.lost for e in examples))
