"""Labelled pictures: a folder a class, and which classes are malign. One rule for training and for judging models."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.images.files import is_picture_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BENIGN, MALIGN = "benign", "malign"
"""Geacc's two classes."""

BENIGN_NAMES = frozenset({BENIGN, "neutral", "drawing", "drawings", "safe", "sfw"})
"""Classes that are benign unless somebody says otherwise, whatever their case."""

_BY_NUMBER = {"0": BENIGN, "1": MALIGN}  # the class numbers of Geacc's lists of pictures
_SUBSETS = frozenset({"train", "training", "validate", "validation", "val", "test"})


@dataclass(frozen=True, slots=True, order=True)
class LabelledFile:
    """A picture file and what it is.

    Attributes:
        path: the file.
        label: its class.
    """

    path: Path
    label: str


def labelled_files(folder: Path, *, fewest: int = 2) -> list[LabelledFile]:
    """The pictures below `folder/<class>/`, however deep, sorted by class and path.

    Folders named `0` and `1`, and no others, are Geacc's `benign` and `malign`. Names that begin with a dot are left
    out. A file is a picture by its name's ending, or else by its first bytes.

    Args:
        folder: with a folder a class.
        fewest: how many classes there must be, 1 or 2.

    Raises:
        UsageError: no such folder, fewer classes, or a class without pictures.
        GeaccError: a folder cannot be read.
    """
    names = _class_folders(folder)
    if names and names <= _SUBSETS:
        raise UsageError(
            f"{folder}: {_listed(names)} are no classes; name the folder that holds one folder a class, "
            f"such as {folder / min(names)}"
        )
    if len(names) < fewest or (len(names) == 1 and not _is_class(folder / min(names))):
        found = f"only the folder {min(names)!r}" if names else "no folders"
        raise UsageError(f"{folder}: {found}; there must be one folder a class, such as benign and malign")
    labels = _BY_NUMBER if names <= _BY_NUMBER.keys() else {name: name for name in names}
    files: list[LabelledFile] = []
    for name in sorted(names):
        if not labels[name].isprintable():
            raise UsageError(f"{folder}: the class name {name!r} is not one line of text")
        pictures = _pictures_below(folder / name)
        if not pictures:
            raise UsageError(f"{folder / name}: no pictures in it; every class needs some")
        files += [LabelledFile(path, labels[name]) for path in pictures]
    return files


def labels_of(files: Iterable[LabelledFile]) -> tuple[str, ...]:
    """The classes among `files`, sorted: the order of a model's outputs."""
    return tuple(sorted({file.label for file in files}))


def malign_classes(names: Sequence[str], chosen: Sequence[str] | None) -> tuple[str, ...]:
    """Which of the classes are malign, in the order of `names`.

    Args:
        names: all classes, each once.
        chosen: those that somebody says are malign; None for all but `BENIGN_NAMES`.

    Raises:
        UsageError: a chosen class is none of `names`, or no class would be malign, or every one.
    """
    if chosen is None:
        malign = tuple(name for name in names if name.casefold() not in BENIGN_NAMES)
    else:
        for name in chosen:
            if name not in names:
                raise UsageError(f"--malign {name!r} is no class here; the classes are {_listed(names)}")
        malign = tuple(name for name in names if name in chosen)
    if not malign:
        raise UsageError(f"none of the classes {_listed(names)} is malign; say which with --malign NAME[,NAME]")
    if len(malign) == len(names):
        raise UsageError(f"all of the classes {_listed(names)} are malign; say which with --malign NAME[,NAME]")
    return malign


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _class_folders(folder: Path) -> set[str]:
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    return {entry.name for entry in _entries(folder) if entry.is_dir()}


def _entries(folder: Path) -> list[Path]:
    try:
        return [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    except OSError as error:
        raise GeaccError(f"{folder}: {error.strerror or error}") from error


def _is_class(folder: Path) -> bool:
    """Whether it is one class, rather than a folder around the classes."""
    return folder.name.casefold() in {*BENIGN_NAMES, MALIGN, *_BY_NUMBER} or any(
        path.is_file() and is_picture_file(path) for path in _entries(folder)
    )


def _pictures_below(folder: Path) -> list[Path]:
    found: list[Path] = []
    try:
        for where, folders, files in os.walk(folder, onerror=_raise):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            paths = (Path(where, name) for name in files if not name.startswith("."))
            found += (path for path in paths if path.is_file() and is_picture_file(path))
    except OSError as error:
        raise GeaccError(f"{error.filename or folder}: {error.strerror or error}") from error
    return sorted(found)


def _raise(error: OSError) -> None:
    raise error
