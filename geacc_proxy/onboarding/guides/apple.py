"""iPhone and iPad: the same steps; the iPad has its settings in two columns."""

from __future__ import annotations

from geacc_proxy.marking import N_
from geacc_proxy.onboarding.guides.common import CHECK, COMPARE
from geacc_proxy.onboarding.platforms import Platform
from geacc_proxy.onboarding.steps import Guide, Step

_PROFILE = "geacc-proxy.mobileconfig"
_CERTIFICATE = "geacc-proxy-ca.cer"
_TRUST = Step(
    N_(
        "Open [Settings] → [General] → [About] → [Certificate Trust Settings]. Under [Enable full trust for root "
        "certificates], switch on {certificate_name} and tap [Continue]. Without this step nothing is trusted."
    )
)
_BY_FILE = (
    Step(
        N_("Download the profile in Safari and tap [Allow], then [Close]. Other browsers may not offer it."), _PROFILE
    ),
    Step(
        N_(
            "Open [Settings]. Near the top it says [Profile Downloaded]: tap it. If it is no longer there, open "
            "[General] → [VPN & Device Management] and tap the profile {home_name}."
        )
    ),
    Step(
        N_(
            "Tap [Install] and type the passcode. The screen warns of an [Unmanaged Root Certificate]: this is the "
            "certificate of this home. Tap [Install] twice, then [Done]."
        )
    ),
    _TRUST,
)
_PROXY = (
    Step(N_("Open [Settings] → [Wi-Fi] and tap the [ⓘ] beside your network.")),
    Step(N_("Scroll down, tap [Configure Proxy] and choose [Manual].")),
    Step(N_("Type {host} for [Server] and {port} for [Port]. Leave [Authentication] off. Tap [Save].")),
)
_BY_HAND = (
    Step(N_("Download the certificate in Safari and tap [Allow], then [Close]."), _CERTIFICATE),
    Step(
        N_(
            "Open [Settings] → [General] → [VPN & Device Management], tap {certificate_name} and [Install], and type "
            "the passcode."
        )
    ),
    COMPARE,
    _TRUST,
)
_REMOVAL = (
    Step(
        N_(
            "Open [Settings] → [General] → [VPN & Device Management], tap the profile and [Remove Profile]. This takes "
            "off the certificate, and the Wi-Fi network where the profile has set it."
        )
    ),
    Step(
        N_(
            "Where you set the proxy by hand: [Settings] → [Wi-Fi] → [ⓘ] → [Configure Proxy] → [Off] → [Save]. "
            "Where the profile had it, connect to the Wi-Fi network again."
        )
    ),
)
_NOTES = (
    Step(
        N_(
            "The proxy holds for this one Wi-Fi network, not for mobile data. For the way home from anywhere, use "
            "WireGuard."
        )
    ),
    Step(
        N_(
            "Some apps accept no certificate but their own maker's. Behind the filter they find no connection. Private "
            "windows and DNS settings cannot be switched off by a profile that you install yourself: use Screen Time."
        )
    ),
)

IPHONE = Guide(
    Platform.IOS,
    N_("iPhone"),
    (_PROFILE,),
    _BY_FILE,
    _PROXY,
    _BY_HAND,
    CHECK,
    _REMOVAL,
    _NOTES,
)
IPAD = Guide(
    Platform.IPADOS,
    N_("iPad"),
    (_PROFILE,),
    _BY_FILE,
    _PROXY,
    _BY_HAND,
    CHECK,
    _REMOVAL,
    _NOTES,
)
