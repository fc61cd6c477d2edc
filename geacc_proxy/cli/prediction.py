"""What `predict` does: find files, judge them side by side through the one door, and write what came out."""

from __future__ import annotations

import asyncio
import csv
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geacc_proxy.assembly import Workshop
from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.images.files import is_picture_file
from geacc_proxy.policy.house import constant
from geacc_proxy.policy.profile import UNDER_12
from geacc_proxy.verdict import Context, Scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geacc_proxy.filter import Filter
    from geacc_proxy.settings import Settings
    from geacc_proxy.verdict import Judgement

COLUMNS = ("Filename", "Prediction", "Latency (ms)", "Benign Score", "Malign Score")
CUT_OFF = 0.5
_FILES_A_WORKER = 150  # for fewer, starting another worker is not worth its while
_MANY = 8  # files from which a progress bar is worth its line


@dataclass(frozen=True, slots=True)
class Prediction:
    """One line of the table.

    Attributes:
        file: as it was found.
        prediction: `benign` or `malign`; empty where it could not be judged.
        latency_ms: to decode it and run the model, milliseconds.
        benign: score, 0…1.
        malign: score, 0…1.
        problem: why it could not be judged.
    """

    file: Path
    prediction: str = ""
    latency_ms: float = 0.0
    benign: float = 0.0
    malign: float = 0.0
    problem: str = ""

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """As text, in the order of `COLUMNS`."""
        return (
            str(self.file),
            self.prediction,
            str(round(self.latency_ms)),
            f"{self.benign:.4f}",
            f"{self.malign:.4f}",
        )


def pictures_below(path: Path, *, recursive: bool) -> list[Path]:
    """The file itself, or the pictures in a folder, sorted.

    Raises:
        UsageError: there is no such file or folder.
        GeaccError: the folder has no pictures or cannot be read.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise UsageError(f"{path}: no such file or folder")
    try:
        found = path.rglob("*") if recursive else path.iterdir()
        files = sorted(file for file in found if file.is_file() and is_picture_file(file))
    except OSError as error:
        raise GeaccError(f"{path}: {error.strerror}") from error
    if not files:
        hint = "" if recursive else "; -r looks into the folders below"
        raise GeaccError(f"{path}: no pictures in it{hint}")
    return files


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one file at the door.

    Attributes:
        file: as it was found.
        judgement: None where the file cannot be read.
        latency_ms: to decode it and run the model, milliseconds; 0 where it has no scores.
        problem: why it has no scores; empty where it has.
    """

    file: Path
    judgement: Judgement | None
    latency_ms: float = 0.0
    problem: str = ""

    @property
    def scores(self) -> Scores | None:
        """The model's, where there are some."""
        verdict = self.judgement.verdict if self.judgement else None
        return verdict if isinstance(verdict, Scores) else None


def most_workers(files: int) -> int:
    """How many workers are worth their while for so many files."""
    return 1 + files // _FILES_A_WORKER


async def judge_files(files: Sequence[Path], settings: Settings, state_dir: Path) -> list[Prediction]:
    """Judge all, in order.

    Raises:
        GeaccError: the model cannot be loaded.
    """
    workshop = Workshop.of(settings, state_dir, most_workers=most_workers(len(files)))
    return [_prediction(one) for one in await judge_all(files, workshop)]


async def judge_all(files: Sequence[Path], workshop: Workshop, doing: str = "Judging") -> list[Judged]:
    """Judge all, in order, with the workers of `workshop`, which end with it.

    Args:
        files: pictures.
        workshop: fresh; it is of no use afterwards.
        doing: what the progress bar says.

    Raises:
        GeaccError: no worker could start.
    """
    door = workshop.door(constant(UNDER_12))
    # Two for each worker: one at work, one read and waiting.
    turn = asyncio.Semaphore(2 * workshop.pool.workers)
    try:
        await workshop.pool.warm_up()
        with _ProgressBar(len(files), doing) as advance:

            async def one(file: Path) -> Judged:
                async with turn:
                    result = await _judge(file, door)
                    advance()
                    return result

            return list(await asyncio.gather(*map(one, files)))
    finally:
        await asyncio.to_thread(workshop.pool.stop)


def _read(file: Path) -> bytes:
    # Not in a thread: a picture is read in less time than a thread takes to be asked, and the workers have one ahead.
    return file.read_bytes()


async def _judge(file: Path, door: Filter) -> Judged:
    start = time.perf_counter()
    try:
        body = _read(file)
    except OSError as error:
        return Judged(file, None, problem=f"cannot be read: {error.strerror}")
    judgement = await door.judge(body, Context(url=str(file)))
    verdict = judgement.verdict
    if not isinstance(verdict, Scores):
        return Judged(file, judgement, problem=f"{judgement.decision.reason.explanation} ({verdict.detail})")
    latency = (time.perf_counter() - start) * 1e3 if judgement.cached else verdict.decode_ms + verdict.model_ms
    return Judged(file, judgement, latency)


def _prediction(judged: Judged) -> Prediction:
    if judged.scores is None:
        return Prediction(judged.file, problem=judged.problem)
    label = "malign" if judged.scores.malign >= CUT_OFF else "benign"
    return Prediction(judged.file, label, judged.latency_ms, judged.scores.benign, judged.scores.malign)


class _ProgressBar:
    """A progress bar on a terminal for more than a few files; nothing elsewhere."""

    def __init__(self, total: int, doing: str) -> None:
        self._bar = None
        if total >= _MANY and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(doing, total=total)

    def __enter__(self) -> _ProgressBar:
        if self._bar is not None:
            self._bar.start()
        return self

    def __call__(self) -> None:
        if self._bar is not None:
            self._bar.advance(self._task)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


def write_table(results: Sequence[Prediction]) -> None:
    """Print as Geacc's script does: a numbered line a file, columns right-aligned."""
    if not results:
        return
    rows = [("", *COLUMNS), *((str(number), *result.cells) for number, result in enumerate(results))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, *cells in rows:
        line = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        sys.stdout.write(f"{number.ljust(widths[0])}  {line}\n")


def write_csv(path: Path, results: Sequence[Prediction]) -> None:
    """Write a header and a line a file, UTF-8.

    Raises:
        GeaccError: the file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(result.cells for result in results)
    except OSError as error:
        raise GeaccError(f"cannot write {path}: {error.strerror}") from error
