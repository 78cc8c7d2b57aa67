"""What `predict` refuses, and what it warns of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from posner.commands.ner.predict import Predict
from posner.prediction.text import refuse_columns
from posner.workflow.command import run
from prediction_calls import call

# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        ("gold", {}, "trained with gold POS, but raw text has no tags; use --pos tagger"),
        ("predicted", {}, "--tagger: is required"),
        ("predicted", {"pos": "columns"}, "raw text has no tags"),
        ("predicted", {"pos": "none"}, "needs POS tags; use --pos tagger or --pos columns"),
        ("baseline", {"pos": "tagger"}, "reads no POS; use --pos none"),
        ("tagger", {}, "give taggers as --tagger"),
        ("control", {"pos": "tagger"}, "a control variant (pos: oracle); it cannot label new text"),
        ("predicted", {"tagger": "other-tagger"}, "its tags are not those of the NER model"),
        ("nothing", {}, "config.json is missing; give the folder of a prepared encoder or of a trained model"),
    ],
)
def test_bad_input_is_one_clear_line(
    models: Path, text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, more: Any, message: str
) -> None:
    if "tagger" in more:
        more = more | {"tagger": models / more["tagger"]}
    with pytest.raises(SystemExit):
        call(models, name, text, tmp_path / "out.jsonl", **more)
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert message in line
    assert {path.name for path in tmp_path.iterdir()} == {"text.txt"}


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        ("logits", {"pos": "columns"}, "reads the logits of a tagger"),
        (
            "gold",
            {"pos_column": 0},
            "have tags that the model does not know, e.g. Ann saw the (at most 50%); it knows DT NN",
        ),
        ("gold", {"pos_column": 2}, "text.conll:1: 2 columns, but 3 are needed"),
    ],
)
def test_bad_columns_are_one_clear_line(
    models: Path, columns: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, more: Any, message: str
) -> None:
    with pytest.raises(SystemExit):
        call(models, name, columns, tmp_path / "out.jsonl", **more)
    assert message in capsys.readouterr().err


def test_unknown_tags_are_counted_and_warned_of(models: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "in.conll").write_text("Ann NNP\nsaw VERB\nthe DET\n\nRome NNP\n")
    call(models, "gold", tmp_path / "in.conll", tmp_path / "out.conll")
    warning = "50.0% of the words have tags that the model does not know, e.g. VERB DET: these words read no tag"
    assert warning in caplog.messages


def test_columns_of_another_tag_set_are_refused(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.conll").write_text("Ann NNP\nsaw VERB\nthe DET\n\nRome PROPN\n")
    with pytest.raises(SystemExit):
        call(models, "gold", tmp_path / "in.conll", tmp_path / "out.conll")
    share = "75.0% of the words have tags that the model does not know, e.g. VERB DET PROPN (at most 50%)"
    assert f"--pos-column: {share}; it knows DT" in capsys.readouterr().err
    assert not (tmp_path / "out.conll").exists()


@pytest.mark.parametrize("name", ["in.bio", "in.testa", "in.conll.txt"])
@pytest.mark.parametrize("separator", [" ", "\t"])
def test_columns_by_another_name_are_not_read_as_text(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, separator: str
) -> None:
    rows = "-DOCSTART- -X- O\n\nAnn NNP B-PER\nsaw VB O\n\nRome NNP S-LOC\n" + "the DT O\n" * 60
    (tmp_path / name).write_text(rows.replace(" ", separator))
    with pytest.raises(SystemExit):
        call(models, "baseline", tmp_path / name, tmp_path / "out.jsonl")
    assert f"{name} has columns with NER labels, not text; give it in a file that ends in .conll" in (
        capsys.readouterr().err
    )
    assert not (tmp_path / "out.jsonl").exists()


def test_text_with_a_few_labels_is_text() -> None:
    lines = ["the label is O", "a tag of Ann is B-PER", "Ann saw Rome", "", *(["the"] * 60)]
    assert list(refuse_columns(lines, "text")) == lines


@pytest.mark.parametrize("ending", [".jsonl", ".json", ".csv", ".TSV"])
def test_tables_are_not_read_as_text(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    (tmp_path / f"in{ending}").write_text("text,label\n")
    with pytest.raises(SystemExit):
        call(models, "baseline", tmp_path / f"in{ending}", tmp_path / "out.conll")
    assert f"in{ending} is a table, not text; give text, or columns in a file that ends in .conll" in (
        capsys.readouterr().err
    )


def test_an_unknown_output_format_is_refused(models: Path, text: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(Predict, ["--checkpoint", str(models / "baseline"), "--input", str(text), "--output", "out.txt"])
    assert "error: --output: out.txt ends neither in .jsonl nor in .conll" in capsys.readouterr().err
