"""Scores of every file as CSV: the columns of `predict`, then what the file is."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from geacc_proxy.lab.evaluation.scored import shown

if TYPE_CHECKING:
    from typing import TextIO

    from geacc_proxy.lab.evaluation.scored import ModelScores

COLUMNS = ("Filename", "Prediction", "Latency (ms)", "Benign Score", "Malign Score", "Label")
"""Then one column a group, and `Problem`, which says why a file has no prediction."""


def write_scores(stream: TextIO, scores: ModelScores, cut_off: float) -> None:
    """Write a header and a line a file, in the order of the files.

    Args:
        stream: opened with `newline=""`.
        scores: what the model said.
        cut_off: malign score from which on the prediction is malign, 0…1.
    """
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow((*COLUMNS, *(name for name, _ in scores.files[0].sample.groups), "Problem"))
    for file in scores.files:
        cells = ("", "", "", "")
        if file.malign is not None:
            prediction = "malign" if file.malign >= cut_off else "benign"
            benign = max(0.0, 1 - file.malign)
            cells = (prediction, str(round(file.latency_ms)), f"{benign:.4f}", f"{file.malign:.4f}")
        groups = (value for _, value in file.sample.groups)
        writer.writerow((shown(file.sample.path), *cells, file.sample.label, *groups, file.problem))
