"""Linux with GNOME; KDE names the same things alike."""

from __future__ import annotations

from geacc_proxy.marking import N_
from geacc_proxy.onboarding.guides.common import CHECK, COMPARE
from geacc_proxy.onboarding.platforms import Platform
from geacc_proxy.onboarding.steps import Guide, Step

GUIDE = Guide(
    Platform.LINUX,
    N_("Linux"),
    ("geacc-proxy-chrome.json", "geacc-proxy-edge.json", "geacc-proxy-linux.sh"),
    (
        Step(
            N_(
                "Download the policies and, as root, put the file into /etc/chromium/policies/managed/ for Chromium, "
                "/etc/opt/chrome/policies/managed/ for Chrome or /etc/brave/policies/managed/ for Brave. Make the "
                "folder where it is missing."
            ),
            "geacc-proxy-chrome.json",
        ),
        Step(N_("The file for Edge goes into /etc/opt/edge/policies/managed/."), "geacc-proxy-edge.json"),
        Step(N_("Start the browser anew. Its menu says [Managed by your organization].")),
        Step(
            N_(
                "For the certificate alone, without root: download this script, close the browsers and run: "
                "sh geacc-proxy-linux.sh add"
            ),
            "geacc-proxy-linux.sh",
        ),
    ),
    (
        Step(N_("Open [Settings] → [Network] → [Proxy].")),
        Step(
            N_(
                "Switch on [Network Proxy], set [Configuration] to [Manual], and type {host} and {port} for "
                "[HTTP Proxy] and for [HTTPS Proxy]."
            )
        ),
        Step(N_("Or set it to [Automatic] and type {pac_url} for [Configuration URL].")),
    ),
    (
        Step(N_("Download the certificate."), "geacc-proxy-ca.pem"),
        Step(
            N_(
                "Chrome and Chromium: open chrome://certificate-manager → [Local certificates] → [Custom] → [Installed "
                "by you] → [Trusted Certificates] → [Import]."
            )
        ),
        COMPARE,
        Step(
            N_(
                "Other programs on Debian and Ubuntu: as root, copy the file to "
                "/usr/local/share/ca-certificates/geacc-proxy-ca.crt and run update-ca-certificates. On Fedora: copy "
                "it to /etc/pki/ca-trust/source/anchors/ and run update-ca-trust."
            )
        ),
    ),
    CHECK,
    (
        Step(N_("Delete geacc-proxy-chrome.json and geacc-proxy-edge.json from the folders where you put them.")),
        Step(N_("Close the browsers and run: sh geacc-proxy-linux.sh remove"), "geacc-proxy-linux.sh"),
        Step(N_("Switch [Network Proxy] off in [Settings] → [Network] → [Proxy].")),
        Step(
            N_("Delete the certificate where you copied it, and run update-ca-certificates --fresh or update-ca-trust.")
        ),
    ),
)
