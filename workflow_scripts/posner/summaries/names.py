"""Labels of variants, and the columns that identify a variant in every table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from posner.config.variants import Variant

POS = {
    "none": "No POS",
    "gold": "Gold POS",
    "predicted": "Predicted POS",
    "oracle": "Oracle",
    "random": "Random POS",
}
FEATURES = {"one_hot": "one-hot", "logits": "logits", "trainable_embed": "embeddings"}
DEFAULT_WIDTH = Variant.model_fields["pos_embed_dim"].default
IDENTITY = ("variant", "label", "fusion", "pos", "feature", "injection")


def within_sentence(pos: str) -> str:
    """A source of POS as it is written within a sentence: ``gold POS``."""
    return POS[pos][0].lower() + POS[pos][1:]


def injection(variant: Variant) -> str:
    """The input path of a variant: ``late, one-hot``, ``encoder k=2, embeddings``; ``baseline`` without POS."""
    if variant.fusion == "none":
        return "baseline"
    offset = variant.inject_layer_offset_from_end
    place: str = variant.fusion
    if offset is not None:
        place += f" {offset}" if offset == "earliest" else f" k={offset}"
    width = variant.pos_embed_dim
    prefix = f"{width}-wide " if variant.feature == "trainable_embed" and width != DEFAULT_WIDTH else ""
    return f"{place}, {prefix}{FEATURES[variant.feature]}"


def labels(variants: Mapping[str, Variant]) -> dict[str, str]:
    """A label for each variant, such as ``Gold POS (late, one-hot)``; equal labels are followed by the name."""
    plain = {name: f"{POS[variant.pos]} ({injection(variant)})" for name, variant in variants.items()}
    times = Counter(plain.values())
    return {name: label if times[label] == 1 else f"{label} [{name}]" for name, label in plain.items()}


def identity(name: str, variants: Mapping[str, Variant]) -> dict[str, Any]:
    """The columns :data:`IDENTITY` of a variant."""
    variant = variants[name]
    return {
        "variant": name,
        "label": labels(variants)[name],
        "fusion": variant.fusion,
        "pos": variant.pos,
        "feature": variant.feature,
        "injection": injection(variant),
    }
