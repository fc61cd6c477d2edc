"""Downloads: resumed where they stopped, tried again where that may help, whole and checked or not there at all.

A download lies in `NAME.part` until its last byte is there and its digest is right; `NAME.part.json` beside it says
of which version it is a part (RFC 9110, 8.8 and 13.1.5), so that parts of two versions never become one file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.models.addresses import Hub, shown
from geacc_proxy.models.transport import Answer, FetchError, Patience, Transport, TryAgainError

MAX_BYTES = 4 * 2**30
"""A longer file is not fetched: no model of this kind is."""

SPARE_BYTES = 64 * 2**20
"""So much of the disk is left alone: the journal and the rest of the machine live there too."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_GIT_DIGITS = 40  # of a SHA-1; a SHA-256 has 64


class DigestError(GeaccError):
    """What came is not what was expected."""


class Observer(Protocol):
    """Somebody who watches a download."""

    def advanced(self, done: int, total: int | None) -> None:
        """Told after each block: bytes here, and bytes in all where known."""

    def paused(self, seconds: float, why: str) -> None:
        """Told before a pause."""


class Silent:
    """An observer that says nothing."""

    def advanced(self, done: int, total: int | None) -> None:
        """Say nothing."""

    def paused(self, seconds: float, why: str) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to fetch.

    Attributes:
        address: where it is, accepted by `check_address`.
        sha256: what it must be; None where nobody knows.
        size: how long it must be, bytes; None where nobody knows.
        hub: the place whose digest of it is to be checked, and who asks there.
    """

    address: str
    sha256: str | None = None
    size: int | None = None
    hub: Hub | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that came whole.

    Attributes:
        path: where it lies.
        sha256: its digest.
        size: bytes.
        checked: whose digest it was compared with: `pinned`, `hub` or `nobody`.
    """

    path: Path
    sha256: str
    size: int
    checked: str


class Fetcher:
    """Fetches files, over one set of connections."""

    def __init__(self, patience: Patience | None = None, max_bytes: int = MAX_BYTES) -> None:
        """Say how long to wait, and from how many bytes on a file is too long."""
        self._patience = patience or Patience()
        self._max_bytes = max_bytes
        self._transport = Transport(self._patience)

    def fetch(self, wanted: Wanted, target: Path, observer: Observer | None = None) -> Fetched:
        """Fetch a file, going on from the part of it that an earlier attempt left.

        Args:
            wanted: what, and what it must be.
            target: where it goes; a file there is replaced once the new one is whole.
            observer: who watches.

        Returns:
            The file at `target`, on the disk.

        Raises:
            FetchError: it could not be had; what came so far stays for the next attempt.
            DigestError: what came is another file than was expected; it is deleted.
            AddressError: a redirect leads to where nothing is fetched from.
            GeaccError: the disk is full or cannot be written.
        """
        part = _Part(target)
        observer = observer or Silent()
        with _disk_errors(part):
            target.parent.mkdir(parents=True, exist_ok=True)
            self._bring(wanted, part, observer)
            resumed = part.resumed
            try:
                return _placed(wanted, part, target)
            except DigestError:
                if not resumed:
                    raise
            # Put together from parts, one of which may be damaged: once more, from nothing.
            self._bring(wanted, part, observer)
            return _placed(wanted, part, target)

    def _bring(self, wanted: Wanted, part: _Part, observer: Observer) -> None:
        furthest, failures = 0, 0
        while True:
            try:
                return self._attempt(wanted, part, observer)
            except TryAgainError as again:
                failures = 1 if part.size > furthest else failures + 1
                furthest = max(furthest, part.size)
                self._pause(again, failures, f"{shown(wanted.address)}: {again.why}", part, observer)

    def _pause(self, again: TryAgainError, failures: int, what: str, part: _Part, observer: Observer) -> None:
        patience = self._patience
        kept = f"; {megabytes(part.size)} are kept, the same command goes on from there" if part.size else ""
        if again.after is not None and again.after > patience.longest_wait:
            raise FetchError(f"{what}, and wants to be left alone for {again.after:.0f} s{kept}") from again
        if failures >= patience.attempts:
            raise FetchError(f"{what}; tried {failures} times{kept}") from again
        seconds = min(patience.first_pause * 2 ** (failures - 1), patience.longest_pause)
        seconds *= random.uniform(0.75, 1.0)  # noqa: S311 - many who fail at one moment should not come back at one
        seconds = max(seconds, again.after or 0.0)
        observer.paused(seconds, again.why)
        patience.sleep(seconds)

    def _attempt(self, wanted: Wanted, part: _Part, observer: Observer) -> None:
        begun = part.version(wanted.address)
        # Without a validator only the digest can tell whether two parts fit.
        if begun is not None and not (begun.validator or wanted.sha256):
            begun = None
        offset = part.size if begun else 0
        headers = {}
        if begun is not None and offset:
            part.resumed = True
            if begun.total == offset:
                return
            headers["Range"] = f"bytes={offset}-"
            if begun.validator:
                headers["If-Range"] = begun.validator
        with self._transport.get(wanted.address, headers, wanted.hub) as answer:
            if answer.status == 200:
                self._begin(answer, wanted, part)
            elif offset and begun is not None and answer.status in (206, 416):
                _continue(answer, begun, offset, part)
            else:
                raise answer.refusal(wanted.address)
            self._copy(answer, wanted, part, observer)

    def _begin(self, answer: Answer, wanted: Wanted, part: _Part) -> None:
        name, total = shown(wanted.address), _whole_number(answer.header("Content-Length"))
        if answer.header("Content-Encoding").lower() not in ("", "identity"):
            raise FetchError(f"{name}: comes compressed although it was asked for as it is")
        if total is not None:
            if wanted.size is not None and total != wanted.size:
                part.drop()
                raise DigestError(f"{name}: it has {total:,} bytes where {wanted.size:,} were expected")
            if total > self._max_bytes:
                raise FetchError(
                    f"{name}: it has {megabytes(total)}; no more than {megabytes(self._max_bytes)} are fetched"
                )
            part.drop()
            check_space(part.path.parent, total)
        part.begin(
            _Version(wanted.address, answer.header("ETag"), answer.header("Last-Modified"), total, answer.linked)
        )

    def _copy(self, answer: Answer, wanted: Wanted, part: _Part, observer: Observer) -> None:
        limit = self._max_bytes if wanted.size is None else wanted.size
        version = part.version(wanted.address)
        total = version.total if version is not None else None
        done = part.size
        with part.path.open("ab", buffering=0) as file:
            observer.advanced(done, total)
            while block := answer.read():
                done += len(block)
                if done > limit:
                    part.drop()
                    raise DigestError(f"{shown(wanted.address)}: it is longer than {limit:,} bytes; nothing was kept")
                _write(file.fileno(), block)
                observer.advanced(done, total)
        if total is not None and done != total:
            raise TryAgainError(f"the connection was cut after {done:,} of {total:,} bytes")


@dataclass(frozen=True, slots=True)
class _Version:
    """Which version of which file a part is a part of."""

    address: str
    etag: str
    modified: str
    total: int | None
    linked: str

    @property
    def validator(self) -> str:
        """What `If-Range` may hold: a strong entity tag, else the date; empty where neither was told."""
        return self.etag if self.etag.startswith('"') else self.modified


class _Part:
    """The part of a file that is here."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")
        self.resumed = False

    @property
    def size(self) -> int:
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def version(self, address: str) -> _Version | None:
        """What it is a part of; None where that is not known or it is another address's."""
        try:
            version = _Version(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return version if version.address == address else None

    def begin(self, version: _Version) -> None:
        """Start with nothing. The note goes first and comes last: a part without one is never gone on with."""
        self.drop()
        self.path.write_bytes(b"")
        self._note.write_text(json.dumps(asdict(version)), encoding="utf-8")

    def drop(self) -> None:
        self.resumed = False
        self._note.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


def _continue(answer: Answer, begun: _Version, offset: int, part: _Part) -> None:
    """See that an answer to a request for the rest is the rest of the same file."""
    found = re.fullmatch(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)", answer.header("Content-Range").strip(), re.ASCII)
    same = (
        answer.status == 206
        and found is not None
        and int(found[1]) == offset
        and _whole_number(found[2]) in (None, begun.total)
        and _agree(begun.etag, answer.header("ETag"))
        and _agree(begun.modified, answer.header("Last-Modified"))
    )
    if not same:
        part.drop()
        raise TryAgainError("the file has changed meanwhile", after=0.0)


def _agree(before: str, now: str) -> bool:
    return not before or not now or before == now


def _placed(wanted: Wanted, part: _Part, target: Path) -> Fetched:
    version, size = part.version(wanted.address), part.size
    with part.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    linked = version.linked if version is not None else ""
    checked = "nobody"
    for kind, expected in (("hub", linked), ("pinned", wanted.sha256 or "")):
        if not expected:
            continue
        checked = kind
        is_git = len(expected) == _GIT_DIGITS
        actual = _git_blob(part.path, size) if is_git else digest
        if actual != expected:
            part.drop()
            raise DigestError(
                f"{shown(wanted.address)}: what came has the {'git digest' if is_git else 'SHA-256'} {actual}, "
                f"{'the hub says' if kind == 'hub' else 'expected was'} {expected}; it was deleted"
            )
    part.path.replace(target)
    part.drop()
    return Fetched(target, digest, size, checked)


def check_space(folder: Path, size: int) -> None:
    """Make sure that so many more bytes fit on the disk, and some are left.

    Raises:
        GeaccError: they do not fit.
    """
    free = shutil.disk_usage(folder).free
    if free < size + SPARE_BYTES:
        raise GeaccError(
            f"the disk is too full: {megabytes(size)} are needed beside the {megabytes(SPARE_BYTES)} that are left "
            f"alone, {megabytes(free)} are free in {folder}"
        )


def megabytes(size: int) -> str:
    """A size for a person: `0.3 MB`, `87 MB`."""
    million = size / 1e6
    return f"{million:,.0f} MB" if million >= 10 else f"{million:.1f} MB"


def _git_blob(path: Path, size: int) -> str:
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def _whole_number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else None


def _write(descriptor: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(descriptor, view) :]


@contextmanager
def _disk_errors(part: _Part) -> Iterator[None]:
    """What a disk may say, in one line. A part that has filled it is deleted: the journal needs the room."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            part.drop()
            raise GeaccError(f"the disk is full: {part.path.parent} takes no more; nothing was kept") from error
        raise GeaccError(f"cannot write {part.path}: {error.strerror or error}") from error
