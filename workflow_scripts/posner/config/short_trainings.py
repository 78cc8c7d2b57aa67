"""Warn before anything is trained that the NER models of a study have few training steps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from posner.config.corpora import ColumnsCorpus, Corpus, GeneratedCorpus
from posner.config.study import Config
from posner.config.training import FEW_STEPS, FEW_STEPS_WARNING

MOST_BYTES = 10_000_000  # of a file whose sentences are counted; a larger one has enough of them


def short_trainings_warning(study: Config, prepared: Sequence[tuple[str, Path]]) -> str | None:
    """A warning that names the corpora on which NER trainings have fewer than `FEW_STEPS` steps; else ``None``.

    Args:
        prepared: names of corpora and their cards, which need not exist yet.
    """
    few = {}
    for name, card in prepared:
        sentences = train_sentences(study.corpora[name], card)
        if sentences and (steps := study.ner.training.steps(sentences)) < FEW_STEPS:
            few[name] = steps
    if not few:
        return None
    shown = ", ".join(f"{steps} on {name!r}" for name, steps in list(few.items())[:3])
    others = f" and {len(few) - 3} more" if len(few) > 3 else ""
    return f"config: ner.training: only {shown}{others} training steps. {FEW_STEPS_WARNING}"


def train_sentences(corpus: Corpus, card: Path) -> int | None:
    """Number of sentences of train; before a column file is prepared, by its blank lines. ``None`` if not known yet."""
    try:
        return int(json.loads(card.read_text(encoding="utf-8"))["sentences"]["train"])
    except (OSError, ValueError, TypeError, KeyError):
        pass  # not prepared yet
    if isinstance(corpus, GeneratedCorpus):
        return corpus.train
    if isinstance(corpus, ColumnsCorpus) and corpus.train.stat().st_size <= MOST_BYTES:
        return corpus.train.read_bytes().replace(b"\r", b"").count(b"\n\n") + 1
    return None
