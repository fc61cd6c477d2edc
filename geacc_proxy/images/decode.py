"""The door: bytes to small RGB frames, under caps. In sandboxed workers only: it parses what the internet sent."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from PIL import UnidentifiedImageError

from geacc_proxy.images.formats import Format
from geacc_proxy.images.icons import icon
from geacc_proxy.images.job import Job
from geacc_proxy.images.outcome import Decoded, Target, Undecodable
from geacc_proxy.images.raster import raster
from geacc_proxy.images.sniff import sniff, sniff_inside
from geacc_proxy.images.vector import vector
from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from geacc_proxy.images.caps import Caps
    from geacc_proxy.images.outcome import View

__all__ = ["Decoded", "Target", "Undecodable", "decode"]


def decode(body: bytes, target: Target, caps: Caps, content_type: str = "") -> Decoded:
    """The views of `body` worth judging, each squeezed to the target's square.

    Those are the whole picture, or sampled frames of one that moves, or every picture of a file that holds several; of
    what is very long or put together its parts too. Where something is transparent there are two of each, on white and
    on black, since what it shows depends on the page behind it.

    Args:
        body: after content decoding.
        target: what the model wants.
        caps: checked before time and memory are spent.
        content_type: as declared, without parameters; empty where it was not.

    Raises:
        Undecodable: no picture, too small to show anything, broken, or beyond `caps`.
    """
    kind = sniff(body, content_type)
    if kind is None:
        return _decode_inside(body, target, caps, content_type)
    if len(body) > caps.bytes:
        raise Undecodable(Failure.TOO_LARGE, f"{len(body)} bytes, more than {caps.bytes}", Picture(kind))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Decoded.of(*_any(body, content_type, Job.begin(target, caps)))


def _decode_inside(body: bytes, target: Target, caps: Caps, content_type: str) -> Decoded:
    """A picture behind a few other bytes; what proves to be none is no picture."""
    found = sniff_inside(body, content_type)
    if found is not None:
        try:
            return decode(body[found[1] :], target, caps)
        except Undecodable as error:
            if error.failure is not Failure.UNREADABLE:
                raise
    raise Undecodable(Failure.NOT_A_PICTURE, "no known picture format")


def _any(body: bytes, content_type: str, job: Job) -> tuple[Picture, list[View]]:
    """A body that begins like a picture; every mishap as `Undecodable`."""
    kind = sniff(body, content_type)
    if kind is None:
        raise Undecodable(Failure.NOT_A_PICTURE, "no known picture format")
    try:
        if kind is Format.SVG:
            return vector(body, job, _any)
        if kind is Format.ICO:
            return icon(body, job)
        return raster(body, kind, job)
    except Undecodable:
        raise
    except MemoryError:
        raise Undecodable(Failure.TOO_LARGE, "more memory than a worker has", Picture(kind)) from None
    except UnidentifiedImageError:
        raise Undecodable(Failure.UNREADABLE, f"begins like {kind} and is none", Picture(kind)) from None
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  (decoders raise anything on hostile bytes, Rust's panics included)
        raise Undecodable(Failure.UNREADABLE, f"{type(error).__name__}: {error}"[:200], Picture(kind)) from None
