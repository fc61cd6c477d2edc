"""What takes long or was assumed is told on standard error, a line each, in the words of the room that does it."""

from __future__ import annotations

import logging
import sys

_ROOMS = ("geacc_proxy.models", "geacc_proxy.lab")


class _Notices(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"geacc-proxy: {' '.join(record.getMessage().split())}\n")


def tell_notices() -> None:
    """From here on print what models and the bench have to say; once, however often it is called."""
    for room in _ROOMS:
        logger = logging.getLogger(room)
        if not logger.handlers:
            logger.addHandler(_Notices(logging.INFO))
            logger.setLevel(logging.INFO)
            logger.propagate = False
