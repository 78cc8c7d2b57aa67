"""Train one NER model: one variant, one seed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from pydantic import Field

from posner.commands.training import TrainingCommand
from posner.config.training import NerTraining
from posner.config.variants import Variant
from posner.corpora.corpus import SPLITS, read_card, read_split
from posner.files import atomic_path, write_json
from posner.model.checkpoint import Checkpoint
from posner.model.device import resolve
from posner.model.examples import check_pieces
from posner.model.modeling import model_config
from posner.pos.features import Standardisation
from posner.pos.predicted import read_predicted
from posner.pos.provider import PosProvider
from posner.prediction.ner_predictions import NerPredictions, Validation
from posner.training.loop import Evaluation, TrainingResult, train
from posner.training.resume import Resume

log = logging.getLogger(__name__)


class TrainNer(TrainingCommand):
    """Train an NER model, keep its best or last weights, and store its predictions and scores."""

    predicted: Path | None = None
    """predicted.parquet of the corpus; required by variants with predicted POS."""
    variant: Variant = Field(default_factory=Variant)
    """Source, form and place of the POS input."""
    training: NerTraining = Field(default_factory=NerTraining)
    """Settings of the training."""

    def train(self, resume: Resume) -> None:
        checkpoint, provider = self.untrained()
        stored = checkpoint.stored_pieces(self.pieces)
        paths = {split: self.corpus / f"{split}.parquet" for split in SPLITS}
        examples = {split: checkpoint.read_examples(path, stored, provider) for split, path in paths.items()}
        for split, part in examples.items():
            check_pieces(split, part)
        validation = Validation.of(checkpoint, examples["validation"])
        evaluation = Evaluation(self.training.eval_steps, validation.f1, self.training.keep)
        result = train(checkpoint, examples["train"], self.training, self.seed, evaluation, resume)
        predictions = {split: NerPredictions.of(checkpoint, examples[split]) for split in ("validation", "test")}
        self.write_outputs(checkpoint, result, predictions)

    def fusion(self) -> str:
        return self.variant.fusion

    def inputs(self) -> list[Path]:
        return [*super().inputs(), *([self.predicted] if self.predicted else [])]

    def untrained(self) -> tuple[Checkpoint, PosProvider]:
        """The model before training, and the POS that it reads."""
        device = resolve(self.compute)
        card = read_card(self.corpus / "corpus.json")
        predicted = read_predicted(self.predicted, card.pos_tags) if self.predicted else None
        provider = PosProvider(self.variant, card, predicted, self.seed)
        config = model_config(self.encoder, card.ner_labels, self.variant, provider.tags)
        if self.variant.feature == "logits":
            estimate = Standardisation.of(provider.logits("train", read_split(self.corpus / "train.parquet")))
            config.pos_mean, config.pos_scale = estimate.mean.tolist(), estimate.scale.tolist()
        return Checkpoint.fresh(self.encoder, config, self.seed, device, self.training.max_length), provider

    def write_outputs(
        self, checkpoint: Checkpoint, result: TrainingResult, predictions: Mapping[str, NerPredictions]
    ) -> None:
        """Write the model, its history, its predictions and their scores."""
        import pandas as pd  # here, because it is slow to import, and what comes before does not need it

        checkpoint.save(self.output / "model")
        with atomic_path(self.output / "predictions.parquet") as path:
            tables = [part.table(split) for split, part in predictions.items()]
            pd.concat(tables, ignore_index=True).to_parquet(path, index=False)
        with atomic_path(self.output / "model" / "history.csv") as path:
            pd.DataFrame(asdict(row) for row in result.history).to_csv(path, index=False)
        scores = {split: part.scores() for split, part in predictions.items()}
        log.info("test F1 %.4f, best step %d of %d", scores["test"]["f1"], result.best_step, result.steps)
        log.info("%.0f s, %.0f word pieces/s", result.seconds, result.speed)
        write_json(
            self.output / "metrics.json",
            {
                "seed": self.seed,
                "variant": self.variant.model_dump(mode="json", exclude={"seeds"}),
                "best_step": result.best_step,
                "steps": result.steps,
                "parameters": sum(p.numel() for p in checkpoint.model.parameters()),
                "precision": checkpoint.device.precision,
                "device": checkpoint.device.device.type,
                **scores,
            },
        )
