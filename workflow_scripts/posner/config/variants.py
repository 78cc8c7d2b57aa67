"""Settings of variants: whether, where and how POS enters the NER model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from posner.config.base import NO_TRUTH_VALUE, Integer, Seed, Settings
from posner.errors import InputError

Layers = Annotated[int, Field(ge=1, le=1000), NO_TRUTH_VALUE]
Seeds = Annotated[tuple[Seed, ...], Field(min_length=1, max_length=1000)]


class Variant(Settings):
    """An NER model: the source of its POS, the form of the feature, and where it enters the model."""

    fusion: Literal["none", "late", "encoder"] = "none"
    """Place where POS enters: none (the baseline), the classifier (late), or a layer of the encoder (encoder)."""
    pos: Literal["none", "gold", "predicted", "oracle", "random"] = "none"
    """Source of POS: the corpus (gold) or our taggers (predicted); as controls, the NER labels (oracle) or the
    corpus's tags in random order (random).
    """
    feature: Literal["none", "one_hot", "logits", "trainable_embed"] = "none"
    """Form of POS: one-hot tags, the tagger's logits, or trainable embeddings of the tags."""
    pos_embed_dim: Integer = Field(32, ge=1, le=10_000)
    """Width of trainable POS embeddings."""
    inject_layer_offset_from_end: Layers | Literal["earliest"] | None = None
    """Encoder fusion: POS is added before the last k layers; earliest is before the first layer."""
    seeds: Seeds | None = None
    """Training seeds of this variant; default: those of the study."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        values = (self.fusion, self.pos, self.feature)
        if "none" in values and set(values) != {"none"}:
            raise ValueError(f"fusion, pos and feature are {', '.join(values)}; set all of them, or none")
        if self.pos == "gold" and self.feature == "logits":
            raise ValueError("gold POS has no logits: use pos: predicted, or feature: one_hot or trainable_embed")
        if (self.fusion == "encoder") != (self.inject_layer_offset_from_end is not None):
            raise ValueError("inject_layer_offset_from_end is required by fusion: encoder, and only allowed there")
        return self

    @property
    def is_control(self) -> bool:
        """Whether the variant checks the method instead of POS: an oracle must help, and random tags cannot."""
        return self.pos in ("oracle", "random")


# Fusions that read POS.
FUSIONS = tuple(name for name in get_args(Variant.model_fields["fusion"].annotation) if name != "none")


class SeededVariant(Variant):
    """A variant whose training seeds are known, as commands that read runs need it."""

    seeds: Seeds
    """Training seeds of this variant."""


def baseline_of(variants: Mapping[str, Variant]) -> str:
    """Name of the variant without POS.

    Raises:
        InputError: there is no such variant, or more than one.
    """
    baselines = [name for name, variant in variants.items() if variant.fusion == "none"]
    if len(baselines) != 1:
        raise InputError(f"--variants: exactly one variant must have fusion: none, the baseline, not {len(baselines)}")
    return baselines[0]


def seeded_runs(variants: Mapping[str, SeededVariant]) -> list[tuple[str, int]]:
    """Every variant with each of its seeds: the NER trainings of one corpus and encoder."""
    return [(name, seed) for name, variant in variants.items() for seed in variant.seeds]
