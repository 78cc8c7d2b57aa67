"""The model: a BERT-like encoder, a token classifier, and a fusion of POS features.

The baseline, every POS variant and the POS taggers are this one class. Importing this module registers it with
`transformers`: ``AutoModelForTokenClassification.from_pretrained(folder)`` then loads any checkpoint.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoModelForTokenClassification, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import TokenClassifierOutput

from posner.config.variants import Variant
from posner.errors import InputError, first_line
from posner.model.batching import IGNORED
from posner.model.fusion.base import Fusion, NoFusion
from posner.model.fusion.encoder import EncoderFusion, injection_layer
from posner.model.fusion.late import LateFusion
from posner.model.weights import read_weights

NEW = ("classifier.", "fusion.")  # prefixes of the parameters that are not pretrained


class PosNerConfig(PretrainedConfig):
    """Config of :class:`PosNerModel`.

    Attributes:
        encoder: the encoder's own config, with its `model_type`.
        fusion, pos, feature, pos_embed_dim: see :class:`posner.config.variants.Variant`.
        layer: for encoder fusion, the index of the layer before which POS is added.
        pos_tags: ``[tags]``, the POS tag of each column of the features.
        pos_mean, pos_scale: ``[tags]``, standardisation of logit features, ``(logit - mean) * scale``.
    """

    model_type = "posner"

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        fusion: str = "none",
        pos: str = "none",
        feature: str = "none",
        pos_embed_dim: int = 32,
        layer: int | None = None,
        pos_tags: tuple[str, ...] = (),
        pos_mean: tuple[float, ...] = (),
        pos_scale: tuple[float, ...] = (),
        **kwargs: Any,
    ) -> None:
        self.encoder = encoder or {"model_type": "bert"}
        self.fusion = fusion
        self.pos = pos
        self.feature = feature
        self.pos_embed_dim = pos_embed_dim
        self.layer = layer
        self.pos_tags = list(pos_tags)
        self.pos_mean = list(pos_mean)
        self.pos_scale = list(pos_scale)
        super().__init__(**kwargs)

    @property
    def encoder_config(self) -> PretrainedConfig:
        """The encoder's config."""
        return AutoConfig.for_model(**self.encoder)

    @property
    def labels(self) -> list[str]:
        """Label names by id."""
        return [self.id2label[i] for i in range(self.num_labels)]


class PosNerModel(PreTrainedModel):
    """Token classification with a BERT-like encoder; `config.fusion` selects how POS features enter."""

    config_class = PosNerConfig
    fusion: Fusion
    base_model_prefix = "encoder"
    _supports_sdpa = True

    def __init__(self, config: PosNerConfig) -> None:
        super().__init__(config)
        encoder_config = config.encoder_config
        self.encoder = AutoModel.from_config(encoder_config, attn_implementation=attention_of(config, encoder_config))
        if getattr(self.encoder, "pooler", None) is not None:
            self.encoder.pooler = None  # token classification does not use it
        hidden = encoder_config.hidden_size
        dropout = getattr(encoder_config, "hidden_dropout_prob", None)  # DistilBERT calls it `dropout`
        self.dropout = nn.Dropout(encoder_config.dropout if dropout is None else dropout)
        self.classifier = nn.Linear(hidden, config.num_labels)
        self.fusion = make_fusion(config, hidden)
        self.post_init()

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        pos: Tensor | None = None,
        labels: Tensor | None = None,
        token_type_ids: Tensor | None = None,
    ) -> TokenClassifierOutput:
        """Logits of every piece, and the loss if there are labels.

        Args:
            input_ids, attention_mask: ``[batch, pieces]``.
            pos: ``[batch, pieces, tags]``, POS features; zeros for pieces without a tag.
            labels: ``[batch, pieces]``, -100 on all but the first piece of each word.
            token_type_ids: ignored; some tokenizers return them, and the input is never a pair of texts.

        Returns:
            `logits` ``[batch, pieces, labels]`` in fp32, and `loss`, the mean cross entropy over labelled pieces.
        """
        with self.fusion.inside(self.encoder, pos):
            hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return self.classify(hidden, pos, labels)

    def classify(self, hidden: Tensor, pos: Tensor | None, labels: Tensor | None = None) -> TokenClassifierOutput:
        """Logits and loss from the encoder's last hidden states ``[batch, pieces, hidden]``."""
        with torch.autocast(hidden.device.type, enabled=False):  # the classifier runs in full precision
            logits = self.classifier(self.dropout(hidden.float()))
            logits = self.fusion.after(logits, pos)
        loss = None
        if labels is not None:
            total = nn.functional.cross_entropy(
                logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum"
            )
            loss = total / (labels != IGNORED).sum().clamp(min=1)  # a batch may have no labels, if no word has a piece
        return TokenClassifierOutput(loss=loss, logits=logits)


# Warnings about weights that are missing on purpose and progress bars of small files would only fill the logs.
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
AutoConfig.register("posner", PosNerConfig)
AutoModel.register(PosNerConfig, PosNerModel)
AutoModelForTokenClassification.register(PosNerConfig, PosNerModel)


def attention_of(config: PosNerConfig, encoder_config: PretrainedConfig) -> str:
    """The attention implementation in `config`, or ``eager`` for encoders without another one, such as DeBERTa."""
    attention = config._attn_implementation or "eager"
    encoder_class = AutoModel._model_mapping[type(encoder_config)]
    return attention if encoder_class._supports_sdpa else "eager"


def make_fusion(config: PosNerConfig, hidden: int) -> Fusion:
    """The fusion selected by `config`, for hidden states of width `hidden`.

    Raises:
        InputError: the config names no known fusion.
    """
    feature = (config.feature, len(config.pos_tags), config.pos_embed_dim)
    match config.fusion:
        case "none":
            return NoFusion()
        case "late":
            return LateFusion(*feature, config.num_labels, hidden)
        case "encoder" if config.layer is not None and config.layer in range(config.encoder_config.num_hidden_layers):
            return EncoderFusion(config.layer, *feature, hidden)
        case "encoder":
            raise InputError(f"the encoder has no layer {config.layer!r}, before which POS would be added")
    raise InputError(f"unknown fusion {config.fusion!r}; use none, late or encoder")


def model_config(
    encoder: Path, labels: tuple[str, ...], variant: Variant, pos_tags: tuple[str, ...] = ()
) -> PosNerConfig:
    """Config of an untrained model of `variant` over the prepared encoder in the folder `encoder`.

    Raises:
        InputError: the encoder is missing, or has fewer layers than the variant needs.
    """
    if not (encoder / "config.json").is_file():
        raise InputError(f"{encoder}: no prepared encoder is there; run prepare_encoder first")
    base = AutoConfig.from_pretrained(encoder, local_files_only=True, trust_remote_code=False)
    offset = variant.inject_layer_offset_from_end
    return PosNerConfig(
        encoder=base.to_dict(),
        fusion=variant.fusion,
        pos=variant.pos,
        feature=variant.feature,
        pos_embed_dim=variant.pos_embed_dim,
        layer=None if offset is None else injection_layer(offset, base.num_hidden_layers),
        pos_tags=pos_tags if variant.fusion != "none" else (),
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )


def fresh_model(encoder: Path, config: PosNerConfig, seed: int, attention: str) -> PosNerModel:
    """A model with the pretrained weights of the folder `encoder`; its new parameters are initialised with `seed`.

    The classifier and the fusion have separate generators: a fusion does not change how the classifier starts.

    Raises:
        InputError: the encoder is missing or damaged.
    """
    model = PosNerModel._from_config(config, attn_implementation=attention, dtype=torch.float32)
    try:
        pretrained, missing, _ = read_weights(encoder, local_files_only=True)
        if missing:
            raise ValueError(f"{missing[0]} is missing")
    except Exception as error:  # safetensors, json and transformers each raise their own for a damaged file
        raise InputError(
            f"{encoder}: no readable encoder ({first_line(error)}); delete the folder and run again"
        ) from error
    model.encoder.load_state_dict(pretrained.state_dict(), strict=False)
    nn.init.normal_(model.classifier.weight, std=0.02, generator=torch.Generator().manual_seed(seed))
    nn.init.zeros_(model.classifier.bias)
    model.fusion.reset(torch.Generator().manual_seed(seed))
    return model


def load_model(folder: Path, attention: str) -> PosNerModel:
    """The trained model in `folder`.

    Raises:
        InputError: the checkpoint is missing, truncated or damaged.
    """
    if not (folder / "config.json").is_file():
        raise InputError(f"{folder}: no checkpoint is there; the checkpoint of a run is in its folder `model`")
    try:
        model, report = PosNerModel.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            attn_implementation=attention,
            dtype=torch.float32,
            output_loading_info=True,
        )
        if missing := sorted(report["missing_keys"]):  # transformers would initialise them at random
            raise ValueError(f"{missing[0]} is missing")
        return model.eval()
    except Exception as error:  # safetensors, json and transformers each raise their own for a damaged file
        raise InputError(
            f"{folder}: no readable checkpoint ({first_line(error)}); delete the folder and run again"
        ) from error
