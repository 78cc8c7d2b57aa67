"""Before a training, splits of which many words are not read are warned of, or refused if no word is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from posner.commands.ner import train_ner
from posner.commands.pos import train_tagger
from posner.config.compute import Compute
from posner.config.training import NerTraining, Training
from posner.corpora.corpus import Provenance, Sentence, corpus_files, write_corpus
from posner.corpora.folds import assign_folds
from posner.errors import InputError
from posner.files import write_json
from posner.model.folders import load_tokenizer
from posner.model.stored_pieces import write_pieces
from posner.training.resume import NoResume
from tiny_models import NO_PIECE, make_tokenizer, save_encoder


class TrainedError(Exception):
    """A training begins."""


def train(command: str, folder: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a command up to its training, on sentences of these words."""

    def begin(*_: object, **__: object) -> None:
        raise TrainedError

    sentences = [Sentence(words, ("NN",) * len(words), ("B-PER",) * len(words))] * 2
    write_corpus(folder / "corpus", dict.fromkeys(("train", "validation", "test"), sentences), Provenance("made", "up"))
    make_tokenizer().save_pretrained(save_encoder(folder / "encoder", "bert"))
    tokenizer = load_tokenizer(folder / "encoder")
    write_pieces(folder / "pieces.json", corpus_files(folder / "corpus")[1:], tokenizer, max_length=8)
    write_json(folder / "folds.json", assign_folds([None, None], 2, 1))
    settings: dict[str, Any] = {
        "corpus": folder / "corpus",
        "encoder": folder / "encoder",
        "pieces": folder / "pieces.json",
        "output": folder / "output",
        "seed": 1,
        "compute": Compute(device="cpu", precision="fp32", threads=1),
    }
    if command == "train_ner":
        monkeypatch.setattr(train_ner, "train", begin)
        train_ner.TrainNer(training=NerTraining(max_length=8), **settings).train(NoResume())
    else:
        monkeypatch.setattr(train_tagger, "train", begin)
        tagger = {"folds": folder / "folds.json", "tagger": "final", "training": Training(max_length=8)}
        train_tagger.TrainTagger(**tagger, **settings).train(NoResume())


@pytest.mark.parametrize("command", ["train_ner", "train_tagger"])
def test_words_that_are_cut_off_are_warned_of(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("WARNING"), pytest.raises(TrainedError):
        train(command, tmp_path, ("a",) * 8, monkeypatch)
    assert "train: 4 words (25.0 %) are cut off; increase max_length" in caplog.messages


@pytest.mark.parametrize("command", ["train_ner", "train_tagger"])
def test_a_training_on_nothing_is_refused(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="train: no word has a label"):
        train(command, tmp_path, (NO_PIECE,), monkeypatch)
