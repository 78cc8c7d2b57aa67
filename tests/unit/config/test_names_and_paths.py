"""Texts, names and paths in the config: what is refused, with one line that gives the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from configs import PUBLISHED, edited, problem, problems
from posner.config.base import NAME_LENGTH
from posner.config.corpora import GeneratedCorpus
from posner.config.encoders import ScratchEncoder, installed_folder
from posner.config.validation import check, refuse_missing_files
from posner.errors import InputError
from posner.files import own_writer
from snakemake.io import PeriodicityDetector

# --- texts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["a\0b", "a\nb", "a\rb", "\x1b[31m", "a\u2028b", "\ud800", "x" * 5000, ""], ids=ascii)
@pytest.mark.parametrize(
    "path",
    ["study__title", "corpora__conll2003__licence", "corpora__conll2003__revision", "encoders__bert-base-cased__id"],
)
def test_a_text_is_one_line_that_can_be_written(path: str, text: str) -> None:
    assert problem(edited(**{path: text})).startswith(f"config: {path.replace('__', '.')}: ")


@pytest.mark.parametrize("path", ["a\0b", "a\nb", "\ud800", "x" * 5000], ids=ascii)
def test_a_path_is_one_line_that_can_be_written(path: str) -> None:
    assert "corpora.mine.path" in problem(edited(corpora__mine={"source": "disk", "path": path}))


@pytest.mark.parametrize(
    "title", ["A {B} study", "{corpus}", "--", "50 % & <b>", "\\ $x$ `id` |a| 'b' \"c\"", "名詞 é"]
)
def test_titles_may_have_any_printable_characters(title: str) -> None:
    assert check(edited(study__title=title)).study.title == title


@pytest.mark.parametrize("title", ["\u200b", " \u200b\u2060", "\u3164", "\u0301", "a\u202eb", "a\u2067b"], ids=ascii)
def test_titles_can_be_read_as_they_are_written(title: str) -> None:
    assert problem(edited(study__title=title)).startswith("config: study.title: ")


@pytest.mark.parametrize("title", ["\u05d0\u200f!", "\U0001f600", "\u0e01\u200b\u0e02"], ids=ascii)
def test_marks_of_other_scripts_are_allowed_in_titles(title: str) -> None:
    assert check(edited(study__title=title)).study.title == title


@pytest.mark.parametrize("kind", ["corpora", "encoders", "variants"])
def test_undefined_names_are_refused(kind: str) -> None:
    known = next(iter(PUBLISHED[kind]))
    names = [*PUBLISHED["study"][kind], known[:-1]]
    assert problem(edited(**{f"study__{kind}": names})) == (
        f"config: study.{kind}: {known[:-1]!r} is not defined under {kind}; did you mean {known!r}?"
    )


@pytest.mark.parametrize(
    "names", [["late-gold-one_hot"], ["baseline", "second", "late-gold-one_hot"]], ids=["none", "two"]
)
def test_a_study_has_exactly_one_baseline(names: list[str]) -> None:
    line = problem(edited(variants__second={}, study__variants=names))
    assert line.startswith("config: study.variants: exactly one variant must have fusion: none")


def test_a_second_baseline_that_is_not_run_is_allowed() -> None:
    assert check(edited(variants__second={})).baseline == "baseline"


def test_a_scratch_encoder_that_cannot_be_built_is_refused() -> None:
    heads = {"source": "scratch", "hidden_size": 10, "num_attention_heads": 4}
    assert "encoders.odd" in problem(edited(encoders__odd=heads))


def test_the_corpus_has_the_name_of_its_own_test() -> None:
    corpus = {"source": "generated", "extra_tests": {"test": {"seed": 1}}}
    message = problem(edited(corpora__grammar=corpus))
    assert message == (
        "config: corpora.grammar.extra_tests: the name 'test' is reserved for the corpus's own test set; choose "
        "another name"
    )


def test_names_of_other_folders_are_reserved() -> None:
    assert "'corpus'" in problem(edited(encoders__corpus={"source": "scratch"}, study__encoders=["corpus"]))
    published = {"corpora__published": {"source": "generated"}, "study__corpora": ["published"]}
    assert "'published' is reserved" in problem(edited(**published))

    assert "'Corpus'" in problem(edited(encoders__Corpus={"source": "scratch"}, study__encoders=["Corpus"]))


@pytest.mark.parametrize("kind", ["corpora", "encoders", "variants"])
def test_names_that_differ_in_case_only_are_refused(kind: str) -> None:
    known, settings = next(iter(PUBLISHED[kind].items()))
    assert problem(edited(**{f"{kind}__{known.upper()}": settings})) == (
        f"config: {kind}: {known!r} and {known.upper()!r} differ in the case of letters only, and some disks keep them "
        "in one folder; rename one"
    )


def test_names_of_extra_tests_that_differ_in_case_only_are_refused() -> None:
    corpus = {"source": "generated", "extra_tests": {"a": {"seed": 1}, "A": {"seed": 2}}}
    assert problem(edited(corpora__mine=corpus)).startswith("config: corpora.mine.extra_tests: 'a' and 'A' differ")


PERIODIC = ["a" * 20, "ab" * 25, "x" + "abc" * 20, "a" * 100]
NOT_PERIODIC = ["a" * 19, "ab" * 25 + "x", "ab" * 19 + "b", "a" * 19 + "b" * 19, "a1" * 10]


@pytest.mark.parametrize("name", [*PERIODIC, *NOT_PERIODIC])
def test_names_that_snakemake_takes_for_an_endless_recursion_are_refused(name: str) -> None:
    assert (PeriodicityDetector().is_periodic(name) is not None) == (name in PERIODIC)
    raw = edited(corpora={name: {"source": "generated"}}, study__corpora=[name])
    if name in PERIODIC:
        assert all("20 times or more" in line for line in problems(raw))
    else:
        check(raw)


def test_names_of_folders_of_the_workflow_are_allowed() -> None:
    generated = {f"corpora__{name}": {"source": "generated"} for name in ("logs", "benchmarks")}
    variants = {"variants__ner_baseline": {}, "study__variants": ["ner_baseline"]}
    check(edited(**generated, study__corpora=["logs", "benchmarks"], **variants))


@pytest.mark.parametrize(
    "hub_id", ["./corpus", "/data/corpus", "a/b/c", "a b", "a--b", "a..b", "a.git", "-a", "x" * 97, ""]
)
@pytest.mark.parametrize("path", ["corpora__conll2003__id", "encoders__bert-base-cased__id"])
def test_an_id_is_one_of_the_hub(path: str, hub_id: str) -> None:
    assert problem(edited(**{path: hub_id})).startswith(f"config: {path.replace('__', '.')}: ")


@pytest.mark.parametrize("key", ["pos", "corpora", "variants__baseline", "corpora__conll2003"])
def test_settings_that_are_left_empty(key: str) -> None:
    assert problem(edited(**{key: None})) == (
        f"config: {key.replace('__', '.')}: is empty or no mapping; give settings as `key: value`, or leave the key out"
    )


@pytest.mark.parametrize("source", ["hbu", None])
def test_an_unknown_source_lists_the_known_ones(source: str | None) -> None:
    line = problem(edited(corpora__mine={"source": source} if source else {"id": "x", "revision": "y"}))
    assert line.startswith("config: corpora.mine")
    assert "source" in line


# --- names -----------------------------------------------------------------------------------------------------------

UNSAFE = [
    "a b",
    " a",
    "a/b",
    "/a",
    "..",
    "../a",
    "a..b",
    ".a",
    "-a",
    "_a",
    "a;b",
    "a|b",
    "a&b",
    "$a",
    "$(a)",
    "a`b`",
    "a'b",
    'a"b',
    "a*",
    "a?",
    "{a}",
    "~a",
    "a>b",
    "a\\b",
    "a\n",
    "a\nb",
    "a\x00b",
    "é",
    "a,b",
    "",
]


@pytest.mark.parametrize("name", UNSAFE, ids=repr)
@pytest.mark.parametrize("kind", ["corpora", "encoders", "variants"])
def test_names_that_could_reach_a_shell_or_another_folder_are_refused(kind: str, name: str) -> None:
    raw = edited()
    raw[kind][name] = next(iter(raw[kind].values()))
    assert problems(raw)[0].startswith(f"config: {kind}.")
    raw = edited()
    raw["study"][kind] = [*raw["study"][kind], name]
    assert problems(raw)[0].startswith(f"config: study.{kind}.")


@pytest.mark.parametrize("name", ["a", "A1", "conll2003-files", "late-gold-one_hot", "2a"])
def test_plain_names_are_allowed(name: str) -> None:
    raw = edited(corpora={name: {"source": "generated"}}, study__corpora=[name])
    assert check(raw).corpora[name] == GeneratedCorpus(source="generated")


def test_names_are_short_enough_for_the_files_that_are_named_after_them() -> None:
    longest = f".{'x' * NAME_LENGTH}.changes.provenance.{own_writer()}.part.json"
    assert len(longest) < 200
    for kind in ("corpora", "encoders", "variants"):
        raw = edited()
        raw[kind]["x" * 300] = next(iter(raw[kind].values()))
        assert "at most 100 characters" in problem(raw)


@pytest.mark.parametrize("package", ["__main__", "__future__", "sys", "os", "xml"])
def test_modules_of_python_ship_no_encoder(package: str) -> None:
    encoder = {"source": "package", "package": package, "sha256": "0" * 64}
    assert "encoders.shipped.package: " in problem(edited(encoders__shipped=encoder))
    assert installed_folder("__main__") is None


@pytest.mark.parametrize("package", ["a.b", "a-b", "../a", "a b", "a;b", ""])
def test_a_package_is_an_import_name(package: str) -> None:
    encoder = {"source": "package", "package": package, "sha256": "0" * 64}
    assert "encoders.shipped" in problem(edited(encoders__shipped=encoder))


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        ScratchEncoder(source="scratch").seed = 1  # type: ignore[misc]


def test_missing_local_files_are_reported_before_anything_runs(tmp_path: Path) -> None:
    files = {split: tmp_path / f"{split}.txt" for split in ("train", "validation", "test")}
    raw = edited(corpora__mine={"source": "columns"} | {split: str(path) for split, path in files.items()})
    raw["study"]["corpora"] = ["mine"]
    for path in files.values():
        with pytest.raises(InputError, match=rf"corpora\.mine: {path} does not exist"):
            refuse_missing_files(check(raw))
        path.touch()
    refuse_missing_files(check(raw))


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    raw = edited(
        corpora__mine={"source": "columns"} | dict.fromkeys(("train", "validation", "test"), str(tmp_path)),
        study__corpora=["mine"],
    )
    with pytest.raises(InputError, match=rf"corpora\.mine: {tmp_path} is not a file"):
        refuse_missing_files(check(raw))
    raw["corpora"]["mine"] |= dict.fromkeys(("train", "validation", "test"), "/dev/zero")
    with pytest.raises(InputError, match="/dev/zero is not a file"):
        refuse_missing_files(check(raw))


@pytest.mark.parametrize(
    ("kind", "source", "marker"), [("corpora", "disk", "dataset_dict.json"), ("encoders", "path", "config.json")]
)
def test_other_files_and_folders_in_place_of_a_folder_are_refused(
    tmp_path: Path, kind: str, source: str, marker: str
) -> None:
    place = tmp_path / "place"
    generated = {"corpora__some": {"source": "generated"}, "study__corpora": ["some"]}
    named = {f"{kind}__mine": {"source": source, "path": str(place)}, f"study__{kind}": ["mine"]}
    study = check(edited(**generated | named))
    place.touch()
    with pytest.raises(InputError, match=rf"{kind}\.mine: {place} is not a folder"):
        refuse_missing_files(study)
    place.unlink()
    place.mkdir()
    with pytest.raises(InputError, match=rf"{kind}\.mine: {place} has no {marker}; give a folder of "):
        refuse_missing_files(study)
    (place / marker).touch()
    refuse_missing_files(study)


def test_a_path_that_no_file_system_allows_does_not_exist() -> None:
    long = "x" * 300
    raw = edited(corpora__mine={"source": "disk", "path": long}, study__corpora=["mine"])
    with pytest.raises(InputError, match="does not exist"):
        refuse_missing_files(check(raw))
