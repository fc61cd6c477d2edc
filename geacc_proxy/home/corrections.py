"""What a parent has put right, as a set of labelled pictures for `evaluate`, `train` and `dataset download`.

What a parent released is benign, what a parent had hidden is malign. Sites say nothing of a single picture and are no
part of it. Pictures are not kept at home: a set has addresses and digests, or pictures that are fetched again for it.
"""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import batched

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.home import data
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.fetching import Fetched
from geacc_proxy.home.home import Home
from geacc_proxy.images.formats import FORMATS
from geacc_proxy.images.sniff import sniff
from geacc_proxy.policy.override import Override, Scope
from geacc_proxy.verdict import Action

BENIGN, MALIGN = "benign", "malign"
"""Geacc's two classes."""
ADDRESS_COLUMNS = ("OriginalURL", "ClassID", "digest", "likeness", "time")
"""Of the table without pictures; the first two are what `dataset download` reads."""
LABEL_COLUMNS = ("file", "label", *ADDRESS_COLUMNS)
"""Of the table beside pictures; the first two are what `evaluate` reads."""
AT_ONCE = 4
"""So many pictures are fetched side by side, and are in memory at once."""
_AT_ONCE_SECONDS = 0.5
_DIGEST_BYTES = 16  # BLAKE2b-128, as everywhere


@dataclass(frozen=True, slots=True)
class Correction:
    """One answer of a parent on a picture.

    Attributes:
        label: `benign` or `malign`.
        digest: BLAKE2b-128 of its bytes; empty where the answer is about an address alone.
        address: where it came from; empty where that is not known.
        likeness: its perceptual hash, 16 hexadecimal digits; empty where unknown.
        made: when the parent said so.
    """

    label: str
    digest: str = ""
    address: str = ""
    likeness: str = ""
    made: datetime | None = None


def corrections(home: Home) -> tuple[Correction, ...]:
    """All that is known from the answers, newest first.

    Where a parent has changed their mind, what they said last counts.
    """
    digests = {
        document["likeness"]: document["value"]
        for document in home.documents(Kind.REQUEST).values()
        if document.get("likeness")
    }
    found: list[Correction] = []
    seen: set[str] = set()
    for said in _sayings(home):
        values = {answer.scope: answer.value for answer in said}
        likeness = values.get(Scope.LOOK_ALIKES, "")
        digest = values.get(Scope.PICTURE) or digests.get(likeness, "")
        address = values.get(Scope.ADDRESS, "")
        if not (digest or address) or (digest and digest in seen) or (not digest and address in seen):
            continue
        seen |= {digest, address} - {""}
        label = BENIGN if said[0].action is Action.SHOW else MALIGN
        found.append(Correction(label, digest, _of_the_web(address), likeness, said[0].made))
    return tuple(found)


def located(found: Iterable[Correction], address_of: Callable[[str], str]) -> tuple[Correction, ...]:
    """The same, with addresses where they were missing.

    Args:
        found: corrections.
        address_of: where a picture with a digest came from, as the block log has it; empty where it has not.
    """
    return tuple(
        correction if correction.address else replace(correction, address=_of_the_web(address_of(correction.digest)))
        for correction in found
    )


def as_csv(found: Iterable[Correction]) -> str:
    """The table of addresses and digests, with a header; those without an address are in it by their digests alone."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(ADDRESS_COLUMNS)
    writer.writerows(map(_cells, found))
    return stream.getvalue()


async def as_zip(found: Sequence[Correction], fetch: Callable[[str], Fetched]) -> AsyncIterator[bytes]:
    """A ZIP with a folder a class, `labels.csv` for the pictures in them, and `missing.csv` for those not to be had.

    Each picture is fetched again and passes through memory alone. One whose bytes are no longer those that the parent
    spoke of is left out.

    Args:
        found: corrections, with their addresses.
        fetch: reads a picture; it may block and raise `GeaccError`.
    """
    pipe = _Pipe()
    labels: list[tuple[str, ...]] = [LABEL_COLUMNS]
    missing: list[tuple[str, ...]] = [(*ADDRESS_COLUMNS, "problem")]
    names: set[str] = set()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for batch in batched(found, AT_ONCE):
            for correction, picture in zip(batch, await asyncio.gather(*(_had(c, fetch) for c in batch)), strict=True):
                if isinstance(picture, str):
                    missing.append((*_cells(correction), picture))
                    continue
                name = f"{correction.label}/{_digest(picture.body)}{_ending(picture)}"
                if name in names:
                    continue
                names.add(name)
                labels.append((name, correction.label, *_cells(correction)))
                archive.writestr(name, picture.body)
                yield pipe.taken()
        archive.writestr("labels.csv", _table(labels))
        archive.writestr("missing.csv", _table(missing))
    yield pipe.taken()


async def _had(correction: Correction, fetch: Callable[[str], Fetched]) -> Fetched | str:
    """The picture, or why there is none."""
    if not correction.address:
        return "its address is not known"
    try:
        picture = await asyncio.to_thread(fetch, correction.address)
    except GeaccError as error:
        return str(error)
    if not _ending(picture):
        return "what is at the address is no picture"
    if correction.digest and correction.digest != _digest(picture.body):
        return "another picture is at the address now"
    return picture


def _ending(picture: Fetched) -> str:
    """How the name of its file ends; empty of what is no picture."""
    kind = sniff(picture.body, picture.content_type)
    return "" if kind is None else FORMATS[kind].suffixes[0]


def _sayings(home: Home) -> list[list[Override]]:
    """The answers on pictures, newest first; those that were given at once, on one picture, are together."""
    given = [(data.override(key, kept), kept.get("subject")) for key, kept in home.documents(Kind.OVERRIDE).items()]
    given = [(answer, subject) for answer, subject in given if answer.scope not in (Scope.SITE, Scope.OPEN)]
    sayings: list[tuple[object, list[Override]]] = []
    for answer, subject in sorted(given, key=lambda found: _moment(found[0]), reverse=True):
        about = (answer.action, answer.device, subject)
        if sayings and sayings[-1][0] == about:
            said = sayings[-1][1]
            at_once = _moment(said[-1]) - _moment(answer) < _AT_ONCE_SECONDS
            if at_once and answer.scope not in {other.scope for other in said}:
                said.append(answer)
                continue
        sayings.append((about, [answer]))
    return [said for _, said in sayings]


def _moment(answer: Override) -> float:
    return answer.made.timestamp() if answer.made else 0.0


def _cells(correction: Correction) -> tuple[str, ...]:
    made = correction.made.astimezone(UTC).isoformat(timespec="seconds") if correction.made else ""
    return correction.address, correction.label, correction.digest, correction.likeness, made


def _table(rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def _digest(body: bytes) -> str:
    return blake2b(body, digest_size=_DIGEST_BYTES).hexdigest()


def _of_the_web(address: str) -> str:
    return address if address.startswith(("http://", "https://")) else ""


class _Pipe(io.RawIOBase):
    """Takes what a ZIP writes, front to back, and gives it away."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, chunk: object) -> int:
        taken = bytes(chunk)  # type: ignore[call-overload]
        self._written += taken
        return len(taken)

    def taken(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._written)
        self._written.clear()
        return taken
