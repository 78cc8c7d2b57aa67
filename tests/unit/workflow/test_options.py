"""Command lines: every value is preserved, and invalid input is a message and status 2."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from posner.__main__ import main
from posner.commands.names import module_names
from posner.config.annotations import EXPECTED
from posner.config.base import COUNT, LARGEST_SEED, Fraction, Positive, Settings
from posner.config.corpora import Corpus, DiskCorpus, GeneratedCorpus
from posner.config.training import NerTraining
from posner.errors import InputError
from posner.workflow.command import Command, Folder, run
from posner.workflow.failures import TRACEBACK, LineFormatter, explanation
from posner.workflow.options import flags, options, parse
from pydantic import Field

no_deadline = hypothesis_settings(deadline=None)  # other jobs may hold the cores while this one is timed

ROOT = Path(__file__).parents[3]


class Part(Settings):
    """Nested settings."""

    rates: tuple[Fraction, ...] = Field((0, 0.5), description="Rates.")
    depth: Positive | Literal["earliest"] | None = Field(None, description="Depth.")
    on: bool = Field(False, description="A switch.")


class Work(Command):
    """A command."""

    corpus: Corpus = Field(description="The corpus.")
    part: Part = Field(default_factory=Part, description="A part.")
    training: NerTraining = Field(default_factory=NerTraining, description="Training.")
    some_text: str = Field("text", description="Some text.")
    output: Path = Field(description="Where to.")

    def execute(self) -> None:
        if self.some_text == "bad":
            raise InputError("the input is bad")


texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=8) | st.sampled_from(
    [
        "None",
        "null",
        "true",
        "-x",
        "--output",
        "--",
        "a b",
        "$(rm -rf /)",
        "`x`",
        "a;b",
        "''",
        '"',
        '["x"]',
        '{"a": 1}',
        "a,b",
        "\\",
    ]
)
names = texts.filter(bool)  # of columns and tags
corpora = st.builds(
    DiskCorpus,
    source=st.just("disk"),
    path=texts.map(Path),
    tokens_field=names,
    document_field=st.none() | names,
    pos_names=st.none() | st.lists(names, max_size=4).map(tuple),
) | st.builds(
    GeneratedCorpus, source=st.just("generated"), ambiguity=st.floats(0, 1), seed=st.integers(0, LARGEST_SEED)
)
parts = st.builds(
    Part,
    rates=st.lists(st.floats(0, 1), max_size=4).map(tuple),
    depth=st.none() | st.just("earliest") | st.integers(1, COUNT),
    on=st.booleans(),
)
works = st.builds(
    Work,
    corpus=corpora,
    part=parts,
    training=st.builds(NerTraining, learning_rate=st.floats(1e-9, 1), epochs=st.integers(1, 100_000)),
    some_text=texts,
    output=texts.map(Path),
)


@no_deadline
@given(works)
def test_every_value_survives_its_flags(work: Work) -> None:
    assert parse(Work, flags(**dict(work))) == work


@no_deadline
@given(works)
def test_flags_state_every_value_and_no_other(work: Work) -> None:
    stated = [flag.partition("=")[0] for flag in flags(**dict(work))]
    assert len(stated) == len(set(stated))
    assert set(stated) <= {"--" + path.replace("_", "-") for path, _ in options(Work)}
    assert {"--part.rates", "--training.eval-steps", "--output", "--corpus.source"} <= set(stated)


GOOD = ["--corpus.source", "generated", "--output", "x"]


def error_lines(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> list[str]:
    with pytest.raises(SystemExit) as left:
        run(Work, arguments)
    assert left.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    return printed.err.removeprefix("error: ").splitlines()


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ([], ["--corpus.source: is required", "--output: is required"]),
        (["--corpus.source", "generated"], ["--output: is required"]),
        (["--corpus.source", "disk", "--output", "x"], ["--corpus.path: is required"]),
        ([*GOOD, "--corpus.path", "x"], ["--corpus.path: Extra inputs are not permitted"]),
        ([*GOOD, "--corpus.sed", "1"], ["unrecognized arguments: --corpus.sed 1"]),
        ([*GOOD, "--some-text"], ["argument --some-text: expected one argument"]),
        ([*GOOD, "stray"], ["unrecognized arguments: stray"]),
        ([*GOOD, "--corpus.seed", "-1"], ["--corpus.seed: Input should be greater than or equal to 0"]),
        ([*GOOD, "--part.rates", "[0, 2]"], ["--part.rates: Input should be less than or equal to 1"]),
        ([*GOOD, "--training.epochs", "0"], ["--training.epochs: Input should be greater than or equal to 1"]),
        ([*GOOD, "--some-text", "bad"], ["the input is bad"]),
    ],
)
def test_bad_arguments_are_named(capsys: pytest.CaptureFixture[str], arguments: list[str], lines: list[str]) -> None:
    assert error_lines(capsys, arguments) == lines


DEPTH = f"--part.depth: {EXPECTED}"


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["--part.rates", '["x"]'],
            ["--part.rates: Input should be a valid number, unable to parse string as a number"],
        ),
        (["--part.depth", "x"], [f"{DEPTH}a valid integer, unable to parse string as an integer, or 'earliest'"]),
        (["--part.depth", "0"], [f"{DEPTH}greater than or equal to 1, or 'earliest'"]),
        (["--part.rates", "[true]"], ["--part.rates: true is no number"]),
        (["--part.rates", "[" * 5000], ["argument --part.rates: too many brackets inside each other"]),
        (["--corpus.seed", "9" * 4000], ["--corpus.seed: Input should be less than or equal to 9223372036854775807"]),
        (["--some-text", "\udcff"], [r"\udcff: not valid UTF-8: '\udcff'"]),
        (["--some-text=a\0b"], ["--some-text: the character NUL cannot be used"]),
        (["--some-text", "--"], ["argument --some-text: expected one argument"]),
        (["--a\nb=1"], [r"unrecognized arguments: --a\nb=1"]),
        (["--"], ["unrecognized arguments: --"]),
    ],
)
def test_each_problem_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], lines: list[str]) -> None:
    assert error_lines(capsys, [*GOOD, *arguments]) == lines


@pytest.mark.parametrize("name", [r'["a\u0000"]', r'["\ud800"]', r'["a\nb"]', '[""]', f'["{"x" * 101}"]'])
def test_tags_that_no_file_can_hold(capsys: pytest.CaptureFixture[str], name: str) -> None:
    disk = ["--corpus.source=disk", "--corpus.path=x", "--output=y"]
    [line] = error_lines(capsys, [*disk, f"--corpus.pos-names={name}"])
    assert "--corpus.pos-names" in line


def test_two_dashes_are_a_value() -> None:
    assert run(Work, [*GOOD, "--some-text=--"]).some_text == "--"


@pytest.mark.parametrize("name", module_names())
def test_every_command_has_help_and_refuses_other_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([name, "--help"])
    assert left.value.code == 0
    assert "usage: posner" in capsys.readouterr().out
    for arguments in (["--no-such-option"], ["stray"], ["--", "x"], ["--=1"]):
        with pytest.raises(SystemExit) as left:
            main([name, *arguments])
        assert left.value.code == 2
        printed = capsys.readouterr().err
        assert printed.startswith("error: unrecognized arguments: ")
        assert len(printed.splitlines()) == 1


def test_a_list_that_is_not_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert error_lines(capsys, [*GOOD, "--part.rates", "0,1"])[0].startswith("argument --part.rates: not JSON")


def test_an_unknown_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert "'columns', 'hub', 'disk', 'generated'" in error_lines(capsys, ["--corpus.source", "x", "--output", "y"])[0]


class Broken(Command):
    """A command that fails in a way that nothing explains."""

    table: Path = Field(Path("out.csv"), description="An output.")
    data: Path = Field(Path("data.csv"), description="An input.")

    def execute(self) -> None:
        try:
            _ = {}["a key"]
        except KeyError as error:
            raise ValueError("first line\nsecond \x1b[31mline") from error


def test_a_fault_that_nothing_explains_is_one_line_that_can_be_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit) as left:
        run(Broken, [])
    assert left.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: test_options: an input is damaged, or was made by something else (ValueError: first")
    assert "; posner/workflow/command.py:" in line
    assert line.endswith("inputs: data.csv")
    monkeypatch.setenv(TRACEBACK, "1")
    with pytest.raises(SystemExit):
        run(Broken, [])
    assert "KeyError: 'a key'" in capsys.readouterr().err
    with pytest.raises(ValueError, match="first line"):
        Broken().execute()


def test_lack_of_memory_is_no_damaged_input() -> None:
    assert explanation("train_ner", MemoryError(), []).startswith("train_ner: out of memory")


def test_an_output_that_is_an_input_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data.csv"
    data.write_text("rows")
    (tmp_path / "link.csv").symlink_to(data)
    for output in (data, tmp_path / "link.csv"):
        with pytest.raises(SystemExit) as left:
            run(Broken, [f"--data={data}", f"--table={output}"])
        assert left.value.code == 2
        assert capsys.readouterr().err == (
            f"error: {output}: is also an input, which would be replaced; give another name for the output\n"
        )
    assert data.read_text() == "rows"


def test_an_empty_path_and_an_option_that_is_given_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert error_lines(capsys, ["--corpus.source", "generated", "--output", ""]) == ["--output: is empty; give a path"]
    assert error_lines(capsys, [*GOOD, "--some-text=a", "--some-text=b"]) == [
        "argument --some-text: is given twice; keep one of them"
    ]


def test_log_messages_are_one_line_without_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter("%(message)s"))
    handler.emit(logging.makeLogRecord({"msg": "tag %s", "args": ("\x1b]0;title\x07\n\u202e",)}))
    assert capsys.readouterr().err == "tag \\x1b]0;title\\x07\\n\\u202e\n"


def test_nothing_but_the_command_line_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TEXT", "from the environment")
    monkeypatch.setenv("some_text", "from the environment")
    assert run(Work, GOOD).some_text == "text"


def test_the_help_names_every_option_and_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(Work, ["--help"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    for path, _ in options(Work):
        assert "--" + path.replace("_", "-") in shown
    assert "Rates. (default: (0, 0.5))" in shown
    assert "Where to. (required)" in shown


class Optional(Command):
    """A command with optional files."""

    file: Path | None = Field(None, description="A file.")
    folder: Folder | None = Field(None, description="A folder.")
    text: str | None = Field(None, description="A text.")
    needed: Path = Field(description="Another file.")

    def execute(self) -> None: ...


def test_an_empty_value_of_an_optional_file_means_no_file() -> None:
    parsed = parse(Optional, ["--file=", "--folder=", "--text=", "--needed=."])
    assert (parsed.file, parsed.folder, parsed.text, parsed.needed) == (None, None, "", Path())
    with pytest.raises(InputError, match="--needed: is empty; give a path"):
        parse(Optional, ["--needed="])


def test_an_option_and_its_value_in_one_argument() -> None:
    assert run(Work, [*GOOD, "--some-text=--help"]).some_text == "--help"
