"""The folder with what came out: a report, figures, scores and pictures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.lab.evaluation import charts
from geacc_proxy.lab.evaluation.asdata import as_data
from geacc_proxy.lab.evaluation.mistakes import contact_sheet, mistakes_of
from geacc_proxy.lab.evaluation.report import report
from geacc_proxy.lab.evaluation.scoresheet import write_scores
from geacc_proxy.lab.evaluation.thumbnails import Thumbnailer

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from geacc_proxy.lab.evaluation.evaluation import Evaluation

REPORT = "report.html"


def prepare(folder: Path) -> None:
    """Make the folder, before the work that is to go there.

    Raises:
        MissingExtraError: there is nothing to draw with.
        GeaccError: it cannot be made or written.
    """
    charts.require_matplotlib("a report with pictures (--out)")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise GeaccError(f"cannot write to {folder}: {error.strerror}; choose another folder with --out") from error


def write(folder: Path, evaluation: Evaluation, moment: datetime, *, blurred: bool) -> None:
    """Write everything; files of an earlier evaluation are replaced, and charts that cannot be drawn now are removed.

    Args:
        folder: prepared.
        evaluation: what to tell.
        moment: when it was made.
        blurred: whether the pictures of mistakes are to show nothing but colours.

    Raises:
        GeaccError: a file cannot be written.
    """
    with Thumbnailer(blurred=blurred) as thumbnailer:
        mistakes = [mistakes_of(one, thumbnailer) for one in evaluation.models]
    names = [one.name for one in evaluation.models]
    try:
        for chart in charts.CHARTS:
            (folder / f"{chart.name}.png").unlink(missing_ok=True)
        for chart in charts.drawable(evaluation.models):
            (folder / f"{chart.name}.png").write_bytes(charts.as_png(chart, evaluation.models))
        (folder / "mistakes.png").write_bytes(contact_sheet(list(zip(names, mistakes, strict=True))))
        text = json.dumps(as_data(evaluation), indent=1, ensure_ascii=False, allow_nan=False)
        (folder / "figures.json").write_text(text + "\n", encoding="utf-8")
        for one in evaluation.models:
            with (folder / f"scores-{one.name}.csv").open("w", encoding="utf-8", newline="") as stream:
                write_scores(stream, one.scores, evaluation.options.cut_off)
        (folder / REPORT).write_text(report(evaluation, mistakes, moment, blurred=blurred), encoding="utf-8")
    except OSError as error:
        raise GeaccError(f"cannot write to {folder}: {error.strerror or error}") from error
