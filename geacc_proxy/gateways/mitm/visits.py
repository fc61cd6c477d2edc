"""What is known of who asks, carried with a flow from the household's hooks to those of the pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow

_KEY = "geacc_visit"


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, and for what.

    Attributes:
        device: its key.
        site: the host that the bytes come from, as far as that is certain; empty where it is not.
        untouched: whether the answer is one of our own, which is neither judged nor looked through.
        searches: whether its body is a form that may ask a search engine.
        url: what the address is called in the block log; empty for the request's own.
    """

    device: str
    site: str = ""
    untouched: bool = False
    searches: bool = False
    url: str = ""


def remember(flow: HTTPFlow, visit: Visit) -> None:
    """Have the flow carry what is known."""
    flow.metadata[_KEY] = visit


def visit_of(flow: HTTPFlow) -> Visit | None:
    """What is known; None where there is no home."""
    visit: Visit | None = flow.metadata.get(_KEY)
    return visit
