"""The figure of simulated studies: each panel shows one outcome of one kind of verdict."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
from posner.report.figures.simulation import NOMINAL, ROWS, SIMULATED_OUTCOMES, draw_simulation

SEEDS, UNITS, SPREADS = (3, 5, 10), (50, 200), ("alike", "unlike")


def rates() -> pd.DataFrame:
    """A different rate for each design, kind and outcome."""
    designs = pd.DataFrame(product(ROWS, SPREADS, UNITS, SEEDS), columns=["kind", "spreads", "units", "seeds"])
    values = np.random.default_rng(0).uniform(0, 1, (len(designs), len(SIMULATED_OUTCOMES)))
    return designs.join(pd.DataFrame(values, columns=list(SIMULATED_OUTCOMES)))


def test_each_panel_shows_its_own_rates() -> None:
    table = rates()
    panels = iter(draw_simulation(table).axes)
    for kind in ROWS:
        for outcome in SIMULATED_OUTCOMES:
            axes, own = next(panels), table[table["kind"] == kind]
            nominal, *lines = axes.lines
            assert set(np.asarray(nominal.get_ydata())) == {NOMINAL[outcome]}
            assert [line.get_label() for line in lines] == [f"{units} documents" for units in UNITS]
            for units, line, points in zip(UNITS, lines, axes.collections, strict=True):
                design = own[own["units"] == units].sort_values("seeds")
                alike, other = (design[design["spreads"] == spreads][outcome].tolist() for spreads in SPREADS)
                assert np.asarray(line.get_ydata()).tolist() == alike
                assert np.asarray(points.get_offsets())[:, 1].tolist() == other
    labels = [label.get_text() for label in draw_simulation(table).axes[-1].get_xticklabels()]
    assert labels == [str(seeds) for seeds in SEEDS]
