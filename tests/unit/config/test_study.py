"""The config: errors give the key, and config.yaml lists every setting of the published study."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import yaml
from configs import CHECKOUT, PUBLISHED, STUDIES, edited, problem, problems
from posner.config.compute import Compute
from posner.config.corpora import ColumnsCorpus, DiskCorpus, GeneratedCorpus, HubCorpus
from posner.config.corruption import Corruption
from posner.config.encoders import HubEncoder, PackageEncoder, PathEncoder, ScratchEncoder
from posner.config.statistics import Statistics
from posner.config.study import Config, Study
from posner.config.training import NerTraining, Pos, Training
from posner.config.validation import check
from posner.config.variants import Variant
from posner.summaries.names import injection
from pydantic import BaseModel
from snakemake.utils import update_config

# --- the files -------------------------------------------------------------------------------------------------------


def test_the_published_study_is_valid() -> None:
    study = check(PUBLISHED)
    assert study.baseline == "baseline"
    assert len(list(study.checkpoints())) == (9 + 3) * 6 + 5  # oracles have one seed


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_named_study_is_valid_over_the_published_one(path: Path) -> None:
    raw = copy.deepcopy(PUBLISHED)
    update_config(raw, yaml.safe_load(path.read_text(encoding="utf-8")))
    assert list(check(raw).checkpoints())


def test_other_sources_are_shown_with_all_their_settings_and_defaults() -> None:
    text = (CHECKOUT / "config.yaml").read_text(encoding="utf-8")
    shown = [
        yaml.safe_load(line) for line in re.findall(r"^  # \w+: (\{source: .*?\})(?:  #.*)?$", text, flags=re.MULTILINE)
    ]
    common = set(HubCorpus.model_fields) | {"source"}
    for kind in (ColumnsCorpus, DiskCorpus, GeneratedCorpus, PathEncoder, PackageEncoder, ScratchEncoder):
        (source,) = get_args(kind.model_fields["source"].annotation)
        (settings,) = [settings for settings in shown if settings["source"] == source]
        own = {name: field for name, field in kind.model_fields.items() if name not in common or name in settings}
        assert settings.keys() - {"source"} >= own.keys() - {"source"}
        for name, field in own.items():
            assert settings[name] == field.default or field.is_required(), name


def test_there_are_named_studies() -> None:
    assert STUDIES


def test_the_published_settings() -> None:
    study = check(PUBLISHED)
    assert study.study.seeds == (42, 43, 44, 45, 46, 47)
    assert study.pos.folds == 5
    for training in (study.pos.training, study.ner.training):
        assert training.epochs == 3
        assert training.train_batch_size == 16
        assert training.learning_rate == 2e-5
        assert training.weight_decay == 0.01
        assert training.warmup_ratio == 0.1
        assert training.max_grad_norm == 1.0
        assert training.max_length == 256
    assert study.ner.training.eval_steps == 100
    assert {variant.pos_embed_dim for variant in study.variants.values()} == {32}
    assert study.variants["encoder-gold"].inject_layer_offset_from_end == 2
    assert study.variants["encoder-predicted"].inject_layer_offset_from_end == 2
    assert study.variants["encoder_earliest-gold"].inject_layer_offset_from_end == "earliest"
    assert study.corruption.rates == (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
    assert study.corruption.scales == (0, 0.5, 1, 2, 4)
    assert study.corruption.draws == 20
    assert (study.compute.device, study.compute.precision) == ("auto", "auto")


def test_the_published_variants() -> None:
    study = check(PUBLISHED)
    variants = [study.variants[name] for name in study.study.variants]
    assert [(v.fusion, v.pos, v.feature) for v in variants] == [
        ("none", "none", "none"),
        ("late", "gold", "one_hot"),
        ("late", "gold", "trainable_embed"),
        ("late", "predicted", "one_hot"),
        ("late", "predicted", "logits"),
        ("late", "predicted", "trainable_embed"),
        ("encoder", "gold", "trainable_embed"),
        ("encoder", "predicted", "trainable_embed"),
        ("encoder", "gold", "trainable_embed"),
        ("late", "oracle", "one_hot"),
        ("late", "oracle", "logits"),
        ("late", "oracle", "trainable_embed"),
        ("encoder", "oracle", "trainable_embed"),
        ("encoder", "oracle", "trainable_embed"),
        ("late", "random", "one_hot"),
        ("encoder", "random", "trainable_embed"),
        ("encoder", "random", "trainable_embed"),
    ]


def test_every_input_path_of_the_published_study_has_an_oracle() -> None:
    study = check(PUBLISHED)
    variants = [study.variants[name] for name in study.study.variants]
    paths = {pos: {injection(v) for v in variants if v.pos == pos} for pos in ("gold", "predicted", "oracle")}
    assert paths["oracle"] == paths["gold"] | paths["predicted"]
    assert {study.variants[name].pos for name in set(study.study.variants) - set(study.swept)} == {
        "none",
        "oracle",
        "random",
    }


# Where in config.yaml the defaults of a model stand; other kinds of corpora and encoders are not published.
WRITTEN = {
    "study": Study,
    "corpora__conll2003": HubCorpus,
    "encoders__bert-base-cased": HubEncoder,
    "variants__baseline": Variant,
    "pos": Pos,
    "pos__training": Training,
    "ner__training": NerTraining,
    "corruption": Corruption,
    "compute": Compute,
}


def fields_with_defaults() -> Iterator[tuple[str, type[BaseModel], str]]:
    for path, model in WRITTEN.items():
        for name, field in model.model_fields.items():
            is_part = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
            if not field.is_required() and not is_part:
                yield path, model, name


@pytest.mark.parametrize(("path", "model", "name"), list(fields_with_defaults()))
def test_every_default_is_written_in_config_yaml(path: str, model: type[BaseModel], name: str) -> None:
    written = PUBLISHED
    for part in path.split("__"):
        written = written[part]
    assert name in written, f"{path}: {name} is not written out"
    if (model, name) == (HubCorpus, "licence"):
        return  # of this corpus
    default = model.model_fields[name].get_default(call_default_factory=True, validated_data={})
    value = tuple(written[name]) if isinstance(written[name], list) else written[name]
    assert value == default
    assert not isinstance(default, float) or isinstance(value, float | int), (
        "a string is no number to other readers of YAML"
    )


def test_the_schema_for_editors_is_that_of_the_models() -> None:
    text = (CHECKOUT / "resources" / "config.schema.json").read_text(encoding="utf-8")
    assert text == json.dumps(Config.model_json_schema(), indent=2) + "\n"


def test_every_setting_has_a_description() -> None:
    schema = Config.model_json_schema()
    for name, part in {"Config": schema, **schema["$defs"]}.items():
        for key, field in part["properties"].items():
            assert field.get("description") or "const" in field, f"{name}.{key}"


def test_a_checked_config_is_checked_again_from_its_own_values() -> None:
    study = check(PUBLISHED)
    assert check(study.model_dump(mode="json")) == study


# --- unknown keys ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("studdy", "study"),
        ("corupption", "corruption"),
        ("study__variant", "variants"),
        ("corpora__conll2003__revison", "revision"),
        ("corpora__conll2003__token_field", "tokens_field"),
        ("encoders__bert-base-cased__idd", "id"),
        ("variants__encoder-gold__inject_layer_offset", "inject_layer_offset_from_end"),
        ("variants__baseline__pos_embed_dimension", "pos_embed_dim"),
        ("pos__fold", "folds"),
        ("pos__training__learning_rat", "learning_rate"),
        ("ner__training__eval_step", "eval_steps"),
        ("ner__trainnig", "training"),
        ("corruption__rate", "rates"),
        ("compute__precison", "precision"),
    ],
)
def test_a_misspelt_key_names_itself_and_the_nearest_valid_one(path: str, nearest: str) -> None:
    line = problem(edited(**{path: 1}))
    assert line == f"config: {path.replace('__', '.')}: unknown key; did you mean {nearest!r}?"


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("pos__seeds", "seed"),
        ("corruption__seeds", "seed"),
        ("study__seed", "seeds"),
        ("variants__baseline__seed", "seeds"),
        ("pos__training__eval_steps", None),
        ("ner__folds", None),
        ("rates", None),
        ("compute__encoders", None),
        ("corpora__conll2003__path", None),
    ],
)
def test_the_nearest_key_is_valid_in_that_place(path: str, nearest: str | None) -> None:
    line = problem(edited(**{path: 1}))
    key = path.rpartition("__")[2]
    assert line.startswith(f"config: {path.replace('__', '.')}: unknown key")
    assert f"did you mean {key!r}?" not in line, "the key that is refused is no help"
    if nearest is not None:
        assert line.endswith(f"; did you mean {nearest!r}?")


def test_a_key_like_no_other_gets_no_suggestion() -> None:
    assert problem(edited(zzzzzzzz=1)) == "config: zzzzzzzz: unknown key"


def test_every_problem_is_a_line() -> None:
    lines = problems(edited(pos__fold=1, ner__training__epochs=0, compute__device="tpu"))
    assert len(lines) == 3
    assert all(line.startswith("config: ") for line in lines)


def test_settings_of_intervals_are_all_but_the_condition_on_oracles() -> None:
    statistics = Statistics(margin=0.3, level=0.9, resamples=500, seed=7, oracle_f1=80)
    assert statistics.estimation.model_dump() | {"oracle_f1": 80} == statistics.model_dump()


def test_resamples_fit_into_memory() -> None:
    """All resamples of all runs are held at once, which are gigabytes at some millions."""
    assert check(edited(statistics__stages=[3, 6])).statistics.stages == (3, 6)
    assert problem(edited(statistics__stages=[5, 8])) == (
        "config: study.seeds: 6 seeds of the baseline, but statistics.stages are 5, 8; other analyses than after these "
        "numbers raise the error rate"
    )
    assert "in ascending order" in problem(edited(statistics__stages=[6, 3]))
    assert check(edited(statistics__resamples=100_000)).statistics.resamples == 100_000
    assert problem(edited(statistics__resamples=100_001)).startswith("config: statistics.resamples: ")
