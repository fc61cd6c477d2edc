"""The guides, one file a platform. Words of the screen are those of iOS 18 and 26, Android 15, Windows 11, macOS 15,
ChromeOS and Firefox of 2025, in English; docs/devices.md says where they come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geacc_proxy.onboarding.guides import android, apple, chromeos, firefox, linux, macos, windows

if TYPE_CHECKING:
    from geacc_proxy.onboarding.platforms import Platform
    from geacc_proxy.onboarding.steps import Guide

GUIDES = (
    apple.IPHONE,
    apple.IPAD,
    android.GUIDE,
    windows.GUIDE,
    macos.GUIDE,
    linux.GUIDE,
    chromeos.GUIDE,
    firefox.GUIDE,
)
"""One for each platform."""

_BY_PLATFORM = {guide.platform: guide for guide in GUIDES}


def guide_for(platform: Platform) -> Guide:
    """Return the guide; there is one for each platform."""
    return _BY_PLATFORM[platform]
