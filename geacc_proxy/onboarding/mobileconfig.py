"""A configuration profile for iPhone, iPad and Mac: the certificate, and a Wi-Fi network's proxy.

Keys: https://github.com/apple/device-management, mdm/profiles/{TopLevel,CommonPayloadKeys,com.apple.security.root,
com.apple.wifi.managed}.yaml.
"""

from __future__ import annotations

import plistlib
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from geacc_proxy.onboarding.choices import Fallback, ProxyBy
from geacc_proxy.onboarding.reach import CERTIFICATE_FILE

if TYPE_CHECKING:
    from geacc_proxy.onboarding.choices import Choices
    from geacc_proxy.onboarding.reach import Reach

MEDIA_TYPE = "application/x-apple-aspen-config"
_IDENTIFIER = "internal.geacc.proxy"


def configuration_profile(reach: Reach, choices: Choices) -> bytes:
    """Return the profile, an unsigned XML property list.

    It holds the certificate and, where a network is named, that network with the proxy. It can be removed by whoever
    holds the device. The same certificate and network give the same identifiers, so that a new one replaces the old.
    """
    payloads = [_certificate(reach)]
    if choices.ssid:
        payloads.append(_wifi(reach, choices))
    profile = {
        **_common("Configuration", _IDENTIFIER, f"{reach.fingerprint} {choices.ssid}"),
        "PayloadDisplayName": reach.home_name,
        "PayloadOrganization": reach.home_name,
        "PayloadDescription": _description(choices),
        "PayloadRemovalDisallowed": False,
        "PayloadContent": payloads,
    }
    return plistlib.dumps(profile, fmt=plistlib.FMT_XML, sort_keys=False)


def _description(choices: Choices) -> str:
    certificate = "Lets the filter at home look at the pictures of secure pages."
    if not choices.ssid:
        return certificate
    return f"{certificate} Sets the filter as the proxy of the Wi-Fi network {choices.ssid}."


def _certificate(reach: Reach) -> dict[str, Any]:
    return {
        **_common("com.apple.security.root", f"{_IDENTIFIER}.certificate", reach.fingerprint),
        "PayloadDisplayName": reach.certificate_name,
        "PayloadCertificateFileName": f"{CERTIFICATE_FILE}.cer",
        "PayloadContent": reach.certificate_der,
    }


def _wifi(reach: Reach, choices: Choices) -> dict[str, Any]:
    payload = {
        **_common("com.apple.wifi.managed", f"{_IDENTIFIER}.wifi", choices.ssid),
        "PayloadDisplayName": f"Wi-Fi {choices.ssid}",
        "SSID_STR": choices.ssid,
        "HIDDEN_NETWORK": False,
        "AutoJoin": True,
        "EncryptionType": "Any",
    }
    if choices.wifi_password:
        payload["Password"] = choices.wifi_password
    if choices.proxy_by is ProxyBy.PAC:
        payload["ProxyType"] = "Auto"
        payload["ProxyPACURL"] = reach.pac_url
        payload["ProxyPACFallbackAllowed"] = choices.fallback is Fallback.OPEN
    else:
        payload["ProxyType"] = "Manual"
        payload["ProxyServer"] = reach.host
        payload["ProxyServerPort"] = reach.port
    return payload


def _common(kind: str, identifier: str, seed: str) -> dict[str, Any]:
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": identifier,
        "PayloadUUID": str(uuid5(NAMESPACE_URL, f"{identifier}/{seed}")).upper(),
    }
