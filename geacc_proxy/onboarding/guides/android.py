"""Android 15 and later, as on a Pixel; other makers name some things differently."""

from __future__ import annotations

from geacc_proxy.marking import N_
from geacc_proxy.onboarding.guides.common import CHECK, COMPARE
from geacc_proxy.onboarding.platforms import Platform
from geacc_proxy.onboarding.steps import Guide, Step

GUIDE = Guide(
    Platform.ANDROID,
    N_("Android"),
    (),
    (),
    (
        Step(N_("Open [Settings] → [Network & internet] → [Internet] and tap the [⚙] beside your network.")),
        Step(N_("Tap the pencil at the top, then [Advanced options].")),
        Step(N_("Under [Proxy], choose [Manual].")),
        Step(N_("Type {host} for [Proxy hostname] and {port} for [Proxy port]. Tap [Save].")),
        Step(N_("Or choose [Proxy Auto-Config] and type {pac_url} for [PAC URL].")),
    ),
    (
        Step(N_("Set a screen lock if there is none: Android asks for one."), ""),
        Step(
            N_("Download the certificate. Android only keeps the file; it does not install it."), "geacc-proxy-ca.crt"
        ),
        Step(
            N_(
                "Open [Settings] → [Security & privacy] → [More security & privacy] → [Encryption & credentials] → "
                "[Install a certificate] → [CA certificate]. On a Samsung: [Security and privacy] → [More security "
                "settings] → [Install from device storage] → [CA certificate]. Or search the settings for "
                "“CA certificate”."
            )
        ),
        Step(N_("The screen warns that your data won't be private. Tap [Install anyway] and unlock the phone.")),
        Step(N_("Choose the file geacc-proxy-ca.crt from [Downloads]. It says [CA certificate installed].")),
        COMPARE,
        Step(
            N_(
                "Firefox wants one thing more: [Settings] → [About Firefox], tap the logo until the debug menu is on, "
                "then [Settings] → [Secret Settings] → [Use third party CA certificates]."
            )
        ),
    ),
    CHECK,
    (
        Step(
            N_(
                "Open [Settings] → [Security & privacy] → [More security & privacy] → [Encryption & credentials] → "
                "[User credentials], tap {certificate_name} and [Remove]."
            )
        ),
        Step(
            N_(
                "Open [Settings] → [Network & internet] → [Internet] → [⚙] → the pencil → [Advanced options] and set "
                "[Proxy] to [None]."
            )
        ),
    ),
    (
        Step(
            N_(
                "Chrome trusts the certificate. Since Android 7 most other apps do not, and find no connection behind "
                "the filter."
            )
        ),
        Step(
            N_(
                "Android may say [Network may be monitored]: that is the filter. The proxy holds for this one Wi-Fi "
                "network, not for mobile data; for the way home from anywhere, use WireGuard."
            )
        ),
        Step(
            N_(
                "Set [Settings] → [Network & internet] → [Private DNS] to [Off], so that no app looks up names behind "
                "the filter's back."
            )
        ),
    ),
)
