"""Whether the variants fit into the encoders, told before anything is trained.

How deep an encoder is stands in its own config. That of an encoder from the hub is known once it is prepared.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path

from posner.config.encoders import Encoder, HubEncoder, PackageEncoder, PathEncoder, ScratchEncoder
from posner.config.study import Config
from posner.errors import InputError

LAYERS = ("num_hidden_layers", "n_layers")  # DistilBERT's config says n_layers


def refuse_deep_variants(study: Config, prepared: Sequence[tuple[str, Path]]) -> None:
    """Look whether a variant adds POS deeper than an encoder has layers.

    Args:
        prepared: encoders by name with the folders to which they are prepared, whether they are there yet or not.

    Raises:
        InputError: one does; the message names both.
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
    """Number of layers, or ``None`` where it is not known yet."""
    match encoder:
        case ScratchEncoder():
            return encoder.num_hidden_layers
        case PathEncoder():
            folder = encoder.path
        case PackageEncoder():
            spec = importlib.util.find_spec(encoder.package)
            places = spec.submodule_search_locations if spec else None
            folder = Path(places[0]) / encoder.folder if places else prepared
        case HubEncoder():
            return layers_of_prepared(encoder, prepared)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return next((int(config[key]) for key in LAYERS if key in config), None)
    except (OSError, ValueError, TypeError):  # what is wrong with it is said when it is prepared
        return None


def layers_of_prepared(encoder: HubEncoder, folder: Path) -> int | None:
    """Number of layers of what lies in `folder`, if it was prepared of this very encoder, as its card says."""
    try:
        card = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
        return int(card["layers"]) if encoder.model_dump(mode="json").items() <= card.items() else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # what is wrong with it is said when it is read
        return None
