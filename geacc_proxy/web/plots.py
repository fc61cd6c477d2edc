"""Plots as SVG that the server draws: bars upon each other, and the hours of a week.

No scripts and no inline style: colours are classes (`static/plots.css`), which follow light and dark. There is no
`viewBox`: what lies along the axis is in per cent and what is written in pixels, so that a plot is as wide as its card
and its letters stay as large as the text around, on a phone too. A stem of the markup is an image to a screen reader,
with a title and a description; the same figures stand in a table beside it, which is `Plot.rows`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

HEIGHT = 190
"""Pixels, axis and labels included."""
_TOP, _BOTTOM = 10, 26  # pixels kept above the highest tick and for the labels below
_FILLED = 0.72  # of the width that a bar's place has
_MOST_LABELS = 8
"""More do not fit beside each other on a phone of 320 pixels."""
_ROW, _BAND = 26, 14  # pixels from day to day in the picture of a week, and of a day's band
_LEAST = 2.5  # pixels of a bar: a few among thousands are seen too
_NOTHING = 1e-6  # nothing is plotted that is less
_HOURS = (0, 6, 12, 18, 24)
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Series:
    """Figures of one kind.

    Attributes:
        name: as the legend and the table call it, translated.
        values: one for each label of the plot, 0 or more; None where there is nothing to tell.
    """

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """What is plotted; all texts are translated.

    Attributes:
        key: begins the names of its parts in the page, where it is once.
        title: what it shows.
        summary: what a reader sees in it, as a sentence; the description for screen readers.
        labels: what the figures belong to, in their order, as the table writes them.
        series: up to three.
        ticks: the labels below the axis; the labels themselves where empty. An empty one is left out.
        number: writes a figure.
    """

    key: str
    title: str
    summary: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    ticks: tuple[str, ...] = ()
    number: Callable[[float], str] = "{:g}".format

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not any(value for series in self.series for value in series.values)

    @property
    def rows(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The table: a label, and a figure of each series, written; a dash where there is none."""
        for place, label in enumerate(self.labels):
            yield label, tuple(self._written(series.values[place]) for series in self.series)

    def _written(self, value: float | None) -> str:
        return "–" if value is None else self.number(value)


def bars(plot: Plot) -> Markup:
    """The plot as bars; where there are several series they stand upon each other, the first one below."""
    totals = [sum(series.values[place] or 0 for series in plot.series) for place in range(len(plot.labels))]
    top, axis = _scale(plot, max(totals, default=0))

    def body() -> Iterator[Markup]:
        step = 100 / max(1, len(plot.labels))
        for place in range(len(plot.labels)):
            base = 0.0
            left, width = step * (place + (1 - _FILLED) / 2), step * _FILLED
            for number, series in enumerate(plot.series, 1):
                value = series.values[place] or 0
                if value:
                    height = max(_LEAST, _span(value, top))
                    yield _rect(f"plot-bar plot-{number}", left, _y(base, top) - height, width, height)
                base += value

    return _framed(plot, axis, body())


def share(part: float) -> Markup:
    """A flat bar that is filled to `part`, 0…1; decoration beside the figure itself."""
    return Markup(
        '<svg class="plot-share" width="100%" height="8" aria-hidden="true" focusable="false">'
        '<rect class="plot-rest" width="100%" height="8" rx="4"/>'
        '<rect class="plot-bar plot-1" width="{:.2f}%" height="8" rx="4"/></svg>'
    ).format(100 * min(1.0, max(0.0, part)))


def week(key: str, title: str, summary: str, days: Sequence[tuple[str, Sequence[tuple[int, int]]]]) -> Markup:
    """The hours of a week as bands.

    Args:
        key: as in `Plot`.
        title: as in `Plot`.
        summary: as in `Plot`.
        days: for each day its short name and, as minutes of the day from 0 to 1440, from when up to when it is open.
    """
    bottom = len(days) * _ROW
    parts: list[Markup] = []
    for hour in _HOURS:
        parts.append(
            Markup('<line class="plot-grid" x1="{0:.2f}%" y1="0" x2="{0:.2f}%" y2="{1}"/>').format(hour / 0.24, bottom)
        )
        anchor = {0: "start", 24: "end"}.get(hour, "middle")
        parts.append(_text("plot-tick", f"{hour / 0.24:.2f}%", bottom + 16, anchor, str(hour)))
    for number, (name, spans) in enumerate(days):
        above = number * _ROW + (_ROW - _BAND) / 2
        parts.append(_text("plot-tick", "-8", above + _BAND - 3, "end", name))
        parts.append(_rect("plot-rest", 0, above, 100, _BAND))
        parts.extend(
            _rect("plot-bar plot-1", start / _DAY * 100, above, (end - start) / _DAY * 100, _BAND)
            for start, end in spans
        )
    return _image(key, title, summary, bottom + 22, parts)


def _framed(plot: Plot, axis: Sequence[float], body: Iterable[Markup]) -> Markup:
    parts: list[Markup] = []
    top = axis[-1]
    for value in axis:
        y = _y(value, top)
        parts.append(
            Markup('<line class="{}" x1="0" y1="{:.1f}" x2="100%" y2="{:.1f}"/>').format(
                "plot-grid" if value else "plot-axis", y, y
            )
        )
        parts.append(_text("plot-tick", "-8", y + 4, "end", plot.number(value)))
    parts.extend(body)
    step = 100 / max(1, len(plot.labels))
    ticks = plot.ticks or _thinned(plot.labels)
    for place, tick in enumerate(ticks):
        if tick:
            parts.append(_text("plot-tick", f"{step * (place + 0.5):.2f}%", HEIGHT - 6, "middle", tick))
    for place, (label, figures) in enumerate(plot.rows):
        told = ", ".join(f"{series.name} {figure}" for series, figure in zip(plot.series, figures, strict=True))
        parts.append(
            Markup('<g class="plot-slot"><title>{}: {}</title>{}</g>').format(
                label, told, _rect("plot-hit", step * place, 0, step, HEIGHT)
            )
        )
    return _image(plot.key, plot.title, plot.summary, HEIGHT, parts)


def _image(key: str, title: str, summary: str, height: float, parts: Iterable[Markup]) -> Markup:
    return Markup(
        '<svg class="plot" width="100%" height="{height:g}" role="img" aria-labelledby="{key}-title"'
        ' aria-describedby="{key}-summary"><title id="{key}-title">{title}</title>'
        '<desc id="{key}-summary">{summary}</desc>{parts}</svg>'
    ).format(key=key, title=title, summary=summary, height=height, parts=Markup().join(parts))


def _rect(style: str, left: float, above: float, width: float, height: float) -> Markup:
    return Markup('<rect class="{}" x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}" rx="2"/>').format(
        style, left, above, width, height
    )


def _text(style: str, x: str, y: float, anchor: str, text: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{:.1f}" text-anchor="{}">{}</text>').format(style, x, y, anchor, text)


def _thinned(labels: Sequence[str]) -> tuple[str, ...]:
    every = math.ceil(len(labels) / _MOST_LABELS)
    return tuple(label if place % every == 0 else "" for place, label in enumerate(labels))


def _y(value: float, top: float) -> float:
    return HEIGHT - _BOTTOM - _span(value, top)


def _span(value: float, top: float) -> float:
    return value / top * (HEIGHT - _TOP - _BOTTOM)


def _scale(plot: Plot, highest: float) -> tuple[float, tuple[float, ...]]:
    """The end of the axis, and its ticks from 0: three to five, 1, 2 or 5 times a power of ten apart.

    Where all figures are whole, so are the ticks.
    """
    whole = all(value is None or float(value).is_integer() for series in plot.series for value in series.values)
    if highest < _NOTHING:
        return 1, (0, 1)
    power = 10.0 ** math.floor(math.log10(highest / 4))
    step = next(step for times in (1, 2, 5, 10) if (step := times * power) * 4 >= highest)
    if whole:
        step = max(1, step)
    count = math.ceil(highest / step - 1e-9)
    return count * step, tuple(step * number for number in range(count + 1))
