"""Settings of variants: how POS enters the NER model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from posner.config.base import Positive, Seed, Settings
from posner.errors import InputError


class Variant(Settings):
    """One way to give POS to NER."""

    fusion: Literal["none", "late", "encoder"] = "none"
    """Where POS enters the model."""
    pos: Literal["none", "gold", "predicted", "oracle", "random"] = "none"
    """Which POS: the corpus's or our taggers'; as controls, the NER labels themselves, or the corpus's tags in random
    order.
    """
    feature: Literal["none", "one_hot", "logits", "trainable_embed"] = "none"
    """How POS is given."""
    pos_embed_dim: Positive = 32
    """Width of trainable POS embeddings."""
    inject_layer_offset_from_end: Positive | Literal["earliest"] | None = None
    """Encoder fusion: POS is added before the last k layers; earliest = before the first."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] | None = None
    """Training seeds of this variant, if not those of the study."""

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


def baseline_of(variants: Mapping[str, Variant]) -> str:
    """Name of the variant without POS."""
    found = [name for name, variant in variants.items() if variant.fusion == "none"]
    if len(found) != 1:
        raise InputError(f"--variants: exactly one variant must have fusion: none, the baseline, not {len(found)}")
    return found[0]


def seeds(variants: Mapping[str, Variant]) -> list[tuple[str, int]]:
    """Every variant with every seed that it names."""
    return [(name, seed) for name, variant in variants.items() for seed in variant.seeds or ()]
