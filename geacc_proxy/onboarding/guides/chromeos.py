"""ChromeOS."""

from __future__ import annotations

from geacc_proxy.marking import N_
from geacc_proxy.onboarding.guides.common import CHECK, COMPARE
from geacc_proxy.onboarding.platforms import Platform
from geacc_proxy.onboarding.steps import Guide, Step

GUIDE = Guide(
    Platform.CHROMEOS,
    N_("Chromebook"),
    ("geacc-proxy-chrome.json",),
    (
        Step(
            N_(
                "Only for Chromebooks that a school or a company manages: in Google's Admin console, open [Devices] → "
                "[Chrome] → [Settings] → [Custom configurations] and paste what the file holds. A Chromebook at home "
                "takes no such file; use the steps by hand."
            ),
            "geacc-proxy-chrome.json",
        ),
    ),
    (
        Step(N_("Open [Settings] → [Network] → [Wi-Fi] and choose your network.")),
        Step(
            N_("Open [Proxy]. If it asks for it, switch on [Allow proxies for shared networks] and choose [Confirm].")
        ),
        Step(
            N_(
                "Set [Connection type] to [Manual proxy configuration] and switch on [Use the same proxy for all "
                "protocols]."
            )
        ),
        Step(N_("Type {host} for [Proxy] and {port} for [Port]. Choose [Save].")),
        Step(N_("Or set [Connection type] to [Automatic proxy configuration] and type {pac_url}.")),
    ),
    (
        Step(N_("Download the certificate."), "geacc-proxy-ca.pem"),
        Step(
            N_(
                "Open chrome://certificate-manager → [Local certificates] → [Custom] → [Installed by you] → [Trusted "
                "Certificates] → [Import]. On older versions: chrome://settings/certificates → [Authorities] → "
                "[Import] → [Trust this certificate for identifying websites]."
            )
        ),
        COMPARE,
    ),
    CHECK,
    (
        Step(
            N_(
                "Set [Connection type] back to [Direct internet connection] in [Settings] → [Network] → your network "
                "→ [Proxy]."
            )
        ),
        Step(N_("Delete {certificate_name} on chrome://certificate-manager.")),
    ),
    (
        Step(N_("Android apps on a Chromebook have a list of certificates of their own: see Android.")),
        Step(N_("Guest windows know no certificate. Switch [Enable Guest browsing] off in [Security and Privacy].")),
    ),
)
