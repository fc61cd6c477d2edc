"""Charts: PNG files for papers and slides, and drawings for a report that is light or dark. Needs matplotlib.

A drawing's colours are names of CSS variables: it is drawn in marks that stand for them, which are replaced afterwards.
"""

from __future__ import annotations

import io
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geacc_proxy.exceptions import MissingExtraError
from geacc_proxy.lab.evaluation.ranking import normal_deviate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geacc_proxy.lab.evaluation.figures import Figures

    Draw = Callable[[Any, Sequence[Figures], "Palette"], None]

_DPI = 200  # of PNG files
_WIDE, _HIGH = 4.2, 3.7  # inches; at 72 dots an inch what a phone shows without shrinking
_DASHES = ("-", "--", ":", "-.")  # models differ in more than colour
_HISTOGRAM_BINS = 25
_DET_TICKS = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by what they are for; each `#rrggbb`."""

    page: str
    ink: str
    quiet: str
    line: str
    series: tuple[str, ...]

    def of(self, number: int) -> str:
        """The colour of a model."""
        return self.series[number % len(self.series)]


LIGHT = Palette("#ffffff", "#1d2630", "#54606d", "#d9dee4", ("#22607f", "#a84a00", "#1c6b43", "#7a3e9d"))
"""Of PNG files; as the report's in the light."""

_MARKS = Palette("#010101", "#020202", "#030303", "#040404", ("#050505", "#060606", "#070707", "#080808"))
_VARIABLES = {
    _MARKS.page: "var(--card)",
    _MARKS.ink: "var(--text)",
    _MARKS.quiet: "var(--quiet)",
    _MARKS.line: "var(--line)",
    **{mark: f"var(--series-{number})" for number, mark in enumerate(_MARKS.series)},
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of figures.

    Attributes:
        name: of its file, without ending.
        title: one line.
        caption: how to read it, for a person.
        draw: puts it into an empty figure.
        both: whether it needs malign and benign pictures.
        panels: whether each model has a panel of its own.
    """

    name: str
    title: str
    caption: str
    draw: Draw
    both: bool = False
    panels: bool = False


def require_matplotlib(what: str) -> None:
    """Look whether it is there.

    Raises:
        MissingExtraError: it is not.
    """
    # Of fonts that it looks for and folders that it cannot write, nobody needs to know.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(what, "lab") from error


def drawable(models: Sequence[Figures]) -> list[Chart]:
    """The charts that these pictures suffice for."""
    return [chart for chart in CHARTS if not chart.both or all(one.ranking.both for one in models)]


def as_png(chart: Chart, models: Sequence[Figures]) -> bytes:
    """A PNG file; the same figures give the same bytes."""
    return _drawn(chart, models, LIGHT, "png", {"dpi": _DPI, "metadata": {"Software": None}})


def as_svg(chart: Chart, models: Sequence[Figures]) -> str:
    """An `<svg>` element that takes its colours from the page's CSS variables and its width from its place."""
    options = {"transparent": True, "metadata": {"Date": None}}
    text = _drawn(chart, models, _MARKS, "svg", options).decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r"<!--.*?-->|<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r"font-family: [^;\"]*(?:'[^']*'[^;\"]*)*", "font-family: inherit", text)
    text = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", text)
    text = re.sub(r'\s(?:width|height)="[\d.]+pt"', "", text, count=2).replace("xlink:href", "href")
    text = re.sub(r'\sxmlns(?::xlink)?="[^"]*"|\sversion="[^"]*"', "", text)
    for mark, variable in _VARIABLES.items():
        text = text.replace(mark, variable)
    text = re.sub(r"\s+", " ", text).replace("> <", "><").strip()
    return text.replace("<svg", f'<svg role="img" aria-label="{chart.title}"', 1)


def _drawn(chart: Chart, models: Sequence[Figures], palette: Palette, kind: str, options: dict[str, Any]) -> bytes:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    style: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": chart.name,
        "font.family": "DejaVu Sans",
        "font.size": 11,
        "axes.labelsize": 11,
        "axes.edgecolor": palette.line,
        "axes.facecolor": "none",
        "axes.labelcolor": palette.ink,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 11,
        "axes.titlecolor": palette.ink,
        "figure.facecolor": palette.page,
        "grid.color": palette.line,
        "grid.linewidth": 0.8,
        "legend.fontsize": 10,
        "legend.frameon": False,
        "legend.labelcolor": palette.ink,
        "lines.linewidth": 2,
        "lines.solid_capstyle": "round",
        "text.color": palette.ink,
        "text.parse_math": False,
        "xtick.color": palette.line,
        "ytick.color": palette.line,
        "xtick.labelcolor": palette.quiet,
        "ytick.labelcolor": palette.quiet,
    }
    stream = io.BytesIO()
    with mpl.rc_context({**mpl.rcParamsDefault, **style, "backend": "agg"}):
        panels = len(models) if chart.panels else 1
        figure = Figure(figsize=(_WIDE, _HIGH * panels), layout="constrained")
        chart.draw(figure, models, palette)
        figure.savefig(stream, format=kind, **options)
    return stream.getvalue()


def _axes(figure: Any, horizontal: str, vertical: str) -> Any:
    axes = figure.add_subplot()
    _labelled(axes, horizontal, vertical)
    return axes


def _labelled(axes: Any, horizontal: str, vertical: str) -> None:
    axes.set_xlabel(horizontal)
    axes.set_ylabel(vertical)
    axes.grid(visible=True)
    axes.set_axisbelow(True)


def _legend(axes: Any, models: Sequence[Figures], where: str) -> None:
    if len(models) > 1:
        axes.legend(loc=where)


def _roc(figure: Any, models: Sequence[Figures], palette: Palette) -> None:
    axes = _axes(figure, "False alarms: share of the benign", "Recall: share of the malign")
    axes.plot([0, 1], [0, 1], color=palette.quiet, linewidth=1, linestyle=(0, (2, 3)))
    for number, one in enumerate(models):
        axes.plot(*one.ranking.roc(), _dash(number), color=palette.of(number), label=one.name)
        counts = one.chosen.confusion
        axes.plot([counts.false_alarms.value], [counts.recall.value], "o", color=palette.of(number), markersize=6)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    _legend(axes, models, "lower right")


def _precision_recall(figure: Any, models: Sequence[Figures], palette: Palette) -> None:
    axes = _axes(figure, "Recall: share of the malign", "Precision: share of the flagged")
    for number, one in enumerate(models):
        recall, precision = one.ranking.precision_recall()
        # A point's precision holds back to the recall before it, as average precision adds it up.
        recall, precision = np.append(0, recall), np.append(precision[:1], precision)
        axes.step(recall, precision, _dash(number), where="pre", color=palette.of(number), label=one.name)
        counts = one.chosen.confusion
        if counts.precision.value is not None:
            axes.plot([counts.recall.value], [counts.precision.value], "o", color=palette.of(number), markersize=6)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    _legend(axes, models, "lower left")


def _det(figure: Any, models: Sequence[Figures], palette: Palette) -> None:
    axes = _axes(figure, "False alarms: share of the benign", "Misses: share of the malign")
    for number, one in enumerate(models):
        alarms, misses = one.ranking.det()
        # Rates of 0 and 1 lie at infinity; half a picture stands for none.
        alarms = np.clip(alarms, 0.5 / one.ranking.alarms[-1], 1 - 0.5 / one.ranking.alarms[-1])
        misses = np.clip(misses, 0.5 / one.ranking.caught[-1], 1 - 0.5 / one.ranking.caught[-1])
        line = (normal_deviate(alarms), normal_deviate(misses))
        axes.plot(*line, _dash(number), color=palette.of(number), label=one.name)
    places = normal_deviate(np.array(_DET_TICKS))
    names = [f"{100 * rate:g} %" for rate in _DET_TICKS]
    axes.set_xticks(places, names, rotation=45)
    axes.set_yticks(places, names)
    _legend(axes, models, "upper right")


def _calibration(figure: Any, models: Sequence[Figures], palette: Palette) -> None:
    axes = _axes(figure, "Malign score, mean of a bin", "Share that is malign")
    axes.plot([0, 1], [0, 1], color=palette.quiet, linewidth=1, linestyle=(0, (2, 3)))
    for number, one in enumerate(models):
        shares = [bin_.malign.estimate for bin_ in one.bins]
        means, values = [bin_.mean for bin_ in one.bins], [share.value or 0.0 for share in shares]
        ends = (
            [value - (share.low or 0.0) for value, share in zip(values, shares, strict=True)],
            [(share.high or 0.0) - value for value, share in zip(values, shares, strict=True)],
        )
        axes.errorbar(
            means,
            values,
            yerr=np.maximum(ends, 0),
            fmt=f"o{_dash(number)}",
            markersize=4,
            elinewidth=1,
            linewidth=1.5,
            color=palette.of(number),
            label=one.name,
        )
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    _legend(axes, models, "upper left")


def _histogram(figure: Any, models: Sequence[Figures], palette: Palette) -> None:
    for axes, one in _panels(figure, models):
        _labelled(axes, "Malign score", "Pictures")
        kinds = (("benign", ~one.malign, palette.of(0), "-"), ("malign", one.malign, palette.of(1), "--"))
        for name, chosen, colour, dash in kinds:
            counts, edges = np.histogram(one.values[chosen], np.linspace(0, 1, _HISTOGRAM_BINS + 1))
            axes.stairs(counts, edges, fill=True, color=colour, alpha=0.25)
            axes.stairs(counts, edges, color=colour, linestyle=dash, linewidth=1.5, label=name)
        axes.axvline(one.chosen.cut_off, color=palette.quiet, linewidth=1, linestyle=(0, (2, 3)))
        axes.set_yscale("symlog", linthresh=1)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set_xlim(0, 1)
        axes.legend(loc="upper right")


def _confusion(figure: Any, models: Sequence[Figures], palette: Palette) -> None:
    for axes, one in _panels(figure, models):
        counts = one.chosen.confusion
        rows = ((counts.passed, counts.alarms), (counts.missed, counts.caught))
        for row, cells in enumerate(rows):
            for column, count in enumerate(cells):
                share = count / sum(cells) if sum(cells) else 0.0
                colour = palette.of(0) if row == column else palette.of(1)
                axes.axvspan(column, column + 1, 1 - (row + 1) / 2, 1 - row / 2, color=colour, alpha=0.05 + 0.3 * share)
                axes.text(column + 0.5, row + 0.45, f"{count:,}", ha="center", va="center", fontsize=17)
                if sum(cells):
                    axes.text(column + 0.5, row + 0.68, f"{100 * share:.1f} %", ha="center", va="center")
        axes.set(xlim=(0, 2), ylim=(2, 0), xlabel="taken for", ylabel="are")
        axes.set_xticks([0.5, 1.5], ["benign", "malign"])
        axes.set_yticks([0.5, 1.5], ["benign", "malign"], rotation=90, va="center")
        axes.tick_params(length=0)


def _panels(figure: Any, models: Sequence[Figures]) -> list[tuple[Any, Figures]]:
    panels = np.atleast_1d(figure.subplots(len(models), 1))
    if len(models) > 1:
        for axes, one in zip(panels, models, strict=True):
            axes.set_title(one.name, loc="left")
    return list(zip(panels, models, strict=True))


def _dash(number: int) -> str:
    return _DASHES[number % len(_DASHES)]


CHARTS = (
    Chart(
        "confusion",
        "Confusion matrix",
        "Rows: what the pictures are. Columns: what they were taken for, at the cut-off. Shares are of a row.",
        _confusion,
        panels=True,
    ),
    Chart(
        "roc",
        "ROC curve",
        "Recall against false alarms for every cut-off; the dot is the chosen one. The further up and left, the "
        "better. The dotted line is chance.",
        _roc,
        both=True,
    ),
    Chart(
        "det",
        "DET curve",
        "Misses against false alarms for every cut-off, on axes that spread rates near 0 and 100 %. The further down "
        "and left, the better.",
        _det,
        both=True,
    ),
    Chart(
        "precision-recall",
        "Precision and recall",
        "How many of the flagged pictures are malign, against how many of the malign ones are flagged. It depends on "
        "the share of malign pictures here.",
        _precision_recall,
        both=True,
    ),
    Chart(
        "calibration",
        "Calibration",
        "Of the pictures with about the same score, the share that is malign, with 95 % intervals. On the dotted line "
        "scores are probabilities.",
        _calibration,
    ),
    Chart(
        "scores",
        "Scores",
        "How many pictures have which score; from 1 on the axis is logarithmic. The dotted line is the cut-off.",
        _histogram,
        panels=True,
    ),
)
"""All charts, in the order of a report."""
