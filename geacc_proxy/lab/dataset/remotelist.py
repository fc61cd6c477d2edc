"""A list that lies on the web; Geacc's script took those, too."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from geacc_proxy.classify.watchdog import Watchdog
from geacc_proxy.exceptions import GeaccError
from geacc_proxy.lab.dataset.files import writing
from geacc_proxy.lab.dataset.lifeline import Lifeline, held_by
from geacc_proxy.lab.dataset.outcome import Failed
from geacc_proxy.lab.dataset.partial import Partial
from geacc_proxy.lab.dataset.transfer import Transfers

if TYPE_CHECKING:
    from pathlib import Path

    from geacc_proxy.lab.dataset.manner import Manner

NAME = "list.csv"
MOST_BYTES = 4 * 2**30
_SECONDS = 3600.0


def is_address(text: str) -> bool:
    """Whether `text` is an address of the web, and no file's name."""
    return re.match(r"(?i)https?://", text) is not None


def fetch_list(url: str, folder: Path, manner: Manner) -> Path:
    """Fetch a list anew; what had come of it before it broke off is gone on with.

    Args:
        url: of the list.
        folder: of the data set; the list lies there as `list.csv`.
        manner: tries, back-off, and whether private addresses are allowed.

    Returns:
        the file.

    Raises:
        GeaccError: it cannot be fetched or written.
    """
    transfers = Transfers(
        agent=manner.agent,
        seconds=_SECONDS,
        most_bytes=MOST_BYTES,
        per_host=1,
        threads=1,
        allow_private=manner.allow_private,
    )
    partial, lifeline, watchdog = Partial(folder, url), Lifeline(), Watchdog()
    attempt = 0
    try:
        while True:
            attempt += 1
            try:
                with held_by(lifeline), watchdog.over(_SECONDS, lifeline.cut):
                    transfers.attempt(url, partial)
            except Failed as error:
                if not error.again or lifeline.cut_off or attempt >= manner.tries:
                    raise GeaccError(f"the list {url} cannot be fetched: {error}") from error
                time.sleep(manner.backoff * 2 ** (attempt - 1))
            else:
                break
    finally:
        watchdog.stop()
        transfers.close()
    path = folder / NAME
    with writing(path):
        partial.path.replace(path)
    partial.discard()
    return path
