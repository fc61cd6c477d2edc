"""Steps that all guides share."""

from __future__ import annotations

from geacc_proxy.marking import N_
from geacc_proxy.onboarding.steps import Step

CHECK = (
    Step(
        N_(
            "Open http://geacc.internal/self-test in the browser of this device. It says in words whether the traffic "
            "goes through the filter, whether the certificate is trusted, and whether a test picture is hidden."
        )
    ),
)
COMPARE = Step(
    N_(
        "Where the device shows a SHA-256 fingerprint, compare it with the one on this page, opened on the machine "
        "itself: {fingerprint}"
    )
)
