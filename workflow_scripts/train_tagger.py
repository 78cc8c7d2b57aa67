"""Train one POS tagger and predict what it has not seen."""

from __future__ import annotations

import json
import logging
from collections import Counter
from pathlib import Path

from pydantic import Field

from .posner.artifacts import atomic_path
from .posner.cli import Command, run
from .posner.config import Compute, Training, Variant
from .posner.corpus import Sentence, read_card, read_split
from .posner.device import resolve
from .posner.encoders import load_tokenizer, longest_input
from .posner.examples import make_examples
from .posner.model import fresh_model, model_config
from .posner.predicted_pos import FINAL, TaggerOutput, write_output
from .posner.prediction import predict
from .posner.training import train

log = logging.getLogger(__name__)


class TrainTagger(Command):
    """Train a POS tagger: a fold tagger predicts its own fold of train, the final one validation and test.

    No checkpoint is chosen on what is predicted later: a tagger ends with the weights of its last step.
    """

    corpus: Path = Field(description="Folder of the corpus.")
    encoder: Path = Field(description="Folder of the prepared encoder.")
    folds: Path = Field(description="Fold of each train sentence, from assign_folds.")
    tagger: str = Field(pattern=r"^(fold-\d+|final)$", description="fold-N leaves out fold N; final trains on all.")
    training: Training = Field(default_factory=Training, description="How it is trained.")
    seed: int = Field(ge=0, description="Training seed.")
    compute: Compute = Field(default_factory=Compute, description="Device and precision.")
    output: Path = Field(description="Folder to write to.")

    def cli_cmd(self) -> None:
        device = resolve(self.compute)
        tags = read_card(self.corpus / "corpus.json").pos_tags
        splits = {split: read_split(self.corpus / f"{split}.parquet") for split in ("train", "validation", "test")}
        left_out = self.left_out()
        learned = [i for i in range(len(splits["train"])) if i not in left_out]
        wanted = (
            {"train": sorted(left_out)}
            if self.tagger != FINAL
            else {split: list(range(len(splits[split]))) for split in ("validation", "test")}
        )
        tokenizer = load_tokenizer(self.encoder)
        max_length = min(self.training.max_length, longest_input(self.encoder))

        def examples(sentences: list[Sentence]):  # type: ignore[no-untyped-def]
            return make_examples(tokenizer, sentences, [s.pos for s in sentences], tags, max_length)

        model = fresh_model(self.encoder, model_config(self.encoder, tags, Variant()), self.seed, self.compute.attention)
        sentences = [splits["train"][i] for i in learned]
        trained = train(model, examples(sentences), tokenizer.pad_token_id, self.training, self.seed, device)
        log.info("%s: %d steps in %.0f s, %.0f pieces/s", self.tagger, trained.steps, trained.seconds, trained.pieces_per_second)  # fmt: skip
        words = {
            split: predict(model, examples([splits[split][i] for i in chosen]), tokenizer.pad_token_id,
                           self.training.eval_batch_size, device)
            for split, chosen in wanted.items()
        }  # fmt: skip
        most_frequent = Counter(tag for sentence in sentences for tag in sentence.pos).most_common(1)[0][0]
        with atomic_path(self.output / "model") as folder:
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
        write_output(
            self.output,
            TaggerOutput(self.tagger, tags, tags.index(most_frequent), frozenset(learned), wanted, words),
        )

    def left_out(self) -> frozenset[int]:
        """Train sentences that this tagger may not learn from."""
        if self.tagger == FINAL:
            return frozenset()
        fold = int(self.tagger.removeprefix("fold-"))
        assignment = json.loads(self.folds.read_text(encoding="utf-8"))
        return frozenset(i for i, other in enumerate(assignment) if other == fold)


if __name__ == "__main__":
    run(TrainTagger)
