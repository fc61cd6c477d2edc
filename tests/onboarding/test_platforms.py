"""Headers of real browsers."""

from __future__ import annotations

import pytest

from geacc_proxy.onboarding.platforms import Platform, candidates, detect

MAC_SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.3 Safari/605.1.15"
)
MAC_CHROME = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.3 Mobile/15E148 Safari/604.1"
)
OLD_IPAD = "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Version/12.1 Mobile/15E148 Safari/604.1"
IPAD_CHROME = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "CriOS/141 Version/11.1.1 Safari/605.1.15"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36"
)
ANDROID_FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0"
WINDOWS_EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0"
WINDOWS_FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"
CHROMEBOOK = (
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36"
)


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (IPHONE, (Platform.IOS,)),
        (OLD_IPAD, (Platform.IPADOS,)),
        (IPAD_CHROME, (Platform.IPADOS,)),
        (ANDROID, (Platform.ANDROID,)),
        (ANDROID_FIREFOX, (Platform.ANDROID,)),
        (WINDOWS_EDGE, (Platform.WINDOWS,)),
        (WINDOWS_FIREFOX, (Platform.FIREFOX, Platform.WINDOWS)),
        (LINUX, (Platform.LINUX,)),
        (CHROMEBOOK, (Platform.CHROMEOS,)),
        (MAC_CHROME, (Platform.MACOS,)),
        (MAC_SAFARI, (Platform.MACOS, Platform.IPADOS)),
        ("curl/8.5.0", ()),
        ("", ()),
    ],
)
def test_a_browser_is_known_by_its_user_agent(agent: str, expected: tuple[Platform, ...]) -> None:
    assert candidates({"User-Agent": agent}) == expected


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        ('"Chrome OS"', Platform.CHROMEOS),
        ('"Windows"', Platform.WINDOWS),
        ('"macOS"', Platform.MACOS),
        ('"Android"', Platform.ANDROID),
        ('"Unknown"', Platform.LINUX),
    ],
)
def test_the_platform_hint_counts_more_than_the_user_agent(hint: str, expected: Platform) -> None:
    assert detect({"sec-ch-ua-platform": hint, "USER-AGENT": LINUX}) is expected


def test_no_headers_tell_no_platform() -> None:
    assert detect({}) is None
