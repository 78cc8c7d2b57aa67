"""The config: strict models of everything that a study can set.

The same models make the JSON schema for editors, the flags of the rules and the options of the entry scripts.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from .errors import InputError

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_-]*"
Name = Annotated[str, StringConstraints(pattern=rf"^{NAME_PATTERN}$")]
Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(ge=1)]
Factor = Annotated[float, Field(ge=0)]
Seed = Annotated[int, Field(ge=0)]


class Settings(BaseModel):
    """Base of all settings: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


# --- corpora ---------------------------------------------------------------------------------------------------------


class LicensedTest(Settings):
    """One more test set of a corpus: those of the corpus's settings that are others there."""

    licence: str = Field("not stated", description="Conditions of use, recorded with the test.")


class ColumnsTest(LicensedTest):
    """A file in the columns and the scheme of the corpus."""

    test: Path = Field(description="Column file.")


class HubTest(LicensedTest):
    """A split of a dataset of the HuggingFace hub, with the columns and the scheme of the corpus."""

    id: str = Field(description="Dataset id on the hub.")
    revision: str = Field(description="Commit or branch of the dataset; pin a commit.")
    test: str = Field("test", description="Name of the split.")


class DiskTest(LicensedTest):
    """A split in a folder written by ``DatasetDict.save_to_disk``, with the columns and the scheme of the corpus."""

    path: Path = Field(description="The folder.")
    test: str = Field("test", description="Name of the split.")


class GeneratedTest(Settings):
    """More sentences of the grammar."""

    test: Positive = Field(800, description="Number of sentences.")
    ambiguity: Fraction = Field(0.5, description="As of the corpus.")
    seed: int = Field(ge=0, description="Seed of the choices; with the corpus's own, its test sentences come again.")


Test = TypeVar("Test", bound=Settings)


class AnyCorpus(Settings, Generic[Test]):
    """What all corpora have in common."""

    extra_tests: dict[Name, Test] = Field(
        {}, description="More test sets with the same tags, by name, scored with the same checkpoints."
    )

    def alone(self) -> Self:
        """The corpus without its extra tests: models and taggers do not depend on them."""
        return self.model_copy(update={"extra_tests": {}})

    def with_test(self, name: str) -> Self:
        """The corpus with an extra test in the place of its own."""
        return self.alone().model_copy(update=dict(self.extra_tests[name]))


class ColumnsCorpus(AnyCorpus[ColumnsTest]):
    """CoNLL column files: one token a line, sentences apart by empty lines, ``-DOCSTART-`` before each document."""

    source: Literal["columns"]
    train: Path = Field(description="Column file of the train split.")
    validation: Path = Field(description="Column file of the validation split.")
    test: Path = Field(description="Column file of the test split.")
    token_column: int = Field(0, ge=0, description="Number of the token's column, from 0.")
    pos_column: int = Field(1, ge=0, description="Number of the POS tag's column, from 0.")
    ner_column: int = Field(3, ge=0, description="Number of the NER tag's column, from 0.")
    scheme: Literal["iob1", "iob2", "bioes"] = Field("iob1", description="Scheme of the NER tags; converted to IOB2.")
    licence: str = Field("not stated", description="Conditions of use, recorded with the corpus.")

    @property
    def files(self) -> list[str]:
        """What a rule has to watch for changes."""
        return [str(self.train), str(self.validation), str(self.test)]


class TableCorpus(AnyCorpus[Test], Generic[Test]):
    """What corpora in the layout of ``datasets`` have in common: columns of lists, a row a sentence."""

    train: str = Field("train", description="Name of the train split.")
    validation: str = Field("validation", description="Name of the validation split.")
    test: str = Field("test", description="Name of the test split.")
    tokens_field: str = Field("tokens", description="Column of the tokens.")
    pos_field: str = Field("pos_tags", description="Column of the POS tags: ClassLabel, integers or strings.")
    ner_field: str = Field("ner_tags", description="Column of the NER tags: ClassLabel, integers or strings.")
    document_field: str | None = Field(None, description="Column of the document's id, if there is one.")
    pos_names: tuple[str, ...] | None = Field(None, description="Names of integer POS tags that are no ClassLabel.")
    ner_names: tuple[str, ...] | None = Field(None, description="Names of integer NER tags that are no ClassLabel.")
    scheme: Literal["iob1", "iob2", "bioes"] = Field("iob2", description="Scheme of the NER tags; converted to IOB2.")
    licence: str = Field("not stated", description="Conditions of use, recorded with the corpus.")


class HubCorpus(TableCorpus[HubTest]):
    """A dataset of the HuggingFace hub, at a pinned revision."""

    source: Literal["hub"]
    id: str = Field(description="Dataset id on the hub.")
    revision: str = Field(description="Commit or branch of the dataset; pin a commit.")
    files: ClassVar[list[str]] = []


class DiskCorpus(TableCorpus[DiskTest]):
    """A folder written by ``DatasetDict.save_to_disk``."""

    source: Literal["disk"]
    path: Path = Field(description="The folder.")

    @property
    def files(self) -> list[str]:
        """What a rule has to watch for changes."""
        return [str(self.path)]


class GeneratedCorpus(AnyCorpus[GeneratedTest]):
    """Sentences of a grammar in which it is known how much POS can tell about NER."""

    source: Literal["generated"]
    train: Positive = Field(2000, description="Sentences in train.")
    validation: Positive = Field(400, description="Sentences in validation.")
    test: Positive = Field(800, description="Sentences in test.")
    ambiguity: Fraction = Field(
        0.5, description="Share of entity candidates that only their POS tag tells from common words."
    )
    seed: int = Field(42, ge=0, description="Seed of the grammar's choices.")
    files: ClassVar[list[str]] = []


Corpus = Annotated[ColumnsCorpus | HubCorpus | DiskCorpus | GeneratedCorpus, Field(discriminator="source")]


# --- encoders --------------------------------------------------------------------------------------------------------


class HubEncoder(Settings):
    """A BERT-like model of the HuggingFace hub, at a pinned revision."""

    files: ClassVar[list[str]] = []
    source: Literal["hub"]
    id: str = Field(description="Model id on the hub.")
    revision: str = Field(description="Commit or branch of the model; pin a commit.")


class PathEncoder(Settings):
    """A local folder with config, tokenizer and safetensors."""

    source: Literal["path"]
    path: Path = Field(description="The folder.")

    @property
    def files(self) -> list[str]:
        """What a rule has to watch for changes."""
        return [str(self.path)]


class PackageEncoder(Settings):
    """A Python package that ships a model folder; its hash is part of the settings."""

    files: ClassVar[list[str]] = []
    source: Literal["package"]
    package: str = Field(description="Import name of the package.", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    folder: str = Field("model", description="Folder inside the package.", pattern=rf"^{NAME_PATTERN}$")
    sha256: str = Field(description="SHA-256 of its model.safetensors.", pattern=r"^[0-9a-f]{64}$")


class ScratchEncoder(Settings):
    """A small BERT with random weights and a WordPiece vocabulary trained on the corpus's train split."""

    files: ClassVar[list[str]] = []
    source: Literal["scratch"]
    vocab_size: Positive = Field(1000, description="Entries of the WordPiece vocabulary.")
    hidden_size: Positive = Field(64, description="Width of the hidden states.")
    num_hidden_layers: Positive = Field(4, description="Number of layers.")
    num_attention_heads: Positive = Field(4, description="Attention heads in a layer.")
    intermediate_size: Positive = Field(128, description="Width of the feed-forward layers.")
    max_position_embeddings: Positive = Field(128, description="Longest input in word pieces.")
    dropout: Fraction = Field(0.1, description="Dropout in training; a very small model learns better without.")
    seed: int = Field(42, ge=0, description="Seed of the random weights.")

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} is no multiple of num_attention_heads {self.num_attention_heads}"
            )
        return self


Encoder = Annotated[HubEncoder | PathEncoder | PackageEncoder | ScratchEncoder, Field(discriminator="source")]


# --- training --------------------------------------------------------------------------------------------------------


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


def refuse_missing_files(study: Config) -> None:
    """Look for the local files that the study is made from.

    Raises:
        InputError: one is not there; the message names it and the setting.
    """
    corpora = {name: study.corpora[name] for name in study.study.corpora}
    chosen: list[tuple[str, Any]] = [
        *((f"corpora.{name}", corpus) for name, corpus in corpora.items()),
        *(
            (f"corpora.{name}.extra_tests.{test}", corpus.with_test(test))
            for name, corpus in corpora.items()
            for test in corpus.extra_tests
        ),
        *((f"encoders.{name}", study.encoders[name]) for name in study.study.encoders),
    ]
    for key, source in chosen:
        for path in source.files:
            if not Path(path).exists():
                raise InputError(f"config: {key}: {path} is not there (relative paths start at {Path.cwd()})")


def unique(where: str, values: tuple[Any, ...]) -> None:
    """Refuse a list that names something twice."""
    if repeated := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"{where}: {repeated[0]!r} stands there more than once")


def nearest(name: str, known: Any) -> str:
    """``; did you mean 'x'?`` for the known name that is most like `name`, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def check(raw: dict[str, Any]) -> Config:
    """The config as checked settings.

    Raises:
        InputError: one line for each problem: the key, what is wrong with it, and the nearest valid key.
    """
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        lines = [explain(problem["loc"], problem["type"], problem["msg"]) for problem in error.errors()]
        raise InputError("config: " + "\nconfig: ".join(lines)) from None


def explain(location: tuple[int | str, ...], kind: str, message: str) -> str:
    """One validation problem as a line with the key's full name."""
    keys, place = named(location)
    key = ".".join(keys)
    if kind == "extra_forbidden":
        return f"{key}: unknown key{nearest(keys[-1], place)}"
    message = message.removeprefix("Value error, ")
    return f"{key}: {message}" if key else message


def named(location: tuple[int | str, ...]) -> tuple[list[str], set[str]]:
    """The keys of a pydantic location as they stand in the file, and which keys are valid at the place of the last one.

    Where a part has several kinds, pydantic puts the kind's name between the keys; it stands nowhere in the file.
    """
    keys: list[str] = []
    annotation: Any = Config
    place: set[str] = set()
    for part in location:
        members = [kind for kind in union_members(annotation) if kind is not type(None)]
        chosen = [kind for kind in members if source_of(kind) == part]
        if len(members) > 1 and chosen:
            annotation = chosen[0]
            continue
        keys.append(str(part))
        kind = members[0]
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            place = set(kind.model_fields)
            annotation = kind.model_fields[part].annotation if part in kind.model_fields else None
        else:
            place, annotation = set(), (get_args(kind) or (None,))[-1]
    return keys, place


def union_members(annotation: Any) -> Iterator[Any]:
    """The types that an annotation allows, without ``Annotated`` and unions."""
    if get_origin(annotation) is Annotated:
        yield from union_members(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from union_members(part)
    else:
        yield annotation


def source_of(kind: Any) -> str | None:
    """The one value of a kind's field `source`, if it has one."""
    field = getattr(kind, "model_fields", {}).get("source")
    return None if field is None else get_args(field.annotation)[0]
