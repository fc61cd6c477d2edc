"""What `evaluate` does: read the labels, have every model judge every picture, compute, and write what came out."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from geacc_proxy.assembly import Workshop
from geacc_proxy.cli.prediction import judge_all, most_workers
from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.lab.evaluation import output, tables
from geacc_proxy.lab.evaluation.evaluation import evaluate
from geacc_proxy.lab.evaluation.figures import Options
from geacc_proxy.lab.evaluation.measured import measured_card
from geacc_proxy.lab.evaluation.reading import read_samples
from geacc_proxy.lab.evaluation.scored import ModelScores, Scored, shown
from geacc_proxy.lab.evaluation.thresholds import parse_rates, require_enough
from geacc_proxy.settings import load, state_directory
from geacc_proxy.verdict import Failure, Unjudged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geacc_proxy.cli.prediction import Judged
    from geacc_proxy.lab.evaluation.evaluation import Evaluation
    from geacc_proxy.lab.evaluation.scored import Sample, Samples
    from geacc_proxy.lab.evaluation.tables import Table
    from geacc_proxy.models.card import ModelCard

_NAMED = 20  # lines on standard error about one kind of trouble; the report has all


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line; see `geacc-proxy evaluate --help`."""

    data: Path
    models: tuple[str, ...]
    out: Path | None
    malign: tuple[str, ...] | None
    cut_off: float
    false_alarm_rates: str
    card: Path | None
    force: bool
    groups: tuple[str, ...]
    group_by: str | None
    mistakes: int
    show_pictures: bool
    seed: int
    workers: int
    state_dir: Path | None


def run(request: Request) -> int:
    """Evaluate; 0, or 1 where something could not be judged.

    Raises:
        UsageError: the request cannot be met.
        GeaccError: the work failed.
    """
    rates = parse_rates(request.false_alarm_rates)
    if request.card is not None:
        _require_writable_card(request.card, request)
    if request.out is not None:
        output.prepare(request.out)
    samples = read_samples(request.data, request.malign, request.groups, request.group_by)
    if request.card is not None:
        require_enough(rates, samples.benign_count)
    workshops = _workshops(request, len(samples.samples))
    _complain(samples.left_out)
    models = [
        ModelScores(name, workshop.model.card, tuple(_score(samples.samples, workshop, name)))
        for name, workshop in zip(_names([one.model.card for one in workshops]), workshops, strict=True)
    ]
    for model in models:
        which = f" by {model.name}" if len(models) > 1 else ""
        _complain(
            [f"{shown(one.sample.path)}: {one.problem}" for one in model.files if one.problem],
            f"{{}} of {len(model.files):,} pictures could not be judged{which}",
        )
    options = Options(request.cut_off, rates, request.mistakes, request.seed)
    result = evaluate(shown(request.data), samples, models, options)
    _print(result)
    if request.card is not None:
        _write_card(request.card, result)
    if request.out is not None:
        output.write(request.out, result, datetime.now().astimezone(), blurred=not request.show_pictures)
        sys.stdout.write(f"\nThe report is {shown(request.out / output.REPORT)}.\n")
    troubled = samples.left_out or any(model.unjudged for model in result.models)
    return 1 if troubled else 0


def _require_writable_card(card: Path, request: Request) -> None:
    if len(request.models) > 1:
        raise UsageError("--write-card takes one model; give -m once")
    if card.exists() and not request.force:
        raise UsageError(f"--write-card: {card} is there already; --force writes over it")
    if not card.absolute().parent.is_dir():
        raise UsageError(f"--write-card: there is no folder {card.absolute().parent}")


def _workshops(request: Request, files: int) -> list[Workshop]:
    """One a model, all of them checked before the first one works for an hour."""
    found: list[Workshop] = []
    for model in request.models:
        folder = state_directory(request.state_dir)
        settings = load(None, folder, {"model": model or None, "workers": request.workers})
        workshop = Workshop.of(settings, folder, most_workers=most_workers(files))
        if any(workshop.model == other.model for other in found):
            raise UsageError(f"the model {workshop.model.card.identity} was asked for twice")
        found.append(workshop)
    return found


def _names(cards: Sequence[ModelCard]) -> list[str]:
    """A name for each model that no other has: its own, with its version or a number where that is not enough."""
    by_name, by_identity = Counter(card.name for card in cards), Counter(card.identity for card in cards)
    names, seen = [], Counter[str]()
    for card in cards:
        name = card.name if by_name[card.name] == 1 else card.identity
        seen[name] += 1
        names.append(f"{name}-{seen[name]}" if by_identity[card.identity] > 1 else name)
    return names


def _score(samples: Sequence[Sample], workshop: Workshop, name: str) -> Iterable[Scored]:
    judged = asyncio.run(judge_all([sample.path for sample in samples], workshop, name))
    return (_scored(sample, one) for sample, one in zip(samples, judged, strict=True))


def _scored(sample: Sample, judged: Judged) -> Scored:
    digest = judged.judgement.digest if judged.judgement else ""
    if judged.scores is not None:
        scores = judged.scores
        return Scored(sample, scores.malign, scores.labels, judged.latency_ms, digest=digest)
    verdict = judged.judgement.verdict if judged.judgement else None
    tiny = isinstance(verdict, Unjudged) and verdict.failure is Failure.TINY
    return Scored(sample, None, problem=judged.problem, hidden=not tiny, digest=digest)


def _complain(lines: Sequence[str], summary: str = "") -> None:
    for line in lines[:_NAMED]:
        sys.stderr.write(f"geacc-proxy: {' '.join(line.split())}\n")
    if len(lines) > _NAMED:
        sys.stderr.write(
            f"geacc-proxy: and {len(lines) - _NAMED:,} more such; --out DIR has all of them in figures.json\n"
        )
    if lines and summary:
        sys.stderr.write(f"geacc-proxy: {summary.format(f'{len(lines):,}')}\n")


def _print(result: Evaluation) -> None:
    console = Console(highlight=False)
    console.print(Text(_about(result.data, result.samples)))
    _print_table(console, tables.summary(result))
    for comparison in result.comparisons:
        _print_table(console, tables.comparison(comparison))
    for one in result.models:
        if len(result.models) > 1:
            console.print(Text(f"\n{one.name}", style="bold underline"))
        for table in tables.of_model(one):
            _print_table(console, table)
    for note in result.notes:
        console.print(Text(f"Note: {note}"))


def _about(data: str, samples: Samples) -> str:
    counts = Counter(sample.label for sample in samples.samples)
    parts = ", ".join(
        f"{counts[label]:,} {label}{' (malign)' if label in samples.malign and label != 'malign' else ''}"
        for label in samples.labels
    )
    return f"{data}: {len(samples.samples):,} pictures, {parts}"


def _print_table(console: Console, table: Table) -> None:
    drawn = RichTable(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    drawn.add_column(Text(table.head[0]), overflow="fold")
    for word in table.head[1:]:
        drawn.add_column(Text(word), justify="right", overflow="fold")
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    console.print()
    console.print(Text(table.title, style="bold"))
    console.print(drawn)
    if table.note:
        console.print(Text(table.note, style="dim"))


def _write_card(card: Path, result: Evaluation) -> None:
    figures = result.models[0]
    text = measured_card(figures, result.data)
    part = card.with_name(f".{card.name}.part")  # a model beside a card that is cut short would not start any more
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(card)
    except OSError as error:
        raise GeaccError(f"cannot write {card}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    sys.stdout.write(
        f"\nThe card {shown(card)} has thresholds measured on {int(figures.ranking.alarms[-1]):,} benign pictures.\n"
    )
