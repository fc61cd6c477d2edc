"""Everything together: figures of all models, how they compare, and what has to be said of the pictures."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.lab.evaluation.figures import figures_of
from geacc_proxy.lab.evaluation.pairing import compare
from geacc_proxy.lab.evaluation.scored import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geacc_proxy.lab.evaluation.figures import Figures, Options
    from geacc_proxy.lab.evaluation.pairing import Comparison
    from geacc_proxy.lab.evaluation.scored import ModelScores, Samples, Scored

_FEW = 100  # pictures of a kind; with fewer, Wilson's interval of a rate is wider than 0.1 to 0.2


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a report tells.

    Attributes:
        data: the folder or table, for a person.
        samples: the labelled pictures.
        options: what was chosen.
        models: one a model, as asked for.
        comparisons: of each two models.
        notes: what to know before one believes the figures, one sentence each.
    """

    data: str
    samples: Samples
    options: Options
    models: tuple[Figures, ...]
    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...]


def evaluate(data: str, samples: Samples, models: Sequence[ModelScores], options: Options) -> Evaluation:
    """Compute all figures.

    Args:
        data: where the pictures lie, for a person.
        samples: the labelled pictures.
        models: what each model said of them, in the same order.
        options: what was chosen.

    Raises:
        GeaccError: a model could judge none of them.
    """
    for model in models:
        if all(file.malign is None for file in model.files):
            raise GeaccError(
                f"{data}: {model.name} could judge none of its {len(model.files):,} pictures; "
                f"{shown(model.files[0].sample.path)}: {model.files[0].problem}"
            )
    figures = tuple(figures_of(model, samples.labels, samples.malign, options) for model in models)
    truth = np.array([sample.label in samples.malign for sample in samples.samples])
    comparisons = tuple(
        compare(first, second, truth, options.cut_off, options.seed)
        for first, second in itertools.combinations(models, 2)
    )
    return Evaluation(data, samples, options, figures, comparisons, tuple(_notes(samples, figures)))


def _notes(samples: Samples, figures: Sequence[Figures]) -> Iterable[str]:
    benign = samples.benign_count
    malign = len(samples.samples) - benign
    if not malign:
        yield "There are no malign pictures: the share of them that is caught, precision and the areas cannot be told."
    elif malign < _FEW:
        yield f"There are few malign pictures ({malign}): what is said of misses is rough, as the intervals show."
    if not benign:
        yield "There are no benign pictures: how many false alarms there are cannot be told, nor can the areas."
    elif benign < _FEW:
        yield f"There are few benign pictures ({benign}): what is said of false alarms is rough, as the intervals show."
    if samples.left_out:
        yield f"{_number(len(samples.left_out), 'row')} of the table could not be used and had to be left out."
    yield from _copies(figures[0].scores.files)
    for one in figures:
        if one.unjudged:
            hidden = sum(file.hidden for file in one.unjudged)
            yield (
                f"{one.name} could not judge {_number(len(one.unjudged), 'picture')}, of which the proxy would hide "
                f"{hidden:,}; they are left out of all figures but those that count them expressly."
            )


def _copies(files: Sequence[Scored]) -> Iterable[str]:
    """The same bytes under several names: they count several times, and cannot be both benign and malign."""
    labels: dict[str, set[str]] = defaultdict(set)
    for file in files:
        if file.digest:
            labels[file.digest].add(file.sample.label)
    counts = Counter(file.digest for file in files if file.digest)
    if copies := sum(counts.values()) - len(counts):
        verb = "is a copy of another" if copies == 1 else "are copies of others"
        yield f"{_number(copies, 'picture')} {verb}, byte for byte; each counts."
    torn = {digest for digest, its in labels.items() if len(its) > 1}
    if torn:
        names = [shown(file.sample.path) for file in files if file.digest in torn]
        more = f" and {len(names) - 4:,} more" if len(names) > 4 else ""
        yield f"The same picture has different labels: {', '.join(names[:4])}{more}."


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
