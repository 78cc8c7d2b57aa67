"""Changes of a model's predictions under corrupted tags, compared with its own predictions under the corpus's tags.

Each true entity is classified by what happens to it. If it was found, that is, predicted with its exact span and type,
it can be

- `broken`: no prediction overlaps it any more;
- `moved`: its span is no longer predicted, but a prediction of some type overlaps it;
- `retyped`: its span is predicted with another type.

If it was not found and now is, it is `fixed`. The four classes are disjoint, and the number of entities found changes
by `fixed` - `broken` - `moved` - `retyped`.

A token is `flipped` if the predicted entity that covers it changes, appears or disappears. Unlike the classes above,
this includes wrong predictions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from posner.arrays import Doubles, Ids, Mask, ranges
from posner.evaluation.entities import EntityFinder, Keys

OUTCOMES = ("broken", "moved", "retyped", "fixed")
POSITIONS = ("edge", "inside")  # of a token in a true entity: first or last, or between them
NO_ENTITY = "outside"  # position of a token in no true entity
COUNTED = ("tokens", "tokens_flipped", *OUTCOMES)


class ChangeFinder:
    """Finds the changes from one prediction of a test set to another.

    Args:
        finder: finds entities in the test set.
        true: keys of its true entities.
    """

    def __init__(self, finder: EntityFinder, true: Keys) -> None:
        self.finder, self.true = finder, true
        self.start, self.end, self.type = finder.spans(true)
        size = self.end - self.start
        self.token = ranges(self.start, size)  # all tokens in entities
        self.entity = np.repeat(np.arange(len(true)), size)  # the entity of each of them
        self.share = 1 / size[self.entity]

    def cover(self, keys: Keys) -> Keys:
        """Key ``[tokens]`` of the entity that covers each token, -1 for none."""
        start, end, _ = self.finder.spans(keys)
        covered = np.full(self.finder.total, -1)
        covered[ranges(start, end - start)] = np.repeat(keys, end - start)
        return covered

    def outcomes(self, clean: Keys, now: Keys) -> dict[str, Mask]:
        """Mask ``[entities]`` of the true entities in each class of :data:`OUTCOMES`.

        Args:
            clean: keys predicted under the corpus's tags.
            now: keys predicted under the corrupted tags.
        """
        was_found, is_found = (np.isin(self.true, keys, assume_unique=True) for keys in (clean, now))
        types = len(self.finder.types)
        same_span = np.isin(self.true // types, now // types)
        covered = np.concatenate([[0], (self.cover(now) >= 0).cumsum()])
        overlapped = covered[self.end] > covered[self.start]
        lost = was_found & ~is_found
        return {
            "broken": lost & ~overlapped,
            "moved": lost & overlapped & ~same_span,
            "retyped": lost & same_span,
            "fixed": is_found & ~was_found,
        }

    def flipped(self, clean: Keys, now: Keys) -> Mask:
        """Mask ``[tokens]`` of the tokens that another predicted entity covers than before."""
        return self.cover(clean) != self.cover(now)

    def at_tokens(self, of_entities: Mask) -> Doubles:
        """Entities distributed over their tokens ``[tokens]`` in equal shares; the sum is the number of entities."""
        shares = np.zeros(self.finder.total)
        shares[self.token] = of_entities[self.entity] * self.share
        return shares

    def places(self) -> Ids:
        """Place of each token ``[tokens]``: an index into :meth:`place_names`."""
        place = np.zeros(self.finder.total, dtype=np.int64)
        is_inside = (self.token > self.start[self.entity]) & (self.token < self.end[self.entity] - 1)
        place[self.token] = 1 + len(POSITIONS) * self.type[self.entity] + is_inside
        return place

    def place_names(self) -> list[tuple[str, str]]:
        """Type of the true entity, and position in it; the type is empty outside entities."""
        return [("", NO_ENTITY), *((kind, position) for kind in self.finder.types for position in POSITIONS)]


class ChangeTable:
    """Accumulates counts of changes by place, original tag and new tag, over the rows of a sweep.

    Args:
        finder: finds the changes.
        tags: names of the POS tags.
        clean: ``[tokens]``, ids of the corpus's POS tags.
    """

    def __init__(self, finder: ChangeFinder, tags: Sequence[str], clean: Ids) -> None:
        self.finder, self.names = finder, [*tags, ""]  # id -1 picks the last: no tag
        self.shape = (len(finder.place_names()), len(self.names), len(self.names))
        self.place, self.source = finder.places(), clean % len(self.names)
        self.sums: dict[tuple[str, float], Doubles] = {}
        self.draws: dict[tuple[str, float], int] = {}

    def add(self, mode: str, level: float, tags: Ids, flipped: Mask, outcomes: Mapping[str, Mask]) -> None:
        """Add one row of the sweep: tag ids ``[tokens]``, flipped tokens ``[tokens]``, outcomes ``[entities]``."""
        cell = np.ravel_multi_index((self.place, self.source, tags % len(self.names)), self.shape)
        weights_of = [np.ones(len(cell)), flipped, *(self.finder.at_tokens(outcomes[name]) for name in OUTCOMES)]
        counts = np.zeros((int(np.prod(self.shape)), len(weights_of)))
        for column, weights in zip(counts.T, weights_of, strict=True):
            column += np.bincount(cell, weights, minlength=len(counts))
        point = (mode, level)
        self.sums[point] = self.sums[point] + counts if point in self.sums else counts
        self.draws[point] = self.draws.get(point, 0) + 1

    def frame(self) -> pd.DataFrame:
        """A row for each mode, level, place, original and new tag that occur together; counts are means over draws.

        Columns: `mode`, `level`; `type` of the true entity that contains the token (empty outside) and `position` in it
        (`edge` for its first and last token, `inside`, or `outside`); `source` and `target`, the corpus's tag and the
        tag that was read (empty for none); `tokens`, their number; `tokens_flipped`; `broken`, `moved`, `retyped`,
        `fixed`: numbers of entities, each distributed over its tokens in equal shares. Sums over the rows of a mode and
        level equal the counts in the sweep's own row.
        """
        return pd.concat([self._point(point) for point in self.sums], ignore_index=True)

    def _point(self, point: tuple[str, float]) -> pd.DataFrame:
        counts = self.sums[point] / self.draws[point]
        cells = np.flatnonzero(counts[:, 0])
        place, source, target = np.unravel_index(cells, self.shape)
        types, positions = zip(*self.finder.place_names(), strict=True)
        columns: dict[str, Any] = {
            "mode": point[0],
            "level": point[1],
            "type": np.array(types)[place],
            "position": np.array(positions)[place],
            "source": np.array(self.names)[source],
            "target": np.array(self.names)[target],
        }
        return pd.DataFrame(columns | dict(zip(COUNTED, counts[cells].T, strict=True)))
