"""What corrupted tags do to the entities that a model finds, against its own predictions on the clean text.

Of each true entity it is told what became of it. Where it was found, that is, predicted with its very span and type,

- `broken`: no prediction overlaps it any more;
- `moved`: its span is predicted no more, but a prediction overlaps it, of whatever type;
- `retyped`: its span is predicted, as another type;

and `fixed`: it was not found and now is. The four exclude each other, and the number of entities found changes by
`fixed` - `broken` - `moved` - `retyped`.

Of each token it is told whether it is `flipped`: another entity covers it than on the clean text, or none does, or one
where none did. That sees wrong predictions, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from posner.arrays import Ids
from posner.evaluation.entities import EntityFinder, Keys

Mask = npt.NDArray[np.bool_]

OUTCOMES = ("broken", "moved", "retyped", "fixed")
POSITIONS = ("edge", "inside")  # of a token in a true entity: its first or last one, or between them
OUTSIDE = "outside"
COUNTED = ("tokens", "tokens_flipped", *OUTCOMES)


class ChangeFinder:
    """Finds the changes from one prediction of a text to another.

    Args:
        finder: finds entities in the text.
        true: keys of its true entities.
    """

    def __init__(self, finder: EntityFinder, true: Keys) -> None:
        self.finder, self.true = finder, true
        self.start, self.end, self.type = finder.spans(true)
        size = self.end - self.start
        self.token = spread(self.start, size)  # all tokens in entities
        self.entity = np.repeat(np.arange(len(true)), size)  # the entity of each of them
        self.share = 1 / size[self.entity]

    def cover(self, keys: Keys) -> Keys:
        """Key of the entity that each token is in ``[tokens]``, -1 for none."""
        start, end, _ = self.finder.spans(keys)
        covered = np.full(self.finder.total, -1)
        covered[spread(start, end - start)] = np.repeat(keys, end - start)
        return covered

    def outcomes(self, clean: Keys, now: Keys) -> dict[str, Mask]:
        """Which true entities ``[entities]`` have each of :data:`OUTCOMES`, from the predictions' keys."""
        found, still = (np.isin(self.true, keys, assume_unique=True) for keys in (clean, now))
        types = len(self.finder.types)
        same_span = np.isin(self.true // types, now // types)
        covered = np.concatenate([[0], (self.cover(now) >= 0).cumsum()])
        overlapped = covered[self.end] > covered[self.start]
        lost = found & ~still
        return {
            "broken": lost & ~overlapped,
            "moved": lost & overlapped & ~same_span,
            "retyped": lost & same_span,
            "fixed": still & ~found,
        }

    def flipped(self, clean: Keys, now: Keys) -> Mask:
        """Which tokens ``[tokens]`` another predicted entity covers than before."""
        return self.cover(clean) != self.cover(now)

    def at_tokens(self, of_entities: Mask) -> npt.NDArray[np.float64]:
        """Marked entities laid on their tokens ``[tokens]`` in equal shares: sums over tokens count entities."""
        laid = np.zeros(self.finder.total)
        laid[self.token] = of_entities[self.entity] * self.share
        return laid

    def places(self) -> Ids:
        """Where each token is ``[tokens]``, as a number into :meth:`place_names`."""
        place = np.zeros(self.finder.total, dtype=np.int64)
        is_inside = (self.token > self.start[self.entity]) & (self.token < self.end[self.entity] - 1)
        place[self.token] = 1 + len(POSITIONS) * self.type[self.entity] + is_inside
        return place

    def place_names(self) -> list[tuple[str, str]]:
        """Type of the true entity and position in it; no type outside."""
        return [("", OUTSIDE), *((kind, position) for kind in self.finder.types for position in POSITIONS)]


def spread(start: Ids, size: Ids) -> Ids:
    """The numbers from each `start` on, `size` of them, one after another."""
    return np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size) + np.repeat(start, size)


class ChangeTable:
    """Where tags were changed, and what happened there: counts by place, source and target tag, added up.

    Args:
        finder: finds the changes.
        tags: names of the POS tags.
        clean: ``[tokens]``, ids of the corpus's POS tags.
    """

    def __init__(self, finder: ChangeFinder, tags: Sequence[str], clean: Ids) -> None:
        self.finder, self.names = finder, [*tags, ""]  # the last, which id -1 picks, is no tag
        self.shape = (len(finder.place_names()), len(self.names), len(self.names))
        self.place, self.source = finder.places(), clean % len(self.names)
        self.sums: dict[tuple[str, float], npt.NDArray[np.float64]] = {}
        self.draws: dict[tuple[str, float], int] = {}

    def add(self, mode: str, level: float, tags: Ids, flipped: Mask, outcomes: Mapping[str, Mask]) -> None:
        """Add one row of the sweep: its tag ids ``[tokens]`` and what was found."""
        cell = np.ravel_multi_index((self.place, self.source, tags % len(self.names)), self.shape)
        laid = [np.ones(len(cell)), flipped, *(self.finder.at_tokens(outcomes[name]) for name in OUTCOMES)]
        counts = np.zeros((int(np.prod(self.shape)), len(laid)))
        for column, weights in zip(counts.T, laid, strict=True):
            column += np.bincount(cell, weights, minlength=len(counts))
        point = (mode, level)
        self.sums[point] = self.sums[point] + counts if point in self.sums else counts
        self.draws[point] = self.draws.get(point, 0) + 1

    def frame(self) -> pd.DataFrame:
        """A row for each mode, level, place, source and target tag that has tokens; counts are means over draws.

        Columns `mode`, `level`; `type` and `position` of the true entity that the token is in (`position` is `edge` for
        its first and last token, `inside` or `outside`; no type there); `source` and `target`, the tag in the corpus
        and the tag that was read (equal where it stayed; empty for none); `tokens`, how many they are;
        `tokens_flipped`; `broken`, `moved`, `retyped`, `fixed`: entities, each counted at its tokens in equal shares.
        Sums over rows are the counts of the sweep's own row.
        """
        return pd.concat([self._point(point) for point in self.sums], ignore_index=True)

    def _point(self, point: tuple[str, float]) -> pd.DataFrame:
        counts = self.sums[point] / self.draws[point]
        cells = np.flatnonzero(counts[:, 0])
        place, source, target = np.unravel_index(cells, self.shape)
        types, positions = zip(*self.finder.place_names(), strict=True)
        named: dict[str, Any] = {
            "mode": point[0],
            "level": point[1],
            "type": np.array(types)[place],
            "position": np.array(positions)[place],
            "source": np.array(self.names)[source],
            "target": np.array(self.names)[target],
        }
        return pd.DataFrame(named | dict(zip(COUNTED, counts[cells].T, strict=True)))
