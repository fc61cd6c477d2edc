"""A lean mitmproxy: the addons that a filter needs, and no more.

A third of a stock mitmdump's time goes to dispatching hooks to addons that a filter has no use for (0.58–0.64 of
its CPU a request with these alone).
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import certifi
from cryptography.x509 import load_pem_x509_certificates
from mitmproxy import exceptions, hooks
from mitmproxy.addons import (
    block,
    core,
    disable_h2c,
    dns_resolver,
    next_layer,
    proxyserver,
    strip_dns_https_records,
    tlsconfig,
)
from mitmproxy.master import Master
from mitmproxy.options import Options
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.utils import asyncio_utils

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.gateways.mitm.dispatch import FlatDispatch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geacc_proxy.gateways.mitm.addon import PictureFilter
    from geacc_proxy.gateways.mitm.household import HouseholdTraffic

_DRAIN_SECONDS = 2.0
_ATTEMPTS = 6
_ATTEMPT_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Listening:
    """Where and how the gateway listens.

    Attributes:
        host: address to bind; empty for all.
        port: TCP port (UDP for WireGuard).
        mode: mitmproxy's mode specification, such as `regular` or `socks5`.
        authority: folder of the certificate authority.
        upstream_ca: PEM file of authorities to trust upstream beside the public ones, or None.
    """

    host: str
    port: int
    mode: str
    authority: Path
    upstream_ca: Path | None = None


class Gateway(Master):
    """Runs the proxy in the current event loop."""

    def __init__(
        self, listening: Listening, pictures: PictureFilter, *, traffic: HouseholdTraffic | None = None
    ) -> None:
        """Set up the proxy without opening a port.

        Args:
            listening: where.
            pictures: judges what passes.
            traffic: knows devices and what is closed to them; without it there is no home.

        Raises:
            UsageError: the mode or another setting is none that mitmproxy knows.
        """
        super().__init__(Options())
        self.addons = FlatDispatch(self)
        self._listening = listening
        self._pictures = pictures
        self._server = proxyserver.Proxyserver()
        # The household's hooks come after those that they correct, and before the pictures', which they tell who asks.
        at_home = () if traffic is None else (traffic,)
        own_names = () if traffic is None else (traffic.own_names,)
        self.addons.add(
            core.Core(),
            block.Block(),
            self._server,
            *own_names,
            dns_resolver.DnsResolver(),
            strip_dns_https_records.StripDnsHttpsRecords(),
            disable_h2c.DisableH2C(),
            next_layer.NextLayer(),
            tlsconfig.TlsConfig(),
            *at_home,
            pictures,
        )
        try:
            self.options.update(**_options(listening))
        except exceptions.OptionsError as error:
            raise UsageError(str(error)) from error

    async def open(self) -> None:
        """Listen.

        Raises:
            GeaccError: the port cannot be had.
        """
        # It logs the configuration of a tunnel, with the private key.
        logging.getLogger("mitmproxy.proxy.mode_servers").setLevel(logging.WARNING)
        # What mitmproxy logs of a port in use names an option of its own; the error below says what to do here.
        logging.getLogger(proxyserver.__name__).setLevel(logging.CRITICAL)
        await self._server.setup_servers()
        logging.getLogger(proxyserver.__name__).setLevel(logging.NOTSET)
        # A device that does not trust the certificate would be a line for each connection; the home is told once.
        logging.getLogger("mitmproxy.proxy.server").setLevel(logging.ERROR)
        for server in self._server.servers:
            if server.last_exception is not None:
                raise GeaccError(self._why_not(server.last_exception))
        await self.addons.trigger_event(hooks.RunningHook())

    def _why_not(self, error: Exception) -> str:
        where = f"{self._listening.host or 'all interfaces'}, port {self._listening.port}"
        if isinstance(error, OSError) and "in use" in str(error):
            return f"the port is in use: {where}; choose another with --port"
        return f"cannot listen on {where}: {error}"

    @property
    def ports(self) -> list[int]:
        """On which the proxy listens, the first one's first."""
        return [address[1] for address in self._server.listen_addrs()]

    async def listen_also(self, modes: Iterable[str]) -> dict[str, str]:
        """Listen on these ports beside the first one, and on no others.

        Args:
            modes: such as `regular@8090` and `wireguard:FILE@51820`.

        Returns:
            By mode, why it could not be had; it is tried again when this is called again.
        """
        first, *_ = self.options.mode
        wanted = [first, *dict.fromkeys(modes)]
        logger = logging.getLogger(proxyserver.__name__)
        logger.setLevel(logging.CRITICAL)
        try:
            for _ in range(_ATTEMPTS):
                # What is no longer wanted goes first, and what failed is left out once, or it would not be tried again.
                here = {server.mode.full_spec for server in self._server.servers if server.last_exception is None}
                await self._server.servers.update(_parsed(mode for mode in wanted if mode in here))
                await self._server.servers.update(_parsed(wanted))
                if not self._failed():
                    break
                await asyncio.sleep(_ATTEMPT_SECONDS)  # a tunnel that was closed lets go of its port a moment later
        finally:
            logger.setLevel(logging.NOTSET)
        return self._failed()

    def _failed(self) -> dict[str, str]:
        return {
            server.mode.full_spec: " ".join(str(server.last_exception).split())
            for server in self._server.servers
            if server.last_exception is not None
        }

    async def serve(self) -> None:
        """Return when `shutdown` is called and the pictures in hand are judged."""
        with (
            asyncio_utils.install_exception_handler(self._asyncio_exception_handler),
            asyncio_utils.set_eager_task_factory(),
        ):
            await self.should_exit.wait()
            self.options.update(server=False)
            last = asyncio.get_running_loop().time() + _DRAIN_SECONDS
            while self._pictures.judging and asyncio.get_running_loop().time() < last:  # noqa: ASYNC110  (once, at the end)
                await asyncio.sleep(0.02)
            await self.done()


def _parsed(modes: Iterable[str]) -> list[ProxyMode]:
    return [ProxyMode.parse(mode) for mode in modes]


def _options(listening: Listening) -> dict[str, Any]:
    return {
        "listen_host": listening.host,
        "listen_port": listening.port,
        "mode": [listening.mode],
        "confdir": str(listening.authority),
        "ssl_verify_upstream_trusted_ca": _trusted(listening),
        # QUIC would carry pictures past the filter.
        "http3": False,
        "block_global": True,
        "store_streamed_bodies": False,
        "websocket": True,
    }


def _trusted(listening: Listening) -> str | None:
    """One file with the public authorities and the household's own; mitmproxy takes either, not both."""
    if listening.upstream_ca is None:
        return None
    try:
        own = listening.upstream_ca.read_bytes()
        load_pem_x509_certificates(own)
    except OSError as error:
        raise UsageError(f"--upstream-ca {listening.upstream_ca}: {error.strerror}; give a PEM file") from error
    except ValueError as error:
        raise UsageError(f"--upstream-ca {listening.upstream_ca}: no certificate in it; give a PEM file") from error
    bundle = listening.authority / "upstream-trust.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + own)
    return str(bundle)
