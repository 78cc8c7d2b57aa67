"""Checks of an encoder before anything is trained: a trial encoding of the words of train, and some forward passes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from itertools import islice

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import PretrainedConfig, PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from posner.errors import InputError, first_line
from posner.model.hooks import before_layer, encoder_layers
from posner.model.tokenizer_checks import check_tokenizer

FEWEST_POSITIONS = 8  # the smallest max_length of a config
SHORT = 7  # pieces of the short inputs; an odd number, since some encoders pad to a multiple
FEW_WORDS = 32  # that are compared with each other
# Of the largest hidden state. Rounding is below 1e-5; a word in context changes even untrained encoders by over 1e-3.
SAME = 1e-4
# Hidden states of published encoders are below 100.
LARGEST_HIDDEN = 1e4
UNUSABLE = "its weights are damaged; use those of a published encoder, or source: scratch"


def check_encoder(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, words: Sequence[str], of_entities: Iterable[str] = ()
) -> int:
    """Check that an encoder can be trained on a corpus; its longest input in word pieces, special tokens included.

    Args:
        words: the tokens of the train split, with repetitions.
        of_entities: those of them that are inside entities.

    Raises:
        InputError: as in :func:`posner.model.tokenizer_checks.check_tokenizer`; or the tokenizer has more pieces than
            the encoder has embeddings; or the encoder is not BERT-like, cannot read its longest input, or makes hidden
            states that carry nothing of the words or their context.
    """
    try:
        encoder_layers(model)  # raises if there are none
        longest = usable_positions(model)
        refuse_short_inputs(longest)
        check_settings(model.config)
        check_weights(model)
        check_tokenizer(tokenizer, words, of_entities)
        refuse_large_vocabulary(model, tokenizer)
        check_passes(model, tokenizer, words, longest)
    except InputError:
        raise
    except Exception as error:  # families of encoders and damaged tokenizers each raise their own
        raise InputError(
            f"encoder: a trial of {type(model).__name__} fails ({type(error).__name__}: {first_line(error)}); use a "
            "BERT-like encoder with all its files"
        ) from error
    return longest


def check_settings(config: PretrainedConfig) -> None:
    """Make the encoder return its hidden states only, by name; check that its dropout leaves something.

    Raises:
        InputError: a dropout probability is 1 or more.
    """
    config.return_dict, config.output_attentions, config.output_hidden_states = True, False, False
    for name, value in config.to_dict().items():
        if "dropout" in name and isinstance(value, int | float) and value >= 1:
            raise InputError(f"encoder: {name} is {value} in its config.json, which leaves nothing; set it below 1")


def refuse_short_inputs(longest: int) -> None:
    """Check that the encoder can read a sentence.

    Raises:
        InputError: its longest input has fewer than :data:`FEWEST_POSITIONS` pieces.
    """
    if longest < FEWEST_POSITIONS:
        raise InputError(
            f"encoder: its longest input has {longest} word pieces, but {FEWEST_POSITIONS} are needed; use an encoder "
            "with more position embeddings"
        )


def refuse_dropped_layers(name: str, layers: int, unexpected: Iterable[str]) -> None:
    """Check that a model has all layers of its weights; weights of task heads may be left out.

    Args:
        name: name of the encoder, for messages.
        layers: number of its layers.
        unexpected: weights that were read but not used.

    Raises:
        InputError: a layer is left out.
    """
    found = ((key, re.search(r"(?:encoder|transformer)\.layer\.(\d+)\.", key)) for key in unexpected)
    if dropped := sorted(key for key, match in found if match and int(match[1]) >= layers):
        raise InputError(
            f"encoder {name!r} has weights of more layers than its config.json states ({layers}), e.g. {dropped[0]}; "
            "correct num_hidden_layers, or save the model again"
        )


def check_weights(model: PreTrainedModel) -> None:
    """Check that the weights are finite, and that no matrix of a layer or word embeddings is zeroed or quantized.

    Raises:
        InputError: one is, or there are no layers or embeddings of word pieces.
    """
    if not isinstance(model.get_input_embeddings(), nn.Embedding):
        raise InputError(f"encoder: {type(model).__name__} has no embeddings of word pieces; use a BERT-like encoder")
    if not len(encoder_layers(model)):
        raise InputError("encoder: it has no layers; correct num_hidden_layers in its config.json")
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise InputError(f"encoder: its weights {name} are not finite (NaN or infinity); the file is damaged")
    matrices = {
        "word_embeddings.weight": model.get_input_embeddings().weight,
        **dict(encoder_layers(model).named_parameters()),
    }
    for name, tensor in matrices.items():  # others may be zero: RoBERTa's embeddings of segments are
        if name.endswith("weight") and tensor.dim() > 1 and is_whole(tensor):
            raise InputError(
                f"encoder: its weights {name} are all whole numbers, zeroed or quantized without their scales; use "
                "weights in floating point"
            )


def is_whole(tensor: Tensor) -> bool:
    """Whether a tensor holds whole numbers of 8 bits; larger weights in floating point are whole, too."""
    return bool(tensor.abs().max() < 256) and torch.equal(tensor, tensor.round())


def refuse_large_vocabulary(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Check that each piece of the tokenizer has an embedding.

    Raises:
        InputError: a piece has none.
    """
    rows = model.get_input_embeddings().num_embeddings
    largest = max(tokenizer.get_vocab().values())
    if largest >= rows:
        raise InputError(
            f"encoder: its tokenizer has word pieces up to number {largest}, but the encoder has only {rows} "
            "embeddings; use the tokenizer of the same model, or call resize_token_embeddings and save both"
        )


# --- forward passes --------------------------------------------------------------------------------------------------


def check_passes(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, words: Sequence[str], longest: int
) -> None:
    """Check the hidden states of a few inputs.

    Raises:
        InputError: the longest input cannot be read; or hidden states are not finite, too large, the same for other
            words, independent of later words or dependent on padding.
    """
    inputs = trial_inputs(tokenizer, words, [longest, min(SHORT, longest)])
    together = trial_states(model, inputs, tokenizer.pad_token_id)
    largest = max(float(states.abs().max()) for states in together)
    if largest > LARGEST_HIDDEN:
        raise InputError(f"encoder: its hidden states reach {largest:.1e} (at most {LARGEST_HIDDEN:.0e}); {UNUSABLE}")
    (alone,) = trial_states(model, inputs[1:], tokenizer.pad_token_id)
    if differs(alone, together[1], tolerance=10 * SAME):
        raise InputError(
            f"encoder: {type(model).__name__} ignores the attention mask: padding changes its hidden states; use "
            "another family of encoders"
        )
    check_words_differ(model, tokenizer, words)
    check_reads_ahead(model, inputs[1], tokenizer.pad_token_id)


def trial_inputs(tokenizer: PreTrainedTokenizerBase, words: Sequence[str], lengths: Sequence[int]) -> list[Tensor]:
    """Word pieces ``[pieces]`` of the first words, repeated, as inputs of these lengths."""
    longest = max(lengths)
    text = list(words[:longest]) * (-(-longest // len(words[:longest])))  # at least one piece a word, mostly
    encoded = [tokenizer(text, is_split_into_words=True, truncation=True, max_length=n) for n in lengths]
    return [torch.tensor(one["input_ids"]) for one in encoded]


@torch.inference_mode()
def trial_states(model: PreTrainedModel, inputs: Sequence[Tensor], pad_id: int) -> list[Tensor]:
    """Hidden states ``[pieces, hidden]`` of each input, of one batch.

    Raises:
        InputError: the encoder cannot read them, or they are not finite, or its layers read more or fewer pieces.
    """
    ids = pad_sequence(list(inputs), batch_first=True, padding_value=pad_id)
    mask = pad_sequence([torch.ones_like(one) for one in inputs], batch_first=True)
    shapes: list[torch.Size] = []

    def record(hidden: Tensor) -> Tensor:
        shapes.append(hidden.shape)
        return hidden

    with ExitStack() as hooks:
        layers = encoder_layers(model)
        for layer in (layers[0], layers[-1]):
            hooks.enter_context(before_layer(layer, record))
        try:
            hidden = model.eval()(input_ids=ids, attention_mask=mask).last_hidden_state
        except (IndexError, RuntimeError, ValueError) as error:
            raise InputError(
                f"encoder: it cannot read an input of {ids.shape[1]} word pieces: {first_line(error)}"
            ) from error
    expected = (*ids.shape, model.config.hidden_size)
    if any(shape != expected for shape in (*shapes, hidden.shape)):
        raise InputError(
            f"encoder: the layers of {type(model).__name__} read another number of word pieces than it is given; use "
            "another family of encoders"
        )
    if not hidden.isfinite().all():
        raise InputError("encoder: its hidden states are not finite (NaN or infinity) on words of train")
    return [states[: len(one)] for states, one in zip(hidden, inputs, strict=True)]


def differs(one: Tensor, other: Tensor, tolerance: float = SAME) -> bool:
    """Whether hidden states differ by more than `tolerance` of the largest."""
    return bool((one - other).abs().max() > tolerance * torch.maximum(one.abs().max(), other.abs().max()))


def check_words_differ(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, words: Iterable[str]) -> None:
    """Check that inputs of one word each, repeated, have different hidden states.

    Raises:
        InputError: most have the same.
    """
    repeated = (trial_inputs(tokenizer, [word], [SHORT])[0] for word in islice(dict.fromkeys(words), FEW_WORDS))
    inputs = {tuple(pieces.tolist()): pieces for pieces in repeated}
    longest = max(map(len, inputs))
    first, *others = trial_states(
        model, [pieces for pieces in inputs.values() if len(pieces) == longest], tokenizer.pad_token_id
    )
    if sum(differs(first, other) for other in others) < len(others) / 2:
        raise InputError(f"encoder: different words have the same hidden states; {UNUSABLE}")


def check_reads_ahead(model: PreTrainedModel, pieces: Tensor, pad_id: int) -> None:
    """Check that the states of the first pieces depend on the last but one.

    Raises:
        InputError: they do not.
    """
    others = pieces[pieces != pieces[-2]]
    changed = pieces.clone()
    changed[-2] = others[0]
    before, after = trial_states(model, [pieces, changed], pad_id)
    if not differs(before[:2], after[:2]):
        raise InputError(
            f"encoder: {type(model).__name__} reads from left to right only, or its weights are damaged; set "
            "is_decoder to false in its config.json, or use a BERT-like encoder"
        )


def usable_positions(encoder: PreTrainedModel) -> int:
    """Longest input of an encoder in word pieces, special tokens included.

    Some families, such as RoBERTa and MPNet, number positions from the padding id + 1, so that the first embeddings of
    positions are never used. Encoders with relative positions have no such embeddings.
    """
    stated = int(getattr(encoder.config, "max_position_embeddings", 512))
    table = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    if not isinstance(table, nn.Embedding):
        return stated
    unused = 0 if table.padding_idx is None else table.padding_idx + 1
    return min(stated, table.num_embeddings - unused)
