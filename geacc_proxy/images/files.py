"""Which files are pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geacc_proxy.images.sniff import HEAD_BYTES, SUFFIXES, sniff

if TYPE_CHECKING:
    from pathlib import Path


def is_picture_file(path: Path) -> bool:
    """Whether a file is a picture by its name's ending, or else by its first bytes.

    Downloads are named after their addresses, which may end in anything. A file that cannot be read passes: whoever
    opens it will name it.
    """
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            return sniff(file.read(HEAD_BYTES)) is not None
    except OSError:
        return True
