"""Check before training that a study fits its encoders: no injection layer is deeper, and no input longer.

The limits are in the encoder's own config. For an encoder from the Hub, this exists once it is prepared. Encoders that
number positions in their own way, such as RoBERTa, can have a lower limit, which the first training finds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posner.config.encoders import (
    CARD,
    Encoder,
    HubEncoder,
    PackageEncoder,
    PathEncoder,
    ScratchEncoder,
    installed_folder,
)
from posner.config.study import Config
from posner.errors import InputError

LAYERS = ("num_hidden_layers", "n_layers")  # DistilBERT's config says n_layers


@dataclass(frozen=True, slots=True)
class Limits:
    """Number of layers of an encoder, and the longest input in word pieces; ``None`` where not known yet."""

    layers: int | None = None
    longest_input: int | None = None


def refuse_beyond_limits(study: Config, prepared: Sequence[tuple[str, Path]]) -> None:
    """Check the injection layers of all variants, and the lengths of the inputs.

    Args:
        prepared: names of encoders and the folders to which they are prepared, which need not exist yet.

    Raises:
        InputError: a variant adds POS deeper than an encoder has layers, or a `max_length` is beyond what one reads.
    """
    for encoder, folder in prepared:
        limits = limits_of(study.encoders[encoder], folder)
        refuse_deep_variants(study, encoder, limits.layers)
        refuse_long_inputs(study, encoder, limits.longest_input)


def refuse_deep_variants(study: Config, encoder: str, layers: int | None) -> None:
    """Check that no variant adds POS deeper than an encoder has layers.

    Raises:
        InputError: a variant does.
    """
    for variant in study.study.variants:
        offset = study.variants[variant].inject_layer_offset_from_end
        if layers is not None and isinstance(offset, int) and offset > layers:
            raise InputError(
                f"config: variants.{variant}.inject_layer_offset_from_end: {offset} is deeper than the encoder "
                f"{encoder!r}, which has {layers} layers"
            )


def refuse_long_inputs(study: Config, encoder: str, longest: int | None) -> None:
    """Check that the taggers and the NER models read no longer inputs than the encoder can.

    Raises:
        InputError: a `max_length` is too large.
    """
    for stage, training in (("pos", study.pos.training), ("ner", study.ner.training)):
        if longest is not None and training.max_length > longest:
            raise InputError(
                f"config: {stage}.training.max_length: {training.max_length} is more than the encoder {encoder!r} can "
                f"read, which is {longest} word pieces"
            )


def limits_of(encoder: Encoder, prepared: Path) -> Limits:
    """The limits of an encoder as far as they are known before it is prepared, or from the prepared one."""
    match encoder:
        case ScratchEncoder():
            return Limits(encoder.num_hidden_layers, encoder.max_position_embeddings)
        case HubEncoder():
            return limits_of_prepared(encoder, prepared)
        case PathEncoder():
            folder = encoder.path
        case PackageEncoder():
            package = installed_folder(encoder.package)
            folder = package / encoder.folder if package else prepared
    config = read_object(folder / "config.json")  # preparing the encoder reports what is wrong with it
    return Limits(first_number(config, LAYERS), first_number(config, ["max_position_embeddings"]))


def limits_of_prepared(encoder: HubEncoder, folder: Path) -> Limits:
    """The limits of the encoder in `folder`, if it was prepared with the same settings."""
    card = read_object(folder / CARD)
    if not encoder.model_dump(mode="json").items() <= card.items():
        return Limits()
    return Limits(first_number(card, ["layers"]), first_number(card, ["longest_input"]))


def read_object(path: Path) -> Mapping[str, Any]:
    """The JSON object in a file; empty if there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def first_number(config: Mapping[str, Any], keys: Sequence[str]) -> int | None:
    """The value of the first of the keys that is there, if it is a whole number."""
    value = next((config[key] for key in keys if key in config), None)
    return value if isinstance(value, int) else None
