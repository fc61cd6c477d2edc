"""An evaluation as data that JSON can hold. Rates are 0…1, scores 0…1, times milliseconds; what is unknown is null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geacc_proxy.lab.evaluation.scored import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geacc_proxy.lab.evaluation.estimate import Estimate, Share
    from geacc_proxy.lab.evaluation.evaluation import Evaluation
    from geacc_proxy.lab.evaluation.figures import AtCutOff, Figures
    from geacc_proxy.lab.evaluation.groups import Gap, Grouping
    from geacc_proxy.lab.evaluation.manyclasses import Classes
    from geacc_proxy.lab.evaluation.pairing import Comparison
    from geacc_proxy.lab.evaluation.scored import Scored

Data = dict[str, Any]


def as_data(evaluation: Evaluation) -> Data:
    """Everything that a report tells, and the points of its curves."""
    samples = evaluation.samples
    return {
        "data": {
            "source": evaluation.data,
            "pictures": len(samples.samples),
            "benign": samples.benign_count,
            "malign": len(samples.samples) - samples.benign_count,
            "classes": {label: sum(sample.label == label for sample in samples.samples) for label in samples.labels},
            "malign_classes": list(samples.malign),
            "left_out": list(samples.left_out),
        },
        "cut_off": evaluation.options.cut_off,
        "seed": evaluation.options.seed,
        "notes": list(evaluation.notes),
        "models": [_model(one) for one in evaluation.models],
        "comparisons": [_comparison(one) for one in evaluation.comparisons],
    }


def _model(one: Figures) -> Data:
    card = one.scores.card
    return {
        "name": one.name,
        "identity": card.identity,
        "sha256": card.sha256,
        "judged": len(one.values),
        "not_judged": _files(one.unjudged),
        "at": {at.name: _at(at) for at in one.cut_offs},
        "roc_auc": _estimate(one.auc),
        "average_precision": _estimate(one.average_precision),
        "brier_score": _estimate(one.brier),
        "expected_calibration_error": _estimate(one.calibration_error),
        "bootstrap_draws": one.rounds,
        "thresholds": [
            {
                "false_alarm_rate": found.wanted,
                "threshold": found.malign,
                "false_alarms": _share(found.false_alarms),
                "recall": _share(found.recall),
                "problem": found.problem or None,
            }
            for found in one.thresholds
        ],
        "classes": _classes(one.classes),
        "groups": [_grouping(grouping) for grouping in one.groupings],
        "worst_false_alarms": _files(one.false_alarms),
        "worst_misses": _files(one.misses),
        "latency_ms": {"median": one.latency_ms[0], "p95": one.latency_ms[1]},
        "calibration": [
            {"from": bin_.low, "to": bin_.high, "mean_score": bin_.mean, "malign": _share(bin_.malign)}
            for bin_ in one.bins
        ],
        "curve": {
            "threshold": one.ranking.thresholds.tolist(),
            "malign_flagged": [int(count) for count in one.ranking.caught],
            "benign_flagged": [int(count) for count in one.ranking.alarms],
        },
    }


def _at(at: AtCutOff) -> Data:
    counts = at.confusion
    return {
        "cut_off": at.cut_off,
        "confusion": {
            "true_positives": counts.caught,
            "false_negatives": counts.missed,
            "false_positives": counts.alarms,
            "true_negatives": counts.passed,
        },
        "accuracy": _share(counts.accuracy),
        "precision": _share(counts.precision),
        "recall": _share(counts.recall),
        "f1": _estimate(at.f1),
        "specificity": _share(counts.specificity),
        "false_alarm_rate": _share(counts.false_alarms),
        "miss_rate": _share(counts.misses),
        "with_pictures_not_judged": {
            "false_alarm_rate": _share(at.as_proxied[0]),
            "miss_rate": _share(at.as_proxied[1]),
        },
    }


def _classes(classes: Classes) -> Data:
    return {
        "by_class": {
            one.label: {
                "malign": one.malign,
                "flagged": _share(one.flagged),
                "precision": _share(one.precision) if one.precision else None,
                "recall": _share(one.recall) if one.recall else None,
                "f1": one.f1,
            }
            for one in classes.classes
        },
        "accuracy": _share(classes.accuracy) if classes.accuracy else None,
        "macro_f1": classes.macro_f1,
        "table": None if classes.table is None else classes.table.tolist(),
    }


def _grouping(grouping: Grouping) -> Data:
    return {
        "column": grouping.column,
        "groups": {
            group.name: {
                "false_alarm_rate": _share(group.false_alarms),
                "miss_rate": _share(group.misses),
                "not_judged": group.unjudged,
            }
            for group in grouping.groups
        },
        "false_alarm_gap": _gap(grouping.false_alarm_gap),
        "miss_gap": _gap(grouping.miss_gap),
    }


def _gap(gap: Gap | None) -> Data | None:
    if gap is None:
        return None
    return {
        "highest": gap.highest,
        "lowest": gap.lowest,
        "gap": _estimate(gap.gap),
        "p_value": gap.p_value,
        "small_groups_counted": gap.small,
    }


def _comparison(comparison: Comparison) -> Data:
    return {
        "first": comparison.first,
        "second": comparison.second,
        "pictures": comparison.pictures,
        "differences": [
            {
                "figure": one.figure,
                "first": one.first,
                "second": one.second,
                "difference": _estimate(one.difference),
                "p_value": one.p_value,
                "test": one.test,
            }
            for one in comparison.differences
        ],
    }


def _estimate(estimate: Estimate) -> Data:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _share(share: Share) -> Data:
    return {**_estimate(share.estimate), "count": share.count, "of": share.number}


def _files(files: Iterable[Scored]) -> list[Data]:
    return [
        {
            "file": shown(file.sample.path),
            "label": file.sample.label,
            "malign": file.malign,
            **({"problem": file.problem, "hidden": file.hidden} if file.problem else {}),
        }
        for file in files
    ]
