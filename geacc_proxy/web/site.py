"""What the pages stand on: the home, the block log, the door, and the facts that they tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geacc_proxy.filter import Filter
    from geacc_proxy.home.home import Home
    from geacc_proxy.home.lists import Lists
    from geacc_proxy.home.tally import Tally
    from geacc_proxy.web.devices.tunnel import Tunnels


@dataclass(frozen=True, slots=True)
class StrictnessFact:
    """What a word for strictness means with the model that judges.

    Attributes:
        word: `strict`, `balanced` or `lenient`.
        threshold: malign score, 0…1, from which a picture is hidden.
        false_alarms: measured share of harmless photos hidden with it, 0…1; None where nobody measured.
    """

    word: str
    threshold: float
    false_alarms: float | None


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages need.

    Attributes:
        home: who is at home and what holds.
        door: judges what a parent uploads or names.
        state_dir: where the block log lies.
        proxy_host: the address that the proxy listens on; empty, `0.0.0.0` or `::` for every interface.
        proxy_port: its port.
        admin_port: the port of the pages.
        certificate_pem: the authority's certificate, without its key.
        certificate_name: its common name, as devices list it.
        model: the model that judges, such as `nsfwjs-mobilenet_v2@4.4.0`.
        labels: its labels.
        malign_labels: those that count as malign.
        strictness: what the words for strictness mean.
        version: of geacc-proxy.
        is_healthy: whether pictures are being judged at this moment; cheap, called for each request.
        through: the address of the device behind a connection that has come through the proxy, by the (host, port)
            that it comes from; None for one that came straight.
        start_code: what a person types to set the first password; empty once there is one.
        behind: as `through`, the key of the device.
        tunnels: gives devices WireGuard tunnels; None where there are none.
        lists: the subscribed block lists; None where nobody keeps them.
        tally: what is counted; None where nobody counts.
    """

    home: Home
    door: Filter
    state_dir: Path
    proxy_host: str
    proxy_port: int
    admin_port: int
    certificate_pem: bytes
    certificate_name: str
    model: str
    labels: tuple[str, ...]
    malign_labels: tuple[str, ...]
    strictness: tuple[StrictnessFact, ...]
    version: str
    is_healthy: Callable[[], bool]
    through: Callable[[tuple[str, int]], str | None]
    start_code: str = ""
    behind: Callable[[tuple[str, int]], str | None] = lambda _: None
    tunnels: Tunnels | None = None
    lists: Lists | None = None
    tally: Tally | None = None
