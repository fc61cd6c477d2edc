"""A profile as a form: what a parent has typed, as it was typed, and what is to be made of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from enum import StrEnum
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import UsageError
from geacc_proxy.marking import N_
from geacc_proxy.policy.decide import MALIGN
from geacc_proxy.policy.profile import Effect, Filtering, Profile, Strictness, Video
from geacc_proxy.policy.schedule import MAX_SLOTS, Schedule, Slot
from geacc_proxy.policy.sites import HostSet, SiteRules, host_of
from geacc_proxy.web.i18n import _

if TYPE_CHECKING:
    from starlette.datastructures import FormData

LONGEST_TITLE = 60
MOST_SITES = 5_000
"""In one list; longer ones are block lists."""
_SLOT = re.compile(r"slot-(\d{1,4})-(?:days|start|end)", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::00)?", re.ASCII)
_TOLD = 8
"""Of the lines of a list that cannot be understood, so many are told at a time."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field.

    Attributes:
        text: a sentence marked for translation, with {places}.
        values: what fills the places.
    """

    text: str
    values: dict[str, str] = field(default_factory=dict)


Problems = dict[str, list[Problem]]
"""By the name of the field."""


@dataclass(frozen=True, slots=True)
class SlotDraft:
    """A row of the schedule, as typed.

    Attributes:
        days: those that are ticked, Monday being 0.
        start: `15:00`, or whatever was typed.
        end: as `start`.
    """

    days: frozenset[int] = frozenset()
    start: str = ""
    end: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing is filled in."""
        return not (self.days or self.start or self.end)


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form's fields; lists have one site a line, limits are per cent."""

    title: str
    strictness: str
    filtering: str
    effect: str
    video: str
    hide_unjudged: bool
    safe_search: bool
    thumbnails: bool
    allow: str
    block: str
    unfiltered: str
    video_sites: str
    block_lists: frozenset[str]
    daily_minutes: str
    slots: tuple[SlotDraft, ...]
    limits: dict[str, str]

    @classmethod
    def of(cls, profile: Profile, title: str) -> Draft:
        """The form of a profile, under the title that the parent reads."""
        sites = profile.sites.to_data()
        return cls(
            title=title,
            strictness=profile.strictness,
            filtering=profile.filtering,
            effect=profile.effect,
            video=profile.video,
            hide_unjudged=profile.hide_unjudged,
            safe_search=profile.safe_search,
            thumbnails=profile.thumbnails,
            allow="\n".join(sites["allow"]),
            block="\n".join(sites["block"]),
            unfiltered="\n".join(sites["unfiltered"]),
            video_sites="\n".join(profile.video_sites),
            block_lists=frozenset(profile.block_lists),
            daily_minutes="" if profile.daily_minutes is None else str(profile.daily_minutes),
            slots=tuple(
                SlotDraft(slot.days, f"{slot.start:%H:%M}", f"{slot.end:%H:%M}") for slot in profile.schedule.slots
            ),
            limits={label: f"{round(100 * limit, 4):g}" for label, limit in profile.limits},
        )

    @classmethod
    def typed(cls, form: FormData, labels: Sequence[str]) -> Draft:
        """What has come in, whatever it is.

        Args:
            form: the fields.
            labels: those that limits may be given for, in their order.
        """

        def word(name: str) -> str:
            value = form.get(name)
            return value.strip() if isinstance(value, str) else ""

        def words(name: str) -> list[str]:
            return [value for value in form.getlist(name) if isinstance(value, str)]

        rows = sorted({int(found[1]) for name in form if (found := _SLOT.fullmatch(name))})
        return cls(
            title=word("title"),
            strictness=word("strictness"),
            filtering=word("filtering"),
            effect=word("effect"),
            video=word("video"),
            hide_unjudged="hide_unjudged" in form,
            safe_search="safe_search" in form,
            thumbnails="thumbnails" in form,
            allow=word("allow"),
            block=word("block"),
            unfiltered=word("unfiltered"),
            video_sites=word("video_sites"),
            block_lists=frozenset(words("block_lists")),
            daily_minutes=word("daily_minutes"),
            slots=tuple(
                SlotDraft(
                    frozenset(int(day) for day in words(f"slot-{row}-days") if day in _DAY_NAMES),
                    word(f"slot-{row}-start"),
                    word(f"slot-{row}-end"),
                )
                for row in rows
            ),
            limits={label: value for label in labels if (value := word(f"limit-{label}"))},
        )

    def with_slot(self) -> Draft:
        """With one more row: the afternoon of a school day, which is quickly changed."""
        return replace(self, slots=(*self.slots, SlotDraft(frozenset(range(5)), "15:00", "19:00")))

    def without_slot(self, place: int) -> Draft:
        """Without the row at a place, from 0; as it is where there is none."""
        return replace(self, slots=tuple(slot for at, slot in enumerate(self.slots) if at != place))

    def read(self, before: Profile, block_lists: Sequence[str], own_title: str = "") -> tuple[Profile, Problems]:
        """The profile that is meant, and what cannot be understood of it; where anything cannot, it is not to be kept.

        Args:
            before: the profile as it is now.
            block_lists: names of those that there are.
            own_title: how pages call the profile where the parent has given no other title: kept as it is stored.
        """
        problems: Problems = {}
        title = self._title(problems)
        profile = replace(
            before,
            title=before.title if title == own_title else title,
            strictness=_one_of(Strictness, self.strictness, before.strictness, "strictness", problems),
            filtering=_one_of(Filtering, self.filtering, before.filtering, "filtering", problems),
            effect=_one_of(Effect, self.effect, before.effect, "effect", problems),
            video=_one_of(Video, self.video, before.video, "video", problems),
            hide_unjudged=self.hide_unjudged,
            safe_search=self.safe_search,
            thumbnails=self.thumbnails,
            sites=SiteRules(
                HostSet(_hosts(self.allow, "allow", problems)),
                HostSet(_hosts(self.block, "block", problems)),
                HostSet(_hosts(self.unfiltered, "unfiltered", problems)),
            ),
            video_sites=tuple(sorted(set(_hosts(self.video_sites, "video_sites", problems)))),
            block_lists=tuple(name for name in block_lists if name in self.block_lists),
            schedule=self._schedule(problems),
            daily_minutes=self._minutes(problems),
            limits=self._limits(problems),
        )
        if profile.video is Video.LISTED and not profile.video_sites and "video_sites" not in problems:
            problems["video_sites"] = [Problem(N_("List at least one site, or choose “Block”."))]
        return profile, problems

    def _title(self, problems: Problems) -> str:
        if not self.title or len(self.title) > LONGEST_TITLE or not self.title.isprintable():
            problems["title"] = [Problem(N_("Give it a name of up to {most} letters."), {"most": str(LONGEST_TITLE)})]
        return self.title

    def _minutes(self, problems: Problems) -> int | None:
        if not self.daily_minutes:
            return None
        if not re.fullmatch(r"\d{1,4}", self.daily_minutes, re.ASCII) or int(self.daily_minutes) > 24 * 60:
            problems["daily_minutes"] = [
                Problem(N_("Write a whole number of minutes from 0 to 1440, or leave it empty for no limit."))
            ]
            return None
        return int(self.daily_minutes)

    def _schedule(self, problems: Problems) -> Schedule:
        slots = []
        for row, draft in enumerate(self.slots):
            if draft.is_blank:
                continue
            start, end = _clock(draft.start), _clock(draft.end)
            wrong = []
            if not draft.days:
                wrong.append(Problem(N_("Tick at least one day.")))
            if start is None or end is None:
                wrong.append(Problem(N_("Write both times as hours and minutes, such as 15:00.")))
            if wrong:
                problems[f"slot-{row}"] = wrong
            elif start is not None and end is not None:
                slots.append(Slot(draft.days, start, end))
        if len(slots) > MAX_SLOTS:
            problems["slots"] = [
                Problem(
                    N_("There are {count} times; up to {most} are possible."),
                    {"count": str(len(slots)), "most": str(MAX_SLOTS)},
                )
            ]
            return Schedule()
        return Schedule(tuple(slots))

    def _limits(self, problems: Problems) -> tuple[tuple[str, float], ...]:
        limits = []
        for label, typed in self.limits.items():
            try:
                per_cent = float(typed.replace(",", "."))
            except ValueError:
                per_cent = -1
            if 0 <= per_cent <= 100:
                limits.append((label, round(per_cent / 100, 6)))
            else:
                problems[f"limit-{label}"] = [Problem(N_("Write a number from 0 to 100, or leave it empty."))]
        return tuple(limits)


_DAY_NAMES = tuple("0123456")


def limit_labels(labels: Sequence[str], profile: Profile) -> tuple[str, ...]:
    """The labels that limits may be given for: the sum first, then the model's, then those of a model before it."""
    return tuple(dict.fromkeys((MALIGN, *labels, *(label for label, _ in profile.limits))))


def _one_of[E: StrEnum](choices: type[E], typed: str, before: E, name: str, problems: Problems) -> E:
    try:
        return choices(typed)
    except ValueError:
        problems[name] = [Problem(N_("Choose one of these."))]
        return before


def _hosts(text: str, name: str, problems: Problems) -> list[str]:
    """The sites of a list with one a line; empty lines are nothing."""
    hosts: list[str] = []
    wrong: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            hosts.append(host_of(line))
        except UsageError:
            shown = line.strip() if len(line.strip()) <= 40 else f"{line.strip()[:39]}…"
            wrong.append(
                Problem(
                    N_("Line {line}: “{entry}” is no site. Write a name such as example.com."),
                    {"line": str(number), "entry": shown},
                )
            )
    if len(hosts) > MOST_SITES:
        wrong.append(
            Problem(
                N_("There are {count} sites; up to {most} are possible. A block list can have more."),
                {"count": str(len(hosts)), "most": str(MOST_SITES)},
            )
        )
    if wrong:
        more = len(wrong) - _TOLD
        problems[name] = wrong[:_TOLD]
        if more > 0:
            problems[name].append(Problem(N_("… and {count} more."), {"count": str(more)}))
    return hosts


def _clock(text: str) -> time | None:
    found = _CLOCK.fullmatch("00:00" if text == "24:00" else text)
    return time(int(found[1]), int(found[2])) if found else None


def told(problems: Problems) -> dict[str, str]:
    """The problems as sentences in the language of the page, by the name of the field."""
    return {name: " ".join(_(problem.text, **problem.values) for problem in found) for name, found in problems.items()}
