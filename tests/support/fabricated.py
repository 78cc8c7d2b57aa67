"""Results of a study that never ran: fabricated scores in the layout of real ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from posner.arrays import COUNT_COLUMNS, Floats
from posner.config.variants import SeededVariant
from posner.evaluation.changes import COUNTED
from posner.evaluation.entities import prf
from posner.evaluation.stored import changes_file, sweep_file
from posner.files import write_json
from posner.stats.resampling import f1 as f1_of

SEEDS = (42, 43, 44)
SCALES = (0.0, 0.5, 1.0, 2.0, 4.0)
RATES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
TYPES = ("LOC", "MISC", "ORG", "PER")
TAGS = {"NNP": 34392, "NN": 23899, "CD": 19704, "IN": 19064, ".": 7389, "''": 35, '"': 2178, ",": 7291, "NN|SYM": 4}


def variant(fusion: str, pos: str, feature: str, seeds: Sequence[int] = SEEDS, **others: Any) -> SeededVariant:
    return SeededVariant.model_validate(
        {"fusion": fusion, "pos": pos, "feature": feature, "seeds": tuple(seeds)} | others
    )


VARIANTS: dict[str, SeededVariant] = {
    "baseline": variant("none", "none", "none"),
    "late-gold-one_hot": variant("late", "gold", "one_hot"),
    "late-gold-trainable_embed": variant("late", "gold", "trainable_embed", (42,)),
    "late-predicted-one_hot": variant("late", "predicted", "one_hot"),
    "late-predicted-logits": variant("late", "predicted", "logits", (42,)),
    "late-predicted-trainable_embed": variant("late", "predicted", "trainable_embed", (42,)),
    "encoder-gold": variant("encoder", "gold", "trainable_embed", inject_layer_offset_from_end=2),
    "encoder-predicted": variant("encoder", "predicted", "trainable_embed", (42,), inject_layer_offset_from_end=2),
    "encoder_earliest-gold": variant(
        "encoder", "gold", "trainable_embed", (42,), inject_layer_offset_from_end="earliest"
    ),
    "late-oracle-one_hot": variant("late", "oracle", "one_hot", (42,)),
    "encoder-oracle": variant("encoder", "oracle", "trainable_embed", (42,), inject_layer_offset_from_end=2),
    "late-random-one_hot": variant("late", "random", "one_hot"),
}  # fmt: skip

CEILING = {"sentence": "The best rule on POS corrects 7.8 % of the errors."}
ORACLES = {"late-oracle-one_hot": 0.99, "encoder-oracle": 0.9}


def split_scores(f1: float) -> dict[str, Any]:
    """What `ner_scores` returns, around one F1."""

    def scores(value: float) -> dict[str, Any]:
        return {"f1": value, "precision": value - 0.01, "recall": value + 0.01, "support": 100}

    def mode(value: float) -> dict[str, Any]:
        by_type = {kind: scores(value + 0.01 * i) for i, kind in enumerate(TYPES)}
        return {**scores(value), "f1_macro": value - 0.02, "by_type": by_type}

    counts = {"invalid_tags": 7, "truncated_tokens": 0, "tokens_without_pieces": 0, "tokens": 4000, "sentences": 300}
    return {**mode(f1), "strict": mode(f1 - 0.003), "accuracy": 0.5 + f1 / 2, **counts}


def write_run(ner: Path, name: str, settings: SeededVariant, seed: int, f1: float) -> None:
    """A ``metrics.json`` with `f1` on test. What is better on test is worse on validation, so a mix-up shows."""
    write_json(
        ner / name / f"seed-{seed}" / "metrics.json",
        {
            "seed": seed,
            "variant": settings.model_dump(mode="json", exclude={"seeds"}),
            "best_step": 400,
            "steps": 880,
            "parameters": 22_000_000,
            "precision": "bf16",
            "device": "cpu",
            "validation": split_scores(0.9 - (f1 - 0.85) / 2),
            "test": split_scores(f1),
        },
    )


def points(rates: Sequence[float], scales: Sequence[float]) -> list[tuple[str, float, float]]:
    """Mode, level, and the share of the full loss of F1 at each point of a sweep."""
    return [
        ("clean", 0.0, 0.0),
        *(("tagger", rate, rate) for rate in rates),
        *(("pooled", rate, 1.05 * rate) for rate in rates),
        *(("scaled", scale, 0.07 * scale) for scale in scales),
        *(("anchor", 1.0, 0.1), ("random_tag", 1.0, 1.2), ("shuffle", 1.0, 0.9), ("permute", 1.0, 1.0)),
        *(("constant", 1.0, 0.8), ("zero", 1.0, 0.7)),
    ]


def sweep_frame(
    f1: float,
    fall: float,
    draws: int = 3,
    rates: Sequence[float] = RATES,
    seed: int = 0,
    scales: Sequence[float] = SCALES,
) -> pd.DataFrame:
    """A sweep in which F1 falls from `f1` by about `fall` times the rate, with counts by unit to match."""
    generator = np.random.default_rng(seed)
    rows = []
    for draw in range(draws):
        for mode, level, part in points(rates, scales):
            counts = counts_of(f1 - fall * part + (generator.normal(0, 0.004) if part else 0))
            now = float(f1_of(counts.sum(axis=0)))
            rows.append(
                {
                    "mode": mode,
                    "level": level,
                    "draw": draw,
                    "effective_rate": 0.99 * min(part, 1),
                    "tokens_changed": round(3960 * min(part, 1)),
                    "donor_fallbacks": 0,
                    "entities_flipped": round(500 * part) + (draw if part else 0),
                    **dict.fromkeys(("broken", "moved", "retyped", "fixed"), round(100 * part)),
                    "f1": now,
                    "precision": now - 0.01,
                    "recall": now + 0.01,
                    **{f"f1_{kind}": now + 0.01 * i for i, kind in enumerate(TYPES)},
                    **dict(zip(COUNT_COLUMNS, counts.T.astype(np.int32), strict=True)),
                }
            )
    return pd.DataFrame(rows)


def changes_frame(seed: int = 0, rates: Sequence[float] = RATES, scales: Sequence[float] = SCALES) -> pd.DataFrame:
    """Changes of predictions in such a sweep."""
    generator = np.random.default_rng(seed)
    places = [("", "outside"), *((kind, position) for kind in TYPES for position in ("edge", "inside"))]
    tags = [("NN", "NN"), ("NN", "NNP"), ("NNP", "NN"), ("NNP", "")]
    return pd.DataFrame(
        {
            "mode": mode,
            "level": level,
            "type": kind,
            "position": position,
            "source": source,
            "target": target,
            **dict(zip(COUNTED, generator.integers(1, 50, len(COUNTED)).tolist(), strict=True)),
        }
        for mode, level, _ in points(rates, scales)
        for kind, position in places
        for source, target in tags
    )


def confusion_matrix(tags: Mapping[str, int] = TAGS) -> dict[str, Any]:
    """A ``confusion_matrix.json`` of taggers that err on 4 to 6 % of the tokens."""
    return {"tags": list(tags), "splits": {
        split: pos_split({tag: max(count // part, 1) for tag, count in tags.items()}, 0.04 + 0.01 * i)
        for i, (split, part) in enumerate({"train": 1, "validation": 4, "test": 5}.items())
    }}  # fmt: skip


def pos_split(tags: Mapping[str, int], error: float) -> dict[str, Any]:
    names = list(tags)
    wrong = {tag: round(error * count) for tag, count in tags.items()}
    per_tag = {
        tag: dict(zip(("precision", "recall", "f1"), prf(n - wrong[tag], n, n), strict=True)) | {"support": n}
        for tag, n in tags.items()
    }
    confusions = [
        {"gold": tag, "predicted": names[i - 1], "count": wrong[tag], "share": wrong[tag] / tags[tag]}
        for i, tag in enumerate(names)
        if wrong[tag]
    ]
    total = sum(tags.values())
    return {
        "tokens": total,
        "unseen": 0,
        "accuracy": 1 - sum(wrong.values()) / total,
        "macro_f1": float(np.mean([row["f1"] for row in per_tag.values()])),
        "top_confusions": sorted(confusions, key=lambda row: -row["count"]),
        "per_tag": per_tag,
        "counts": [[0] * len(names)] * len(names),
    }


def write_study(folder: Path, variants: Mapping[str, SeededVariant] = VARIANTS) -> dict[str, dict[int, float]]:
    """Runs, sweeps and POS scores of one corpus and encoder; returns the test F1 of each variant and seed."""
    generator = np.random.default_rng(1)
    f1: dict[str, dict[int, float]] = {}
    for i, (name, settings) in enumerate(variants.items()):
        level = ORACLES.get(name, 0.85 + 0.002 * i)
        f1[name] = {seed: level + generator.normal(0, 0.002) for seed in settings.seeds}
        for seed, value in f1[name].items():
            write_run(folder / "ner", name, settings, seed, value)
            if settings.fusion != "none" and not settings.is_control:
                write_sweep(folder / "corruption", name, seed, sweep_frame(value, 0.02 * (i + 1), seed=seed))
    write_json(folder / "pos" / "confusion_matrix.json", confusion_matrix())
    return f1


def write_sweep(folder: Path, name: str, seed: int, sweep: pd.DataFrame) -> None:
    """A sweep with its changes."""
    path = sweep_file(folder, name, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep.to_parquet(path, index=False)
    changes_frame(seed).to_parquet(changes_file(folder, name, seed), index=False)


def counts_of(f1: float, units: int = 60, entities: int = 40) -> Floats:
    """Entity counts by unit with about this F1. A better model finds all that a worse one does, and more."""
    difficulty = np.random.default_rng(0).random((units, entities))
    actual = (difficulty < f1).sum(axis=1)
    total = np.full(units, entities)
    return np.stack([actual, total, total], axis=1).astype(np.float32)


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
