"""Deliberate leaks in code or files: a check detects each of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from posner.calibration.replicates import refuse_leaked_labels, tagger_guesses
from posner.commands.corpus.assign_folds import AssignFolds
from posner.commands.corpus.prepare_corpus import PrepareCorpus
from posner.commands.corpus.prepare_encoder import PrepareEncoder
from posner.commands.corpus.tokenize_corpus import TokenizeCorpus
from posner.commands.corruption.sweep_corruption import read_confusion
from posner.commands.ner.train_ner import TrainNer
from posner.commands.pos import train_tagger as tagger_script
from posner.commands.pos.score_pos import ScorePos
from posner.commands.pos.train_tagger import TrainTagger
from posner.config.compute import Compute
from posner.config.corpora import GeneratedCorpus
from posner.config.encoders import ScratchEncoder
from posner.config.training import NerTraining, Training
from posner.config.variants import Variant
from posner.corpora.corpus import SPLITS, Sentence, read_card, read_split
from posner.errors import InputError
from posner.pos.merging import LeakageError, merge
from posner.pos.predicted import PredictedPos, read_predicted
from posner.pos.provider import PosProvider
from posner.pos.tagger_output import tagger_names
from posner.summaries.oracles import oracle_checks

CPU = Compute(device="cpu", precision="fp32", attention="eager", threads=1)
HIGH = {"learning_rate": 5e-3, "new_learning_rate": 1e-2, "train_batch_size": 8}
FOLDS = 2


class SmallStudy:
    """A corpus in which names differ from common words in their POS tags only, and an encoder."""

    def __init__(self, root: Path) -> None:
        self.root, self.corpus, self.encoder, self.pieces = (
            root,
            root / "corpus",
            root / "encoder",
            root / "pieces.json",
        )
        kind = GeneratedCorpus(source="generated", train=160, validation=30, test=80, ambiguity=1)
        PrepareCorpus(corpus=kind, output=self.corpus).execute()
        small = {"vocab_size": 400, "hidden_size": 32, "num_hidden_layers": 1, "intermediate_size": 32, "dropout": 0}
        encoder = ScratchEncoder(source="scratch", num_attention_heads=2, **small)
        PrepareEncoder(encoder=encoder, train=self.corpus / "train.parquet", output=self.encoder).execute()
        TokenizeCorpus(corpus=self.corpus, encoder=self.encoder, output=self.pieces).execute()
        self.folds = self.corpus / "folds.json"
        AssignFolds(folds=FOLDS, fold_seed=1, train=self.corpus / "train.parquet", output=self.folds).execute()

    def sentences(self) -> dict[str, list[Sentence]]:
        return {split: read_split(self.corpus / f"{split}.parquet") for split in SPLITS}

    def predicted(self, name: str) -> PredictedPos:
        """:meth:`merged` as arrays."""
        return read_predicted(self.merged(name), read_card(self.corpus / "corpus.json").pos_tags)

    def merged(self, name: str) -> Path:
        """Predicted POS of taggers that are trained long enough to memorise their sentences."""
        folder = self.root / name
        for tagger in tagger_names(FOLDS):
            TrainTagger(
                corpus=self.corpus, encoder=self.encoder, pieces=self.pieces, folds=self.folds, tagger=tagger, seed=1,
                compute=CPU, training=Training(epochs=20, **HIGH), output=folder / tagger,
            ).execute()  # fmt: skip
        lengths = {split: [len(s) for s in sentences] for split, sentences in self.sentences().items()}
        pq.write_table(
            merge([folder / tagger for tagger in tagger_names(FOLDS)], lengths), folder / "predicted.parquet"
        )
        return folder / "predicted.parquet"

    def f1(self, pos: str) -> float:
        """Test F1 of late fusion with this POS."""
        variant = Variant(fusion="late", pos=pos, feature="one_hot") if pos != "none" else Variant()
        output = self.root / "ner" / pos
        TrainNer(
            corpus=self.corpus, encoder=self.encoder, pieces=self.pieces, seed=1, variant=variant, compute=CPU,
            output=output, training=NerTraining(epochs=12, eval_steps=1000, **HIGH | {"new_learning_rate": 5e-2}),
        ).execute()  # fmt: skip
        return float(json.loads((output / "metrics.json").read_text(encoding="utf-8"))["test"]["f1"])


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> SmallStudy:
    return SmallStudy(tmp_path_factory.mktemp("leaks"))


# --- taggers that predict their own training sentences ---------------------------------------------------------------


def test_taggers_that_memorise_still_guess_held_out_sentences(study: SmallStudy) -> None:
    """Without a leak nothing is reported."""
    refuse_leaked_labels(tagger_guesses(study.sentences(), study.predicted("right")))


def test_a_tagger_that_predicts_its_own_training_sentences_is_refused(
    study: SmallStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def its_own(self: TrainTagger, splits: dict[str, list[Sentence]], left_out: frozenset[int]) -> dict[str, list[int]]:
        return {"train": [i for i in range(len(splits["train"])) if i not in left_out]}

    monkeypatch.setattr(TrainTagger, "targets", its_own)
    monkeypatch.setattr(tagger_script, "train", lambda *_, **__: Untrained())
    with pytest.raises(LeakageError, match="that it was trained on"):
        study.merged("own")


class Untrained:
    """The result of a training that is not run."""

    steps, seconds, speed = 0, 0.0, 0.0


def test_taggers_with_false_records_are_detected_by_their_predictions(
    study: SmallStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tagger is trained on all of train, but its record leaves out the fold, which the merge cannot detect."""
    learn = tagger_script.train

    def learn_all(checkpoint: Any, examples: Any, *others: Any, **named: Any) -> Any:
        pieces = checkpoint.stored_pieces(study.pieces).read(study.corpus / "train.parquet")
        everything = tagger_script.pos_examples(checkpoint, pieces, study.sentences()["train"])
        return learn(checkpoint, everything, *others, **named)

    monkeypatch.setattr(tagger_script, "train", learn_all)
    predicted = study.predicted("liars")
    with pytest.raises(LeakageError, match="ambiguous candidates of train"):
        refuse_leaked_labels(tagger_guesses(study.sentences(), predicted))


# --- the test set's confusions used for corruption -------------------------------------------------------------------


def test_confusions_of_the_test_set_are_refused(study: SmallStudy, tmp_path: Path) -> None:
    path, card = tmp_path / "confusion_matrix.json", read_card(study.corpus / "corpus.json")
    tags, tokens = card.pos_tags, card.tokens
    ScorePos(corpus=study.corpus, predicted=study.root / "right" / "predicted.parquet", output=path).execute()
    scores = json.loads(path.read_text(encoding="utf-8"))
    assert read_confusion(path, tags, tokens["train"]).tolist() == scores["splits"]["train"]["counts"]
    with pytest.raises(InputError, match="not of the model's"):
        read_confusion(path, tags[::-1], tokens["train"])
    scores["splits"]["train"] = scores["splits"]["test"]
    path.write_text(json.dumps(scores), encoding="utf-8")
    with pytest.raises(InputError, match="as train's"):
        read_confusion(path, tags, tokens["train"])


# --- tags shifted by one ---------------------------------------------------------------------------------------------


def test_pos_shifted_by_one_fails_the_oracle_check_and_does_not_help(
    study: SmallStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    baseline, gold, oracle = (study.f1(pos) for pos in ("none", "gold", "oracle"))
    assert gold > baseline + 0.2
    assert passes_oracle_check(oracle)
    ids = PosProvider.ids
    monkeypatch.setattr(PosProvider, "ids", lambda *of: np.roll(ids(*of), 1))
    assert study.f1("gold") < baseline + 0.05
    assert not passes_oracle_check(study.f1("oracle"))


def passes_oracle_check(oracle: float) -> bool:
    """Whether an oracle with this F1 passes the check of its input path."""
    late = {"fusion": "late", "feature": "one_hot"}
    summaries = {
        pos: {"settings": late | {"pos": pos}, "summary": {"test": {"f1": {"mean": oracle}}}}
        for pos in ("gold", "oracle")
    }
    return bool(oracle_checks(summaries, 0.95)["late, one-hot"]["works"])
