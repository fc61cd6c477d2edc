"""The one-time code by which another device than the machine itself may set the first password."""

from __future__ import annotations

import hmac
import secrets

ATTEMPTS = 10
"""Wrong codes; then the machine itself has to be used, or the program started anew."""
TICKET_COOKIE = "geacc_start"


class StartCode:
    """Checks codes, and hands out tickets for the right one, which let set the first password and nothing else."""

    def __init__(self, code: str) -> None:
        """Set it up.

        Args:
            code: what the program has printed; empty where there is none.
        """
        self._code = _plain(code)
        self._left = ATTEMPTS
        self._ticket = secrets.token_urlsafe(32)

    @property
    def is_usable(self) -> bool:
        """Whether a code can still be typed."""
        return bool(self._code) and self._left > 0

    def ticket(self, typed: str) -> str | None:
        """The ticket for the right code; None for a wrong one, of which there can be 10."""
        if not self.is_usable:
            return None
        if not hmac.compare_digest(_plain(typed).encode(), self._code.encode()):
            self._left -= 1
            return None
        return self._ticket

    def is_ticket(self, given: str) -> bool:
        """Whether a ticket is ours."""
        return bool(self._code) and hmac.compare_digest(given.encode(), self._ticket.encode())


def _plain(code: str) -> str:
    """As one types it: in any case, with spaces or hyphens or without."""
    return "".join(code.upper().split()).replace("-", "")
