"""Model cards: ``README.md`` in the folder of a checkpoint, on its data, training and scores.

The text is in templates (``resources/cards``), the numbers are read from stored results. The metadata at the top follow
https://huggingface.co/docs/hub/model-cards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from huggingface_hub import EvalResult, ModelCardData
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from posner.arrays import Doubles, Floats
from posner.config.statistics import Estimation
from posner.config.training import Training
from posner.config.variants import Variant
from posner.corpora.corpus import SPLITS, CorpusCard
from posner.corpora.documents import ResamplingUnits
from posner.errors import InputError
from posner.files import Json, atomic_path
from posner.report.formats import format_score
from posner.report.licences import hub_licence
from posner.report.markup import escape_markdown
from posner.stats.resampling import bootstrap_weights
from posner.summaries.names import injection

RUN_FIELDS = ("steps", "best_step", "parameters", "precision", "device")  # of metrics.json, shown with the settings
TAGGED_SPLITS = {"test": "test", "validation": "validation", "train": "train, out of fold"}


@dataclass(frozen=True)
class CardContext:
    """Fields that the cards of all models of one corpus and encoder share.

    Attributes:
        corpus_name, encoder_name: names in the study.
        corpus: ``corpus.json``.
        encoder: ``encoder.json``.
        units: resampling units of the test split.
        statistics: level and number of resamples of the intervals.
    """

    corpus_name: str
    encoder_name: str
    corpus: CorpusCard
    encoder: Json
    units: ResamplingUnits
    statistics: Estimation

    def fields(self) -> dict[str, Any]:
        """Fields of both templates."""
        return {
            "corpus": corpus_fields(self.corpus_name, self.corpus),
            "encoder": {**self.encoder, "name": self.encoder_name, "origin": encoder_origin(self.encoder)},
            "units": self.units,
            "level": f"{100 * self.statistics.level:g}",
        }

    def metadata(self, model: str, scores: Mapping[str, float]) -> ModelCardData:
        """Metadata for the hub, with `scores` (0..1) on the test split."""
        licence = hub_licence(self.corpus.provenance.licence)
        return ModelCardData(
            model_name=f"posner {self.corpus_name} {self.encoder_name} {model}",
            library_name="transformers",
            pipeline_tag="token-classification",
            license=licence,
            license_name=self.corpus.provenance.licence if licence == "other" else None,
            base_model=self.encoder["id"] if self.encoder["source"] == "hub" else None,
            datasets=[self.corpus.provenance.origin] if self.corpus.provenance.source == "hub" else None,
            metrics=list(scores),
            tags=["posner"],
            eval_results=[
                EvalResult(
                    task_type="token-classification",
                    dataset_type=self.corpus_name,
                    dataset_name=self.corpus_name,
                    dataset_split="test",
                    metric_type=metric,
                    metric_value=score,
                )
                for metric, score in scores.items()
            ],
        )


# --- fields of the templates -----------------------------------------------------------------------------------------


def ner_card(
    context: CardContext,
    name: str,
    variant: Variant,
    run: Json,
    training: Training,
    summary: Json,
    sentence: str | None,
    interval: Sequence[float],
) -> dict[str, Any]:
    """Fields of the template for NER models.

    Args:
        run: the part of ``runs`` in `summary` for this seed.
        summary: ``metrics/variants/{variant}.json``.
        sentence: on the variant's difference from the baseline; ``None`` for the baseline itself.
        interval: of this model's test F1, in 0..1.
    """
    test, seed, f1 = run["test"], run["seed"], summary["summary"]["test"]["f1"]
    rows = [
        score_row("test", test, format_interval(interval)),
        *(score_row(f"test, {kind}", scores) for kind, scores in test["by_type"].items()),
        score_row("test, strict IOB2", test["strict"]),
        score_row("validation", run["validation"]),
    ]
    return context.fields() | {
        "card_data": context.metadata(f"{name} seed-{seed}", {m: test[m] for m in ("f1", "precision", "recall")}),
        "label": summary["label"],
        "seed": seed,
        "types": sorted({label[2:] for label in context.corpus.ner_labels} - {""}),
        "pos": variant.pos,
        "injection": injection(variant),
        "pos_tags": context.corpus.pos_tags if variant.pos not in ("none", "oracle") else (),
        "training": {"seed": seed} | training.model_dump(mode="json") | {field: run[field] for field in RUN_FIELDS},
        "scores": rows,
        "truncated": test["truncated_tokens"],
        "seeds": f1["n"],
        "f1_over_seeds": format_score(f1["mean"]) + ("" if f1["std"] is None else f" ± {format_score(f1['std'])}"),
        "sentence": sentence,
    }


def tagger_card(
    context: CardContext, seed: int, training: Training, splits: Json, interval: Sequence[float]
) -> dict[str, Any]:
    """Fields of the template for the POS tagger.

    Args:
        splits: ``splits`` of ``confusion_matrix.json``.
        interval: of test accuracy, in 0..1.
    """
    return context.fields() | {
        "card_data": context.metadata("POS tagger", {"accuracy": splits["test"]["accuracy"]}),
        "pos_tags": context.corpus.pos_tags,
        "training": {"seed": seed} | training.model_dump(mode="json"),
        "scores": [
            {
                "name": label,
                "accuracy": format_score(splits[split]["accuracy"]),
                "interval": format_interval(interval) if split == "test" else "",
                "macro_f1": format_score(splits[split]["macro_f1"]),
            }
            for split, label in TAGGED_SPLITS.items()
        ],
    }


def corpus_fields(name: str, card: CorpusCard) -> dict[str, Any]:
    """Origin and licence of a corpus, and the size of its splits."""
    return {
        "name": name,
        "source": card.provenance.source,
        "origin": card.provenance.origin,
        "revision": card.provenance.revision,
        "licence": card.provenance.licence,
        "splits": [
            {
                "split": split,
                "sentences": card.sentences[split],
                "tokens": card.tokens[split],
                "documents": card.documents[split],
                "entities": sum(card.entities[split].values()),
            }
            for split in SPLITS
        ],
    }


def encoder_origin(card: Json) -> str:
    """Source of an encoder; of a local folder only the name, since its path is valid on one machine only."""
    match card["source"]:
        case "hub":
            return f"{card['id']} on the Hugging Face Hub, revision {card['revision']}"
        case "package":
            return f"from the Python package {card['package']}"
        case "path":
            return f"from a local folder {Path(card['path']).name}"
    return "initialised at random"


def score_row(name: str, scores: Json, interval: str = "") -> dict[str, str]:
    """A row of the table of NER scores, in points."""
    return {"name": name, "interval": interval} | {m: format_score(scores[m]) for m in ("f1", "precision", "recall")}


def format_interval(interval: Sequence[float]) -> str:
    """An interval of scores in 0..1, in points: ``83.60 to 85.97``."""
    low, high = interval
    return f"{format_score(low)} to {format_score(high)}"


# --- intervals and files ---------------------------------------------------------------------------------------------


def bootstrap_intervals(counts: Floats, score: Callable[[Doubles], Doubles], statistics: Estimation) -> Doubles:
    """Percentile intervals ``[models, 2]`` of scores in 0..1 over resampled units (Efron & Tibshirani 1993).

    Args:
        counts: ``[models, units, kinds]``.
        score: from sums over units, ``[resamples, models, kinds]``.
    """
    models, units, kinds = counts.shape
    by_unit = counts.transpose(1, 0, 2).reshape(units, models * kinds)
    blocks = bootstrap_weights(units, statistics.resamples, statistics.seed)
    sums = [(weights @ by_unit).reshape(-1, models, kinds).astype(np.float64) for weights in blocks]
    tail = (1 - statistics.level) / 2
    return np.quantile(np.concatenate([score(block) for block in sums]), [tail, 1 - tail], axis=0).T


def write_card(folder: Path, template: Path, fields: Json) -> None:
    """Fill in `template` and write it as the card of the model in `folder`.

    Raises:
        InputError: the template is missing or malformed, or uses an unknown field.
    """
    environment = Environment(
        loader=FileSystemLoader(template.parent), undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.filters["plain"] = escape_markdown
    try:
        text = environment.get_template(template.name).render(fields)
    except (TemplateError, UnicodeDecodeError) as error:
        raise InputError(f"{template}: {type(error).__name__}: {error}") from error
    with atomic_path(folder / "README.md") as path:
        path.write_text(text, encoding="utf-8")
