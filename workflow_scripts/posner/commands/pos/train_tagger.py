"""Train one POS tagger and predict what it has not seen."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.commands.training import TrainingCommand
from posner.config.training import Training
from posner.config.variants import Variant
from posner.corpora.corpus import SPLITS, Sentence, read_card, read_split
from posner.errors import InputError
from posner.model.batching import Example
from posner.model.device import resolve
from posner.model.examples import make_examples
from posner.model.modeling import fresh_model, model_config
from posner.model.pretrained import load_tokenizer, longest_input
from posner.pos.features import most_frequent
from posner.pos.predicted import FINAL, TaggerOutput, write_output
from posner.prediction.predict import predict
from posner.training.loop import train
from posner.training.resume import Resume

log = logging.getLogger(__name__)


class TrainTagger(TrainingCommand):
    """Train a POS tagger: a fold tagger predicts its own fold of train, the final one validation and test.

    No checkpoint is chosen on what is predicted later: a tagger ends with the weights of its last step.
    """

    folds: Path
    """Fold of each train sentence, from assign_folds."""
    tagger: str = Field(pattern=r"^(fold-\d+|final)$")
    """fold-N leaves out fold N; final trains on all."""
    training: Training = Field(default_factory=Training)
    """How it is trained."""

    results = ("model/model.safetensors", "predictions.parquet", "training.json")

    def train(self, resume: Resume) -> None:
        device = resolve(self.compute)
        tags = read_card(self.corpus / "corpus.json").pos_tags
        splits = {split: read_split(self.corpus / f"{split}.parquet") for split in SPLITS}
        left_out = self.left_out(len(splits["train"]))
        learned = [i for i in range(len(splits["train"])) if i not in left_out]
        sentences = [splits["train"][i] for i in learned]
        tokenizer = load_tokenizer(self.encoder)
        pad_id, max_length = tokenizer.pad_token_id, min(self.training.max_length, longest_input(self.encoder))
        config = model_config(self.encoder, tags, Variant())
        model = fresh_model(self.encoder, config, self.seed, device.attention)
        examples = pos_examples(tokenizer, sentences, tags, max_length)
        trained = train(model, examples, pad_id, self.training, self.seed, device, resume=resume)
        log.info("%s: %d steps, %.0f s, %.0f pieces/s", self.tagger, trained.steps, trained.seconds, trained.speed)
        wanted = self.wanted(splits, left_out)
        unseen = {
            split: pos_examples(tokenizer, [splits[split][i] for i in chosen], tags, max_length)
            for split, chosen in wanted.items()
        }
        batch_size = self.training.eval_batch_size
        words = {split: predict(model, examples, pad_id, batch_size, device) for split, examples in unseen.items()}
        resume.before_outputs()
        self.save_model(model, tokenizer)
        write_output(
            self.output,
            TaggerOutput(self.tagger, tags, most_frequent(sentences, tags), frozenset(learned), wanted, words),
        )
        resume.remove()

    def inputs(self) -> list[Path]:
        return [*super().inputs(), self.folds]

    def wanted(self, splits: dict[str, list[Sentence]], left_out: frozenset[int]) -> dict[str, list[int]]:
        """Which sentences of which splits this tagger predicts."""
        if self.tagger == FINAL:
            return {split: list(range(len(splits[split]))) for split in ("validation", "test")}
        return {"train": sorted(left_out)}

    def left_out(self, sentences: int) -> frozenset[int]:
        """Train sentences that this tagger may not learn from.

        Raises:
            InputError: the folds are not those of `sentences` sentences, or have no such fold.
        """
        if self.tagger == FINAL:
            return frozenset()
        fold = int(self.tagger.removeprefix("fold-"))
        assignment = json.loads(self.folds.read_text(encoding="utf-8"))
        if len(assignment) != sentences:
            raise InputError(f"{self.folds}: folds of {len(assignment)} sentences, and the train split has {sentences}")
        if fold not in assignment:
            raise InputError(f"{self.folds}: there is no fold for the tagger {self.tagger}")
        return frozenset(i for i, other in enumerate(assignment) if other == fold)


def pos_examples(
    tokenizer: PreTrainedTokenizerBase, sentences: Sequence[Sentence], tags: Sequence[str], max_length: int
) -> list[Example]:
    """Examples whose labels are the corpus's POS tags; a tag that is not among `tags` is not learned."""
    return make_examples(tokenizer, sentences, [s.pos for s in sentences], tags, max_length)
