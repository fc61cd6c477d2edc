"""All pictures of a run: looked at once, kept decoded in memory or on the disk, or decoded anew whenever needed."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.lab.classes import LabelledFile, labelled_files, labels_of
from geacc_proxy.lab.training.splitting import split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geacc_proxy.lab.training.decoding import Decoder
    from geacc_proxy.lab.training.options import Options

CACHE_FILE = "pictures.u8"
_OF_MEMORY, _OF_DISK = 0.4, 0.8  # of what is free: the most that a cache may take


class Pictures(Protocol):
    """Decoded pictures by their place."""

    def take(self, places: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Shape (n, size, size, 3), RGB."""
        ...


@dataclass(frozen=True, slots=True)
class Cached:
    """Pictures that were decoded once, in memory or in a file that is mapped there.

    Attributes:
        pixels: uint8, shape (n, size, size, 3).
    """

    pixels: NDArray[np.uint8]

    def take(self, places: NDArray[np.int64]) -> NDArray[np.uint8]:
        """See `Pictures`."""
        taken: NDArray[np.uint8] = np.asarray(self.pixels[places])
        return taken


@dataclass(frozen=True, slots=True)
class Decoded:
    """Pictures that are decoded whenever they are needed.

    Attributes:
        files: of each picture.
        decoder: open for as long as this is used.
    """

    files: Sequence[Path]
    decoder: Decoder

    def take(self, places: NDArray[np.int64]) -> NDArray[np.uint8]:
        """See `Pictures`.

        Raises:
            GeaccError: a file that could be read before cannot be now.
        """
        paths = [self.files[place] for place in places]
        taken = []
        for path, square in zip(paths, self.decoder.squares(paths), strict=True):
            if square.pixels is None:
                raise GeaccError(f"{path}: {square.problem}; it could be read when the training began")
            taken.append(square.pixels)
        return np.stack(taken)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is left out.

    Attributes:
        path: the file.
        problem: why.
    """

    path: Path
    problem: str


@dataclass(frozen=True, slots=True)
class DataSet:
    """Labelled pictures, those that train and those that validate.

    Attributes:
        pictures: all of them.
        classes: names, in the order of a model's outputs.
        labels: int64, shape (n,): of each picture, its place in `classes`.
        training: int64, shape (t,): places of the pictures that train.
        validation: int64, shape (v,): places of the pictures that validate.
        digest: SHA-256 over all file names, classes and contents.
        skipped: what could not be read.
        shared: how many pictures that validate are copies of such that train.
    """

    pictures: Pictures
    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    training: NDArray[np.int64]
    validation: NDArray[np.int64]
    digest: str
    skipped: tuple[Skipped, ...]
    shared: int

    def counts(self, places: NDArray[np.int64]) -> dict[str, int]:
        """How many of the pictures at `places` there are of each class."""
        counts = np.bincount(self.labels[places], minlength=len(self.classes))
        return dict(zip(self.classes, counts.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Files:
    """What lies in the folders, before a picture is opened.

    Attributes:
        all: those to train with, then those of the validation folder.
        names: of each, its path within its folder.
        training: how many of `all` are of the first kind.
        has_validation: whether there is a validation folder.
    """

    all: tuple[LabelledFile, ...]
    names: tuple[str, ...]
    training: int
    has_validation: bool

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, sorted."""
        return labels_of(self.all)

    @classmethod
    def below(cls, data: Path, validation: Path | None) -> Files:
        """Of a folder with one folder a class, and of another with the same classes.

        Raises:
            UsageError: a folder is not there or is no data set, or the two have not the same classes.
        """
        files = labelled_files(data)
        names = [f"training/{file.path.relative_to(data).as_posix()}" for file in files]
        if validation is None:
            return cls(tuple(files), tuple(names), len(files), has_validation=False)
        others = labelled_files(validation)
        names += [f"validation/{file.path.relative_to(validation).as_posix()}" for file in others]
        for folder, missing in (
            (validation, {*labels_of(files)} - {*labels_of(others)}),
            (data, {*labels_of(others)} - {*labels_of(files)}),
        ):
            if missing:
                raise UsageError(
                    f"{folder}: no folder for the class {min(missing)!r}; both folders need the same classes"
                )
        return cls((*files, *others), tuple(names), len(files), has_validation=True)


def load(files: Files, options: Options, decoder: Decoder, cache_folder: Path, advance: Callable[[], None]) -> DataSet:
    """Decode every picture once, leave out what cannot be, and part the rest.

    Args:
        files: what there is.
        options: size, filter, cache, split and seed are used.
        decoder: open for as long as the result is used.
        cache_folder: where a cache on the disk goes.
        advance: called after each picture.

    Raises:
        UsageError: a class has too few pictures that can be read.
        GeaccError: the cache does not fit.
    """
    size = options.size
    store = _store(options.cache, (len(files.all), size, size, 3), cache_folder)
    digests: list[str] = []
    kept: list[int] = []
    skipped: list[Skipped] = []
    for place, square in enumerate(decoder.squares(file.path for file in files.all)):
        if square.pixels is None:
            skipped.append(Skipped(files.all[place].path, square.problem))
        else:
            if store is not None:
                store[len(kept)] = square.pixels
            kept.append(place)
            digests.append(square.digest)
        advance()
    pictures = (
        Decoded([files.all[place].path for place in kept], decoder) if store is None else Cached(store[: len(kept)])
    )
    labels = [files.all[place].label for place in kept]
    training, validation = _parts(files, kept, labels, digests, options)
    contents = {digests[place] for place in training}
    return DataSet(
        pictures,
        files.classes,
        np.array([files.classes.index(label) for label in labels], np.int64),
        np.array(training, np.int64),
        np.array(validation, np.int64),
        _digest(f"{files.names[place]}\0{digest}" for place, digest in zip(kept, digests, strict=True)),
        tuple(skipped),
        sum(digests[place] in contents for place in validation),
    )


def _parts(
    files: Files, kept: list[int], labels: list[str], digests: list[str], options: Options
) -> tuple[list[int], list[int]]:
    first = sum(place < files.training for place in kept)
    parts = ("", first, labels[:first]), ("validation ", len(kept), labels[first:])
    for what, _, found in parts[: 1 + files.has_validation]:
        if missing := {*files.classes} - {*found}:
            raise UsageError(f"none of the {what}pictures of the class {min(missing)!r} can be read")
    if files.has_validation:
        return list(range(first)), list(range(first, len(kept)))
    return split(labels, digests, options.split, options.seed)


def _digest(lines: object) -> str:
    digest = hashlib.sha256()
    for line in lines:  # type: ignore[attr-defined]
        digest.update(f"{line}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _store(cache: str, shape: tuple[int, ...], folder: Path) -> NDArray[np.uint8] | None:
    """Room for decoded pictures; None where they are not kept."""
    needed = int(np.prod(shape))
    if cache == "auto":
        cache = _choice(needed, folder)
    if cache == "none":
        return None
    if cache == "memory":
        try:
            return np.empty(shape, np.uint8)
        except MemoryError as error:
            raise GeaccError(f"{needed / 1e9:.1f} GB of pictures do not fit into memory; try --cache disk") from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / CACHE_FILE).open("wb") as file:
            if hasattr(os, "posix_fallocate"):  # a full disk is an error here, and a crash in a mapped file
                os.posix_fallocate(file.fileno(), 0, needed)
            else:
                file.truncate(needed)
        return np.memmap(folder / CACHE_FILE, np.uint8, "r+", shape=shape)
    except OSError as error:
        raise GeaccError(
            f"no room for {needed / 1e9:.1f} GB of decoded pictures in {folder}: {error.strerror}; try --cache none"
        ) from error


def _choice(needed: int, folder: Path) -> str:
    if needed <= _OF_MEMORY * _free_memory():
        return "memory"
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return "disk" if needed <= _OF_DISK * shutil.disk_usage(existing).free else "none"


def _free_memory() -> int:
    """Bytes; nothing where the system does not tell."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0
