"""What the devices did in a time, as figures and plots, in the words of the reader's language."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING

from geacc_proxy.home.tally import Numbers, Overview, overview
from geacc_proxy.journal import DATABASE_NAME
from geacc_proxy.web.home.period import Period
from geacc_proxy.web.i18n import _, clock, day, minutes, ngettext, number, percent
from geacc_proxy.web.plots import Plot, Series, bars, share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from geacc_proxy.web.site import Site

_TICK_HOURS = 6
Cell = tuple[str, str, str]
"""What it is, the figure, and a hint or nothing."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A plot as it is drawn.

    Attributes:
        plot: what is plotted.
        heading: what its labels are, above the table's first column.
    """

    plot: Plot
    heading: str

    @property
    def svg(self) -> Markup:
        """The picture."""
        return bars(self.plot)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a time.

    Attributes:
        period: the time.
        overview: what was counted.
    """

    period: Period
    overview: Overview

    def totals(self, used: int | None = None) -> list[Cell]:
        """What was counted, in all.

        Args:
            used: minutes of use, where they are known to the minute; else those that are stored are told.
        """
        total, speed = self.overview.total, self.overview
        return [
            (_("Pages opened"), number(total.pages), ""),
            (_("Pictures checked"), number(total.pictures), ""),
            (_("Hidden"), number(total.hidden), _part(total.hidden, total.pictures)),
            (_("Sites closed"), number(total.closed), ""),
            (_("In use"), minutes(speed.used_minutes if used is None else used), ""),
        ]

    def speed(self) -> list[Cell]:
        """What the filter adds to a picture's time, and how much it knew already."""
        total = self.overview.total
        return [
            (_("Added to a picture"), _milliseconds(self.overview.median_ms), _("half of them less")),
            (_("Added at worst"), _milliseconds(self.overview.p95_ms), _("19 of 20 less")),
            (
                _("Known already"),
                "–" if total.cache_rate is None else percent(total.cache_rate),
                _("looked at once, kept in mind"),
            ),
        ]

    @property
    def hours(self) -> Drawing:
        """Pictures by the hour of the day."""
        names = tuple(clock(time(hour)) for hour in range(24))
        ticks = tuple(name if hour % _TICK_HOURS == 0 else "" for hour, name in enumerate(names))
        return Drawing(_pictures("hours", _("Pictures by time of day"), names, self.overview.clock, ticks), _("Time"))

    @property
    def days(self) -> Drawing:
        """Pictures day by day."""
        names = tuple(day(span.start, "MMMEEEEd") for span in self.overview.days)
        ticks = tuple(day(span.start, "EEE") for span in self.overview.days)
        numbers = [span.numbers for span in self.overview.days]
        return Drawing(_pictures("days", _("Pictures by day"), names, numbers, ticks), _("Day"))

    @property
    def sites(self) -> list[tuple[str, str, str, str, Markup]]:
        """The busiest sites: host, pages, hidden pictures, refusals, and a bar for them all."""
        weights = [site.pages + site.hidden + site.closed for site in self.overview.sites]
        most = max(weights, default=1)
        return [
            (site.site, number(site.pages), number(site.hidden), number(site.closed), share(weight / most))
            for site, weight in zip(self.overview.sites, weights, strict=True)
        ]


async def figures_of(site: Site, period: Period, device: str = "") -> Figures:
    """The figures of a time.

    Args:
        site: what the pages stand on.
        period: the time.
        device: key of the device that they are about; empty for all.

    Raises:
        JournalError: they cannot be read.
    """
    if site.tally is not None:
        return Figures(period, await site.tally.overview(period.since, period.until, device))
    path, zone = site.state_dir / DATABASE_NAME, site.home.house.zone
    return Figures(period, await asyncio.to_thread(overview, path, period.since, period.until, device, zone=zone))


def _pictures(key: str, title: str, names: tuple[str, ...], numbers: Sequence[Numbers], ticks: tuple[str, ...]) -> Plot:
    shown = Series(_("Shown"), tuple(float(counts.pictures - counts.hidden) for counts in numbers))
    hidden = Series(_("Hidden"), tuple(float(counts.hidden) for counts in numbers))
    busiest = max(range(len(names)), key=lambda place: numbers[place].pictures)
    counts = numbers[busiest]
    summary = (
        ngettext(
            "Most at {when}: {n} picture, {hidden} of them hidden.",
            "Most at {when}: {n} pictures, {hidden} of them hidden.",
            counts.pictures,
            when=names[busiest],
            hidden=number(counts.hidden),
        )
        if counts.pictures
        else _("There were none.")
    )
    return Plot(key, title, summary, names, (shown, hidden), ticks, number)


def _part(part: int, whole: int) -> str:
    return _("{share} of them", share=percent(part / whole, 1 if part * 20 < whole else 0)) if part else ""


def _milliseconds(value: float | None) -> str:
    if value is None:
        return "–"
    return _("{time} ms", time=number(value, 1 if value < 10 else 0))
