"""The plan of a calibration: its generated corpora and their planted effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, ValidationError, model_validator

from posner.config.base import NO_TRUTH_VALUE, Fraction, Integer, Number, Settings
from posner.config.corpora import GeneratedCorpus
from posner.errors import InputError

SECTIONS = ("calibration", "simulation")  # of the config, besides those of a study
TEMPLATE = "planted"  # the corpus of the calibration's study that all planned corpora resemble


Several = Annotated[int, Field(ge=2, le=100_000), NO_TRUTH_VALUE]
Spreads = Literal["alike", "unlike", "noisy_baseline", "correlated"]


class CalibrationPlan(Settings):
    """Number of corpora of each ambiguity in a calibration."""

    ambiguities: tuple[Fraction, ...] = Field((0, 0.05, 0.1, 0.2, 0.3), min_length=1, max_length=100)
    """Shares of ambiguous candidates; without any, no effect is planted."""
    replicates: Integer = Field(5, ge=2, le=1000)
    """Corpora of each ambiguity above 0."""
    replicates_without: Integer = Field(20, ge=2, le=1000)
    """Corpora without ambiguous candidates."""

    def corpora(self, template: GeneratedCorpus) -> dict[str, GeneratedCorpus]:
        """All corpora by name, like `template` but for ambiguity and seed; no two have the same seed.

        The name ``planted-050-03`` contains the ambiguity in thousandths and the number of the replicate.
        """
        return {
            f"{TEMPLATE}-{thousandths:03d}-{replicate:02d}": template.model_copy(
                update={"ambiguity": ambiguity, "seed": 1000 * thousandths + replicate}
            )
            for ambiguity, thousandths in ((ambiguity, round(1000 * ambiguity)) for ambiguity in self.ambiguities)
            for replicate in range(self.replicates if ambiguity else self.replicates_without)
        }


class SimulationPlan(Settings):
    """Designs of simulated studies, and standard deviations of differences of F1 (in points, on 200 documents).

    The defaults resemble MiniLM on CoNLL-2003.
    """

    studies: Integer = Field(1000, ge=10, le=100_000)
    """Studies of each design."""
    seeds: tuple[Several, ...] = Field((3, 5, 10), min_length=1)
    """Numbers of training seeds."""
    units: tuple[Several, ...] = Field((5, 50, 200), min_length=1)
    """Numbers of test documents."""
    spreads: tuple[Spreads, ...] = get_args(Spreads)
    """How standard deviations over seeds differ between variants, or how errors are correlated."""
    variants: Integer = Field(4, ge=1, le=20)
    """Variants of gold POS, and as many of predicted POS."""
    effect: Number = Field(1.0, gt=0, le=5)
    """Effect of gold POS, in points; predicted POS has none."""
    seed_std: Number = Field(0.35, gt=0, le=1)
    """Standard deviation over seeds of a difference from the baseline."""
    interaction_std: Number = Field(0.25, gt=0, le=0.5)
    """The part of it that is the interaction of seeds and documents: trainings disagree about single entities."""
    unit_std_gold: Number = Field(0.2, ge=0, le=1)
    """Standard deviation over test sets of the mean difference of a variant with gold POS, without the interaction."""
    unit_std_predicted: Number = Field(0.05, ge=0, le=1)
    """The same for predicted POS."""

    @model_validator(mode="after")
    def check_parts(self) -> Self:
        if self.interaction_std >= self.seed_std:
            raise ValueError("interaction_std is a part of seed_std, so it has to be smaller")
        return self


def read_plan(config: Mapping[str, Any]) -> tuple[CalibrationPlan, GeneratedCorpus, SimulationPlan]:
    """The plan in `config` (section `calibration`), the corpus that all planned corpora resemble, and `simulation`.

    Raises:
        InputError: a section is missing, or a value is invalid; a line for each problem.
    """
    try:
        plan = CalibrationPlan.model_validate(config["calibration"])
        template = GeneratedCorpus.model_validate(config["corpora"][TEMPLATE])
        return plan, template, SimulationPlan.model_validate(config["simulation"])
    except KeyError as error:
        raise InputError(f"config: {error} is missing") from None
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
        raise InputError("config: calibration: " + "\nconfig: calibration: ".join(problems)) from None


def planned_study(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config of the calibration's study: `config` with the planned corpora, without the plan itself.

    Raises:
        InputError: as in :func:`read_plan`.
    """
    plan, template, _ = read_plan(config)
    corpora = {name: corpus.model_dump(mode="json") for name, corpus in plan.corpora(template).items()}
    study = {section: value for section, value in config.items() if section not in SECTIONS}
    return study | {"corpora": corpora, "study": config["study"] | {"corpora": list(corpora)}}
