"""The figures and tables of a study's report: category, title, caption, and the tables that a figure is drawn from.

A new figure is an entry of :data:`FIGURES` beside its command ``plot_NAME``; a new table is an entry of :data:`TABLES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from posner.config.study import Config

Needs = Literal["nothing", "sweeps", "oracles"]
"""Requirement on a study: none, variants that are swept, or these and an oracle."""


@dataclass(frozen=True)
class ReportFigure:
    """A figure of the report; its caption is ``resources/captions/NAME.rst``."""

    category: str
    """Section of the report."""
    title: str
    """Label in the section."""
    tables: Mapping[str, str]
    """CSV tables of the study that it is drawn from, by option of the plot command."""
    needs: Needs = "nothing"
    """Studies that have it."""


@dataclass(frozen=True)
class ReportTable:
    """A table of the report, which is also written as LaTeX."""

    category: str
    """Section of the report."""
    title: str
    """Label in the section."""
    caption: str
    """Name of the caption: ``resources/captions/CAPTION.rst``."""
    needs: Needs = "nothing"
    """Studies that have it."""


FIGURES = {
    "pos_tagging": ReportFigure("POS", "Tagging by split and tag", {"tagging": "pos_tagging", "by_tag": "pos_by_tag"}),
    "confusions": ReportFigure("POS", "Most frequent confusions", {"confusions": "pos_confusions"}),
    "ner_results": ReportFigure("NER", "F1 of every variant and seed", {"runs": "ner_runs"}),
    "injection_strategies": ReportFigure(
        "NER", "Injection strategies", {"runs": "ner_runs", "comparisons": "ner_comparisons"}, "sweeps"
    ),
    "slices": ReportFigure(
        "NER",
        "Differences by type of mention",
        {"slices": "ner_slices_summary", "seeds": "ner_slices", "runs": "ner_runs"},
        "sweeps",
    ),
    "corruption": ReportFigure(
        "Error propagation",
        "F1 under corrupted POS",
        {"corruption": "corruption", "runs": "ner_runs", "tagging": "pos_tagging"},
        "sweeps",
    ),
    "scaled_errors": ReportFigure(
        "Error propagation",
        "F1 at multiples of the tagger's error rate",
        {"intervals": "corruption_intervals", "corruption": "corruption", "runs": "ner_runs"},
        "sweeps",
    ),
    "pos_controls": ReportFigure(
        "Controls",
        "F1 with uninformative POS",
        {"intervals": "corruption_intervals", "corruption": "corruption", "runs": "ner_runs"},
        "sweeps",
    ),
    "oracles": ReportFigure(
        "Controls", "F1 of the oracles", {"runs": "ner_runs", "oracles": "verdict_oracles"}, "oracles"
    ),
    "cost": ReportFigure("Cost", "Time by rule", {"cost": "cost", "runs": "ner_runs"}),
}

TABLES = {
    "pos_tagging": ReportTable("POS", "Scores by split", "pos_tables"),
    "pos_by_tag": ReportTable("POS", "Scores by tag", "pos_tables"),
    "pos_confusions": ReportTable("POS", "Confusions", "pos_tables"),
    "verdict_variants": ReportTable("NER", "Verdicts", "verdict_variants"),
    "ner_summary": ReportTable("NER", "Scores by variant", "ner_tables"),
    "ner_runs": ReportTable("NER", "Scores by run", "ner_tables"),
    "ner_by_type": ReportTable("NER", "Scores by entity type", "ner_tables"),
    "ner_comparisons": ReportTable("NER", "Differences from the baseline", "ner_comparisons"),
    "ner_scorings": ReportTable("NER", "Differences in boundaries and types", "ner_scorings"),
    "ner_random_control": ReportTable("Controls", "Differences from random POS", "ner_random_control"),
    "ner_slices": ReportTable("NER", "Scores by type of mention and run", "ner_slices"),
    "ner_slices_summary": ReportTable("NER", "Differences by type of mention", "ner_slices"),
    "pos_ceiling": ReportTable("NER", "Errors that a rule on POS corrects", "pos_ceiling"),
    "verdict_effects": ReportTable(
        "Error propagation", "Cost of tagging errors, and verdicts", "verdict_effects", "sweeps"
    ),
    "train_test": ReportTable("Error propagation", "POS in training and in test", "train_test", "sweeps"),
    "verdict_oracles": ReportTable("Controls", "Input paths", "verdict_oracles"),
    "cost": ReportTable("Cost", "By rule and variant", "cost_table"),
    "corruption": ReportTable("Error propagation", "Scores by mode and level", "corruption_tables", "sweeps"),
    "corruption_intervals": ReportTable(
        "Error propagation", "Changes of F1 with intervals", "corruption_intervals", "sweeps"
    ),
    "corruption_changes": ReportTable("Error propagation", "Changes by type of entity", "corruption_changes", "sweeps"),
    "slopes": ReportTable("Error propagation", "Tests of the effects of tagging errors", "slopes", "sweeps"),
}

CORPUS_TABLES = {"counts": ReportTable("Data", "Counts", "corpus")}

EXTRA_TEST_TABLES = {
    "extra_tests": ReportTable("NER", "Extra tests, scores by run", "extra_tests"),
    "extra_tests_comparisons": ReportTable("NER", "Extra tests, differences from the baseline", "extra_tests"),
}

Entry = TypeVar("Entry", ReportFigure, ReportTable)


def report_contents(entries: Mapping[str, Entry], study: Config) -> dict[str, Entry]:
    """The `entries` that `study` has."""
    has_oracles = any(study.variants[name].pos == "oracle" for name in study.study.variants)
    satisfied = {"nothing": True, "sweeps": bool(study.swept), "oracles": bool(study.swept) and has_oracles}
    return {name: entry for name, entry in entries.items() if satisfied[entry.needs]}
