"""What `geacc-proxy device policy` does: the files of `onboarding`, made for this proxy."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geacc_proxy.cli.homekeeping import at_home, place, write_table
from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.home.preferences import preferences
from geacc_proxy.onboarding.choices import Choices, Fallback, ProxyBy
from geacc_proxy.onboarding.files import FILES, setup_file
from geacc_proxy.onboarding.reach import Reach

if TYPE_CHECKING:
    from geacc_proxy.home.home import Home
    from geacc_proxy.settings import Settings

COLUMNS = ("File", "For", "What it does")
_EVERY_INTERFACE = ("", "0.0.0.0", "::")  # noqa: S104  (compared with)
_NOWHERE = ("192.0.2.1", 9)  # TEST-NET-1 (RFC 5737)


@dataclass(frozen=True, slots=True)
class Order:
    """Which file, and what it is to say.

    Attributes:
        name: of the file.
        out: where to write it; None for standard output.
        host: address by which devices reach this machine; empty to find it out.
        fallback: `closed` or `open`; empty for what a parent has set.
        ssid: Wi-Fi network whose proxy a `.mobileconfig` sets.
        has_wifi_password: whether its password comes on standard input.
    """

    name: str
    out: Path | None = None
    host: str = ""
    fallback: str = ""
    ssid: str = ""
    has_wifi_password: bool = False


def list_files() -> None:
    """Print the files that there are; one with a tunnel's key is made on the pages alone."""
    write_table(
        COLUMNS,
        [(file.name, ", ".join(sorted(file.platforms)), file.what) for file in FILES if not file.needs_tunnel],
    )


def write_file(order: Order, state_dir: Path | None) -> None:
    """Make a file and write it.

    Raises:
        UsageError: there is no such file, or a choice is none.
        GeaccError: it cannot be written.
    """
    from geacc_proxy.gateways.mitm.authority import open_authority

    file = setup_file(order.name)
    if file is None or file.needs_tunnel:
        names = ", ".join(one.name for one in FILES if not one.needs_tunnel)
        raise UsageError(f"there is no file {order.name[:60]!r}; there are {names}")
    wifi_password = sys.stdin.readline(200).rstrip("\r\n") if order.has_wifi_password else ""
    folder, settings = place(state_dir)
    fallback = Fallback(order.fallback or at_home(state_dir, _fallback))
    by = ProxyBy.PAC if fallback is Fallback.OPEN else ProxyBy.MANUAL
    choices = Choices(fallback=fallback, proxy_by=by, ssid=order.ssid, wifi_password=wifi_password)
    authority = open_authority(folder / "ca")
    reach = Reach.of(
        order.host or _own_host(settings),
        settings.port,
        settings.admin_port,
        authority.certificate_pem,
        authority.name[:64],
    )
    _write(file.make(reach, choices), order.out)


async def _fallback(home: Home) -> str:
    return preferences(home).pac_fallback


def _own_host(settings: Settings) -> str:
    """The address by which other devices at home reach this machine; nothing is sent to find it out."""
    if settings.host not in _EVERY_INTERFACE:
        return settings.host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_NOWHERE)
            found = str(probe.getsockname()[0])
        except OSError:
            found = ""
    if found in _EVERY_INTERFACE:
        raise UsageError("this machine is in no network; say by --host how devices reach it")
    return found


def _write(content: bytes, out: Path | None) -> None:
    if out is None or str(out) == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        try:
            # A `.mobileconfig` may hold the password of a Wi-Fi network.
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(content)
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise GeaccError(
            f"cannot write {out} ({error.strerror}): name a file in a folder that this user can write"
        ) from error
