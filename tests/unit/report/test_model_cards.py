"""Model cards: metadata in the format of the hub, the numbers of the tables, and correct intervals."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fabricated import TAGS, VARIANTS, read
from huggingface_hub import ModelCard
from posner.commands.ner.predict import Predict
from posner.commands.study.write_model_cards import WriteModelCards, accuracy
from posner.config.statistics import Statistics
from posner.config.training import NerTraining, Training
from posner.config.variants import seeded_runs
from posner.corpora.corpus import Provenance, Sentence, describe_corpus, write_corpus
from posner.corpora.documents import ResamplingUnits
from posner.errors import InputError
from posner.files import write_json
from posner.report.formats import format_score
from posner.report.model_cards import CardContext, bootstrap_intervals, encoder_origin, write_card
from posner.stats.resampling import f1
from posner.workflow.options import parse

TEMPLATES = Path(__file__).parents[3] / "resources" / "cards"
LICENCE = "research: only"
LABELS = pd.CategoricalDtype(["O", "B-LOC", "B-PER"])


def write_predictions(folder: Path, sentences: list[Sentence], seed: int) -> None:
    """NER predictions of which every fifth is wrong."""
    wrong = np.random.default_rng(seed).random(sum(map(len, sentences))) < 0.2
    gold = [label for s in sentences for label in s.ner]
    number = np.repeat(np.arange(len(sentences), dtype=np.int32), [len(s) for s in sentences])
    frame = pd.DataFrame({"split": "test", "sentence": number})
    frame["gold"] = pd.Categorical(gold, dtype=LABELS)
    frame["predicted"] = pd.Categorical(np.where(wrong, "O", gold), dtype=LABELS)
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(folder / "predictions.parquet")


@pytest.fixture(scope="module")
def cards(study: Path) -> Path:
    """The fabricated study with predictions, a corpus and an encoder, and its cards."""
    generator = np.random.default_rng(0)
    labels, tags = LABELS.categories.tolist(), list(TAGS)
    sentences = [
        Sentence(("w",) * 4, tuple(generator.choice(tags, 4).tolist()), tuple(generator.choice(labels, 4).tolist()), d)
        for d in map(str, range(30))
    ]
    corpus = study.parent / "corpus"
    write_corpus(
        corpus,
        dict.fromkeys(("train", "validation", "test"), sentences),
        Provenance("hub", "someone/corpus", "abc", LICENCE),
    )
    encoder = {"source": "hub", "id": "some/bert", "revision": "main", "model_type": "bert", "layers": 2}
    write_json(study / "encoder.json", encoder | {"hidden_size": 16})
    for name, seed in seeded_runs(VARIANTS):
        write_predictions(study / "ner" / name / f"seed-{seed}", sentences, seed)
    tagger = study / "pos" / "final"
    tagger.mkdir()
    right = [tag for s in sentences for tag in s.pos]
    assigned = [tag if i % 10 else "NN" for i, tag in enumerate(right)]
    column = pa.array(assigned).dictionary_encode()
    pq.write_table(pa.table({"split": ["test"] * len(right), "tag": column}), tagger / "predictions.parquet")
    WriteModelCards(
        corpus_name="made-up",
        encoder_name="tiny",
        variants=VARIANTS,
        training=NerTraining(max_length=77),
        tagging=Training(epochs=9),
        tagging_seed=5,
        statistics=Statistics(resamples=300, level=0.9),
        corpus=corpus,
        encoder=study / "encoder.json",
        ner=study / "ner",
        tagger=tagger,
        metrics=study / "metrics",
        confusion=study / "pos" / "confusion_matrix.json",
        templates=TEMPLATES,
        models=study / "ner" / "models.csv",
    ).execute()
    return study


def scores_of(path: Path) -> dict[str, float]:
    """Scores in a card's metadata."""
    return {result.metric_type: result.metric_value for result in ModelCard.load(path).data.eval_results}


def row_of(text: str, section: str, first: str) -> list[str]:
    """Cells of the row that begins so in a section's table."""
    part = text.partition(f"## {section}\n")[2].partition("\n## ")[0]
    (line,) = [line for line in part.splitlines() if line.startswith(f"| {first} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize(("name", "seed"), seeded_runs(VARIANTS))
def test_the_numbers_are_those_of_the_tables(cards: Path, name: str, seed: int) -> None:
    path = cards / "ner" / name / f"seed-{seed}" / "model" / "README.md"
    text = path.read_text(encoding="utf-8")
    runs = pd.read_csv(cards / "tables" / "ner_runs.csv").set_index(["variant", "seed", "split"])
    test = runs.loc[(name, seed, "test")]
    assert scores_of(path) == pytest.approx({m: test[m] for m in ("f1", "precision", "recall")})
    _, shown, interval, *others = row_of(text, "Scores", "test")
    assert [shown, *others] == [format_score(test[m]) for m in ("f1", "precision", "recall")]
    assert row_of(text, "Scores", "validation")[1] == format_score(runs.loc[(name, seed, "validation"), "f1"])
    low, high = map(float, interval.split(" to "))
    assert 0 < low < high < 100
    summary = pd.read_csv(cards / "tables" / "ner_summary.csv").set_index(["variant", "split"]).loc[(name, "test")]
    assert f"test F1 is {format_score(summary['f1_mean'])}" in text
    comparisons = read(cards / "metrics" / "ner_comparisons.json")["variants"]
    has_sentence = name != "baseline" and VARIANTS[name].pos != "oracle"
    assert (name in comparisons) == has_sentence
    assert not has_sentence or comparisons[name]["sentence"] in text
    listed = pd.read_csv(cards / "ner" / "models.csv").set_index(["variant", "seed"]).loc[(name, seed)]
    assert cards / "ner" / listed["folder"] == path.parent
    assert listed["f1"] == pytest.approx(test["f1"], abs=1e-6)
    assert [format_score(listed["low"]), format_score(listed["high"])] == interval.split(" to ")


def test_the_tagger_has_a_card(cards: Path) -> None:
    path = cards / "pos" / "final" / "model" / "README.md"
    text = path.read_text(encoding="utf-8")
    tagging = pd.read_csv(cards / "tables" / "pos_tagging.csv").set_index("split")
    assert scores_of(path) == pytest.approx({"accuracy": tagging.loc["test", "accuracy"]})
    for row, split in {"test": "test", "validation": "validation", "train, out of fold": "train"}.items():
        cells = row_of(text, "Scores", row)
        assert (cells[1], cells[3]) == tuple(format_score(tagging.loc[split, m]) for m in ("accuracy", "macro_f1"))
    low, high = map(float, row_of(text, "Scores", "test")[2].split(" to "))
    assert low < 90 < high, "every tenth tag is wrong, or nearly"
    assert row_of(text, "Training", "epochs")[1] == "9"
    assert row_of(text, "Training", "seed")[1] == "5"
    assert row_of(text, "Training", "max_length")[1] == "256"


@pytest.mark.parametrize(
    ("licence", "identifier"),
    [
        ("cc-by-4.0", "cc-by-4.0"),
        ("CC-BY-SA-4.0", "cc-by-sa-4.0"),
        ("MIT", "mit"),
        ("x", "other"),
        ("research: only", "other"),
    ],
)
def test_a_licence_is_an_identifier_of_the_hub_or_has_a_name(licence: str, identifier: str) -> None:
    sentences = [Sentence(("w",), ("NN",), ("B-PER",), None)]
    splits = dict.fromkeys(("train", "validation", "test"), sentences)
    card = describe_corpus(splits, Provenance("columns", "files", licence=licence))
    context = CardContext("c", "e", card, {"source": "scratch"}, ResamplingUnits.of(sentences), Statistics())
    data = context.metadata("model", {}).to_dict()
    assert data["license"] == identifier
    assert data.get("license_name") == (licence if identifier == "other" else None)


def test_a_card_has_everything_that_a_user_needs(cards: Path) -> None:
    card = ModelCard.load(cards / "ner" / "late-gold-one_hot" / "seed-42" / "model" / "README.md")
    data = card.data.to_dict()
    assert (data["license"], data["license_name"], data["base_model"]) == ("other", LICENCE, "some/bert")
    assert data["datasets"] == ["someone/corpus"]
    text = card.text
    for heading in ("Use", "Data", "Training", "Scores", "Intended use", "Limitations", "Licence"):
        assert f"\n## {heading}\n" in text
    assert "LOC, PER" in text
    assert f"also apply to the model: {LICENCE}" in text
    assert "more\nthan 77 word pieces" in text
    assert "30 documents, at 90 %" in text
    assert "--pos tagger" in text
    assert "    " + " ".join(sorted(TAGS)) in text
    assert "{" not in text.replace("```", "")
    oracle = (cards / "ner" / "late-oracle-one_hot" / "seed-42" / "model" / "README.md").read_text(encoding="utf-8")
    assert "\nPOS tags:\n" not in oracle
    baseline = (cards / "ner" / "baseline" / "seed-42" / "model" / "README.md").read_text(encoding="utf-8")
    assert "reads no part-of-speech tags" in baseline
    assert "--pos" not in baseline


def test_the_commands_and_imports_of_a_card_exist(cards: Path) -> None:
    for path in [*cards.glob("ner/*/seed-42/model/README.md"), cards / "pos" / "final" / "model" / "README.md"]:
        text = path.read_text(encoding="utf-8")
        imports = re.findall(r"^from .+ import .+$", text, re.MULTILINE)
        assert imports[0] == "from posner.model.modeling import PosNerModel"
        exec("\n".join(imports), {})
        for line in re.findall(r"^posner predict (.+)$", text, re.MULTILINE):
            command = parse(Predict, line.split())
            assert (command.pos == "tagger") == ("It also reads part-of-speech tags" in text)


def test_intervals_are_those_of_a_plain_bootstrap() -> None:
    generator = np.random.default_rng(3)
    counts = generator.integers(1, 9, (2, 40, 3)).astype(np.float32)
    settings = Statistics(resamples=4000, level=0.8)
    intervals = bootstrap_intervals(counts, f1, settings)
    for model, interval in zip(counts, intervals, strict=True):
        plain = [f1(model[generator.integers(0, 40, 40)].sum(axis=0)) for _ in range(4000)]
        assert interval == pytest.approx(np.quantile(plain, [0.1, 0.9]), abs=0.005)
    certain = np.ones((1, 5, 2), np.float32) * [3, 4]
    assert bootstrap_intervals(certain.astype(np.float32), accuracy, settings).tolist() == [[0.75, 0.75]]


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ({"source": "hub", "id": "a/b", "revision": "c"}, "a/b on the Hugging Face Hub, revision c"),
        ({"source": "package", "package": "p"}, "from the Python package p"),
        ({"source": "path", "path": "/home/someone/bert"}, "from a local folder bert"),
        ({"source": "scratch"}, "initialised at random"),
    ],
)
def test_where_an_encoder_comes_from(card: dict[str, Any], words: str) -> None:
    assert encoder_origin(card) == words


@pytest.mark.parametrize("text", ["{{ nothing }}", "{% for", "{% include 'no.md' %}"])
def test_a_template_that_cannot_be_filled_in_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "card.md").write_text(text)
    with pytest.raises(InputError, match=r"card\.md"):
        write_card(tmp_path / "model", tmp_path / "card.md", {})
    assert not (tmp_path / "model" / "README.md").exists()
