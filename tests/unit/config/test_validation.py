"""Invalid values and names in the config: each is refused with one line that gives the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from configs import PUBLISHED, edited, problem, problems
from posner.config.corpora import GeneratedCorpus
from posner.config.encoders import ScratchEncoder
from posner.config.validation import check, refuse_missing_files
from posner.errors import InputError

SCRATCH = {"source": "scratch", "num_hidden_layers": 2}


# --- values ----------------------------------------------------------------------------------------------------------


def test_gold_pos_has_no_logits() -> None:
    line = problem(edited(**{"variants__late-gold-one_hot__feature": "logits"}))
    assert line.startswith("config: variants.late-gold-one_hot: gold POS has no logits")
    assert "predicted" in line


@pytest.mark.parametrize(
    "variant",
    [
        {"fusion": "late"},
        {"fusion": "late", "pos": "gold"},
        {"pos": "gold", "feature": "one_hot"},
        {"fusion": "late", "feature": "one_hot"},
        {"fusion": "encoder", "pos": "gold", "feature": "one_hot"},
        {"fusion": "late", "pos": "gold", "feature": "one_hot", "inject_layer_offset_from_end": 2},
        {"inject_layer_offset_from_end": 2},
        {"fusion": "encoder", "pos": "gold", "feature": "one_hot", "inject_layer_offset_from_end": 0},
        {"fusion": "encoder", "pos": "gold", "feature": "one_hot", "inject_layer_offset_from_end": "latest"},
    ],
)
def test_half_a_variant_is_refused(variant: dict[str, Any]) -> None:
    assert all(line.startswith("config: variants.half") for line in problems(edited(variants__half=variant)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("study__seeds", [42, 42]),
        ("variants__baseline__seeds", [1, 2, 1]),
        ("corruption__rates", [0, 0.5, 0.5]),
        ("corruption__rates", [0, 0.0]),
        ("corruption__scales", [1, 1.0]),
        ("study__corpora", ["conll2003", "conll2003"]),
        ("study__encoders", ["bert-base-cased", "bert-base-cased"]),
        ("study__variants", ["baseline", "late-gold-one_hot", "late-gold-one_hot"]),
    ],
)
def test_duplicates_are_refused(path: str, value: list[Any]) -> None:
    line = problem(edited(**{path: value}))
    assert path.replace("__", ".") in line
    assert "more than once" in line


@pytest.mark.parametrize("path", ["study__seeds", "variants__baseline__seeds", "corruption__rates"])
def test_an_empty_list_is_refused(path: str) -> None:
    assert path.replace("__", ".") in problem(edited(**{path: []}))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("study__seeds", [-1]),
        ("variants__baseline__seeds", [-1]),
        ("pos__seed", -1),
        ("corruption__rates", [0, 1.5]),
        ("corruption__rates", [-0.1]),
        ("corruption__scales", [-0.1]),
        ("corruption__draws", 0),
        ("pos__folds", 1),
        ("ner__training__epochs", 0),
        ("ner__training__learning_rate", 0),
        ("ner__training__learning_rate", float("nan")),
        ("ner__training__new_learning_rate", float("inf")),
        ("ner__training__warmup_ratio", 1.1),
        ("ner__training__eval_steps", 0),
        ("compute__device", "cuda:x"),
        ("compute__precision", "int8"),
        ("compute__threads", 0),
    ],
)
def test_numbers_out_of_range_are_refused(path: str, value: Any) -> None:
    assert path.replace("__", ".") in problems(edited(**{path: value}))[0]


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


def test_names_of_other_folders_are_reserved() -> None:
    assert "'corpus'" in problem(edited(encoders__corpus=SCRATCH, study__encoders=["corpus"]))
    published = {"corpora__published": {"source": "generated"}, "study__corpora": ["published"]}
    assert "'published' is reserved" in problem(edited(**published))


def test_names_of_folders_of_the_workflow_are_allowed() -> None:
    generated = {f"corpora__{name}": {"source": "generated"} for name in ("logs", "benchmarks")}
    variants = {"variants__ner_baseline": {}, "study__variants": ["ner_baseline"]}
    check(edited(**generated, study__corpora=["logs", "benchmarks"], **variants))


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
