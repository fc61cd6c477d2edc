"""What the block log knows of a picture by its content: where it came from, and how many lines are of its like."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from geacc_proxy.journal.readers import reading
from geacc_proxy.policy.override import LOOK_ALIKE

LOOKED_AT = 20_000
"""So many of the newest lines are compared; it takes some 20 ms."""


def addresses_of(path: Path, digests: Collection[str]) -> dict[str, str]:
    """Where pictures came from last, by digest; those that no line names are left out. It blocks.

    Args:
        path: the database file.
        digests: of the pictures.

    Raises:
        JournalError: the database cannot be read.
    """
    newest = "SELECT url FROM block_log WHERE digest = ? ORDER BY id DESC LIMIT 1"
    with reading(path) as connection:
        found = {digest: connection.execute(newest, (digest,)).fetchone() for digest in digests if digest}
    return {digest: str(row[0]) for digest, row in found.items() if row is not None}


def count_alike(path: Path, likeness: int, besides: int = 0) -> int:
    """How many of the newest lines are of a picture with such a hash or one near it. It blocks.

    Args:
        path: the database file.
        likeness: perceptual hash, 0…2^64-1.
        besides: number of a line that is not counted.

    Raises:
        JournalError: the database cannot be read.
    """
    with reading(path) as connection:
        lines = connection.execute(
            "SELECT id, likeness FROM block_log ORDER BY time DESC, id DESC LIMIT ?", (LOOKED_AT,)
        )
        return sum(
            number != besides and other is not None and (likeness ^ other % 2**64).bit_count() <= LOOK_ALIKE
            for number, other in lines
        )
