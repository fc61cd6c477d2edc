"""Labelled pictures, wherever they are listed, and which classes are malign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geacc_proxy.exceptions import UsageError
from geacc_proxy.lab.classes import BENIGN_NAMES, malign_classes
from geacc_proxy.lab.evaluation.folder import grouped, read_folder
from geacc_proxy.lab.evaluation.scored import Samples
from geacc_proxy.lab.evaluation.table import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence, Set
    from pathlib import Path

    from geacc_proxy.lab.evaluation.scored import Sample

MOST_GROUPS = 200
"""Of one column; more are no groups of pictures but names of them."""


def read_samples(
    data: Path, chosen: Sequence[str] | None = None, groups: Sequence[str] = (), group_by: str | None = None
) -> Samples:
    """The labelled pictures of a folder or of a table.

    Args:
        data: a folder with a folder a class, or a CSV file.
        chosen: classes that somebody says are malign.
        groups: columns of the table.
        group_by: one of `folder.GROUPINGS`.

    Raises:
        UsageError: nothing there that can be judged, or a class or column that is not there.
        GeaccError: it cannot be read.
    """
    left_out: tuple[str, ...] = ()
    found: Sequence[Sample]
    if data.is_dir():
        if groups:
            raise UsageError(f"--group {groups[0]}: {data} is a folder and has no columns; try --group-by parent")
        found = read_folder(data, group_by)
    else:
        table = read_table(data, groups, names_chosen=chosen is not None)
        found, left_out = [grouped(sample, group_by) for sample in table.samples], table.left_out
        if not found:
            raise UsageError(f"{data}: none of its {len(left_out):,} rows can be used; {left_out[0]}")
    for column in (*groups, *([group_by] if group_by else [])):
        _require_few(column, {value for sample in found for name, value in sample.groups if name == column})
    labels = tuple(sorted({sample.label for sample in found}))
    return Samples(tuple(found), malign_among(labels, chosen), left_out)


def _require_few(column: str, values: Set[str]) -> None:
    if len(values) > MOST_GROUPS:
        raise UsageError(
            f"the column {column!r} has {len(values):,} different values; {MOST_GROUPS} groups at most can be compared"
        )


def malign_among(labels: Sequence[str], chosen: Sequence[str] | None) -> tuple[str, ...]:
    """Which classes are malign; other than where a model is trained, it may be none or the only one.

    Raises:
        UsageError: a chosen class is not there, or only malign ones are among several.
    """
    harmless = [label for label in labels if label.casefold() in BENIGN_NAMES]
    if chosen is None and len(harmless) == len(labels):
        return ()
    if len(labels) == 1 and chosen in (None, [*labels]):
        return tuple(labels)
    return malign_classes(labels, chosen)
