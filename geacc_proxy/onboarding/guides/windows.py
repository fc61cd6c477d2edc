"""Windows 11; Windows 10 differs in the look alone."""

from __future__ import annotations

from geacc_proxy.marking import N_
from geacc_proxy.onboarding.guides.common import CHECK, COMPARE
from geacc_proxy.onboarding.platforms import Platform
from geacc_proxy.onboarding.steps import Guide, Step

GUIDE = Guide(
    Platform.WINDOWS,
    N_("Windows"),
    ("geacc-proxy.reg", "geacc-proxy-remove.reg"),
    (
        Step(
            N_(
                "Download the file, open it and answer [Yes] twice: to the question whether it may make changes, and "
                "to whether you are sure. It needs an administrator's password where the child has none."
            ),
            "geacc-proxy.reg",
        ),
        Step(
            N_(
                "Close Chrome and Edge and open them again. They say [Managed by your organization] in their menu: "
                "that is this file. Other browsers need the steps by hand, or their own file."
            )
        ),
    ),
    (
        Step(N_("Open [Settings] → [Network & internet] → [Proxy].")),
        Step(N_("Beside [Use a proxy server], choose [Set up].")),
        Step(
            N_(
                "Switch on [Use a proxy server], type {host} for [Proxy IP address] and {port} for [Port]. Choose "
                "[Save]."
            )
        ),
        Step(N_("Or beside [Use setup script], choose [Set up] and type {pac_url} for [Script address].")),
    ),
    (
        Step(
            N_("Download the certificate and open it. Choose [Open], then [Install Certificate…]."),
            "geacc-proxy-ca.cer",
        ),
        COMPARE,
        Step(N_("Choose [Local Machine] and [Next], and answer [Yes].")),
        Step(
            N_(
                "Choose [Place all certificates in the following store] → [Browse…] → [Trusted Root Certification "
                "Authorities] → [OK] → [Next] → [Finish]. It says [The import was successful.]"
            )
        ),
    ),
    CHECK,
    (
        Step(
            N_("Where you used the file: download this one, open it and answer [Yes] twice."), "geacc-proxy-remove.reg"
        ),
        Step(
            N_(
                "Where you did it by hand: [Settings] → [Network & internet] → [Proxy] → [Use a proxy server] → [Edit] "
                "→ switch it off → [Save]."
            )
        ),
        Step(
            N_(
                "And the certificate: press the Windows key, type certlm.msc, open it → [Trusted Root Certification "
                "Authorities] → [Certificates] → {certificate_name} → [Delete]."
            )
        ),
    ),
    (
        Step(
            N_(
                "Give the child an account without administrator rights ([Settings] → [Accounts] → [Other users]): an "
                "administrator can take everything off again."
            )
        ),
    ),
)
