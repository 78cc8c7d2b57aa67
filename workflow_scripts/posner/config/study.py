"""The config: strict models of everything that a study can set.

The same models make the JSON schema for editors, the flags of the rules and the options of the entry scripts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from pydantic import Field, model_validator

from posner.config.base import Name, Seed, Settings
from posner.config.compute import Compute
from posner.config.corpora import Corpus
from posner.config.corruption import Corruption
from posner.config.encoders import Encoder
from posner.config.statistics import Statistics
from posner.config.training import Ner, Pos
from posner.config.variants import Variant
from posner.errors import nearest


class Study(Settings):
    """What of the config is run: corpora x encoders x variants x seeds."""

    title: str
    """Heading of the report."""
    corpora: tuple[Name, ...] = Field(min_length=1)
    """Names under `corpora`."""
    encoders: tuple[Name, ...] = Field(min_length=1)
    """Names under `encoders`."""
    variants: tuple[Name, ...] = Field(min_length=1)
    """Names under `variants`."""
    seeds: tuple[Seed, ...] = Field(min_length=1)
    """Training seeds of NER models."""


class Config(Settings):
    """A whole config file."""

    study: Study
    """What is run."""
    corpora: dict[Name, Corpus]
    """Corpora by name."""
    encoders: dict[Name, Encoder]
    """Encoders by name."""
    variants: dict[Name, Variant]
    """Variants by name."""
    pos: Pos = Field(default_factory=Pos)
    """POS taggers."""
    ner: Ner = Field(default_factory=Ner)
    """NER models."""
    corruption: Corruption = Field(default_factory=Corruption)
    """Corruption sweep."""
    statistics: Statistics = Field(default_factory=Statistics)
    """Margin, level and resamples."""
    compute: Compute = Field(default_factory=Compute)
    """Devices and precision."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for kind in ("corpora", "encoders", "variants"):
            chosen, known = getattr(self.study, kind), getattr(self, kind)
            unique(f"study.{kind}", chosen)
            for name in chosen:
                if name not in known:
                    raise ValueError(f"study.{kind}: no {name!r} under {kind}{nearest(name, known)}")
        if "published" in self.study.corpora:
            raise ValueError("corpora: the name 'published' is taken: results/published holds committed summaries")
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

    def variant_settings(self) -> dict[str, dict[str, Any]]:
        """What the studied variants set themselves, each with its seeds, by name; JSON."""
        return {
            name: self.variants[name].model_dump(mode="json", exclude_defaults=True) | {"seeds": self.seeds(name)}
            for name in self.study.variants
        }

    def checkpoints(self) -> Iterator[dict[str, str | int]]:
        """`corpus`, `encoder`, `variant` and `seed` of every checkpoint of the study."""
        for corpus in self.study.corpora:
            for encoder in self.study.encoders:
                for variant in self.study.variants:
                    for seed in self.seeds(variant):
                        yield {"corpus": corpus, "encoder": encoder, "variant": variant, "seed": seed}


def unique(where: str, values: tuple[Any, ...]) -> None:
    """Refuse a list that names something twice."""
    if repeated := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"{where}: {repeated[0]!r} stands there more than once")
