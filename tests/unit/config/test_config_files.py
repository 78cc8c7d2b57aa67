"""A key that is given twice in a config file is refused with its lines; readers of YAML drop the first one."""

from __future__ import annotations

from pathlib import Path

import pytest
from configs import CHECKOUT, STUDIES
from posner.config.files import refuse_misread, refuse_misread_arguments
from posner.errors import InputError


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pos:\n  seed: 1\nner: {}\npos:\n  folds: 3\n", "line 4: pos is given a second time, after line 1"),
        ("a:\n  b: 1\n  c: 2\n  'b': 1\n", "line 4: a.b is given a second time, after line 2"),
        ("a: [{b: 1}, {b: 1, b: 2}]", "line 1: a.1.b is given a second time, after line 1"),
        ('{\n\t"a": 1,\n\t"a": 2}', "line 3: a is given a second time, after line 2"),
        ("a: &x [*x, {b: 1,\n b: 1}]", "line 2: a.1.b is given a second time, after line 1"),
    ],
)
def test_a_key_that_is_given_twice(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        refuse_misread([CHECKOUT / "config.yaml", path])
    assert str(error.value) == f"{path}, {message}; merge the two"


def test_a_key_that_is_given_twice_in_json_that_is_not_yaml(tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    path.write_text(r'{"study": {"title": "\ud83d\ude00", "seeds": [1], "seeds": [2]}}')
    with pytest.raises(InputError) as error:
        refuse_misread([path])
    assert str(error.value) == f"{path}: seeds is given twice; merge the two"


def test_a_key_that_is_given_twice_in_an_argument() -> None:
    refuse_misread_arguments(["pos={folds: 3, seed: 3}", "seed=010", "empty="])
    with pytest.raises(InputError, match=r"^--config: pos\.folds is given twice; merge the two$"):
        refuse_misread_arguments(["ner={}", "pos={folds: 3, folds: 4}"])


@pytest.mark.parametrize(
    ("written", "read"),
    [("010", 8), ("1_1", 11), ("1:30", 90), ("0x10", 16), ("0b11", 3), ("1_0.5", 10.5), ("1:30.5", 90.5)],
)
def test_a_number_that_is_not_read_as_it_is_written(tmp_path: Path, written: str, read: float) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(f"study:\n  seeds: [1, {written}]\n")
    with pytest.raises(InputError) as error:
        refuse_misread([path])
    assert str(error.value) == (
        f"{path}, line 2: {written} is read as {read}; write the number in decimal digits, or text in quotes"
    )


@pytest.mark.parametrize(
    ("key", "read"), [("no", "false"), ("On", "true"), ("1", "a number"), ("2024-01-01", "a date"), ("~", "null")]
)
def test_a_key_that_is_not_read_as_text(tmp_path: Path, key: str, read: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(f"variants:\n  a: {{}}\n  {key}: {{}}\n")
    with pytest.raises(InputError) as error:
        refuse_misread([path])
    assert str(error.value) == f"{path}, line 3: the key {key} is read as {read}; put it in quotes"


@pytest.mark.parametrize(
    "text", ["", "a: {x: 1}\nb: {x: 1}", "a: &x {b: *x}", "a: [", "[" * 5000, "a: [-1, 0, 12, 1.5, 2e-5, '010', x1_1]"]
)
def test_other_files_are_left_to_their_readers(tmp_path: Path, text: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(text)
    refuse_misread([path, tmp_path / "missing.yaml"])


def test_the_files_of_the_project() -> None:
    refuse_misread([CHECKOUT / "config.yaml", *STUDIES])
