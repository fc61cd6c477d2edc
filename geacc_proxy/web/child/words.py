"""Reasons in words for a child: true, kind and short."""

from __future__ import annotations

from geacc_proxy.marking import N_
from geacc_proxy.verdict import Reason

_TO_BE_SAFE = N_("It could not be checked, so it stays hidden to be safe.")
_WORDS: dict[str, str] = {
    Reason.MALIGN: N_("It looked like something that is not for children."),
    Reason.FORBIDDEN: N_("Your parents have hidden it."),
    Reason.TOO_LARGE: N_("It is too large to be checked, so it stays hidden to be safe."),
    Reason.VIDEO: N_("Videos are off here."),
    Reason.BLOCKED_SITE: N_("Your parents have closed this site."),
    Reason.BLOCK_LIST: N_("This site is on a list of sites that stay closed here."),
    Reason.OUT_OF_HOURS: N_("The internet has a rest at this hour."),
    Reason.TIME_UP: N_("Today's time on the internet is used up."),
    Reason.BYPASS: N_("This site would lead round the filter, so it stays closed."),
}
ASKABLE = frozenset({Reason.BLOCKED_SITE, Reason.BLOCK_LIST, Reason.TIME_UP})
"""Why a site is closed, where an answer can open it; no answer opens the internet at night."""


def kind_words(reason: str) -> str:
    """A sentence for a reason's wire name, marked for translation."""
    return _WORDS.get(reason, _TO_BE_SAFE)
