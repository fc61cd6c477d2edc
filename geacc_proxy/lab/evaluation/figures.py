"""All figures of one model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geacc_proxy.lab.evaluation import calibration
from geacc_proxy.lab.evaluation.confusion import Confusion
from geacc_proxy.lab.evaluation.delong import auc_interval
from geacc_proxy.lab.evaluation.estimate import Estimate, Share
from geacc_proxy.lab.evaluation.groups import grouping
from geacc_proxy.lab.evaluation.manyclasses import classes_of
from geacc_proxy.lab.evaluation.ranking import Ranking
from geacc_proxy.lab.evaluation.resampling import Resampled, draws, percentiles, rounds_for
from geacc_proxy.lab.evaluation.thresholds import threshold_for

if TYPE_CHECKING:
    from geacc_proxy.lab.evaluation.calibration import Bin
    from geacc_proxy.lab.evaluation.groups import Grouping
    from geacc_proxy.lab.evaluation.manyclasses import Classes
    from geacc_proxy.lab.evaluation.scored import ModelScores, Scored
    from geacc_proxy.lab.evaluation.thresholds import RateThreshold

CHOSEN = "cut-off"
"""The word for the cut-off that a person chose, beside the words for strictness."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a person can choose.

    Attributes:
        cut_off: malign score from which on a picture is flagged, 0…1.
        rates: false-alarm rates to find thresholds for, 0…1.
        mistakes: how many misses, and how many false alarms, are listed.
        seed: of the bootstrap.
    """

    cut_off: float
    rates: tuple[float, ...]
    mistakes: int
    seed: int


@dataclass(frozen=True, slots=True)
class AtCutOff:
    """Figures at one cut-off.

    Attributes:
        name: `CHOSEN`, or the word for the strictness on the model's card.
        cut_off: malign score from which on a picture is flagged, 0…1.
        confusion: the counts.
        f1: harmonic mean of precision and recall.
        as_proxied: benign pictures hidden and malign ones shown by the proxy, those that it cannot judge included.
    """

    name: str
    cut_off: float
    confusion: Confusion
    f1: Estimate
    as_proxied: tuple[Share, Share]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of one model.

    Attributes:
        scores: where it all comes from.
        malign: shape (n,), the truth of those that were judged.
        values: shape (n,), their malign scores, 0…1.
        unjudged: those that could not be judged.
        cut_offs: at the chosen cut-off first, then at the thresholds of the card.
        auc: area under the ROC curve.
        average_precision: area under the precision-recall curve, without interpolation.
        brier: Brier score.
        calibration_error: expected calibration error.
        ranking: the curves.
        bins: of the reliability diagram.
        thresholds: for the false-alarm rates asked for.
        classes: by class.
        groupings: by group, one a column.
        false_alarms: benign pictures with the highest scores from the cut-off on, the worst first.
        misses: malign pictures with the lowest scores below the cut-off, the worst first.
        latency_ms: median and 95th percentile.
        rounds: how many draws the bootstrap took.
    """

    scores: ModelScores
    malign: NDArray[np.bool_]
    values: NDArray[np.float64]
    unjudged: tuple[Scored, ...]
    cut_offs: tuple[AtCutOff, ...]
    auc: Estimate
    average_precision: Estimate
    brier: Estimate
    calibration_error: Estimate
    ranking: Ranking
    bins: tuple[Bin, ...]
    thresholds: tuple[RateThreshold, ...]
    classes: Classes
    groupings: tuple[Grouping, ...]
    false_alarms: tuple[Scored, ...]
    misses: tuple[Scored, ...]
    latency_ms: tuple[float, float]
    rounds: int

    @property
    def name(self) -> str:
        """The model's."""
        return self.scores.name

    @property
    def chosen(self) -> AtCutOff:
        """Figures at the chosen cut-off."""
        return self.cut_offs[0]


def figures_of(scores: ModelScores, labels: tuple[str, ...], malign: tuple[str, ...], options: Options) -> Figures:
    """Compute everything.

    Args:
        scores: what the model said; one file at least was judged.
        labels: all classes.
        malign: those that count as malign.
        options: what was chosen.
    """
    judged = [file for file in scores.files if file.malign is not None]
    truth = np.array([file.sample.label in malign for file in judged])
    values = np.array([file.malign for file in judged], np.float64)
    unjudged = tuple(file for file in scores.files if file.malign is None)
    ranking = Ranking.of(truth, values)
    cut_offs = {CHOSEN: options.cut_off}
    cut_offs |= {word: threshold.malign for word, threshold in scores.card.thresholds.items()}
    drawn = _drawn(truth, values, cut_offs, options.seed)
    confusions = {name: Confusion.at(cut_off, truth, values) for name, cut_off in cut_offs.items()}
    latencies = np.percentile([file.latency_ms for file in judged], (50, 95))
    return Figures(
        scores=scores,
        malign=truth,
        values=values,
        unjudged=unjudged,
        cut_offs=tuple(
            AtCutOff(
                name,
                cut_offs[name],
                confusion,
                percentiles(confusion.f1, drawn[f"f1 {name}"]),
                _as_proxied(confusion, unjudged, malign),
            )
            for name, confusion in confusions.items()
        ),
        auc=auc_interval(truth, values),
        average_precision=percentiles(ranking.average_precision(), drawn["average precision"]),
        brier=percentiles(calibration.brier(truth, values), drawn["brier"]),
        calibration_error=percentiles(
            calibration.expected_calibration_error(truth, values), drawn["calibration error"]
        ),
        ranking=ranking,
        bins=tuple(calibration.reliability(truth, values)),
        thresholds=tuple(threshold_for(rate, truth, values) for rate in options.rates),
        classes=classes_of(judged, labels, malign, options.cut_off),
        groupings=tuple(_groupings(scores.files, malign, options)),
        false_alarms=tuple(_worst(judged, malign, options, misses=False)),
        misses=tuple(_worst(judged, malign, options, misses=True)),
        latency_ms=(float(latencies[0]), float(latencies[1])),
        rounds=rounds_for(len(judged)),
    )


def _drawn(
    truth: NDArray[np.bool_], values: NDArray[np.float64], cut_offs: dict[str, float], seed: int
) -> dict[str, NDArray[np.float64]]:
    """Every figure without a formula for its error, as often as pictures were drawn anew."""
    resampled, found = Resampled(truth, values), dict[str, list[NDArray[np.float64]]]()

    def note(name: str, drawn: NDArray[np.float64]) -> None:
        found.setdefault(name, []).append(drawn)

    for times in draws(truth, rounds_for(len(truth)), seed):
        note("brier", resampled.brier(times))
        note("calibration error", resampled.calibration_error(times))
        note("average precision", resampled.average_precision(times) if truth.any() else np.empty(0))
        for name, cut_off in cut_offs.items():
            note(f"f1 {name}", resampled.f1(times, cut_off))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _as_proxied(confusion: Confusion, unjudged: tuple[Scored, ...], malign: tuple[str, ...]) -> tuple[Share, Share]:
    """Benign hidden and malign shown, with what could not be judged counted as the proxy treats it."""
    alarms, misses = confusion.false_alarms, confusion.misses
    benign = [file for file in unjudged if file.sample.label not in malign]
    others = [file for file in unjudged if file.sample.label in malign]
    hidden, shown = sum(file.hidden for file in benign), sum(not file.hidden for file in others)
    return (
        Share(alarms.count + hidden, alarms.number + len(benign)),
        Share(misses.count + shown, misses.number + len(others)),
    )


def _groupings(files: tuple[Scored, ...], malign: tuple[str, ...], options: Options) -> list[Grouping]:
    truth = np.array([file.sample.label in malign for file in files])
    columns = [name for name, _ in files[0].sample.groups]
    return [
        grouping(column, [file.sample.groups[at][1] for file in files], files, truth, options.cut_off, options.seed)
        for at, column in enumerate(columns)
    ]


def _worst(judged: list[Scored], malign: tuple[str, ...], options: Options, *, misses: bool) -> list[Scored]:
    wrong = [
        (file.malign if misses else -file.malign, str(file.sample.path), file)
        for file in judged
        if file.malign is not None
        and (file.sample.label in malign) is misses
        and (file.malign < options.cut_off) is misses
    ]
    return [file for _, _, file in sorted(wrong, key=lambda one: one[:2])[: options.mistakes]]
