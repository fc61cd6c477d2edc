"""A line of the block log as a page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from geacc_proxy.marking import N_
from geacc_proxy.policy.override import Override, Scope
from geacc_proxy.verdict import Action, Reason

if TYPE_CHECKING:
    from geacc_proxy.home.home import Home
    from geacc_proxy.journal.search import Row

SITE_REASONS = frozenset(
    {
        Reason.BLOCKED_SITE,
        Reason.BLOCK_LIST,
        Reason.OUT_OF_HOURS,
        Reason.TIME_UP,
        Reason.VIDEO,
        Reason.BYPASS,
    }
)
"""Why something was closed that is no picture."""

_CERTAINTY = (
    (0.97, N_("Sure")),
    (0.85, N_("Very likely")),
    (0.6, N_("Likely")),
    (0.35, N_("Perhaps")),
    (0.0, N_("Unlikely")),
)
"""Malign score from which a word holds."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is told of a line.

    Attributes:
        number: of the line.
        time: when.
        device: its key.
        device_name: as the parent calls it.
        is_hidden: whether it was kept from the screen; else it was only logged.
        is_site: whether it is a site that was closed, and no picture.
        reason: its wire name.
        why: a sentence, marked for translation.
        page: the page's address; empty where unknown.
        url: the picture's.
        page_host: host of the page.
        url_host: host of the picture.
        format: upper case, such as `JPEG`; empty where unknown.
        size: pixels, `(0, 0)` where unknown.
        malign: 0…1; None where it was not judged.
        certainty: a word for it, marked for translation.
        labels: score by label, the highest first.
        opinions: malign score by model, where two were asked.
        model: what judged it.
        profile: what the profile in force is called.
        digest: of the bytes; empty where unknown.
        likeness: perceptual hash, 16 hexadecimal digits; empty where unknown.
        has_sketch: whether a blurred thumbnail is kept.
        answer: what a parent has said of this picture since, where that is in force.
        site_answer: the same of its site.
    """

    number: int
    time: datetime
    device: str
    device_name: str
    is_hidden: bool
    is_site: bool
    reason: str
    why: str
    page: str
    url: str
    page_host: str
    url_host: str
    format: str
    size: tuple[int, int]
    malign: float | None
    certainty: str
    labels: tuple[tuple[str, float], ...]
    opinions: tuple[tuple[str, float], ...]
    model: str
    profile: str
    digest: str
    likeness: str
    has_sketch: bool
    answer: Override | None
    site_answer: Override | None

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites that it has to do with, that of the page first, as people call them: without `www.`."""
        hosts = (self.page_host, self.url_host)
        return tuple(dict.fromkeys(host.removeprefix("www.") for host in hosts if host))

    @property
    def subject(self) -> str:
        """What a parent would call it."""
        return self.sites[0] if self.sites else self.url[:60] or self.digest

    @property
    def is_answerable(self) -> bool:
        """Whether a parent can say something of the picture that will be known again."""
        return bool(self.digest) or _is_of_the_web(self.url)

    @property
    def of_the_web(self) -> bool:
        """Whether its address can be asked for again."""
        return _is_of_the_web(self.url)


def line_of(row: Row, home: Home) -> Line:
    """What is told of a row."""
    entry = row.entry
    page_host, url_host = host_of(entry.page), host_of(entry.url)
    now = home.now()
    overrides = home.house.overrides
    kept = home.house.profiles.get(entry.profile)
    answer = overrides.of_picture(entry.digest, entry.url, row.likeness, entry.device, now)
    scope = Scope.OPEN if entry.reason in SITE_REASONS else Scope.SITE
    site_answers = (overrides.of_site(scope, host, entry.device, now) for host in (page_host, url_host) if host)
    return Line(
        number=row.number,
        time=entry.time,
        device=entry.device,
        device_name=home.device(entry.device).title if entry.device else "",
        is_hidden=entry.decision == Action.HIDE,
        is_site=entry.reason in SITE_REASONS,
        reason=entry.reason,
        why=why(entry.reason),
        page=entry.page,
        url=entry.url,
        page_host=page_host,
        url_host=url_host,
        format=entry.format.upper(),
        size=(entry.width, entry.height) if entry.width and entry.height else (0, 0),
        malign=entry.malign,
        certainty="" if entry.malign is None else certainty(entry.malign),
        labels=tuple(sorted((s for s in entry.scores if "@" not in s[0]), key=lambda s: s[1], reverse=True)),
        opinions=tuple(score for score in entry.scores if "@" in score[0]),
        model=entry.model,
        profile=(kept.title or kept.name) if kept is not None else entry.profile,
        digest=entry.digest,
        likeness="" if row.likeness is None else f"{row.likeness:016x}",
        has_sketch=row.sketch,
        answer=answer,
        site_answer=next((found for found in site_answers if found is not None), None),
    )


def why(reason: str) -> str:
    """A sentence for a reason's wire name, marked for translation."""
    try:
        return Reason(reason).explanation
    except ValueError:
        return reason


def certainty(malign: float) -> str:
    """A word for a malign score, marked for translation."""
    return next(word for least, word in _CERTAINTY if malign >= least)


def host_of(address: str) -> str:
    """The host of an address of the web, lower case; empty of anything else."""
    if not _is_of_the_web(address):
        return ""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def shortened(address: str) -> str:
    """An address so short that it can be read: the host and the end of the path."""
    host = host_of(address)
    if not host:
        return address if len(address) <= 40 else f"{address[:39]}…"
    path = unquote(urlsplit(address).path, errors="replace").rstrip("/")
    last = path.rpartition("/")[2]
    if not last:
        return host
    if len(last) > 32:
        last = f"{last[:15]}…{last[-16:]}"
    middle = "/…/" if path.count("/") > 1 else "/"
    return f"{host}{middle}{''.join(letter if letter.isprintable() else '�' for letter in last)}"


def _is_of_the_web(address: str) -> bool:
    return address.startswith(("http://", "https://"))
