"""AVIF and HEIC files that browsers take and libraries do not (ISO/IEC 14496-12 and 23008-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from geacc_proxy.images.outcome import Undecodable
from geacc_proxy.images.ready import Ready
from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geacc_proxy.images.formats import Format
    from geacc_proxy.images.job import Job

_FULL_BOX_BYTES = 12
_AT_TOP = frozenset({b"ftyp", b"meta", b"moov", b"mdat", b"moof", b"mini", b"idat"})  # what a picture needs
_MOST_BOXES = 16_384


class _Box(NamedTuple):
    kind: bytes
    start: int
    end: int


def look(body: bytes, kind: Format, job: Job) -> Ready:
    """A file made long enough to decode where it was cut short, and mended where it is out of order.

    Raises:
        Undecodable: it says that it is longer than the caps allow, or has boxes without end.
    """
    boxes = list(_boxes(body, 0, len(body)))
    if len(boxes) >= _MOST_BOXES:
        raise Undecodable(Failure.TOO_LARGE, f"more than {_MOST_BOXES} boxes", Picture(kind))
    if boxes and boxes[-1].end > len(body) and boxes[-1].kind not in _AT_TOP:
        body = body[: boxes.pop().start]  # junk: browsers take it for a box without use that is yet to come
    end = max((box.end for box in boxes), default=0)
    cut_short = end > len(body)
    if cut_short:
        if end > job.caps.bytes:
            raise Undecodable(Failure.TOO_LARGE, f"a box of {end} bytes, more than {job.caps.bytes}", Picture(kind))
        # The arithmetic decoder reads on in zeros: what was there is drawn, and something dull below.
        body = body.ljust(end, b"\0")
    for box in boxes:
        if box.kind == b"meta":
            body = _with_one_association(body, box)
    return Ready(body, cut_short=cut_short)


def _boxes(body: bytes, at: int, end: int) -> Iterator[_Box]:
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size = int.from_bytes(body[at : at + 4])
        if size == 1:
            size = int.from_bytes(body[at + 8 : at + 16])
        elif size == 0:
            size = end - at
        if size < 8:
            return
        yield _Box(body[at + 4 : at + 8], at, at + size)
        at += size


def _with_one_association(body: bytes, meta: _Box) -> bytes:
    """`body` with all associations of properties in one box: old encoders wrote one for each picture.

    The same length and nothing moved: what is left over becomes free space.
    """
    for properties in _boxes(body, meta.start + _FULL_BOX_BYTES, min(meta.end, len(body))):
        if properties.kind != b"iprp":
            continue
        found = [box for box in _boxes(body, properties.start + 8, properties.end) if box.kind == b"ipma"]
        if len(found) < 2 or found[-1].end != properties.end:
            return body
        heads = {body[box.start + 8 : box.start + _FULL_BOX_BYTES] for box in found}
        together = found[-1].end - found[0].start
        if len(heads) != 1 or together != sum(box.end - box.start for box in found):
            return body
        count = sum(int.from_bytes(body[box.start + 12 : box.start + 16]) for box in found)
        rows = b"".join(body[box.start + 16 : box.end] for box in found)
        content = b"ipma" + heads.pop() + count.to_bytes(4) + rows
        spare = together - len(content) - 4
        size = (properties.end - properties.start - spare).to_bytes(4)
        mended = size + body[properties.start + 4 : found[0].start] + (len(content) + 4).to_bytes(4) + content
        free = spare.to_bytes(4) + b"free" + bytes(spare - 8)
        return body[: properties.start] + mended + free + body[properties.end :]
    return body
