"""Every file that sets a device up, in one table, so that pages and command line offer the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import UsageError
from geacc_proxy.marking import N_
from geacc_proxy.onboarding import chromium_policy, firefox_policy, mobileconfig, nss, pac, wireguard, wpad
from geacc_proxy.onboarding.platforms import Platform
from geacc_proxy.onboarding.reach import CERTIFICATE_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from geacc_proxy.onboarding.choices import Choices
    from geacc_proxy.onboarding.reach import Reach

_BINARY = "application/octet-stream"
_APPLE = frozenset({Platform.IOS, Platform.IPADOS, Platform.MACOS})


@dataclass(frozen=True, slots=True)
class SetupFile:
    """A file that can be made.

    Attributes:
        name: as it is downloaded; also its key.
        media_type: of the download.
        platforms: whom it is for.
        make: gives its content. Raises UsageError where a choice that it needs is missing.
        what: what it does, one sentence, marked for translation.
        needs_tunnel: whether it takes `Choices.tunnel`.
    """

    name: str
    media_type: str
    platforms: frozenset[Platform]
    make: Callable[[Reach, Choices], bytes]
    what: str
    needs_tunnel: bool = False


def _pem(reach: Reach, _: Choices) -> bytes:
    return reach.certificate_pem


def _der(reach: Reach, _: Choices) -> bytes:
    return reach.certificate_der


def _pac(reach: Reach, choices: Choices) -> bytes:
    return pac.proxy_auto_config(reach, choices.fallback)


def _wpad_text(reach: Reach, _: Choices) -> bytes:
    return wpad.instructions(reach)


def _script(reach: Reach, _: Choices) -> bytes:
    return nss.trust_script(reach)


def _tunnel(_: Reach, choices: Choices) -> bytes:
    if choices.tunnel is None:
        raise UsageError("a WireGuard file needs the keys of one device; there are none for this one")
    return wireguard.client_config(choices.tunnel).encode("ascii")


FILES = (
    SetupFile(
        f"{CERTIFICATE_FILE}.pem",
        "application/x-pem-file",
        frozenset({Platform.LINUX, Platform.FIREFOX, Platform.CHROMEOS}),
        _pem,
        N_("The certificate, as text."),
    ),
    SetupFile(
        f"{CERTIFICATE_FILE}.cer",
        "application/x-x509-ca-cert",
        frozenset({Platform.WINDOWS, *_APPLE}),
        _der,
        N_("The certificate, as Windows and Apple take it."),
    ),
    SetupFile(
        f"{CERTIFICATE_FILE}.crt",
        "application/x-x509-ca-cert",
        frozenset({Platform.ANDROID}),
        _der,
        N_("The certificate, as Android takes it."),
    ),
    SetupFile(
        "geacc-proxy.mobileconfig",
        mobileconfig.MEDIA_TYPE,
        _APPLE,
        mobileconfig.configuration_profile,
        N_("A profile with the certificate, and with the proxy for one Wi-Fi network if you name it."),
    ),
    SetupFile(
        "geacc-proxy-chrome.json",
        "application/json",
        frozenset({Platform.LINUX, Platform.CHROMEOS}),
        chromium_policy.managed_policy,
        N_("Policies for Chrome, Chromium and Brave: proxy, certificate, no QUIC, no private windows."),
    ),
    SetupFile(
        "geacc-proxy-edge.json",
        "application/json",
        frozenset({Platform.LINUX}),
        chromium_policy.managed_edge_policy,
        N_("Policies for Edge: proxy, certificate, no QUIC, no private windows."),
    ),
    SetupFile(
        "geacc-proxy.reg",
        _BINARY,
        frozenset({Platform.WINDOWS}),
        chromium_policy.registry_file,
        N_("Policies for Chrome and Edge, and the certificate for Windows: proxy, no QUIC, no private windows."),
    ),
    SetupFile(
        "geacc-proxy-remove.reg",
        _BINARY,
        frozenset({Platform.WINDOWS}),
        chromium_policy.registry_removal,
        N_("Takes everything off again that geacc-proxy.reg has put on."),
    ),
    SetupFile(
        "policies.json",
        "application/json",
        frozenset({Platform.FIREFOX}),
        firefox_policy.firefox_policy,
        N_("Policies for Firefox: proxy, certificate, no HTTP/3, no private windows."),
    ),
    SetupFile(
        nss.FILE,
        "application/x-sh",
        frozenset({Platform.LINUX, Platform.FIREFOX}),
        _script,
        N_("A script that has Chromium, Chrome and Firefox of one user trust the certificate, or no longer."),
    ),
    SetupFile(
        "proxy.pac",
        pac.MEDIA_TYPE,
        frozenset(Platform),
        _pac,
        N_("Tells browsers which way to take; devices load it by its address."),
    ),
    SetupFile(
        "wpad.dat",
        pac.MEDIA_TYPE,
        frozenset(Platform),
        _pac,
        N_("The same under the name by which devices look for it themselves."),
    ),
    SetupFile(
        "wpad.txt",
        "text/plain; charset=utf-8",
        frozenset(Platform),
        _wpad_text,
        N_("What to set on the router so that devices find the proxy themselves."),
    ),
    SetupFile(
        "geacc-proxy-wireguard.conf",
        _BINARY,
        frozenset({Platform.IOS, Platform.IPADOS, Platform.ANDROID, Platform.WINDOWS, Platform.MACOS, Platform.LINUX}),
        _tunnel,
        N_("The way home for a phone on the move, through WireGuard."),
        needs_tunnel=True,
    ),
)
"""All files; each name is there once."""

_BY_NAME = {file.name: file for file in FILES}


def setup_file(name: str) -> SetupFile | None:
    """Return the file of that name, or None where there is none."""
    return _BY_NAME.get(name)


def files_for(platform: Platform, choices: Choices) -> tuple[SetupFile, ...]:
    """Return the files for a platform that can be made with these choices, in the table's order."""
    return tuple(
        file for file in FILES if platform in file.platforms and (choices.tunnel is not None or not file.needs_tunnel)
    )
