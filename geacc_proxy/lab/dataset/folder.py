"""The data set's folder: a folder a class, in it the pictures; each appears whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
from typing import TYPE_CHECKING

from geacc_proxy.lab.dataset.files import writing
from geacc_proxy.lab.dataset.naming import file_name, short_name

if TYPE_CHECKING:
    from pathlib import Path

    from geacc_proxy.lab.dataset.listing import Row
    from geacc_proxy.lab.dataset.outcome import Record

# Some file systems take less than 255 bytes, or not every character.
_NO_SUCH_NAME = frozenset({errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ})


class Folder:
    """Where pictures are put. Not for several threads at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def found(self, row: Row) -> Path | None:
        """The file of that row, if it is there, whoever put it there."""
        for name in dict.fromkeys((file_name(row.url), short_name(row.url))):
            path = self.path / row.label / name
            with contextlib.suppress(OSError):  # a name that is too long for this file system
                if path.is_file():
                    return path
        return None

    def holds(self, record: Record) -> bool:
        """Whether the picture of that record is there, and as long as it was."""
        try:
            return (self.path / record.file).stat().st_size == record.bytes
        except OSError:
            return False

    def put(self, row: Row, source: Path) -> str:
        """Move `source` to where that row's picture belongs, over what is there.

        Returns:
            its place, relative to the data set's folder, with slashes.

        Raises:
            GeaccError: it cannot be written.
        """
        label = self.path / row.label
        name = file_name(row.url)
        with writing(label):
            label.mkdir(parents=True, exist_ok=True)
        with writing(label / name):
            try:
                source.replace(label / name)
            except OSError as error:
                if error.errno not in _NO_SUCH_NAME:
                    raise
                name = short_name(row.url)
                source.replace(label / name)
        return f"{row.label}/{name}"

    def remove(self, file: str) -> None:
        """Take a picture away.

        Raises:
            GeaccError: it cannot be.
        """
        path = self.path / file
        with writing(path):
            path.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
