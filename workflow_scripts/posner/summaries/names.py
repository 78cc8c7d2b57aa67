"""What variants are called where people read of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from posner.config.variants import Variant

POS = {
    "none": "No POS",
    "gold": "Gold POS",
    "predicted": "Predicted POS",
    "oracle": "Oracle",
    "random": "Random POS",
}
USUAL_WIDTH = Variant.model_fields["pos_embed_dim"].default
FEATURES = {"one_hot": "one-hot", "logits": "logits", "trainable_embed": "embeddings"}


def injection(variant: Variant) -> str:
    """Where and how POS enters the model: ``late, one-hot``, ``encoder k=2, embeddings``, ``baseline`` for none."""
    if variant.fusion == "none":
        return "baseline"
    offset = variant.inject_layer_offset_from_end
    where = {"late": "late", "encoder": f"encoder {offset}" if offset == "earliest" else f"encoder k={offset}"}
    width = variant.pos_embed_dim
    wide = f"{width}-wide " if variant.feature == "trainable_embed" and width != USUAL_WIDTH else ""
    return f"{where[variant.fusion]}, {wide}{FEATURES[variant.feature]}"


def labels(variants: Mapping[str, Variant]) -> dict[str, str]:
    """A label a variant, such as ``Gold POS (late, one-hot)``; the name is added where labels would be the same."""
    plain = {name: f"{POS[variant.pos]} ({injection(variant)})" for name, variant in variants.items()}
    times = Counter(plain.values())
    return {name: label if times[label] == 1 else f"{label} [{name}]" for name, label in plain.items()}
