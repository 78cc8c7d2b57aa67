"""Invalid values and names in the config: each is refused with one line that gives the reason."""

from __future__ import annotations

from typing import Any

import pytest
from configs import edited, problem, problems
from posner.config.validation import check

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
