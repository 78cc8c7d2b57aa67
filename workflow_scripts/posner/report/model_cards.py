"""Model cards: what a checkpoint is, what it was made from and how well it does, as `README.md` in its folder.

The words are templates (resources/cards), numbers come from what is stored. Metadata for the hub stand at the top
(https://huggingface.co/docs/hub/model-cards).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from huggingface_hub import EvalResult, ModelCardData
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from posner.config.statistics import Statistics
from posner.config.training import Training
from posner.config.variants import Variant
from posner.corpora.corpus import SPLITS, CorpusCard
from posner.errors import InputError
from posner.files import atomic_path
from posner.stats.intervals import Doubles
from posner.stats.resampling import Array, text_weights
from posner.summaries.names import injection

Json = Mapping[str, Any]

TRAINED = ("steps", "best_step", "parameters", "precision", "device")  # of metrics.json, besides scores


@dataclass(frozen=True)
class Origin:
    """What all models of one corpus and encoder have in common.

    Attributes:
        corpus_name, encoder_name: as in the study.
        corpus: ``corpus.json``.
        encoder: ``encoder.json``.
        texts: what the intervals resample: `unit` and `number`.
        statistics: level and resamples of the intervals.
    """

    corpus_name: str
    encoder_name: str
    corpus: CorpusCard
    encoder: Json
    texts: Json
    statistics: Statistics

    def fields(self) -> dict[str, Any]:
        """What every card tells of it."""
        return {
            "corpus": corpus_fields(self.corpus_name, self.corpus),
            "encoder": {**self.encoder, "name": self.encoder_name, "origin": encoder_origin(self.encoder)},
            "texts": self.texts,
            "level": f"{100 * self.statistics.level:g}",
        }

    def metadata(self, name: str, scores: Mapping[str, float]) -> ModelCardData:
        """Metadata for the hub, with `scores` (0..1) on the test split."""
        return ModelCardData(
            model_name=f"posner {self.corpus_name} {self.encoder_name} {name}",
            library_name="transformers",
            pipeline_tag="token-classification",
            license="other",
            license_name=self.corpus.provenance.licence,
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
                    metric_value=value,
                )
                for metric, value in scores.items()
            ],
        )


def ner_card(
    origin: Origin,
    name: str,
    variant: Variant,
    run: Json,
    training: Training,
    summary: Json,
    answer: str | None,
    interval: Sequence[float],
) -> dict[str, Any]:
    """What the template of NER models is filled with.

    Args:
        run: of this seed, one of ``runs`` in `summary`.
        summary: ``metrics/{variant}.json``.
        answer: a sentence on its difference to the baseline, ``None`` for the baseline itself.
        interval: of this model's test F1, in 0..1.
    """
    test, seed = run["test"], run["seed"]
    rows = [
        ner_row("test", test, percents(interval)),
        *(ner_row(f"test, {kind}", scores) for kind, scores in test["by_type"].items()),
        ner_row("test, strict IOB2", test["strict"]),
        ner_row("validation", run["validation"]),
    ]
    f1 = summary["summary"]["test"]["f1"]
    spread = "" if f1["std"] is None else f" ± {percent(f1['std'])}"
    return origin.fields() | {
        "card_data": origin.metadata(f"{name} seed-{seed}", {m: test[m] for m in ("f1", "precision", "recall")}),
        "label": summary["label"],
        "seed": seed,
        "types": sorted({label[2:] for label in origin.corpus.ner_labels} - {""}),
        "pos": variant.pos,
        "injection": injection(variant),
        "pos_tags": origin.corpus.pos_tags if variant.pos not in ("none", "oracle") else (),
        "training": {"seed": seed} | training.model_dump(mode="json") | {name: run[name] for name in TRAINED},
        "scores": rows,
        "truncated": test["truncated_tokens"],
        "seeds": f1["n"],
        "over_seeds": f"{percent(f1['mean'])}{spread}",
        "answer": answer,
    }


def tagger_card(
    origin: Origin, seed: int, training: Training, splits: Json, interval: Sequence[float]
) -> dict[str, Any]:
    """What the template of the POS tagger is filled with.

    Args:
        splits: of ``confusion_matrix.json``.
        interval: of test accuracy, in 0..1.
    """
    names = {"test": "test", "validation": "validation", "train": "train, out of fold"}
    return origin.fields() | {
        "card_data": origin.metadata("POS tagger", {"accuracy": splits["test"]["accuracy"]}),
        "pos_tags": origin.corpus.pos_tags,
        "training": {"seed": seed} | training.model_dump(mode="json"),
        "scores": [
            {
                "name": name,
                "accuracy": percent(splits[split]["accuracy"]),
                "interval": percents(interval) if split == "test" else "",
                "macro_f1": percent(splits[split]["macro_f1"]),
            }
            for split, name in names.items()
        ],
    }


def write_card(folder: Path, template: Path, fields: Json) -> None:
    """Write the card of the model in `folder`.

    Raises:
        InputError: the template is not there, or asks for what is not known.
    """
    environment = Environment(
        loader=FileSystemLoader(template.parent), undefined=StrictUndefined, keep_trailing_newline=True
    )
    try:
        text = environment.get_template(template.name).render(fields)
    except TemplateError as error:
        raise InputError(f"{template}: {type(error).__name__}: {error}") from error
    with atomic_path(folder / "README.md") as path:
        path.write_text(text, encoding="utf-8")


def text_intervals(counts: Array, score: Callable[[Doubles], Doubles], settings: Statistics) -> Doubles:
    """Percentile intervals of scores over resampled texts (Efron & Tibshirani 1993), ``[models, 2]``, in 0..1.

    Args:
        counts: ``[models, texts, kinds]``.
        score: of sums over texts, ``[resamples, models, kinds]``.
    """
    models, texts, kinds = counts.shape
    by_text = counts.transpose(1, 0, 2).reshape(texts, models * kinds)
    weights = text_weights(texts, settings.resamples, settings.seed)
    found = np.concatenate([score((part @ by_text).reshape(-1, models, kinds).astype(np.float64)) for part in weights])
    tail = (1 - settings.level) / 2
    return np.quantile(found, [tail, 1 - tail], axis=0).T


def corpus_fields(name: str, card: CorpusCard) -> dict[str, Any]:
    """Where a corpus comes from, and how large its splits are."""
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
    """Where an encoder comes from; of a local folder only its name, since no one else has its path."""
    match card["source"]:
        case "hub":
            return f"{card['id']} of the hub, revision {card['revision']}"
        case "package":
            return f"from the Python package {card['package']}"
        case "path":
            return f"from a folder {Path(card['path']).name}"
    return "made from scratch"


def ner_row(name: str, scores: Json, interval: str = "") -> dict[str, str]:
    """A row of the table of scores."""
    return {"name": name, "interval": interval} | {m: percent(scores[m]) for m in ("f1", "precision", "recall")}


def percent(score: float) -> str:
    """A score of 0..1 in percent: ``84.81``."""
    return f"{100 * score:.2f}"


def percents(interval: Sequence[float]) -> str:
    """An interval of scores in 0..1: ``83.60 to 85.97``."""
    low, high = interval
    return f"{percent(low)} to {percent(high)}"
