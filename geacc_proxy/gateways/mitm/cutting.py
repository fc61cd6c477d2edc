"""Ends what is under way over a connection when it is closed by now: streams, WebSockets, long downloads."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from mitmproxy import ctx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from geacc_proxy.gateways.mitm.recognition import Line

_log = logging.getLogger(__name__)
EVERY_SECONDS = 20.0
"""Between two looks: what is closed ends well within a minute."""


class Cutter:
    """Looks at all open connections from time to time."""

    def __init__(self, lines: Iterable[Line], is_closed: Callable[[Line], bool]) -> None:
        """Set it up.

        Args:
            lines: the open connections; gone through anew each time.
            is_closed: whether something that was opened over a connection is closed by now.
        """
        self._lines = lines
        self._is_closed = is_closed
        self._cutting: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            self.look()

    def look(self) -> None:
        """Cut the connections that are closed by now."""
        for line in self._lines:
            try:
                shut = self._is_closed(line)
            except Exception:  # noqa: BLE001  (closed by default)
                _log.exception("Looking at an open connection failed; it is cut")
                shut = True
            if shut:
                self.cut(line)

    def cut(self, line: Line) -> None:
        """Close a connection with all that runs over it."""
        server = ctx.master.addons.get("proxyserver")
        handler = None if server is None else server.connections.get(line.client.id)
        if handler is not None:
            # What mitmproxy does with connections that have been idle for too long.
            task = asyncio.get_running_loop().create_task(handler.on_timeout())
            self._cutting.add(task)
            task.add_done_callback(self._cutting.discard)
