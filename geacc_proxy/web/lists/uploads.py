"""Block lists that a parent has brought as a file: they lie in the state directory, and are read there."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.home.lists import FOLDER

if TYPE_CHECKING:
    from geacc_proxy.web.site import Site

_UPLOADS = "uploads"


def folder_of(site: Site) -> Path:
    """Where they lie."""
    return (site.state_dir / FOLDER / _UPLOADS).absolute()


def is_upload(site: Site, source: str) -> bool:
    """Whether the source of a list is one of them."""
    return Path(source).parent == folder_of(site)


def place(folder: Path, name: str, content: bytes, sources: Collection[str]) -> Path:
    """Keep a file, and delete those that no list is made of any longer. It blocks.

    That happens here and not when a list is given up, which can be undone.

    Args:
        folder: where they lie; made if missing.
        name: of the list.
        content: of the file.
        sources: of the lists that there are.

    Raises:
        GeaccError: it cannot be written.
    """
    file = folder / f"{name}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.txt"):
            if str(old) not in sources:
                old.unlink()
        file.write_bytes(content)
    except OSError as error:
        raise GeaccError(f"cannot write to {folder}: {error.strerror or error}") from error
    return file
