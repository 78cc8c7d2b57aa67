"""Check before training that no injection layer is deeper than the encoder.

The number of layers is in the encoder's own config. For an encoder from the Hub, this exists once it is prepared.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

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


def refuse_deep_variants(study: Config, prepared: Sequence[tuple[str, Path]]) -> None:
    """Check the injection layers of all variants.

    Args:
        prepared: names of encoders and the folders to which they are prepared, which need not exist yet.

    Raises:
        InputError: a variant adds POS deeper than an encoder has layers.
    """
    for encoder, folder in prepared:
        layers = layers_of(study.encoders[encoder], folder)
        for variant in study.study.variants:
            offset = study.variants[variant].inject_layer_offset_from_end
            if layers is not None and isinstance(offset, int) and offset > layers:
                raise InputError(
                    f"config: variants.{variant}.inject_layer_offset_from_end: {offset} is deeper than the encoder "
                    f"{encoder!r}, which has {layers} layers"
                )


def layers_of(encoder: Encoder, prepared: Path) -> int | None:
    """Number of layers, or ``None`` if it is not known yet."""
    match encoder:
        case ScratchEncoder():
            return encoder.num_hidden_layers
        case PathEncoder():
            folder = encoder.path
        case PackageEncoder():
            package = installed_folder(encoder.package)
            folder = package / encoder.folder if package else prepared
        case HubEncoder():
            return layers_of_prepared(encoder, prepared)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return next((int(config[key]) for key in LAYERS if key in config), None)
    except (OSError, ValueError, TypeError):  # preparing the encoder reports the problem
        return None


def layers_of_prepared(encoder: HubEncoder, folder: Path) -> int | None:
    """Number of layers of the encoder in `folder`, if it was prepared with the same settings; else ``None``."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        return int(card["layers"]) if encoder.model_dump(mode="json").items() <= card.items() else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # training reports the problem
        return None
