"""A look at a JPEG XL's header (ISO/IEC 18181-1, Annexes A and D) before it is decoded: its library decodes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geacc_proxy.images.formats import Format
from geacc_proxy.images.outcome import Undecodable
from geacc_proxy.images.ready import Ready
from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from geacc_proxy.images.job import Job

_SIGNATURE = b"\xff\x0a"
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
_SIDES = ((9, 1), (13, 1), (18, 1), (30, 1))
_PREVIEW_SIDES = ((6, 1), (8, 65), (10, 321), (12, 1345))
_PREVIEW_EIGHTHS = ((0, 16), (0, 32), (5, 1), (9, 33))
_SLOWNESS = 10  # lossless pictures take 90 ns a pixel, a pass of a JPEG 5 to 10
_ENOUGH = 64  # bytes of a header


def look(body: bytes, job: Job) -> Ready:
    """Size of a JPEG XL.

    Raises:
        Undecodable: more pixels than the caps allow; no header; an animation, of which only one frame would be seen.
    """
    bits = _Bits(_codestream(body))
    width, height = _size(bits)
    picture = Picture(Format.JXL, width, height)
    job.check_pixels(picture)
    job.check_scans(_SLOWNESS * width * height, f"{width}×{height} of a slow format", picture)
    if _moves(bits):
        raise Undecodable(Failure.UNREADABLE, "an animation, which cannot be decoded in full", picture)
    return Ready(body, width, height)


class _Bits:
    """Numbers from a header, least significant bit first."""

    def __init__(self, data: bytes) -> None:
        self._left = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        value = self._left & (1 << count) - 1
        self._left >>= count
        return value

    def pick(self, choices: tuple[tuple[int, int], ...]) -> int:
        """One of four ways to write a number: bits, and what is added."""
        count, offset = choices[self.take(2)]
        return self.take(count) + offset


def _codestream(body: bytes) -> bytes:
    if body.startswith(_SIGNATURE):
        return body[2 : 2 + _ENOUGH]
    at = 0
    while at + 8 <= len(body):
        size, kind = int.from_bytes(body[at : at + 4]), body[at + 4 : at + 8]
        start = at + (16 if size == 1 else 8)
        if size == 1:
            size = int.from_bytes(body[at + 8 : at + 16])
        if kind in (b"jxlc", b"jxlp"):
            start += 4 * (kind == b"jxlp")  # the part's number
            if body[start : start + 2] == _SIGNATURE:
                return body[start + 2 : start + 2 + _ENOUGH]
            break
        if size < 8:
            break
        at += size
    raise Undecodable(Failure.UNREADABLE, "no codestream", Picture(Format.JXL))


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.take(1)
    height = (bits.take(5) + 1) * 8 if small else bits.pick(_SIDES)
    return _width(bits, height, small, (5, 1), _SIDES), height


def _width(bits: _Bits, height: int, eighths: int, eighth: tuple[int, int], sides: tuple[tuple[int, int], ...]) -> int:
    if ratio := _RATIOS.get(bits.take(3)):
        return height * ratio[0] // ratio[1]
    return (bits.take(eighth[0]) + eighth[1]) * 8 if eighths else bits.pick(sides)


def _moves(bits: _Bits) -> bool:
    all_default = bits.take(1)
    if all_default or not bits.take(1):  # no extra fields
        return False
    bits.take(3)  # orientation: the decoder turns it
    if bits.take(1):  # an intrinsic size
        _size(bits)
    if bits.take(1):  # a preview
        eighths = bits.take(1)
        bits.pick(_PREVIEW_EIGHTHS if eighths else _PREVIEW_SIDES)
        if not bits.take(3):
            bits.pick(_PREVIEW_EIGHTHS if eighths else _PREVIEW_SIDES)
    return bool(bits.take(1))
