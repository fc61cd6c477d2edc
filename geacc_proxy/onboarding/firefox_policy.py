"""`policies.json` for Firefox: proxy, certificate, no HTTP/3, no DNS of its own, no private windows.

Keys: https://mozilla.github.io/policy-templates/ and Firefox's browser/components/enterprisepolicies/schemas.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from geacc_proxy.onboarding.choices import Fallback, ProxyBy

if TYPE_CHECKING:
    from geacc_proxy.onboarding.choices import Choices
    from geacc_proxy.onboarding.reach import Reach

FOLDERS = {
    "linux": "/etc/firefox/policies",
    "windows": r"C:\Program Files\Mozilla Firefox\distribution",
    "macos": "/Applications/Firefox.app/Contents/Resources/distribution",
}
"""Where Firefox looks for `policies.json`."""

CERTIFICATE_FOLDERS = {
    "linux": "/usr/lib/mozilla/certificates",
    "windows": r"%USERPROFILE%\AppData\Local\Mozilla\Certificates",
    "macos": "/Library/Application Support/Mozilla/Certificates",
}
"""Where Firefox looks for a certificate that a policy names without a folder."""

# Firefox never asks the proxy for localhost, 127.0.0.0/8 and ::1 of itself.
_AT_HOME = (
    "<local>",
    ".local",
    ".home.arpa",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
)


def firefox_policy(reach: Reach, choices: Choices) -> bytes:
    """Return `policies.json`, ASCII."""
    return (json.dumps({"policies": policies(reach, choices)}, indent=2, ensure_ascii=True) + "\n").encode("ascii")


def policies(reach: Reach, choices: Choices) -> dict[str, Any]:
    """Return the policies by name."""
    return {
        "Proxy": _proxy(reach, choices),
        "Certificates": {"ImportEnterpriseRoots": True, "Install": [choices.firefox_certificate]},
        "DNSOverHTTPS": {"Enabled": False, "Locked": True},
        "DisablePrivateBrowsing": True,
        "PrivateBrowsingModeAvailability": 1,
        "Preferences": {name: _locked(value) for name, value in _preferences(reach, choices).items()},
    }


def _proxy(reach: Reach, choices: Choices) -> dict[str, Any]:
    if choices.proxy_by is ProxyBy.PAC:
        return {"Mode": "autoConfig", "Locked": True, "AutoConfigURL": reach.pac_url}
    direct = _AT_HOME if reach.is_loopback else (*_AT_HOME, reach.host)
    return {
        "Mode": "manual",
        "Locked": True,
        "HTTPProxy": reach.proxy,
        "UseHTTPProxyForAllProtocols": True,
        "Passthrough": ", ".join(direct),
    }


def _preferences(reach: Reach, choices: Choices) -> dict[str, bool]:
    wanted = {"network.http.http3.enable": False}
    if choices.fallback is Fallback.CLOSED:
        # Firefox goes round a proxy that does not answer for some of its own requests otherwise.
        wanted["network.proxy.failover_direct"] = False
    if reach.is_loopback:
        wanted["network.proxy.allow_hijacking_localhost"] = True
    return wanted


def _locked(value: bool) -> dict[str, Any]:
    return {"Value": value, "Status": "locked", "Type": "boolean"}
