"""Train one POS tagger, and predict sentences that it was not trained on."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from posner.commands.training import TrainingCommand
from posner.config.training import Training
from posner.config.variants import Variant
from posner.corpora.corpus import SPLITS, Sentence, read_card, read_split
from posner.errors import InputError
from posner.model.batching import Examples
from posner.model.checkpoint import Checkpoint
from posner.model.device import resolve
from posner.model.examples import check_pieces
from posner.model.modeling import model_config
from posner.model.tokenization import Pieces
from posner.pos.features import most_frequent
from posner.pos.tagger_output import FINAL, TaggerOutput, write_output
from posner.training.loop import train
from posner.training.resume import Resume

log = logging.getLogger(__name__)


class TrainTagger(TrainingCommand):
    """Train a POS tagger: a fold tagger predicts its held-out fold of train, the final one validation and test.

    There is no model selection on sentences that are predicted later: a tagger keeps the weights of its last step.
    """

    folds: Path
    """Fold of each train sentence, written by assign_folds."""
    tagger: str = Field(pattern=r"^(fold-\d+|final)$")
    """fold-N is trained without fold N, final on all of train."""
    training: Training = Field(default_factory=Training)
    """Settings of the training."""

    def train(self, resume: Resume) -> None:
        paths = {split: self.corpus / f"{split}.parquet" for split in SPLITS}
        splits = {split: read_split(path) for split, path in paths.items()}
        left_out = self.left_out(len(splits["train"]))
        trained_on = [i for i in range(len(splits["train"])) if i not in left_out]
        sentences = [splits["train"][i] for i in trained_on]
        checkpoint = self.untrained()
        tags = tuple(checkpoint.config.labels)
        stored = checkpoint.stored_pieces(self.pieces)
        pieces = {split: stored.read(path) for split, path in paths.items()}
        examples = pos_examples(checkpoint, pieces["train"].of_sentences(trained_on), sentences)
        check_pieces("train", examples)
        result = train(checkpoint, examples, self.training, self.seed, resume=resume)
        log.info("%s: %d steps, %.0f s, %.0f word pieces/s", self.tagger, result.steps, result.seconds, result.speed)
        targets = self.targets(splits, left_out)
        predicted = {split: [splits[split][i] for i in indices] for split, indices in targets.items()}
        output = TaggerOutput(
            tagger=self.tagger,
            tags=tags,
            fallback=most_frequent(sentences, tags),
            trained_on=frozenset(trained_on),
            sentences=targets,
            lengths={split: [len(sentence) for sentence in part] for split, part in predicted.items()},
            words={
                split: checkpoint.predict(pos_examples(checkpoint, pieces[split].of_sentences(targets[split]), part))
                for split, part in predicted.items()
            },
        )
        checkpoint.save(self.output / "model")
        write_output(self.output, output)

    def fusion(self) -> str:
        return "none"

    def inputs(self) -> list[Path]:
        return [*super().inputs(), self.folds]

    def untrained(self) -> Checkpoint:
        """The tagger before training."""
        config = model_config(self.encoder, read_card(self.corpus / "corpus.json").pos_tags, Variant())
        return Checkpoint.fresh(self.encoder, config, self.seed, resolve(self.compute), self.training.max_length)

    def targets(self, splits: dict[str, list[Sentence]], left_out: frozenset[int]) -> dict[str, list[int]]:
        """For each split, the indices of the sentences that this tagger predicts."""
        if self.tagger == FINAL:
            return {split: list(range(len(splits[split]))) for split in ("validation", "test")}
        return {"train": sorted(left_out)}

    def left_out(self, sentences: int) -> frozenset[int]:
        """Indices of the train sentences that this tagger is not trained on.

        Raises:
            InputError: the fold file is of another number of sentences, or does not have the fold.
        """
        if self.tagger == FINAL:
            return frozenset()
        fold = int(self.tagger.removeprefix("fold-"))
        assignment = json.loads(self.folds.read_text(encoding="utf-8"))
        if len(assignment) != sentences:
            raise InputError(
                f"{self.folds}: folds of {len(assignment)} sentences, but train has {sentences}; run assign_folds again"
            )
        if fold not in assignment:
            raise InputError(f"{self.folds}: no fold for the tagger {self.tagger}")
        return frozenset(i for i, other in enumerate(assignment) if other == fold)


def pos_examples(checkpoint: Checkpoint, pieces: Pieces, sentences: Sequence[Sentence]) -> Examples:
    """Examples with the corpus's POS tags as labels; tags that train does not have are not learned."""
    return checkpoint.examples(pieces, [sentence.pos for sentence in sentences])
