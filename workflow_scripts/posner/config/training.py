"""Settings of the POS taggers and the NER models, and of their training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from posner.config.base import COUNT, NO_TRUTH_VALUE, Fraction, Integer, Number, Positive, Seed, Settings

BatchSize = Annotated[int, Field(ge=1, le=1_000_000), NO_TRUTH_VALUE]
MaxLength = Annotated[int, Field(ge=8, le=1_000_000), NO_TRUTH_VALUE]
# Fine-tuning with fewer steps often ends before the model has learned: Mosbach et al. 2021 (arXiv:2006.04884), Zhang et
# al. 2021 (arXiv:2006.05987). Theirs were classification tasks of 1,000 to 3,000 examples, where 3 epochs are 100 to
# 300 steps, and several times as many gave higher and more stable scores.
FEW_STEPS = 300
FEW_STEPS_WARNING = (
    f"With fewer than {FEW_STEPS}, fine-tuning often ends before the model has learned the task (Mosbach et al. 2021, "
    "Zhang et al. 2021); set min_steps, or more epochs"
)

Kept = Literal["best", "last"]
Folds = Annotated[int, Field(ge=2, le=1000), NO_TRUTH_VALUE]


class Training(Settings):
    """Settings of a fine-tuning; the defaults are those of the default study."""

    epochs: Integer = Field(3, ge=1, le=100_000)
    """Passes over the train split."""
    min_steps: Integer = Field(0, ge=0, le=COUNT)
    """Fewest training steps: if `epochs` gives fewer, there are more epochs; 0 sets no minimum."""
    train_batch_size: BatchSize = 16
    """Sentences in a training batch."""
    learning_rate: Number = Field(2e-5, gt=0, le=10)
    """Peak learning rate of the pretrained encoder."""
    new_learning_rate: Number = Field(1e-3, gt=0, le=10)
    """Peak learning rate of new parameters (classifier, fusion)."""
    weight_decay: Number = Field(0.01, ge=0, le=100)
    """Decoupled weight decay of AdamW."""
    warmup_ratio: Fraction = 0.1
    """Share of the steps (0..1) in which the learning rate rises linearly; then it falls linearly to 0."""
    max_grad_norm: Number = Field(1.0, gt=0, le=COUNT)
    """Gradients are clipped to this global L2 norm."""
    max_length: MaxLength = 256
    """Longest input in word pieces, special tokens included."""

    def steps_per_epoch(self, sentences: int) -> int:
        """Training steps in one pass over a train split."""
        return -(-sentences // self.train_batch_size)

    def steps(self, sentences: int) -> int:
        """All training steps on a train split."""
        return max(self.steps_per_epoch(sentences) * self.epochs, self.min_steps)


class NerTraining(Training):
    """NER models are evaluated on validation during training."""

    eval_steps: Positive = 100
    """Training steps between two evaluations on validation."""
    keep: Kept = "best"
    """Weights that the model ends with: those with the highest F1 on validation (best), or the last ones (last)."""


class Pos(Settings):
    """The POS taggers: one per fold for out-of-fold tags of train, and a final one for validation and test."""

    folds: Folds = 5
    """Number of folds; documents stay whole where they are known."""
    fold_seed: Seed = 42
    """Seed of the assignment to folds."""
    seed: Seed = 42
    """Training seed of the taggers."""
    training: Training = Field(default_factory=Training)
    """Training of the taggers."""


class Ner(Settings):
    """The NER models."""

    training: NerTraining = Field(default_factory=NerTraining)
    """Training of the NER models."""
