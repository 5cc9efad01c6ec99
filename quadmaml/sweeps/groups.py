"""Settings in groups that differ only in numbers, and what so many terms of an expansion make of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import arrays
from ..arrays import Array
from ..errors import QuadmamlError
from ..meta_algorithm import Algorithm
from .eigenbasis import AT_ONCE, Eigenbasis, Nodes
from .expansion import Expansion, expanded, read
from .several import joined

__all__ = ["Group", "Row", "blocks", "resolved"]


@dataclass(frozen=True, eq=False)
class Group:
    """Settings that differ only in numbers: their common structure, their places, and their numbers."""

    shape: Any
    places: list[int]
    numbers: list[tuple[float, ...]]
    _made: list[Any] = field(default_factory=list)

    def part(self, keep: Sequence[int]) -> Group:
        """Some of the settings."""
        if len(keep) == len(self.places):
            return self
        return Group(self.shape, [self.places[k] for k in keep], [self.numbers[k] for k in keep])

    def algorithm(self, like: Array) -> Algorithm:
        """The algorithm that holds the numbers of all settings."""
        if not self._made:
            self._made.append(joined(self.shape, self.numbers, like))
        made: Algorithm = self._made[0]
        return made


Row = tuple[Group, Expansion]
Read = tuple[Group, list[Array]]


def resolved(
    basis: Eigenbasis, nodes: Nodes, groups: list[Group], alone: list[int], unresolved: list[Group]
) -> Iterator[Row]:
    """The parts of groups that so many terms resolve; the others are added to ``unresolved``."""
    xp, same = arrays.namespace(basis.values), dict[Any, list[Read]]()
    for row in (row for group in groups for row in _read(basis, nodes, group, alone)):
        same.setdefault(tuple([each.shape[-1] for each in row[1]]), []).append(row)
    for rows in same.values():
        for block in _batches(rows, max(1, AT_ONCE // nodes.count)):
            columns = zip(*(readings for _, readings in block), strict=True)
            found, at = expanded(basis, nodes, [xp.concat(list(each), axis=0) for each in columns]), 0
            known = [math.isfinite(float(each)) for each in arrays.to_numpy(found.error)]
            for group, _ in block:
                mine = range(at, at + len(group.places))
                keep = [k for k in mine if known[k]]
                if len(keep) < len(mine):
                    unresolved.append(group.part([k - at for k in mine if not known[k]]))
                if keep:
                    yield group.part([k - at for k in keep]), found.part(keep)
                at = mine.stop


def _read(basis: Eigenbasis, nodes: Nodes, group: Group, alone: list[int]) -> list[Read]:
    """What the settings of a group make of the nodes; where a loop refuses one of them, the halves are tried."""
    settings = len(group.places)
    try:
        return [(group, read(basis, nodes, group.algorithm(basis.values), settings))]
    except QuadmamlError:
        if settings == 1:
            alone.extend(group.places)
            return []
        halves = group.part(range(settings // 2)), group.part(range(settings // 2, settings))
        return [row for half in halves for row in _read(basis, nodes, half, alone)]


def _batches(rows: list[Read], most: int) -> Iterator[list[Read]]:
    """Whole groups together, as many settings at once as may be held in memory, but at least one group."""
    batch, count = list[Read](), 0
    for row in rows:
        if batch and count + len(row[0].places) > most:
            yield batch
            batch, count = [], 0
        batch.append(row)
        count += len(row[0].places)
    if batch:
        yield batch


def blocks(rows: list[Row], most: int) -> Iterator[list[Row]]:
    """Rows together, as many settings at once as may be held in memory."""
    block, room = list[Row](), most
    for group, expansion in rows:
        for at in range(0, len(group.places), most):
            part = range(at, min(at + most, len(group.places)))
            if len(part) > room:
                yield block
                block, room = [], most
            whole = len(part) == len(group.places)
            block.append((group.part(part), expansion if whole else expansion.part(part)))
            room -= len(part)
    if block:
        yield block
