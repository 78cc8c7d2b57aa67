"""Figures of fabricated studies, drawn in memory, and access to their lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fabricated import VARIANTS, confusion_matrix, variant
from fabricated_summaries import summarise
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from posner.commands.corruption.plot_corruption import PlotCorruption
from posner.commands.corruption.plot_pos_controls import PlotPosControls
from posner.commands.corruption.plot_scaled_errors import PlotScaledErrors
from posner.commands.ner.plot_injection_strategies import PlotInjectionStrategies
from posner.commands.ner.plot_ner_results import PlotNerResults
from posner.commands.ner.plot_oracles import PlotOracles
from posner.commands.ner.plot_slices import PlotSlices
from posner.commands.plots import Plot
from posner.commands.pos.plot_confusions import PlotConfusions
from posner.commands.pos.plot_pos_tagging import PlotPosTagging
from posner.commands.pos.summarise_pos import SummarisePos
from posner.commands.study.plot_cost import PlotCost
from posner.commands.study.plot_seeds import PlotSeeds
from posner.config.variants import Variant
from posner.files import write_json
from posner.report.figures.style import figure_style

STYLE = Path(__file__).parents[2] / "resources" / "styles" / "posner.mplstyle"

# The tags of CoNLL-2003: many, of very different frequency, some of them punctuation.
PENN = {
    tag: 40000 // (i + 1) ** 2 + 5
    for i, tag in enumerate(
        "NNP NN CD IN DT JJ NNS VBD . , VB VBN RB CC TO PRP ( ) VBG : VBZ PRP$ VBP '' MD POS WP RP WDT".split()  # noqa: SIM905
        + 'WRB JJS JJR NNPS " NN|SYM $ RBR EX FW SYM RBS PDT UH LS WP$'.split()  # noqa: SIM905
    )
}
LONG = {
    "baseline": VARIANTS["baseline"],
    **{f"a-variant-with-a-name-of-more-than-forty-letters-{i}": variant("late", "gold", "one_hot") for i in range(3)},
    **{
        f"deep-{k}": variant("encoder", "predicted", "trainable_embed", inject_layer_offset_from_end=k)
        for k in range(1, 13)
    },
}
STUDIES: dict[str, dict[str, Variant]] = {
    "default": VARIANTS,
    "long names": LONG,
    "one variant, one seed": {
        "baseline": variant("none", "none", "none", (1,)),
        "late": variant("late", "predicted", "logits", (1,)),
    },
    "other seeds than the baseline": {
        "baseline": variant("none", "none", "none", (1, 2)),
        "late": variant("late", "gold", "one_hot", (3, 4)),
        "deep": variant("encoder", "gold", "one_hot", (1, 2), inject_layer_offset_from_end=1),
    },
}


def write_tables(folder: Path, name: str) -> Path:
    """Write one of the studies; returns the folder of its tables. All but the default have many POS tags."""
    tables = summarise(folder, STUDIES[name])
    if name != "default":
        write_json(folder / "penn.json", confusion_matrix(PENN))
        SummarisePos(confusion=folder / "penn.json", tables=tables).execute()
    return tables


def plots(folder: Path, output: Path = Path("unused.png")) -> dict[str, Plot]:
    common: dict[str, Any] = {"style": STYLE, "output": output}
    intervals, corruption = folder / "corruption_intervals.csv", folder / "corruption.csv"
    runs, tagging = folder / "ner_runs.csv", folder / "pos_tagging.csv"
    power = folder.parent / "power"
    return {
        "ner_results": PlotNerResults(runs=runs, **common),
        "injection_strategies": PlotInjectionStrategies(
            runs=runs, comparisons=folder / "ner_comparisons.csv", **common
        ),
        "corruption": PlotCorruption(corruption=corruption, runs=runs, tagging=tagging, **common),
        "slices": PlotSlices(
            slices=folder / "ner_slices_summary.csv", seeds=folder / "ner_slices.csv", runs=runs, **common
        ),
        "scaled_errors": PlotScaledErrors(intervals=intervals, corruption=corruption, runs=runs, **common),
        "pos_controls": PlotPosControls(intervals=intervals, corruption=corruption, runs=runs, **common),
        "pos_tagging": PlotPosTagging(tagging=tagging, by_tag=folder / "pos_by_tag.csv", **common),
        "confusions": PlotConfusions(confusions=folder / "pos_confusions.csv", **common),
        "oracles": PlotOracles(runs=runs, oracles=folder / "verdict_oracles.csv", **common),
        "cost": PlotCost(cost=folder / "cost.csv", runs=runs, **common),
        "seeds": PlotSeeds(power=power / "power.csv", curves=power / "power_curves.csv", **common),
    }


def drawn(plot: Plot) -> Figure:
    with figure_style(plot.style):
        figure = plot.draw()
        FigureCanvasAgg(figure).draw()
    return figure


def lines_by_label(figure: Figure) -> dict[str, Any]:
    """All lines by their label in the key."""
    return {str(line.get_label()).replace("\n", " "): line for axes in figure.axes for line in axes.get_lines()}


def point_lines(figure: Figure) -> list[tuple[Any, Any]]:
    """The lines of single seeds, with their axes."""
    return [(axes, line) for axes in figure.axes for line in axes.get_lines() if line.get_markeredgecolor() == "white"]


SWEPT = ["corruption", "scaled_errors", "pos_controls"]
NAMES = [
    "ner_results",
    "injection_strategies",
    *SWEPT,
    "slices",
    "pos_tagging",
    "confusions",
    "oracles",
    "cost",
    "seeds",
]
