"""The report: one HTML file with everything in it, which asks nobody for anything and runs nothing."""

from __future__ import annotations

import base64
import io
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from geacc_proxy.lab.classes import MALIGN
from geacc_proxy.lab.evaluation import charts, tables, words
from geacc_proxy.lab.evaluation.scored import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from PIL import Image

    from geacc_proxy.lab.evaluation.evaluation import Evaluation
    from geacc_proxy.lab.evaluation.figures import Figures
    from geacc_proxy.lab.evaluation.mistakes import Mistake, Mistakes
    from geacc_proxy.lab.evaluation.tables import Table

_LISTED = 200  # lines of one kind of trouble; figures.json has all

_WHOLE = re.compile(r"\([^()]*\),?|[\d,]+ of [\d,]+")

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
"""

_METHODS = (
    ("Rates", "with Wilson's score intervals (1927), which hold for few pictures and rates near 0 and 100 %."),
    (
        "ROC AUC",
        "ties counted half, with DeLong's interval (1988) on the logit scale; where all malign pictures lie above all "
        "benign ones, with Newcombe's (2006, method 5).",
    ),
    ("Average precision", "the sum of precisions weighted by the rise in recall, without interpolation."),
    ("Brier score", "the mean squared distance of the score from the truth (1950); 0 is best, 0.25 a constant half."),
    (
        "Calibration error",
        "the mean distance between score and share of malign pictures over 15 bins (Guo and others, 2017).",
    ),
    (
        "F1, average precision, Brier score, calibration error",
        "with percentile intervals of the stratified bootstrap (Efron and Tibshirani, 1993).",
    ),
    (
        "Comparisons",
        "on the same pictures: McNemar's exact test with Agresti and Min's interval (2005), DeLong's test for areas, a "
        "paired bootstrap for the others.",
    ),
    (
        "Gaps between groups",
        "the largest difference; the interval by bootstrap, p by dealing the same pictures out at random. Groups "
        "differ somewhat by chance alone, so judge by p.",
    ),
)


def report(
    evaluation: Evaluation, mistakes: Sequence[tuple[Mistakes, Mistakes]], moment: datetime, *, blurred: bool
) -> str:
    """The whole file.

    Args:
        evaluation: what to tell.
        mistakes: false alarms and misses of each model.
        moment: when it was made.
        blurred: whether the pictures of mistakes are.
    """
    names = [one.name for one in evaluation.models]
    title = f"{names[0]}, evaluated" if len(names) == 1 else f"{_and(names)}, compared"
    style = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    parts = [
        _HEAD.format(title=escape(title), style=style),
        f'<header>\n<h1>{escape(title)}</h1>\n<p class="lead">{escape(_lead(evaluation))}</p>\n</header>\n<main>\n',
        _notes(evaluation),
        _section(_table(tables.summary(evaluation))),
        *(_section(_table(tables.comparison(one))) for one in evaluation.comparisons),
        _charts(evaluation.models),
    ]
    for one, found in zip(evaluation.models, mistakes, strict=True):
        parts += _of_model(one, found, blurred=blurred)
    parts += [
        _left_out(evaluation),
        _methods(evaluation),
        "</main>\n",
        _footer(evaluation, moment),
        "</body>\n</html>\n",
    ]
    return "".join(parts)


def _lead(evaluation: Evaluation) -> str:
    sentences = []
    for one in evaluation.models:
        counts = one.chosen.confusion
        told = []
        if counts.misses.number:
            told.append(
                f"recognises {words.counted(counts.recall)} malign pictures ({words.percent(counts.recall.value)})"
            )
        if counts.false_alarms.number:
            rate = words.percent(counts.false_alarms.value)
            told.append(f"takes {words.counted(counts.false_alarms)} benign ones for malign ({rate})")
        sentences.append(f"{one.name} {' and '.join(told)}.")
    return " ".join(sentences)


def _notes(evaluation: Evaluation) -> str:
    if not evaluation.notes:
        return ""
    items = "".join(f"<li>{escape(note)}</li>\n" for note in evaluation.notes)
    return _section(f"<h3>Before you believe the figures</h3>\n<ul>\n{items}</ul>\n")


def _charts(models: Sequence[Figures]) -> str:
    drawn = [
        f'<figure class="chart">\n<h3>{escape(chart.title)}</h3>\n{charts.as_svg(chart, models)}\n'
        f"<figcaption>{escape(chart.caption)}</figcaption>\n</figure>\n"
        for chart in charts.drawable(models)
    ]
    return f'<h2>Charts</h2>\n<div class="pair">\n{"".join(map(_section, drawn))}</div>\n'


def _of_model(figures: Figures, mistakes: Iterable[Mistakes], *, blurred: bool) -> Iterable[str]:
    yield f"<h2>{escape(figures.name)}</h2>\n"
    for table in tables.of_model(figures):
        yield _section(_table(table))
    for kind in mistakes:
        if kind.worst:
            yield _section(_gallery(kind, blurred=blurred))
    if figures.unjudged:
        lines = [
            f"{shown(file.sample.path)} ({file.sample.label}): {file.problem}{'' if file.hidden else '; shown'}"
            for file in figures.unjudged
        ]
        yield _section(
            "<h3>Pictures that could not be judged</h3>\n<p>They are in no figure but those that say so. The proxy "
            f"would hide all but those that are marked as shown.</p>\n{_details(lines)}"
        )


def _gallery(kind: Mistakes, *, blurred: bool) -> str:
    more = f", the worst {len(kind.worst)} of {kind.number:,}" if kind.number > len(kind.worst) else ""
    how = " The pictures are blurred; --show-pictures shows them." if blurred else ""
    items = "".join(
        f'<li><figure><div class="place">{_picture(one)}</div>\n'
        f"<figcaption><b>{one.score:.3f}</b> {escape(one.label)}<br>{escape(one.name)}</figcaption></figure></li>\n"
        for one in kind.worst
    )
    return (
        f"<h3>{escape(kind.title)}{more}</h3>\n"
        f'<p class="quiet">With their malign scores.{how}</p>\n<ul class="pictures">\n{items}</ul>\n'
    )


def _picture(mistake: Mistake) -> str:
    if mistake.thumbnail is None:
        return "cannot be drawn"
    small = mistake.thumbnail
    # The file's name is below it: for who cannot see it, there is nothing more to say.
    return f'<img src="{_data(small)}" width="{small.width}" height="{small.height}" alt="">'


def _data(picture: Image.Image) -> str:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=82)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


def _left_out(evaluation: Evaluation) -> str:
    lines = evaluation.samples.left_out
    if not lines:
        return ""
    return _section(f"<h3>Rows of the table that were left out</h3>\n{_details(lines)}")


def _details(lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>\n" for line in lines[:_LISTED])
    if len(lines) > _LISTED:
        items += f"<li>and {len(lines) - _LISTED:,} more, which figures.json lists</li>\n"
    word = "line" if len(lines) == 1 else "lines"
    return f'<details><summary>{len(lines):,} {word}</summary>\n<ul class="quiet">\n{items}</ul>\n</details>\n'


def _methods(evaluation: Evaluation) -> str:
    items = "".join(f"<li><strong>{escape(what)}</strong>: {escape(how)}</li>\n" for what, how in _METHODS)
    draws = ", ".join(f"{one.rounds:,}" for one in evaluation.models)
    how = f"Malign is the positive class. All intervals are at 95 %. The bootstrap drew {draws} times"
    return "<h2>How it was computed</h2>\n" + _section(
        f"<p>{how}, with the seed {evaluation.options.seed}.</p>\n<ul>\n{items}</ul>\n"
    )


def _footer(evaluation: Evaluation, moment: datetime) -> str:
    samples = evaluation.samples
    classes = ", ".join(
        f"{label} (malign)" if label in samples.malign and label != MALIGN else label for label in samples.labels
    )
    models = "".join(
        f"<li>{escape(one.scores.card.identity)}, SHA-256 <code>{one.scores.card.sha256}</code></li>\n"
        for one in evaluation.models
    )
    return (
        f'<footer class="quiet">\n<p>Made by geacc-proxy evaluate on {moment:%d %B %Y, %H:%M %Z}, from '
        f"{len(samples.samples):,} pictures of <code>{escape(evaluation.data)}</code>. Classes: "
        f"{escape(classes)}.</p>\n"
        f"<ul>\n{models}</ul>\n</footer>\n"
    )


def _section(content: str) -> str:
    return f"<section>\n{content}</section>\n"


def _table(table: Table) -> str:
    title = escape(table.title)
    head = "".join(f'<th scope="col">{escape(word)}</th>' for word in table.head)
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(map(_cell, row[1:]))}</tr>\n' for row in table.rows
    )
    note = f'<p class="note">{escape(table.note)}</p>\n' if table.note else ""
    # What is wider than a phone can be scrolled, with a keyboard, too.
    return (
        f"<h3>{title}</h3>\n"
        f'<div class="scroll" role="region" tabindex="0" aria-label="{title}">\n<table aria-label="{title}">\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n{note}"
    )


def _cell(text: str) -> str:
    """A table's cell, in which intervals and counts are not torn apart."""
    return f"<td>{_WHOLE.sub(r'<span>\g<0></span>', escape(text))}</td>"


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
