"""How the filter itself is doing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from geacc_proxy.journal import DATABASE_NAME
from geacc_proxy.web.i18n import _, number

if TYPE_CHECKING:
    from pathlib import Path

    from geacc_proxy.web.site import Site

_GIB, _MIB = 2**30, 2**20
_LITTLE_DISK = _GIB


@dataclass(frozen=True, slots=True)
class Health:
    """The filter at this moment.

    Attributes:
        is_alive: whether pictures are being judged.
        model: that judges.
        lists: how many block lists there are.
        failing: names of those that could not be fetched.
        refreshed: when the last of them was refreshed; None where none was.
        free: room on the disk, in words.
        is_disk_full: whether there is so little that the block log may soon not be written.
        kept: what the state directory's database takes, in words.
    """

    is_alive: bool
    model: str
    lists: int
    failing: tuple[str, ...]
    refreshed: datetime | None
    free: str
    is_disk_full: bool
    kept: str

    @classmethod
    def of(cls, site: Site) -> Health:
        """Look."""
        found = site.lists.all() if site.lists is not None else []
        free = _free(site.state_dir)
        return cls(
            is_alive=site.is_healthy(),
            model=site.model,
            lists=len(found),
            failing=tuple(subscription.name for subscription in found if subscription.error),
            refreshed=max((one.checked for one in found if one.checked is not None), default=None),
            free="–" if free is None else size(free),
            is_disk_full=free is not None and free < _LITTLE_DISK,
            kept=size(sum(file.stat().st_size for file in site.state_dir.glob(f"{DATABASE_NAME}*") if file.is_file())),
        )


def size(count: int) -> str:
    """Bytes as people read them."""
    if count >= _GIB:
        return _("{size} GB", size=number(count / _GIB, 1))
    return _("{size} MB", size=number(count / _MIB, 1 if count < 10 * _MIB else 0))


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
