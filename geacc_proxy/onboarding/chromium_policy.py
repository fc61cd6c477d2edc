"""Policies for Chrome, Chromium and Edge: proxy, certificate, no QUIC, no DNS of their own, no private windows.

Policies: https://chromeenterprise.google/policies/ and https://learn.microsoft.com/deployedge/microsoft-edge-policies.
`CACertificates` is known since Chrome 132 and Edge 133; older ones pass over it and follow the system's certificates.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from geacc_proxy.onboarding import windows_certificate
from geacc_proxy.onboarding.choices import Fallback, ProxyBy

if TYPE_CHECKING:
    from geacc_proxy.onboarding.choices import Choices
    from geacc_proxy.onboarding.reach import Reach

LINUX_FOLDERS = {
    "chrome": "/etc/opt/chrome/policies/managed",
    "chromium": "/etc/chromium/policies/managed",
    "brave": "/etc/brave/policies/managed",
    "edge": "/etc/opt/edge/policies/managed",
}
"""Where browsers on Linux look for `*.json`."""

# As the PAC file has them (`pac.py`). The rules: chromium's net/docs/proxy.md, "Proxy bypass rules".
_AT_HOME = (
    "<local>",
    "*.local",
    "*.home.arpa",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
)
_CHROME = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Google\Chrome"
_EDGE = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Edge"


def proxy_settings(reach: Reach, choices: Choices) -> dict[str, Any]:
    """Return the value of the policy `ProxySettings`.

    Addresses at home are reached directly. Where the proxy runs on the very machine that browses, addresses of that
    machine go through it too (`<-loopback>`): what listens there is then the proxy's neighbour, and a relay that a
    child starts there is no way round. Elsewhere they must not: the proxy would take them for its own.
    """
    if choices.proxy_by is ProxyBy.PAC:
        return {
            "ProxyMode": "pac_script",
            "ProxyPacUrl": reach.pac_url,
            "ProxyPacMandatory": choices.fallback is Fallback.CLOSED,
        }
    # The last rule that matches counts.
    bypass = (*_AT_HOME, "<-loopback>") if reach.is_loopback else (*_AT_HOME, reach.host_in_url)
    return {"ProxyMode": "fixed_servers", "ProxyServer": reach.proxy, "ProxyBypassList": ";".join(bypass)}


def chrome_policy(reach: Reach, choices: Choices) -> dict[str, Any]:
    """Return the policies of Chrome and Chromium."""
    return {**_common(reach, choices), "IncognitoModeAvailability": 1}


def edge_policy(reach: Reach, choices: Choices) -> dict[str, Any]:
    """Return the policies of Edge."""
    return {**_common(reach, choices), "InPrivateModeAvailability": 1}


def managed_policy(reach: Reach, choices: Choices) -> bytes:
    """Return the JSON file of Chrome, Chromium and Brave on Linux, and for Google's Admin console (ASCII)."""
    return _json(chrome_policy(reach, choices))


def managed_edge_policy(reach: Reach, choices: Choices) -> bytes:
    """Return the JSON file of Edge on Linux (ASCII)."""
    return _json(edge_policy(reach, choices))


def registry_file(reach: Reach, choices: Choices) -> bytes:
    """Return the `.reg` file for Windows: policies of Chrome and Edge, and the certificate for all of Windows.

    UTF-16LE with a byte order mark and CRLF, as the registry editor writes them.
    """
    lines: list[str] = []
    for key, policy in ((_CHROME, chrome_policy(reach, choices)), (_EDGE, edge_policy(reach, choices))):
        lines += [f"[{key}]", *(_entry(name, value) for name, value in policy.items() if name != "CACertificates"), ""]
        certificates = policy["CACertificates"]
        lines += [f"[{key}\\CACertificates]", *(_entry(str(n), one) for n, one in enumerate(certificates, 1)), ""]
    lines += windows_certificate.lines(reach.certificate_der)
    return _registry(lines)


def registry_removal(reach: Reach, choices: Choices) -> bytes:
    """Return the `.reg` file that takes off what `registry_file` put on, and nothing else."""
    lines: list[str] = []
    for key, policy in ((_CHROME, chrome_policy(reach, choices)), (_EDGE, edge_policy(reach, choices))):
        lines += [f"[{key}]", *(f'"{name}"=-' for name in policy if name != "CACertificates"), ""]
        lines += [f"[-{key}\\CACertificates]", ""]
    lines += [f"[-{windows_certificate.key(reach.certificate_der)}]", ""]
    return _registry(lines)


def _common(reach: Reach, choices: Choices) -> dict[str, Any]:
    return {
        "ProxySettings": proxy_settings(reach, choices),
        "QuicAllowed": False,
        "DnsOverHttpsMode": "off",
        "CACertificates": [base64.b64encode(reach.certificate_der).decode("ascii")],
    }


def _json(policy: dict[str, Any]) -> bytes:
    return (json.dumps(policy, indent=2, ensure_ascii=True) + "\n").encode("ascii")


def _entry(name: str, value: Any) -> str:
    """One value: policies that are dictionaries are JSON in a string there."""
    if isinstance(value, bool | int):
        return f'"{name}"=dword:{int(value):08x}'
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=True)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}"="{escaped}"'


def _registry(lines: list[str]) -> bytes:
    text = "\r\n".join(["Windows Registry Editor Version 5.00", "", *lines, ""])
    return b"\xff\xfe" + text.encode("utf-16-le")
