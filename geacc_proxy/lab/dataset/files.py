"""Writing to the data set's folder: a disk that is full, or a folder that may not be written, ends the whole run."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import GeaccError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What goes wrong with files inside the block concerns `path`.

    Raises:
        GeaccError: in place of any OSError.
    """
    try:
        yield
    except OSError as error:
        raise GeaccError(f"cannot write {path}: {error.strerror or error}") from error
