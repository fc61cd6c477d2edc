"""Firefox on a computer, which has proxy settings and certificates of its own."""

from __future__ import annotations

from geacc_proxy.marking import N_
from geacc_proxy.onboarding.guides.common import CHECK, COMPARE
from geacc_proxy.onboarding.platforms import Platform
from geacc_proxy.onboarding.steps import Guide, Step

GUIDE = Guide(
    Platform.FIREFOX,
    N_("Firefox on a computer"),
    ("policies.json", "geacc-proxy-linux.sh"),
    (
        Step(
            N_(
                "Download the policies and, as administrator, put policies.json into /etc/firefox/policies/ on Linux, "
                "C:\\Program Files\\Mozilla Firefox\\distribution\\ on Windows, or "
                "/Applications/Firefox.app/Contents/Resources/distribution/ on a Mac. Make the folder where it is "
                "missing."
            ),
            "policies.json",
        ),
        Step(
            N_(
                "Download the certificate and put it into /usr/lib/mozilla/certificates/ on Linux, "
                "%USERPROFILE%\\AppData\\Local\\Mozilla\\Certificates\\ on Windows, or "
                "/Library/Application Support/Mozilla/Certificates/ on a Mac."
            ),
            "geacc-proxy-ca.pem",
        ),
        Step(N_("Start Firefox anew and open about:policies. It lists what is set, under [Active].")),
    ),
    (
        Step(N_("Open [Settings] → [General] → [Network Settings] → [Settings…].")),
        Step(
            N_(
                "Choose [Manual proxy configuration], type {host} for [HTTP Proxy] and {port} for [Port], and tick "
                "[Also use this proxy for HTTPS]. Choose [OK]."
            )
        ),
        Step(N_("Or choose [Automatic proxy configuration URL] and type {pac_url}.")),
    ),
    (
        Step(N_("Download the certificate."), "geacc-proxy-ca.pem"),
        Step(
            N_(
                "Open [Settings] → [Privacy & Security] → [Certificates] → [View Certificates…] → [Authorities] → "
                "[Import…] and choose the file."
            )
        ),
        Step(N_("Tick [Trust this CA to identify websites.] and choose [OK].")),
        COMPARE,
    ),
    CHECK,
    (
        Step(N_("Delete policies.json and geacc-proxy-ca.pem from where you put them, and start Firefox anew.")),
        Step(
            N_(
                "Open [Settings] → [Privacy & Security] → [Certificates] → [View Certificates…] → [Authorities], "
                "choose {certificate_name} and [Delete or Distrust…]. A certificate stays when its policy goes."
            )
        ),
        Step(N_("Where you set the proxy by hand: [Network Settings] → [Settings…] → [Use system proxy settings].")),
    ),
    (
        Step(
            N_(
                "On Windows and on a Mac, Firefox 120 and later trusts what you added to the system: [Settings] → "
                "[Privacy & Security] → [Certificates] → [Allow Firefox to automatically trust third-party root "
                "certificates you install]."
            )
        ),
    ),
)
