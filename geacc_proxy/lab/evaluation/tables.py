"""An evaluation as tables of text, for a terminal and for a report alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geacc_proxy.lab.evaluation import words
from geacc_proxy.lab.evaluation.groups import SMALL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geacc_proxy.lab.evaluation.evaluation import Evaluation
    from geacc_proxy.lab.evaluation.figures import Figures
    from geacc_proxy.lab.evaluation.groups import Gap, Grouping
    from geacc_proxy.lab.evaluation.pairing import Comparison, Difference


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column says what each row is.

    Attributes:
        title: one line.
        head: a word for each column, the first one for what the rows are.
        rows: as wide as `head`.
        note: sentences below it; may be empty.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def summary(evaluation: Evaluation) -> Table:
    """The figures that come first: a row a figure, a column a model."""
    models = evaluation.models
    at = [one.chosen for one in models]
    rows = [
        ("Accuracy", *(words.rate(one.confusion.accuracy.estimate) for one in at)),
        ("Precision", *(words.rate(one.confusion.precision.estimate) for one in at)),
        ("Recall", *(words.rate(one.confusion.recall.estimate) for one in at)),
        ("F1", *(words.number(one.f1) for one in at)),
        ("Specificity", *(words.rate(one.confusion.specificity.estimate) for one in at)),
        ("False alarms", *(words.rate(one.confusion.false_alarms.estimate) for one in at)),
        ("ROC AUC", *(words.number(one.auc) for one in models)),
        ("Average precision", *(words.number(one.average_precision) for one in models)),
        ("Brier score", *(words.number(one.brier) for one in models)),
        ("Calibration error", *(words.number(one.calibration_error) for one in models)),
        ("Judged", *(f"{len(one.values):,} of {len(one.scores.files):,}" for one in models)),
        ("Time, ms", *(f"{one.latency_ms[0]:.0f}; {one.latency_ms[1]:.0f}" for one in models)),
    ]
    return Table(
        f"Figures; malign from a score of {evaluation.options.cut_off:g}",
        ("Figure", *(one.name for one in models)),
        tuple(rows),
        "In brackets: 95 % intervals. Time: median and 95th percentile to decode and judge a picture.",
    )


def confusion(figures: Figures) -> Table:
    """What pictures are, and what they were taken for."""
    counts = figures.chosen.confusion
    return Table(
        "What pictures are, and what they were taken for",
        ("They are", "taken for benign", "taken for malign"),
        (
            ("benign", f"{counts.passed:,}", f"{counts.alarms:,}"),
            ("malign", f"{counts.missed:,}", f"{counts.caught:,}"),
        ),
    )


def cut_offs(figures: Figures) -> Table:
    """Figures at the chosen cut-off and at the thresholds of the card."""
    rows = []
    for at in figures.cut_offs:
        rates = (at.confusion.false_alarms, at.confusion.recall, at.confusion.precision)
        rows.append((at.name, f"{at.cut_off:g}", *(words.rate(rate.estimate) for rate in rates)))
    return Table(
        "At the thresholds of the card",
        ("At", "from", "false alarms", "recall", "precision"),
        tuple(rows),
    )


def as_proxied(figures: Figures) -> Table | None:
    """Rates that count what could not be judged as the proxy treats it; None where everything was judged."""
    if not figures.unjudged:
        return None
    rows = tuple((at.name, words.share(at.as_proxied[0]), words.share(at.as_proxied[1])) for at in figures.cut_offs)
    return Table(
        "With the pictures that could not be judged",
        ("At", "benign hidden", "malign shown"),
        rows,
        "The proxy hides what it cannot judge, save pictures too tiny to show anything.",
    )


def thresholds(figures: Figures) -> Table:
    """Thresholds for the false-alarm rates asked for."""
    rows = []
    for found in figures.thresholds:
        if found.malign is None:
            rows.append((f"{100 * found.wanted:g}\N{NO-BREAK SPACE}%", words.NOTHING, found.problem, words.NOTHING))
            continue
        alarms, recall = words.share(found.false_alarms), words.rate(found.recall.estimate)
        rows.append((f"{100 * found.wanted:g}\N{NO-BREAK SPACE}%", f"{found.malign:g}", alarms, recall))
    return Table(
        "Thresholds for given false-alarm rates",
        ("At most", "from", "false alarms here", "recall"),
        tuple(rows),
        f"They rest on {int(figures.ranking.alarms[-1]):,} benign pictures.",
    )


def classes(figures: Figures) -> list[Table]:
    """By class, where there are more than two: what becomes of each, and which was taken for which."""
    found = figures.classes
    if len(found.classes) < 3:
        return []
    rows = []
    for one in found.classes:
        kind = "malign" if one.malign else "benign"
        told = (words.percent(share.value) if share else words.NOTHING for share in (one.precision, one.recall))
        rows.append((one.label, kind, words.share(one.flagged), *told, words.percent(one.f1)))
    note = "The model has other labels than these: it can only be asked which pictures are malign."
    if found.accuracy is not None:
        mean = words.percent(found.macro_f1)
        note = f"Accuracy over all classes {words.share(found.accuracy)}; mean of their F1 {mean}."
    tables = [
        Table(
            "By class",
            ("Class", "kind", "taken for malign", "precision", "recall", "F1"),
            tuple(rows),
            note,
        )
    ]
    if found.table is not None:
        labels = [one.label for one in found.classes]
        tables.append(
            Table(
                "Which class was taken for which",
                ("They are", *labels),
                tuple(
                    (label, *(f"{count:,}" for count in row))
                    for label, row in zip(labels, found.table.tolist(), strict=True)
                ),
            )
        )
    return tables


def group(grouping: Grouping) -> Table:
    """By group, and how far apart the groups are."""
    rows = []
    for one in grouping.groups:
        few = min(share.number or SMALL for share in (one.false_alarms, one.misses)) < SMALL
        name = f"{one.name} *" if few else one.name
        rows.append((name, words.share(one.false_alarms), words.share(one.misses), f"{one.unjudged:,}"))
    notes = [_gap("false alarms", grouping.false_alarm_gap), _gap("misses", grouping.miss_gap)]
    if any(row[0].endswith(" *") for row in rows):
        notes.append(f"* fewer than {SMALL} pictures of a kind: its rate says little.")
    return Table(
        f"By {grouping.column}",
        (grouping.column, "false alarms", "misses", "not judged"),
        tuple(rows),
        " ".join(note for note in notes if note),
    )


def comparison(found: Comparison) -> Table:
    """Two models side by side."""
    rows = [(one.figure, *_sides(one), words.chance(one.p_value), one.test) for one in found.differences]
    return Table(
        f"{found.first} against {found.second}, on {found.pictures:,} pictures",
        ("Figure", "first", "second", "first - second", "p", "test"),
        tuple(rows),
        "In brackets: 95 % intervals; rates in percentage points. p: the chance of such a difference if there were "
        "none, not corrected for the number of comparisons.",
    )


def of_model(figures: Figures) -> Iterable[Table]:
    """The tables of one model."""
    yield confusion(figures)
    yield cut_offs(figures)
    yield thresholds(figures)
    if (table := as_proxied(figures)) is not None:
        yield table
    yield from classes(figures)
    for grouping in figures.groupings:
        yield group(grouping)


def _sides(one: Difference) -> tuple[str, str, str]:
    if one.figure in ("Accuracy", "Recall", "False alarms"):
        return words.percent(one.first), words.percent(one.second), words.signed_rate(one.difference)
    return f"{one.first:.3f}", f"{one.second:.3f}", words.signed_number(one.difference)


def _gap(what: str, gap: Gap | None) -> str:
    if gap is None:
        return ""
    small = ", small groups counted" if gap.small else ""
    return (
        f"Largest gap in {what}: {words.rate(gap.gap)}, {gap.highest} above {gap.lowest}, "
        f"p {_equal(words.chance(gap.p_value))}{small}."
    )


def _equal(chance: str) -> str:
    return chance if chance.startswith("<") else f"= {chance}"
