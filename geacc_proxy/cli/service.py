"""What `run` does: the order of starting and stopping."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from geacc_proxy.assembly import Household, Workshop, picture_filter
from geacc_proxy.cli.announce import Announcer, JsonAnnouncer, Start, TerminalAnnouncer
from geacc_proxy.cli.hosting import site_of, start_code
from geacc_proxy.exceptions import GeaccError

if TYPE_CHECKING:
    from collections.abc import Callable

    from geacc_proxy.settings import Settings


def serve(settings: Settings, state_dir: Path, *, json_lines: bool) -> int:
    """Run until told to stop; 0 after a clean end.

    Raises:
        GeaccError: something that a person can put right keeps it from starting.
    """
    _log_to_stderr()
    # The workers start first: they load their model on one processor while this one imports the proxy.
    workshop = Workshop.of(settings, state_dir)
    announcer: Announcer = JsonAnnouncer() if json_lines else TerminalAnnouncer()
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_serve(settings, state_dir, workshop, announcer))
    return 0


async def _serve(settings: Settings, state_dir: Path, workshop: Workshop, announcer: Announcer) -> None:
    starting = asyncio.current_task()
    if starting is not None:
        _on_signals(starting.cancel)  # until the gateway serves, a signal ends the start
    opening = asyncio.create_task(Household.open(settings, state_dir, workshop, (announcer.hidden,), with_home=True))
    await asyncio.sleep(0)  # lets it begin, so that the workers start before the imports below hold the interpreter
    try:
        await _serve_household(settings, state_dir, opening, announcer)
    finally:
        await _close(opening)


async def _close(opening: asyncio.Task[Household]) -> None:
    try:
        household = await opening
    except GeaccError:
        return  # raised to the person already
    await household.close()


async def _serve_household(
    settings: Settings, state_dir: Path, opening: asyncio.Task[Household], announcer: Announcer
) -> None:
    # In a thread: importing takes a second, in which the household opens.
    await asyncio.to_thread(_import_gateway)
    from geacc_proxy.gateways.mitm.authority import open_authority
    from geacc_proxy.gateways.mitm.doorways import Doorways
    from geacc_proxy.gateways.mitm.household import HouseholdTraffic
    from geacc_proxy.gateways.mitm.reserved import Reserved
    from geacc_proxy.gateways.mitm.runner import Gateway, Listening
    from geacc_proxy.gateways.mitm.tunnels import Tunnels
    from geacc_proxy.onboarding.reach import RESERVED_NAME
    from geacc_proxy.web.app import create_app
    from geacc_proxy.web.server import AdminServer

    authority = open_authority(state_dir / "ca")
    household = await asyncio.shield(opening)  # a signal ends the wait, and the household is closed once it is open
    at_home = household.at_home
    if at_home is None:
        raise RuntimeError("opened without a home")
    tunnels = Tunnels(at_home.home, state_dir / "wireguard")
    traffic = HouseholdTraffic(
        at_home.home,
        Reserved(RESERVED_NAME, settings.host, settings.admin_port),
        tally=at_home.tally,
        refused=household.refused,
        tunnel_key=tunnels.key_of,
    )
    pictures = picture_filter(household, settings)
    upstream_ca = Path(settings.upstream_ca) if settings.upstream_ca else None
    listening = Listening(settings.host, settings.port, settings.mode, authority.folder, upstream_ca)
    gateway = Gateway(listening, pictures, traffic=traffic)
    await gateway.open()
    code = start_code(at_home)
    site = site_of(
        settings,
        state_dir,
        household,
        at_home,
        authority,
        code=code,
        through=traffic.callers.address,
        behind=traffic.callers.device,
        tunnels=tunnels,
        is_healthy=lambda: not gateway.should_exit.is_set(),
    )
    pages = AdminServer(create_app(site))
    await pages.start(settings.host, settings.admin_port)
    _on_signals(gateway.shutdown)
    workshop = household.workshop
    announcer.started(
        Start.of(settings, workshop.model.card, authority.certificate_file, workshop.pool.workers, start_code=code)
    )
    doorways = asyncio.create_task(Doorways(at_home.home, tunnels, gateway.listen_also).run(), name="doorways")
    await gateway.serve()
    doorways.cancel()
    await pages.stop()
    announcer.stopped()


def _on_signals(stop: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
            loop.add_signal_handler(number, stop)


def _import_gateway() -> None:
    from geacc_proxy.gateways.mitm.lean import import_addons_one_by_one, leave_out_type_checks

    import_addons_one_by_one()
    leave_out_type_checks()
    import geacc_proxy.gateways.mitm.addon
    import geacc_proxy.gateways.mitm.doorways
    import geacc_proxy.gateways.mitm.household
    import geacc_proxy.gateways.mitm.runner
    import geacc_proxy.gateways.mitm.tunnels
    import geacc_proxy.web.app
    import geacc_proxy.web.server  # noqa: F401
    from geacc_proxy.web import pages

    pages.prepare()


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
