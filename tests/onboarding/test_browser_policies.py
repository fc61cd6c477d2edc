"""Policies for Chrome, Edge and Firefox."""

from __future__ import annotations

import base64
import configparser
import hashlib
import json
import re
import struct
from typing import Any

import pytest

from geacc_proxy.onboarding.choices import Choices, Fallback, ProxyBy
from geacc_proxy.onboarding.chromium_policy import managed_edge_policy, managed_policy, registry_file, registry_removal
from geacc_proxy.onboarding.firefox_policy import firefox_policy

from .home import reach

CHROME = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Google\Chrome"
EDGE = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Edge"

# The part of Firefox's schema that is used: browser/components/enterprisepolicies/schemas/policies-schema.json.
FIREFOX_SCHEMA: dict[str, Any] = {
    "Proxy": {
        "Mode": str,
        "Locked": bool,
        "AutoConfigURL": str,
        "HTTPProxy": str,
        "UseHTTPProxyForAllProtocols": bool,
        "Passthrough": str,
    },
    "Certificates": {"ImportEnterpriseRoots": bool, "Install": list},
    "DNSOverHTTPS": {"Enabled": bool, "Locked": bool},
    "DisablePrivateBrowsing": bool,
    "PrivateBrowsingModeAvailability": int,
    "Preferences": dict,
}


def chromium(host: str = "192.168.1.2", **chosen: Any) -> dict[str, Any]:
    return json.loads(managed_policy(reach(host), Choices(**chosen)))


def firefox(host: str = "192.168.1.2", **chosen: Any) -> dict[str, Any]:
    return json.loads(firefox_policy(reach(host), Choices(**chosen)))["policies"]


def registry(content: bytes) -> dict[str, dict[str, str]]:
    """Keys and their values as they stand in the file."""
    assert content.startswith(b"\xff\xfe")
    text = content[2:].decode("utf-16-le")
    assert text.startswith("Windows Registry Editor Version 5.00\r\n")
    assert "\n" not in text.replace("\r\n", "")
    joined = text.split("\r\n", 1)[1].replace(",\\\r\n  ", ",")
    parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=(";",))
    parser.optionxform = str  # type: ignore[assignment]
    parser.read_string(joined)
    return {name: {key.strip('"'): value for key, value in parser[name].items()} for name in parser.sections()}


def test_chromium_is_shut_behind_the_proxy() -> None:
    policy = chromium()

    assert policy["ProxySettings"]["ProxyMode"] == "fixed_servers"
    assert policy["ProxySettings"]["ProxyServer"] == "192.168.1.2:8080"
    assert policy["QuicAllowed"] is False
    assert policy["DnsOverHttpsMode"] == "off"
    assert policy["IncognitoModeAvailability"] == 1
    assert [base64.b64decode(one) for one in policy["CACertificates"]] == [reach().certificate_der]


def test_edge_has_the_same_and_its_own_word_for_private_windows() -> None:
    edge = json.loads(managed_edge_policy(reach(), Choices()))

    assert edge.pop("InPrivateModeAvailability") == 1
    assert edge == {name: value for name, value in chromium().items() if name != "IncognitoModeAvailability"}


@pytest.mark.parametrize(("host", "through_proxy"), [("127.0.0.1", True), ("::1", True), ("192.168.1.2", False)])
def test_loopback_goes_through_the_proxy_only_where_the_proxy_is_on_that_machine(
    host: str, through_proxy: bool
) -> None:
    rules = chromium(host)["ProxySettings"]["ProxyBypassList"].split(";")

    assert (rules[-1] == "<-loopback>") is through_proxy
    assert ("<-loopback>" in rules) is through_proxy
    assert firefox(host)["Preferences"].get("network.proxy.allow_hijacking_localhost") == (
        {"Value": True, "Status": "locked", "Type": "boolean"} if through_proxy else None
    )


def test_the_reserved_name_is_in_no_list_of_exceptions() -> None:
    assert "internal" not in chromium()["ProxySettings"]["ProxyBypassList"]
    assert "internal" not in firefox()["Proxy"]["Passthrough"]


@pytest.mark.parametrize("fallback", list(Fallback))
def test_a_pac_file_is_mandatory_unless_the_parent_lets_devices_go_directly(fallback: Fallback) -> None:
    settings = chromium(proxy_by=ProxyBy.PAC, fallback=fallback)["ProxySettings"]

    assert settings == {
        "ProxyMode": "pac_script",
        "ProxyPacUrl": "http://192.168.1.2:8081/proxy.pac",
        "ProxyPacMandatory": fallback is Fallback.CLOSED,
    }


def test_the_registry_file_has_the_policies_of_chrome_and_edge() -> None:
    keys = registry(registry_file(reach(), Choices()))

    for key, private in ((CHROME, "IncognitoModeAvailability"), (EDGE, "InPrivateModeAvailability")):
        assert keys[key]["QuicAllowed"] == "dword:00000000"
        assert keys[key]["DnsOverHttpsMode"] == '"off"'
        assert keys[key][private] == "dword:00000001"
        settings = keys[key]["ProxySettings"]
        assert json.loads(json.loads(settings)) == chromium()["ProxySettings"]
        assert keys[f"{key}\\CACertificates"] == {"1": f'"{base64.b64encode(reach().certificate_der).decode()}"'}


def test_the_registry_file_carries_the_certificate_as_windows_keeps_it() -> None:
    der = reach().certificate_der
    sha1 = hashlib.sha1(der).digest()
    keys = registry(registry_file(reach(), Choices()))

    (name,) = (key for key in keys if r"SystemCertificates\ROOT" in key)
    assert name.endswith(f"\\{sha1.hex().upper()}")
    blob = bytes.fromhex(keys[name]["Blob"].removeprefix("hex:").replace(",", ""))
    properties = {}
    while blob:
        identifier, one, length = struct.unpack_from("<III", blob)
        assert one == 1
        properties[identifier], blob = blob[12 : 12 + length], blob[12 + length :]
    assert properties == {3: sha1, 32: der}


def test_the_removal_takes_off_all_that_was_put_on_and_nothing_else() -> None:
    on, off = registry(registry_file(reach(), Choices())), registry(registry_removal(reach(), Choices()))

    for key, values in on.items():
        if f"-{key}" in off:
            assert off[f"-{key}"] == {}
        else:
            assert off[key] == dict.fromkeys(values, "-")
    assert {key.removeprefix("-") for key in off} == on.keys()
    assert f"-{CHROME}" not in off


def test_firefox_uses_keys_of_its_schema_with_their_types() -> None:
    for chosen in ({}, {"proxy_by": ProxyBy.PAC}):
        policy = firefox(**chosen)
        assert policy.keys() == FIREFOX_SCHEMA.keys()
        for name, kind in FIREFOX_SCHEMA.items():
            if isinstance(kind, dict):
                assert policy[name].keys() <= kind.keys()
                assert all(type(value) is kind[key] for key, value in policy[name].items())
            else:
                assert type(policy[name]) is kind
        for preference in policy["Preferences"].values():
            assert preference.keys() == {"Value", "Status", "Type"}


def test_firefox_is_shut_behind_the_proxy() -> None:
    policy = firefox()

    assert policy["Proxy"]["Mode"] == "manual"
    assert policy["Proxy"]["HTTPProxy"] == "192.168.1.2:8080"
    assert policy["Proxy"]["UseHTTPProxyForAllProtocols"] is policy["Proxy"]["Locked"] is True
    assert policy["DNSOverHTTPS"] == {"Enabled": False, "Locked": True}
    assert policy["DisablePrivateBrowsing"] is True
    assert policy["Preferences"]["network.http.http3.enable"]["Value"] is False
    assert policy["Preferences"]["network.http.http3.enable"]["Status"] == "locked"
    assert policy["Certificates"] == {"ImportEnterpriseRoots": True, "Install": ["geacc-proxy-ca.pem"]}


def test_firefox_goes_directly_only_where_the_parent_lets_it() -> None:
    closed, open_ = firefox(proxy_by=ProxyBy.PAC), firefox(proxy_by=ProxyBy.PAC, fallback=Fallback.OPEN)

    assert closed["Proxy"] == {
        "Mode": "autoConfig",
        "Locked": True,
        "AutoConfigURL": "http://192.168.1.2:8081/proxy.pac",
    }
    assert closed["Preferences"]["network.proxy.failover_direct"]["Value"] is False
    assert "network.proxy.failover_direct" not in open_["Preferences"]


def test_an_ipv6_host_is_bracketed_where_a_port_follows() -> None:
    assert chromium("fd00::2")["ProxySettings"]["ProxyServer"] == "[fd00::2]:8080"
    assert re.search(r"\[fd00::2\]:8080", firefox("fd00::2")["Proxy"]["HTTPProxy"])
