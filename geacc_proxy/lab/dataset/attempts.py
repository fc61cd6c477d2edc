"""One attempt at one picture: fetch it, see what it is, and have it lie ready to be put where it belongs."""

from __future__ import annotations

import hashlib
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from geacc_proxy.classify.watchdog import Watchdog
from geacc_proxy.lab.dataset.examiners import Examiners
from geacc_proxy.lab.dataset.files import writing
from geacc_proxy.lab.dataset.folder import sha256_of
from geacc_proxy.lab.dataset.lifeline import Lifeline, held_by
from geacc_proxy.lab.dataset.outcome import Failed, Outcome, Record
from geacc_proxy.lab.dataset.partial import Partial
from geacc_proxy.lab.dataset.transfer import Transfers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geacc_proxy.lab.dataset.folder import Folder
    from geacc_proxy.lab.dataset.listing import Row
    from geacc_proxy.lab.dataset.manner import Manner
    from geacc_proxy.lab.dataset.transfer import Arrived


class Attempts:
    """Makes attempts, from any number of threads, until it is stopped.

    Attributes:
        stopped: nothing that fails from here on says anything about a picture.
    """

    def __init__(self, folder: Folder, manner: Manner) -> None:
        """Nothing is fetched yet."""
        self.stopped = False
        self._folder = folder
        self._seconds = manner.seconds
        self._transfers = Transfers(
            agent=manner.agent,
            seconds=manner.seconds,
            most_bytes=manner.most_bytes,
            per_host=manner.per_host,
            threads=manner.workers,
            allow_private=manner.allow_private,
        )
        self._examiners = Examiners(manner.size, most_bytes=manner.most_bytes)
        self._watchdog = Watchdog()
        self._lock = threading.Lock()
        self._lifelines: set[Lifeline] = set()

    def fetch(self, row: Row) -> Record:
        """Have the picture lie whole in its `Partial`; what broke off in a way that can be gone on with stays there.

        Returns:
            what it is; without a file's name.

        Raises:
            Failed: it does not lie there.
            GeaccError: it cannot be written.
        """
        partial = Partial(self._folder.path, row.url)
        try:
            return self._examined(row, partial, self._arrived(row, partial))
        except Failed as error:
            if not error.again:
                partial.discard()
            raise

    def stop(self) -> None:
        """End what is under way, and let nothing begin."""
        with self._lock:
            self.stopped = True
            for lifeline in self._lifelines:
                lifeline.cut()
        self._examiners.stop()

    def close(self) -> None:
        """Let go of what is left when all threads have ended."""
        self._transfers.close()
        self._watchdog.stop()

    def adopt(self, row: Row) -> Record | None:
        """A picture that lies where it belongs though the log does not know it, if it is whole."""
        path = self._folder.found(row)
        if path is None:
            return None
        try:
            finding = self._examiners.examine(path.read_bytes(), "")
        except (Failed, OSError):
            return None
        return replace(
            record_of(row, Outcome.STORED, detail="was there"),
            file=f"{row.label}/{path.name}",
            bytes=path.stat().st_size,
            sha256=sha256_of(path),
            format=finding.picture.format,
            width=finding.picture.width,
            height=finding.picture.height,
        )

    def _arrived(self, row: Row, partial: Partial) -> Arrived:
        with self._lifeline() as lifeline, self._watchdog.over(self._seconds, lifeline.cut) as deadline:
            try:
                arrived = self._transfers.attempt(row.url, partial)
            except Failed as error:
                if not deadline.missed:
                    raise
                raise _overdue(self._seconds) from error
        # An answer without a length ends like a whole one when it is cut.
        if lifeline.cut_off:
            raise _overdue(self._seconds)
        return arrived

    @contextmanager
    def _lifeline(self) -> Iterator[Lifeline]:
        lifeline = Lifeline()
        with self._lock:
            self._lifelines.add(lifeline)
            if self.stopped:
                lifeline.cut()
        try:
            with held_by(lifeline):
                yield lifeline
        finally:
            with self._lock:
                self._lifelines.discard(lifeline)

    def _examined(self, row: Row, partial: Partial, arrived: Arrived) -> Record:
        try:
            body = partial.path.read_bytes()
        except OSError as error:
            raise Failed(Outcome.CUT, f"what came is gone: {error.strerror}", again=True) from error
        if not body:
            raise Failed(Outcome.NOT_A_PICTURE, "an empty answer", again=not arrived.measured)
        try:
            finding = self._examiners.examine(body, arrived.content_type)
        except Failed as error:
            if not self.stopped:
                partial.discard()
            # Of an answer without a length nobody knows whether it has been cut.
            again = error.outcome is Outcome.DAMAGED and not arrived.measured
            raise Failed(error.outcome, str(error), again=again) from error
        digest = hashlib.sha256(body).hexdigest()
        stored = finding.resized or body
        if finding.resized:
            with writing(partial.path):
                partial.path.write_bytes(stored)
        return replace(
            record_of(row, Outcome.STORED),
            bytes=len(stored),
            sha256=hashlib.sha256(stored).hexdigest(),
            source_sha256=digest if finding.resized else "",
            format=finding.picture.format,
            width=finding.picture.width,
            height=finding.picture.height,
        )


def record_of(row: Row, outcome: Outcome, *, detail: str = "") -> Record:
    """What is known of a row before anything came of it."""
    return Record(row.url, row.label, outcome, row.line, detail)


def _overdue(seconds: float) -> Failed:
    return Failed(Outcome.TIMED_OUT, f"not done in {seconds:g} s", again=True)
