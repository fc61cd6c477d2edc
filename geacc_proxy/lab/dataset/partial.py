"""A picture of which a part has come: the part, and what a server must say for the rest to fit to it."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geacc_proxy.lab.dataset.files import writing

if TYPE_CHECKING:
    from io import FileIO

FOLDER = ".partial"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a part came from.

    Attributes:
        url: after redirects.
        validator: a strong ETag or a Last-Modified, for If-Range (RFC 9110, 13.1.5); empty where there is none.
    """

    url: str
    validator: str


class Partial:
    """The part of one picture, in two files of the folder `.partial`: its bytes, and its origin as JSON."""

    def __init__(self, folder: Path, url: str) -> None:
        """Nothing is read or written yet.

        Args:
            folder: of the data set.
            url: as the list has it.
        """
        stem = hashlib.sha256(url.encode()).hexdigest()[:40]
        self.path = folder / FOLDER / f"{stem}.part"
        self._about = folder / FOLDER / f"{stem}.json"

    def origin(self) -> Origin | None:
        """Where the part that is there came from; None where there is none, or none that could be gone on with."""
        try:
            origin = Origin(**json.loads(self._about.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        usable = isinstance(origin.url, str) and isinstance(origin.validator, str) and origin.validator
        return origin if usable and self.length() else None

    def length(self) -> int:
        """Bytes that are there."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def begin(self, origin: Origin) -> FileIO:
        """Forget what is there, and open the file for the first byte.

        Raises:
            GeaccError: it cannot be written.
        """
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.open("wb", buffering=0)
            self._about.write_text(json.dumps(asdict(origin)), "utf-8")
        return file

    def go_on(self) -> FileIO:
        """Open the file for the byte after its last.

        Raises:
            GeaccError: it cannot be written.
        """
        with writing(self.path):
            return self.path.open("ab", buffering=0)

    def append(self, file: FileIO, chunk: bytes) -> None:
        """Write on.

        Raises:
            GeaccError: it cannot be written.
        """
        rest = memoryview(chunk)
        with writing(self.path):
            while rest:  # of the last bytes that a disk has room for, a part is written, and nothing is said
                rest = rest[file.write(rest) :]

    def discard(self) -> None:
        """Remove it."""
        for path in (self.path, self._about):
            with contextlib.suppress(OSError):
                path.unlink()
