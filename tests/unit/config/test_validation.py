"""Invalid values and names in the config: each is refused with one line that gives the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from configs import PUBLISHED, edited, problem, problems
from posner.config.base import NAME_LENGTH
from posner.config.corpora import GeneratedCorpus
from posner.config.encoders import ScratchEncoder, installed_folder
from posner.config.validation import check, refuse_missing_files
from posner.errors import InputError
from posner.files import own_writer

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
        # Every number has an upper bound.
        ("study__seeds", [2**63]),
        ("variants__baseline__seeds", [2**64]),
        ("pos__seed", 10**30),
        ("pos__fold_seed", 2**63),
        ("corruption__seed", 2**63),
        ("statistics__seed", 2**63),
        ("pos__folds", 10**9),
        ("pos__training__epochs", 10**12),
        ("ner__training__train_batch_size", 10**9),
        ("ner__training__eval_batch_size", 10**9),
        ("ner__training__max_length", 10**9),
        ("ner__training__eval_steps", 10**18),
        ("ner__training__learning_rate", 1e30),
        ("ner__training__new_learning_rate", 1e30),
        ("ner__training__weight_decay", 1e30),
        ("ner__training__max_grad_norm", 1e30),
        ("corruption__draws", 10**9),
        ("corruption__scales", [1e30]),
        ("corruption__rates", [i / 10**4 for i in range(10**4)]),
        ("statistics__resamples", 10**12),
        ("statistics__margin", 1e30),
        ("compute__threads", 10**9),
        ("compute__device", "cuda:1234567890"),
        ("variants__baseline__pos_embed_dim", 10**9),
        ("study__seeds", list(range(10**5))),
    ],
)
def test_numbers_out_of_range_are_refused(path: str, value: Any) -> None:
    assert path.replace("__", ".") in problems(edited(**{path: value}))[0]


def test_the_largest_seed_is_allowed() -> None:
    assert check(edited(study__seeds=[2**63 - 1])).study.seeds == (2**63 - 1,)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("study__seeds", [True]),
        ("pos__folds", True),
        ("ner__training__learning_rate", True),
        ("corruption__rates", [True]),
    ],
)
def test_truth_values_are_no_numbers(path: str, value: Any) -> None:
    line = problem(edited(**{path: value}))
    assert path.replace("__", ".") in line
    assert line.endswith("true is no number")


@pytest.mark.parametrize(
    "sizes",
    [
        {"hidden_size": 65_536, "num_hidden_layers": 1000},
        {"vocab_size": 10**12},
        {"num_hidden_layers": 10**9},
        {"max_position_embeddings": 10**9},
        {"max_position_embeddings": 1},
        {"intermediate_size": 10**9},
        {"seed": 2**63},
    ],
)
def test_scratch_encoders_are_small(sizes: dict[str, int]) -> None:
    assert "encoders.large" in problem(edited(encoders__large={"source": "scratch"} | sizes))


@pytest.mark.parametrize("size", [{"train": 10**12}, {"test": 10**8}, {"seed": 2**63}])
def test_generated_corpora_have_bounds(size: dict[str, int]) -> None:
    assert "corpora.large" in problem(edited(corpora__large={"source": "generated"} | size))


def test_studies_that_cannot_be_planned_in_seconds_are_refused() -> None:
    line = problem(edited(study__seeds=list(range(1000))))
    assert line == "config: study: 20,011 jobs that use a model are more than 20,000; split the study"
    tests = {f"t{i}": {"test": 10, "seed": i} for i in range(1000)}
    corpus = {"source": "generated", "extra_tests": tests}
    assert "jobs that use a model" in problem(edited(corpora__many=corpus, study__corpora=["many"]))


# --- messages --------------------------------------------------------------------------------------------------------

DEPTH = "variants.encoder-gold.inject_layer_offset_from_end"


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("variants__baseline__seeds", ["x"], "variants.baseline.seeds.0: Input should be a valid integer, unable to"),
        ("variants__baseline__seeds", "x", "variants.baseline.seeds: Input should be a valid tuple"),
        ("study__seeds", ["x"], "study.seeds.0: Input should be a valid integer, unable to"),
        ("variants__encoder-gold__inject_layer_offset_from_end", 0, f"{DEPTH}: Input should be greater than or equal"),
        ("variants__encoder-gold__inject_layer_offset_from_end", [], f"{DEPTH}: Input should be a valid integer, or"),
        ("corpora__a/b", {}, "corpora.a/b: a name has letters, digits, - and _"),
        ("corpora__a\nb", {}, r"corpora.a\nb: a name has letters, digits, - and _"),
        ("corpora__conll2003__source", "a\nb", r"corpora.conll2003: Input tag 'a\nb' found using 'source'"),
        ("corpora__conll2003__extra_tests", {"a b": {}}, "corpora.conll2003.extra_tests.a b: a name has letters"),
        ("x\n\t", 1, r"x\n\t: unknown key"),
        ("x" * 10**6, 1, "x" * 90),
    ],
)
def test_a_problem_is_one_line(path: str, value: Any, line: str) -> None:
    assert problem(edited(**{path: value})).startswith(f"config: {line}")


def test_of_many_problems_the_first_are_shown() -> None:
    lines = problems(edited(**{f"x{i}": 1 for i in range(10**4)}))
    assert lines[-1] == "config: and 9950 more problems"
    assert len(lines) == 51


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
