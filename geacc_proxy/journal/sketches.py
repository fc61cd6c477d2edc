"""Sketches: what may be kept of the look of hidden pictures. `Journal.sketch` takes them."""

from __future__ import annotations

from pathlib import Path

from geacc_proxy.journal.readers import reading


def get(path: Path, digest: str) -> bytes | None:
    """Returns the sketch of a picture, None where there is none. It blocks.

    Args:
        path: the database file.
        digest: of the hidden picture's bytes, as its lines name it.

    Raises:
        JournalError: the database cannot be read.
    """
    with reading(path) as connection:
        found = connection.execute("SELECT picture FROM sketch WHERE digest = ?", (digest,)).fetchone()
    return None if found is None else bytes(found[0])
