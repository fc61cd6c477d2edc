"""Labelled pictures from a folder with a folder a class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.images.sniff import HEAD_BYTES, SUFFIXES, sniff
from geacc_proxy.lab.classes import BENIGN, BENIGN_NAMES, MALIGN, LabelledFile, labelled_files
from geacc_proxy.lab.evaluation.scored import Sample

if TYPE_CHECKING:
    from collections.abc import Callable

GROUPINGS: dict[str, Callable[[Path], str]] = {
    "parent": lambda path: path.parent.name,
    "format": lambda path: path.suffix.lower().removeprefix("."),
}
"""What pictures can be grouped by without a table: the folder that they lie in, or their names' ending."""

_BY_NUMBER = {"0": BENIGN, "1": MALIGN}


def read_folder(folder: Path, group_by: str | None = None) -> list[Sample]:
    """The pictures below `folder/<class>/`.

    Args:
        folder: with a folder a class. One class alone is enough here: some figures need no more.
        group_by: one of `GROUPINGS`.

    Raises:
        UsageError: no such folder, no class in it, or a class without pictures.
        GeaccError: a folder cannot be read.
    """
    files = _single(folder) or labelled_files(folder)
    return [grouped(Sample(file.path, file.label), group_by) for file in files]


def grouped(sample: Sample, group_by: str | None) -> Sample:
    """`sample` with one more group, where one is asked for."""
    if group_by is None:
        return sample
    return Sample(sample.path, sample.label, (*sample.groups, (group_by, GROUPINGS[group_by](sample.path))))


def _single(folder: Path) -> list[LabelledFile]:
    """The pictures of a folder with one class, which would be none to train with; otherwise none."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such file or folder")
    try:
        classes = [entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
        if len(classes) != 1 or not _is_class(classes[0]):
            return []
        found = sorted(path for path in classes[0].rglob("*") if path.is_file() and _is_picture(path))
    except OSError as error:
        raise GeaccError(f"{error.filename or folder}: {error.strerror or error}") from error
    if not found:
        raise UsageError(f"{classes[0]}: no pictures in it")
    label = _BY_NUMBER.get(classes[0].name, classes[0].name)
    return [LabelledFile(path, label) for path in found]


def _is_class(folder: Path) -> bool:
    """Whether it is one class rather than one part of a data set, such as `train`."""
    known = {*BENIGN_NAMES, MALIGN, *_BY_NUMBER}
    return folder.name.casefold() in known or any(path.is_file() and _is_picture(path) for path in folder.iterdir())


def _is_picture(path: Path) -> bool:
    if path.name.startswith("."):
        return False
    if path.suffix.lower() in SUFFIXES:
        return True
    with path.open("rb") as file:
        return sniff(file.read(HEAD_BYTES)) is not None
