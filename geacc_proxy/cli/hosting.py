"""What the pages of a running proxy stand on."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from geacc_proxy import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geacc_proxy.assembly import AtHome, Household
    from geacc_proxy.gateways.mitm.authority import Authority
    from geacc_proxy.gateways.mitm.tunnels import Tunnels
    from geacc_proxy.settings import Settings
    from geacc_proxy.web.site import Site


def start_code(at_home: AtHome) -> str:
    """What sets the first password from another device: eight digits; empty where there is a password."""
    from geacc_proxy.home.documents import Kind

    if at_home.home.document(Kind.SECRET, "password") is not None:
        return ""
    digits = f"{secrets.randbelow(10**8):08}"
    return f"{digits[:4]}-{digits[4:]}"


def site_of(
    settings: Settings,
    state_dir: Path,
    household: Household,
    at_home: AtHome,
    authority: Authority,
    *,
    code: str,
    through: Callable[[tuple[str, int]], str | None],
    behind: Callable[[tuple[str, int]], str | None],
    tunnels: Tunnels,
    is_healthy: Callable[[], bool],
) -> Site:
    """Gather it; the arguments by name are those of `Site`."""
    from geacc_proxy.web.site import Site, StrictnessFact

    card = household.workshop.model.card
    return Site(
        home=at_home.home,
        door=household.door,
        state_dir=state_dir,
        proxy_host=settings.host,
        proxy_port=settings.port,
        admin_port=settings.admin_port,
        certificate_pem=authority.certificate_pem,
        certificate_name=authority.name,
        model=card.identity,
        labels=card.labels,
        malign_labels=card.malign_labels,
        strictness=tuple(
            StrictnessFact(word, threshold.malign, threshold.false_alarm_rate)
            for word, threshold in card.thresholds.items()
        ),
        version=__version__,
        is_healthy=is_healthy,
        through=through,
        start_code=code,
        behind=behind,
        tunnels=tunnels,
        lists=at_home.lists,
        tally=at_home.tally,
    )
