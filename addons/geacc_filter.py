"""The filter for people who run mitmproxy themselves:

mitmdump -s addons/geacc_filter.py
mitmweb  -s addons/geacc_filter.py --set geacc_strictness=balanced
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from mitmproxy import ctx, exceptions

from geacc_proxy import settings
from geacc_proxy.assembly import Household, Workshop, picture_filter
from geacc_proxy.exceptions import GeaccError
from geacc_proxy.gateways.mitm.patience import reconsider

if TYPE_CHECKING:
    from mitmproxy.addonmanager import Loader
    from mitmproxy.http import HTTPFlow
    from mitmproxy.proxy.layer import NextLayer

    from geacc_proxy.gateways.mitm.addon import PictureFilter
    from geacc_proxy.gateways.mitm.passage import Piece


class GeaccFilter:
    """Judges every picture and puts a placeholder where a malign one was."""

    def __init__(self) -> None:
        self._ready = asyncio.Event()
        self._household: Household | None = None
        self._pictures: PictureFilter | None = None
        self._settings = settings.Settings()
        self._state_dir = Path()

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        loader.add_option("geacc_state_dir", str, "", "Where the block log lies; the system's place without it.")
        loader.add_option(
            "geacc_model", str, "", "The model that judges: a name or a path; the embedded one without it."
        )
        words = ", ".join(settings.Strictness)
        loader.add_option("geacc_strictness", str, "", f"How sure the model must be: {words}. [strict]")
        loader.add_option("geacc_workers", int, 0, "Processes that judge; as many as processors without it.")

    def configure(self, updated: set[str]) -> None:
        """Parse the options, once."""
        if not any(name.startswith("geacc_") for name in updated):
            return
        if self._household is not None:
            raise exceptions.OptionsError("geacc_ options are read at the start; restart mitmproxy to change them")
        options = ctx.options
        flags = {
            "model": options.geacc_model or None,
            "strictness": options.geacc_strictness or None,
            "workers": options.geacc_workers or None,
        }
        try:
            given = Path(options.geacc_state_dir).expanduser() if options.geacc_state_dir else None
            self._state_dir = settings.prepare_state_directory(settings.state_directory(given))
            self._settings = settings.load(None, self._state_dir, flags)
        except GeaccError as error:
            raise exceptions.OptionsError(str(error)) from error

    async def running(self) -> None:
        """Open the household; every request waits until it is open."""
        try:
            workshop = Workshop.of(self._settings, self._state_dir)
            self._household = await Household.open(self._settings, self._state_dir, workshop)
        except GeaccError as error:
            # Without a judge nothing may pass: requests go on waiting while mitmproxy ends.
            logging.error("geacc-proxy: %s", error)
            ctx.master.shutdown()
            return
        self._pictures = picture_filter(self._household, self._settings)
        self._ready.set()

    def next_layer(self, nextlayer: NextLayer) -> None:
        """Look into each connection that may carry pictures."""
        reconsider(nextlayer)

    async def requestheaders(self, flow: HTTPFlow) -> None:
        """Ask for whole, fresh pictures."""
        await self._ready.wait()
        if self._pictures is not None:
            self._pictures.requestheaders(flow)

    def responseheaders(self, flow: HTTPFlow) -> None:
        """Hold what may be a picture."""
        if self._pictures is not None:
            self._pictures.responseheaders(flow)

    async def response(self, flow: HTTPFlow) -> None:
        """Judge what was held."""
        if self._pictures is not None:
            await self._pictures.response(flow)

    async def geacc_pieces(self, pieces: list[Piece]) -> None:
        """Wait for the pictures of a text that passes."""
        if self._pictures is not None:
            await self._pictures.geacc_pieces(pieces)

    async def websocket_message(self, flow: HTTPFlow) -> None:
        """Look through a message to the browser."""
        if self._pictures is not None:
            await self._pictures.websocket_message(flow)

    def error(self, flow: HTTPFlow) -> None:
        """Forget a flow that ended early."""
        if self._pictures is not None:
            self._pictures.error(flow)

    async def done(self) -> None:
        """Write what is left and end the workers."""
        if self._household is not None:
            await self._household.close()


addons = [GeaccFilter()]
