"""Figures by group, and how far apart the groups are: is a model unfair to some?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geacc_proxy.lab.evaluation.estimate import Estimate, Share
from geacc_proxy.lab.evaluation.resampling import ROUNDS, SEED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geacc_proxy.lab.evaluation.scored import Scored

SMALL = 30
"""Fewer pictures of a kind than this say little about a group: Wilson's interval is then wider than 0.2 to 0.35."""


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One group.

    Attributes:
        name: the value in the group's column.
        false_alarms: of its benign pictures.
        misses: of its malign pictures.
        unjudged: its pictures that could not be judged.
    """

    name: str
    false_alarms: Share
    misses: Share
    unjudged: int


@dataclass(frozen=True, slots=True)
class Gap:
    """The largest difference of a rate between two groups.

    Attributes:
        highest: name of the group with the highest rate.
        lowest: of that with the lowest.
        gap: with its interval, 0…1.
        p_value: chance of such a gap if the groups did not differ, 0…1.
        small: whether small groups had to be counted, since there are not two larger ones.
    """

    highest: str
    lowest: str
    gap: Estimate
    p_value: float
    small: bool


@dataclass(frozen=True, slots=True)
class Grouping:
    """All groups of one column.

    Attributes:
        column: its name.
        groups: sorted by name.
        false_alarm_gap: None where fewer than two groups have benign pictures.
        miss_gap: None where fewer than two have malign ones.
    """

    column: str
    groups: tuple[GroupFigures, ...]
    false_alarm_gap: Gap | None
    miss_gap: Gap | None


def grouping(
    column: str,
    names: Sequence[str],
    files: Sequence[Scored],
    malign: NDArray[np.bool_],
    cut_off: float,
    seed: int = SEED,
) -> Grouping:
    """Figures by group.

    Args:
        column: what the groups are called together.
        names: the group of each file.
        files: what the model said.
        malign: shape (n,), the truth of the files.
        cut_off: malign score from which on a picture is flagged, 0…1.
        seed: of the bootstrap.
    """
    members: dict[str, list[tuple[Scored, bool]]] = {}
    for file, truth, name in zip(files, malign, names, strict=True):
        members.setdefault(name, []).append((file, bool(truth)))
    found = []
    for name, here in sorted(members.items()):
        judged = [(file.malign >= cut_off, truth) for file, truth in here if file.malign is not None]
        benign = [flagged for flagged, truth in judged if not truth]
        bad = [flagged for flagged, truth in judged if truth]
        misses = Share(len(bad) - sum(bad), len(bad))
        found.append(GroupFigures(name, Share(sum(benign), len(benign)), misses, len(here) - len(judged)))
    return Grouping(
        column,
        tuple(found),
        gap_between({group.name: group.false_alarms for group in found}, seed),
        gap_between({group.name: group.misses for group in found}, seed),
    )


def gap_between(rates: dict[str, Share], seed: int = SEED) -> Gap | None:
    """The largest gap, among groups of `SMALL` pictures or more where there are two such.

    The interval is the middle 95 % of the gap when the pictures of each group are drawn anew (a binomial number); since
    it is the largest of several differences, chance alone widens it, and its lower end is seldom 0. So judge by the
    p-value: the share of gaps at least as large when the same flagged pictures are dealt out to the groups at random
    (a permutation test; Good, Permutation, parametric and bootstrap tests of hypotheses, 2005), the observed one
    counted in.

    Args:
        rates: by group.
        seed: of the draws.
    """
    known = {name: share for name, share in rates.items() if share.number}
    large = {name: share for name, share in known.items() if share.number >= SMALL}
    chosen = large if len(large) > 1 else known
    if len(chosen) < 2:
        return None
    names, counts = list(chosen), np.array([share.count for share in chosen.values()])
    numbers = np.array([share.number for share in chosen.values()])
    observed = counts / numbers
    generator = np.random.default_rng(seed)
    drawn = _spread(generator.binomial(numbers, observed, (ROUNDS, len(names))) / numbers)
    dealt = _spread(
        generator.multivariate_hypergeometric(numbers, int(counts.sum()), ROUNDS, method="marginals") / numbers
    )
    gap = float(observed.max() - observed.min())
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Gap(
        highest=names[int(observed.argmax())],
        lowest=names[int(observed.argmin())],
        gap=Estimate(gap, float(low), float(high)),
        p_value=float((1 + (dealt >= gap - 1e-12).sum()) / (1 + ROUNDS)),
        small=chosen is not large,
    )


def _spread(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = rates.max(axis=1) - rates.min(axis=1)
    return result
