"""The profile, against the keys that Apple documents (https://github.com/apple/device-management)."""

from __future__ import annotations

import plistlib
from typing import Any

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.onboarding.choices import Choices, Fallback, ProxyBy
from geacc_proxy.onboarding.mobileconfig import configuration_profile

from .home import NAME, reach

COMMON = {
    "PayloadType",
    "PayloadVersion",
    "PayloadIdentifier",
    "PayloadUUID",
    "PayloadDisplayName",
    "PayloadDescription",
    "PayloadOrganization",
}
KEYS = {
    "Configuration": COMMON | {"PayloadContent", "PayloadRemovalDisallowed"},
    "com.apple.security.root": COMMON | {"PayloadContent", "PayloadCertificateFileName"},
    "com.apple.wifi.managed": COMMON
    | {"SSID_STR", "HIDDEN_NETWORK", "AutoJoin", "EncryptionType", "Password"}
    | {"ProxyType", "ProxyServer", "ProxyServerPort", "ProxyPACURL", "ProxyPACFallbackAllowed"},
}
REQUIRED = {"PayloadType", "PayloadVersion", "PayloadIdentifier", "PayloadUUID"}


def profile(**chosen: Any) -> dict[str, Any]:
    return plistlib.loads(configuration_profile(reach(), Choices(**chosen)))


@pytest.mark.parametrize(
    "chosen",
    [{}, {"ssid": "Home"}, {"ssid": "Home", "wifi_password": "12345678", "proxy_by": ProxyBy.PAC}],
)
def test_only_documented_keys_are_used_and_required_ones_are_there(chosen: dict[str, Any]) -> None:
    whole = profile(**chosen)

    for payload in (whole, *whole["PayloadContent"]):
        assert REQUIRED <= payload.keys() <= KEYS[payload["PayloadType"]]
        assert payload["PayloadVersion"] == 1


def test_the_profile_holds_the_certificate_and_can_be_removed() -> None:
    whole = profile()

    (certificate,) = whole["PayloadContent"]
    assert certificate["PayloadContent"] == reach().certificate_der
    assert certificate["PayloadDisplayName"] == NAME
    assert whole["PayloadRemovalDisallowed"] is False


def test_a_named_network_gets_the_proxy() -> None:
    _, wifi = profile(ssid="Café & <Home>", wifi_password="correct horse")["PayloadContent"]

    assert wifi["SSID_STR"] == "Café & <Home>"
    assert wifi["Password"] == "correct horse"
    assert (wifi["ProxyType"], wifi["ProxyServer"], wifi["ProxyServerPort"]) == ("Manual", "192.168.1.2", 8080)


@pytest.mark.parametrize("fallback", list(Fallback))
def test_a_pac_file_is_named_with_its_fallback(fallback: Fallback) -> None:
    _, wifi = profile(ssid="Home", proxy_by=ProxyBy.PAC, fallback=fallback)["PayloadContent"]

    assert wifi["ProxyType"] == "Auto"
    assert wifi["ProxyPACURL"] == "http://192.168.1.2:8081/proxy.pac"
    assert wifi["ProxyPACFallbackAllowed"] is (fallback is Fallback.OPEN)


def test_the_same_home_gives_the_same_identifiers_and_another_network_others() -> None:
    first, again, other = profile(ssid="A"), profile(ssid="A"), profile(ssid="B")

    assert first == again
    assert first["PayloadUUID"] != other["PayloadUUID"]
    assert first["PayloadIdentifier"] == other["PayloadIdentifier"]


@pytest.mark.parametrize(
    "chosen",
    [
        {"ssid": "x" * 33},
        {"ssid": "ü" * 17},
        {"ssid": "a\nb"},
        {"ssid": "\ud800"},
        {"wifi_password": "12345678"},
        {"ssid": "a", "wifi_password": "short"},
    ],
)
def test_a_network_that_cannot_be_is_refused(chosen: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        Choices(**chosen)


def test_the_password_is_not_shown_where_choices_are_printed() -> None:
    assert "correct horse" not in repr(Choices(ssid="a", wifi_password="correct horse"))
