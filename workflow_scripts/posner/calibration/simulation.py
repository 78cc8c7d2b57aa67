"""Simulated studies with known effects, at the level of entity counts: thousands of them take minutes.

Every true entity has a latent score: it is correct if the score is positive, and missed if it is far below 0. Scores
are normal, with a variance of 1: a part that all models share (entities are easy or hard), an effect of each training,
one of each variant on each test document, and one of each training on each entity, the disagreement between trainings
of the same model. So F1, documents of unlike size, and the interaction of seeds and documents are those of real
studies, while the expected F1 of each variant is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

from posner.arrays import Doubles, Floats
from posner.calibration.plan import SimulationPlan, Spreads

ModelPos = Literal["baseline", "gold", "predicted"]

CORRECT, DETECTED = 0.87, 0.94  # shares of the true entities; the others have a wrong label, or none
DOCUMENT_ENTITIES, DOCUMENT_LOG_STD = 24, 0.8  # mean size of a document, and standard deviation of its logarithm
REFERENCE_UNITS = 200  # documents of the test set for which spreads are stated
UNLIKE = 3.0  # largest standard deviation over the smallest
NOISY = 2.0  # standard deviation of the baseline over those of the variants
SHARED_DOCUMENTS = 0.8  # correlation of the effects of variants with one source of POS on a document
CORRELATED = 0.7  # correlation of the errors of variants that were trained with the same seed

THRESHOLD = float(stats.norm.ppf(CORRECT))  # mean of the latent score
MISSED_BELOW = THRESHOLD - float(stats.norm.ppf(DETECTED))  # negative


@dataclass(frozen=True)
class SimulatedDesign:
    """One design of a plan."""

    plan: SimulationPlan
    spreads: Spreads
    units: int
    seeds: int

    @cached_property
    def names(self) -> dict[str, ModelPos]:
        """The models of a study with their source of POS, the baseline first."""
        sources: tuple[ModelPos, ...] = ("gold", "predicted")
        variants = {f"{source}-{i}": source for source in sources for i in range(self.plan.variants)}
        return {"baseline": "baseline", **variants}

    @cached_property
    def truth(self) -> dict[str, float]:
        """Expected difference of F1 from the baseline, in 0..1, by variant."""
        return {name: self.effect(source) for name, source in self.names.items() if source != "baseline"}

    def effect(self, source: ModelPos) -> float:
        """Planted effect on F1 in 0..1."""
        return self.plan.effect / 100 if source == "gold" else 0.0

    @cached_property
    def scales(self) -> Doubles:
        """Standard deviations of the effects of trainings ``[models]``, relative to those of the plan."""
        variants = len(self.names) - 1
        if self.spreads == "unlike":
            own = np.geomspace(UNLIKE**-0.5, UNLIKE**0.5, self.plan.variants)
            return np.concatenate([[1.0], own, own])
        return np.array([NOISY if self.spreads == "noisy_baseline" else 1.0, *[1.0] * variants])

    def counts(self, generator: np.random.Generator) -> dict[str, Floats]:
        """Correct, predicted and true entities of one study, ``[seeds, units, 3]`` by model."""
        unit_of = np.repeat(np.arange(self.units), document_sizes(self.units, generator))
        starts = np.searchsorted(unit_of, np.arange(self.units))
        true = np.bincount(unit_of, minlength=self.units)
        scores = self.scores(unit_of, generator)  # [models, seeds, entities]
        correct, predicted = (np.add.reduceat(part, starts, axis=2) for part in (scores > 0, scores > MISSED_BELOW))
        counts = np.stack([correct, predicted, np.broadcast_to(true, correct.shape)], axis=3).astype(np.float32)
        return dict(zip(self.names, counts, strict=True))

    def scores(self, unit_of: npt.NDArray[np.int_], generator: np.random.Generator) -> Floats:
        """Latent scores of entities ``[models, seeds, entities]``."""
        models, seeds, entities = len(self.names), self.seeds, len(unit_of)
        latent = Latent.of(self.plan)
        of_documents = np.array([latent.documents[source] for source in self.names.values()], np.float32)[:, None, None]
        training = self.correlated((models, seeds, 1), generator) * latent.training
        entity = self.correlated((models, seeds, entities), generator) * latent.entity
        document = self.document_effects(generator)[:, None, unit_of] * of_documents
        scales = self.scales[:, None, None].astype(np.float32)
        own = scales * (training + entity) + document
        shared = np.sqrt(1 - of_documents**2 - scales**2 * (latent.training**2 + latent.entity**2))
        means = np.array([mean_score(self.effect(source)) for source in self.names.values()], np.float32)
        scores = means[:, None, None] + shared * generator.standard_normal(entities, np.float32) + own
        return scores.astype(np.float32)

    def document_effects(self, generator: np.random.Generator) -> Floats:
        """Standard normal effects of models on documents ``[models, units]``: what a source of POS does to a document.

        Variants of one source share most of it.
        """
        own = generator.standard_normal((len(self.names), self.units), np.float32)
        of_source = {source: generator.standard_normal(self.units, np.float32) for source in ("gold", "predicted")}
        for model, source in enumerate(self.names.values()):
            if source != "baseline":
                own[model] = np.sqrt(SHARED_DOCUMENTS) * of_source[source] + np.sqrt(1 - SHARED_DOCUMENTS) * own[model]
        return own

    def correlated(self, shape: tuple[int, int, int], generator: np.random.Generator) -> Floats:
        """Standard normal effects of trainings ``[models, seeds, n]``, correlated between variants if so designed."""
        values = generator.standard_normal(shape, np.float32)
        if self.spreads == "correlated":
            common = generator.standard_normal((1, *shape[1:]), np.float32)
            values[1:] = np.sqrt(CORRELATED) * common + np.sqrt(1 - CORRELATED) * values[1:]
        return values


def designs(plan: SimulationPlan) -> list[SimulatedDesign]:
    """All combinations of spreads, units and seeds."""
    return [
        SimulatedDesign(plan, spreads, units, seeds)
        for spreads in plan.spreads
        for units in plan.units
        for seeds in plan.seeds
    ]


@dataclass(frozen=True)
class Latent:
    """Standard deviations of the parts of a latent score.

    Attributes:
        training: effect of a training on all entities.
        entity: effect of a training on an entity.
        documents: effect of a model on a document, by its source of POS.
    """

    training: float
    entity: float
    documents: Mapping[ModelPos, float]

    @classmethod
    def of(cls, plan: SimulationPlan) -> Latent:
        """Those that give differences of F1 the standard deviations of the plan."""
        slope = (expected_f1(THRESHOLD + 1e-4) - expected_f1(THRESHOLD - 1e-4)) / 2e-4
        of_means = np.sqrt(np.exp(DOCUMENT_LOG_STD**2) / REFERENCE_UNITS)  # documents count by their size
        entities = REFERENCE_UNITS * DOCUMENT_ENTITIES
        of_entity = 2 / (1 + DETECTED) / entities  # F1 for each correct entity
        return cls(
            training=float(np.sqrt((plan.seed_std**2 - plan.interaction_std**2) / 2)) / 100 / slope,
            entity=entity_std((plan.interaction_std / 100 / of_entity) ** 2 / entities),
            documents={
                "baseline": 0.0,
                "gold": plan.unit_std_gold / 100 / slope / of_means,
                "predicted": plan.unit_std_predicted / 100 / slope / of_means,
            },
        )


def entity_std(disagreement: float) -> float:
    """Standard deviation of the effect on an entity for which two trainings disagree about this share of entities.

    Two normal scores with correlation r lie on different sides of a threshold with a probability of 4 T(threshold,
    sqrt((1 - r) / (1 + r))), with Owen's T function.
    """

    def excess(std: float) -> float:
        correlation = 1 - std**2
        return 4 * special.owens_t(THRESHOLD, np.sqrt((1 - correlation) / (1 + correlation))) - disagreement

    return float(optimize.brentq(excess, 1e-6, 1 - 1e-6))


def expected_f1(mean: float) -> float:
    """F1 in 0..1 of a model whose latent scores have this mean."""
    return 2 * stats.norm.cdf(mean) / (1 + stats.norm.cdf(mean - MISSED_BELOW))


def mean_score(effect: float) -> float:
    """Mean of the latent scores of a model whose F1 differs from the baseline's by `effect`, in 0..1."""
    target = expected_f1(THRESHOLD) + effect
    return float(optimize.brentq(lambda mean: expected_f1(mean) - target, THRESHOLD - 2, THRESHOLD + 4))


def document_sizes(units: int, generator: np.random.Generator) -> npt.NDArray[np.int_]:
    """Number of entities of each document, at least 1."""
    location = np.log(DOCUMENT_ENTITIES) - DOCUMENT_LOG_STD**2 / 2
    return np.maximum(1, np.rint(generator.lognormal(location, DOCUMENT_LOG_STD, units))).astype(int)
