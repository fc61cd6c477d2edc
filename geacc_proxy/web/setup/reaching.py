"""By which address a device reaches this machine."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home.preferences import preferences
from geacc_proxy.onboarding.choices import Choices, Fallback, ProxyBy
from geacc_proxy.onboarding.reach import RESERVED_NAME, Reach, checked_host
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.hostname import host_name
from geacc_proxy.web.visits import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request

_EVERY_INTERFACE = ("", "0.0.0.0", "::")  # noqa: S104  compared with, not bound
_NOWHERE = ("192.0.2.1", 9)  # an address of nobody (RFC 5737): only the way there is asked for


def reach_of(request: Request, *, for_others: bool = False) -> Reach:
    """Where the proxy is for the device that asks: by the name that it has just used, if that is this machine's.

    Args:
        request: whose `Host` header is looked at.
        for_others: whether the answer is for another device, to which `localhost` means itself.
    """
    site = site_of(request)
    return Reach.of(
        _host(request, for_others), site.proxy_port, site.admin_port, site.certificate_pem, site.certificate_name[:64]
    )


def choices_of(request: Request, *, ssid: str = "", wifi_password: str = "") -> Choices:
    """What files say: by the PAC file where a parent wants pages to load without the proxy, else by its address.

    Raises:
        UsageError: the name or the password of the Wi-Fi network is none.
    """
    fallback = Fallback(preferences(site_of(request).home).pac_fallback)
    by = ProxyBy.PAC if fallback is Fallback.OPEN else ProxyBy.MANUAL
    return Choices(fallback=fallback, proxy_by=by, ssid=ssid, wifi_password=wifi_password)


def lan_address() -> str:
    """The address of this machine in the network at home; 127.0.0.1 where it is in none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_NOWHERE)
            address = str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
    return "127.0.0.1" if address in _EVERY_INTERFACE else address


def _host(request: Request, for_others: bool) -> str:
    site = site_of(request)
    asked = host_name(request.headers.get("host", ""))
    if asked is not None and not _is_no_machine(asked.lower().removesuffix(".")):
        try:
            host = checked_host(asked)
        except UsageError:
            host = ""
        if host and not (_is_loopback(host) and (for_others or visit_of(request).through_proxy)):
            return host
    if site.proxy_host not in _EVERY_INTERFACE:
        return site.proxy_host
    return lan_address()


def _is_no_machine(name: str) -> bool:
    """Whether a name leads to the pages alone, or only where the network was told so for the PAC file."""
    return name == RESERVED_NAME or name.partition(".")[0] == "wpad"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
