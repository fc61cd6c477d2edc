"""macOS 15 and later."""

from __future__ import annotations

from geacc_proxy.marking import N_
from geacc_proxy.onboarding.guides.common import CHECK, COMPARE
from geacc_proxy.onboarding.platforms import Platform
from geacc_proxy.onboarding.steps import Guide, Step

GUIDE = Guide(
    Platform.MACOS,
    N_("Mac"),
    ("geacc-proxy.mobileconfig",),
    (
        Step(N_("Download the profile and open it. It says [Profile downloaded]."), "geacc-proxy.mobileconfig"),
        Step(
            N_(
                "Open [System Settings] → [General] → [Device Management] (before macOS 15: [Privacy & Security] → "
                "[Profiles]), double-click the profile and choose [Install…]. Type an administrator's password."
            )
        ),
    ),
    (
        Step(N_("Open [System Settings] → [Network] → your network, such as [Wi-Fi] → [Details…] → [Proxies].")),
        Step(N_("Switch on [Web proxy (HTTP)] and type {host} for [Server] and {port} for [Port].")),
        Step(N_("Do the same for [Secure web proxy (HTTPS)]. Choose [OK].")),
        Step(N_("Or switch on [Automatic proxy configuration] and type {pac_url} for [URL].")),
    ),
    (
        Step(
            N_("Download the certificate and open it. Keychain Access adds it; choose the keychain [System]."),
            "geacc-proxy-ca.cer",
        ),
        COMPARE,
        Step(
            N_(
                "In Keychain Access, double-click {certificate_name}, open [Trust] and set [When using this "
                "certificate] to [Always Trust]. Close the window and type the password."
            )
        ),
    ),
    CHECK,
    (
        Step(
            N_(
                "Where you used the profile: [System Settings] → [General] → [Device Management] → the profile → [–] → "
                "[Remove]."
            )
        ),
        Step(
            N_(
                "Where you did it by hand: switch the proxies off in the same place, and delete {certificate_name} in "
                "Keychain Access."
            )
        ),
    ),
    (
        Step(N_("Firefox on a Mac follows the Mac's certificates, and has proxy settings of its own: see Firefox.")),
        Step(
            N_(
                "Where secure pages still warn after the profile, set {certificate_name} to [Always Trust] in Keychain "
                "Access."
            )
        ),
        Step(
            N_(
                "A proxy holds for one network. Give the child an account without administrator rights: the proxy "
                "cannot be changed without an administrator's password then."
            )
        ),
    ),
)
