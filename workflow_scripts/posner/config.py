"""The config: strict models of everything that a study can set.

The same models make the JSON schema for editors, the flags of the rules and the options of the entry scripts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from .errors import nearest
from .settings import Factor, Fraction, Name, Positive, Seed, Settings
from .source_settings import Corpus, Encoder


class Training(Settings):
    """How a model is fine-tuned; the defaults are those of the published study."""

    epochs: Positive = Field(3, description="Passes over the train split.")
    train_batch_size: Positive = Field(16, description="Sentences in a training batch.")
    eval_batch_size: Positive = Field(16, description="Sentences in a prediction batch.")
    learning_rate: float = Field(2e-5, gt=0, description="Peak learning rate of the pretrained encoder.")
    new_learning_rate: float = Field(1e-3, gt=0, description="Peak learning rate of new parameters (classifier, POS).")
    weight_decay: float = Field(0.01, ge=0, description="Decoupled weight decay of AdamW.")
    warmup_ratio: Fraction = Field(0.1, description="Share of the steps in which the learning rate rises.")
    max_grad_norm: float = Field(1.0, gt=0, description="Gradients are clipped to this global norm.")
    max_length: int = Field(256, ge=8, description="Longest input in word pieces, special tokens included.")


class NerTraining(Training):
    """NER models are evaluated on validation while they train, and the best checkpoint is kept."""

    eval_steps: Positive = Field(100, description="Training steps between two evaluations on validation.")


class Pos(Settings):
    """The POS taggers: one a fold for out-of-fold tags on train, and a final one for validation and test."""

    folds: int = Field(5, ge=2, description="Number of folds; documents stay whole where the corpus has them.")
    fold_seed: int = Field(42, ge=0, description="Seed of the assignment to folds.")
    seed: int = Field(42, ge=0, description="Training seed of the taggers.")
    training: Training = Field(default_factory=Training, description="How taggers are trained.")


class Ner(Settings):
    """The NER models."""

    training: NerTraining = Field(default_factory=NerTraining, description="How NER models are trained.")


class Variant(Settings):
    """One way to give POS to NER."""

    fusion: Literal["none", "late", "encoder"] = Field("none", description="Where POS enters the model.")
    pos: Literal["none", "gold", "predicted", "oracle", "random"] = Field(
        "none",
        description="Which POS: the corpus's or our taggers'; as controls, the NER labels themselves, or the corpus's "
        "tags in random order.",
    )
    feature: Literal["none", "one_hot", "logits", "trainable_embed"] = Field("none", description="How POS is given.")
    pos_embed_dim: Positive = Field(32, description="Width of trainable POS embeddings.")
    inject_layer_offset_from_end: Positive | Literal["earliest"] | None = Field(
        None, description="Encoder fusion: POS is added before the last k layers; earliest = before the first."
    )
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] | None = Field(
        None, description="Training seeds of this variant, if not those of the study."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        values = (self.fusion, self.pos, self.feature)
        if "none" in values and set(values) != {"none"}:
            raise ValueError(f"fusion, pos and feature are all none or all set, not {', '.join(values)}")
        if self.pos == "gold" and self.feature == "logits":
            raise ValueError("gold POS has no logits: use pos: predicted, or feature: one_hot or trainable_embed")
        if (self.fusion == "encoder") != (self.inject_layer_offset_from_end is not None):
            raise ValueError("inject_layer_offset_from_end goes with fusion: encoder, and only with it")
        return self

    @property
    def is_control(self) -> bool:
        """Whether it tests the instrument, not POS: an oracle has to help, and random tags cannot."""
        return self.pos in ("oracle", "random")


class Corruption(Settings):
    """The sweep: test POS replaced by other tags, in the ways of :mod:`posner.corruption`."""

    rates: tuple[Fraction, ...] = Field(
        (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1),
        min_length=1,
        description="Shares of tokens whose tag is replaced by what the tagger mistakes it for.",
    )
    scales: tuple[Factor, ...] = Field(
        (0, 0.5, 1, 2, 4),
        min_length=1,
        description="Factors of the tagger's own error probability of each tag; 1 is the tagger, in expectation.",
    )
    draws: Positive = Field(20, description="Independent corruptions at each rate and factor.")
    seed: int = Field(42, ge=0, description="Seed of the draws.")


class Statistics(Settings):
    """How sure conclusions have to be."""

    margin: float = Field(0.5, gt=0, description="Differences smaller than this, in points of F1, do not matter.")
    level: float = Field(0.95, gt=0.5, lt=1, description="Level of intervals and tests.")
    oracle_f1: float = Field(
        95.0,
        gt=0,
        le=100,
        description="Points of F1 that an oracle has to reach, or its fusion's null results say nothing.",
    )
    resamples: int = Field(10_000, ge=100, description="Resamples of the test set.")
    seed: int = Field(42, ge=0, description="Seed of the resamples.")


class Compute(Settings):
    """What a job runs on. Threads are a setting because sums are rounded differently with another number of them."""

    device: str = Field("auto", description="auto, cpu, cuda or cuda:N.", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        "auto", description="Mixed precision; auto = bf16 where the device is fast at it, else fp32."
    )
    attention: Literal["auto", "eager", "sdpa"] = Field(
        "auto", description="Attention of transformers; auto: eager in bf16 on a CPU, where it is faster, else sdpa."
    )
    threads: Positive = Field(2, description="CPU threads of a training or a sweep.")


class Study(Settings):
    """What of the config is run: corpora x encoders x variants x seeds."""

    title: str = Field(description="Heading of the report.")
    corpora: tuple[Name, ...] = Field(min_length=1, description="Names under `corpora`.")
    encoders: tuple[Name, ...] = Field(min_length=1, description="Names under `encoders`.")
    variants: tuple[Name, ...] = Field(min_length=1, description="Names under `variants`.")
    seeds: tuple[Seed, ...] = Field(min_length=1, description="Training seeds of NER models.")


class Config(Settings):
    """A whole config file."""

    study: Study = Field(description="What is run.")
    corpora: dict[Name, Corpus] = Field(description="Corpora by name.")
    encoders: dict[Name, Encoder] = Field(description="Encoders by name.")
    variants: dict[Name, Variant] = Field(description="Variants by name.")
    pos: Pos = Field(default_factory=Pos, description="POS taggers.")
    ner: Ner = Field(default_factory=Ner, description="NER models.")
    corruption: Corruption = Field(default_factory=Corruption, description="Corruption sweep.")
    statistics: Statistics = Field(default_factory=Statistics, description="Margin, level and resamples.")
    compute: Compute = Field(default_factory=Compute, description="Devices and precision.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for kind in ("corpora", "encoders", "variants"):
            chosen, known = getattr(self.study, kind), getattr(self, kind)
            unique(f"study.{kind}", chosen)
            for name in chosen:
                if name not in known:
                    raise ValueError(f"study.{kind}: no {name!r} under {kind}{nearest(name, known)}")
        if taken := {"logs", "benchmarks"} & set(self.study.corpora):
            raise ValueError(f"corpora: the name {taken.pop()!r} is taken by a folder beside those of the corpora")
        if "corpus" in self.study.encoders:
            raise ValueError("encoders: the name 'corpus' is taken by the folder of the corpus itself")
        unique("study.seeds", self.study.seeds)
        for name, variant in self.variants.items():
            unique(f"variants.{name}.seeds", variant.seeds or ())
        if [v for v in self.study.variants if self.variants[v].fusion == "none"] != [self.baseline]:
            raise ValueError("study.variants: exactly one variant must have fusion: none, the baseline")
        unique("corruption.rates", self.corruption.rates)
        unique("corruption.scales", self.corruption.scales)
        return self

    @property
    def baseline(self) -> str:
        """Name of the variant without POS."""
        return next((v for v in self.study.variants if self.variants[v].fusion == "none"), "")

    @property
    def swept(self) -> tuple[str, ...]:
        """Variants that are tested on corrupted POS: those that read POS, without the controls."""
        return tuple(v for v in self.study.variants if v != self.baseline and not self.variants[v].is_control)

    def seeds(self, variant: str) -> tuple[int, ...]:
        """Training seeds of a variant."""
        return self.variants[variant].seeds or self.study.seeds

    def checkpoints(self) -> Iterator[tuple[str, str, str, int]]:
        """Every (corpus, encoder, variant, seed) of the study."""
        for corpus in self.study.corpora:
            for encoder in self.study.encoders:
                for variant in self.study.variants:
                    for seed in self.seeds(variant):
                        yield corpus, encoder, variant, seed


def unique(where: str, values: tuple[Any, ...]) -> None:
    """Refuse a list that names something twice."""
    if repeated := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"{where}: {repeated[0]!r} stands there more than once")
