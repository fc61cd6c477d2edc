"""A script for Linux that has Chromium, Chrome and Firefox of one user trust the certificate, or no longer."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geacc_proxy.onboarding.reach import Reach

FILE = "geacc-proxy-linux.sh"


def trust_script(reach: Reach) -> bytes:
    """Return the script (POSIX sh); the certificate is inside. It is called with `add` or `remove`."""
    text = _template().replace("@FINGERPRINT@", reach.fingerprint)
    return text.replace("@CERTIFICATE@", reach.certificate_pem.decode("ascii").strip()).encode("ascii")


@cache
def _template() -> str:
    return Path(__file__).with_name("trust-linux-nss.sh").read_text("ascii")
