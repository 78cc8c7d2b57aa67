"""A key that is given twice in a config file is refused with its lines; readers of YAML drop the first one."""

from __future__ import annotations

from pathlib import Path

import pytest
from configs import CHECKOUT, STUDIES
from posner.config.files import refuse_repeated_keys
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
        refuse_repeated_keys([CHECKOUT / "config.yaml", path])
    assert str(error.value) == f"{path}, {message}; merge the two"


@pytest.mark.parametrize("text", ["", "a: {x: 1}\nb: {x: 1}", "a: &x {b: *x}", "a: [", "[" * 5000, "{1: a, '1': b}"])
def test_other_files_are_left_to_their_readers(tmp_path: Path, text: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(text)
    refuse_repeated_keys([path, tmp_path / "missing.yaml"])


def test_the_files_of_the_project() -> None:
    refuse_repeated_keys([CHECKOUT / "config.yaml", *STUDIES])
