"""Labelled pictures from a folder with a folder a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geacc_proxy.lab.classes import labelled_files
from geacc_proxy.lab.evaluation.scored import Sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GROUPINGS: dict[str, Callable[[Path], str]] = {
    "parent": lambda path: path.parent.name,
    "format": lambda path: path.suffix.lower().removeprefix("."),
}
"""What pictures can be grouped by without a table: the folder that they lie in, or their names' ending."""


def read_folder(folder: Path, group_by: str | None = None) -> list[Sample]:
    """The pictures below `folder/<class>/`.

    Args:
        folder: with a folder a class. One class alone is enough here: some figures need no more.
        group_by: one of `GROUPINGS`.

    Raises:
        UsageError: no such folder, no class in it, or a class without pictures.
        GeaccError: a folder cannot be read.
    """
    return [grouped(Sample(file.path, file.label), group_by) for file in labelled_files(folder, fewest=1)]


def grouped(sample: Sample, group_by: str | None) -> Sample:
    """`sample` with one more group, where one is asked for."""
    if group_by is None:
        return sample
    return Sample(sample.path, sample.label, (*sample.groups, (group_by, GROUPINGS[group_by](sample.path))))
