"""The landing page, filled in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template


@dataclass(frozen=True, slots=True)
class LandingPage:
    """What stays the same from one request to the next; all plain text, escaped here.

    Attributes:
        certificate_name: as devices list it.
        fingerprint: SHA-256 of the certificate, as devices show it.
        model: the model that judges.
        strictness: how strictly.
        version: of geacc-proxy.
    """

    certificate_name: str
    fingerprint: str
    model: str
    strictness: str
    version: str

    def render(self, *, proxy_host: str, proxy_port: int, healthy: bool) -> str:
        """Return the page as HTML.

        Args:
            proxy_host: the name or address to type into a device.
            proxy_port: the port to type in.
            healthy: whether pictures are being judged at this moment.
        """
        state, words = (
            ("on", "Filtering is on.") if healthy else ("off", "Filtering is not ready: pictures stay hidden for now.")
        )
        return _template().substitute(
            certificate_name=escape(self.certificate_name),
            fingerprint=escape(self.fingerprint).replace(":", ":<wbr>"),
            model=escape(self.model),
            strictness=escape(self.strictness),
            version=escape(self.version),
            proxy_host=escape(proxy_host),
            proxy_port=proxy_port,
            state=state,
            state_words=words,
        )


@cache
def _template() -> Template:
    return Template(Path(__file__).with_name("landing.html").read_text(encoding="utf-8"))
