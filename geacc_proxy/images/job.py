"""One decoding and what is left of its means: time, pictures, depth, views."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from geacc_proxy.images.outcome import Undecodable
from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from geacc_proxy.images.caps import Caps
    from geacc_proxy.images.outcome import Target


@dataclass(slots=True)
class _Tally:
    pictures: int = 0
    pixels: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """Limits of one body, with those of the pictures inside it.

    Attributes:
        target: what the model wants.
        caps: the limits of the body.
        ends: when its time is over, on `time.monotonic`'s clock.
        frames: how many frames of a moving picture may be judged here.
        tiles: how many parts of one picture may be judged here.
        depth: how many pictures this one lies within.
    """

    target: Target
    caps: Caps
    ends: float
    frames: int
    tiles: int
    depth: int = 0
    _tally: _Tally = field(default_factory=_Tally)

    @classmethod
    def begin(cls, target: Target, caps: Caps) -> Job:
        """The job of a whole body; its time runs from now."""
        return cls(target, caps, time.monotonic() + caps.seconds, caps.frames, caps.tiles)

    def shared_by(self, count: int) -> Job:
        """The job of one of `count` pictures side by side: they share the views, so that none is judged without end."""
        return replace(self, frames=max(2, self.frames // count), tiles=self.tiles // count)

    def inside(self, count: int, picture: Picture) -> Job:
        """The job of one of `count` pictures within `picture`.

        Raises:
            Undecodable: they lie too deep.
        """
        if self.depth >= self.caps.nesting:
            raise Undecodable(Failure.TOO_LARGE, f"pictures within pictures, deeper than {self.caps.nesting}", picture)
        return replace(self.shared_by(count), depth=self.depth + 1)

    def check_time(self, picture: Picture) -> None:
        """Go on, or give up.

        Raises:
            Undecodable: the time is over.
        """
        if time.monotonic() > self.ends:
            raise Undecodable(Failure.TOO_LARGE, f"more time than {self.caps.seconds:g} s to decode", picture)

    def check_pixels(self, picture: Picture) -> None:
        """Look at a size before it is allocated.

        Raises:
            Undecodable: no pixels or too many.
        """
        if not (picture.width and picture.height):
            raise Undecodable(Failure.UNREADABLE, "no pixels", picture)
        if picture.width * picture.height > self.caps.pixels:
            raise Undecodable(
                Failure.TOO_LARGE, f"{picture.width}×{picture.height}, more than {self.caps.pixels} pixels", picture
            )

    def check_frames(self, count: int, picture: Picture) -> None:
        """Look at how much a moving picture has to decode: to reach a frame means to decode those before it.

        Raises:
            Undecodable: too much.
        """
        if count > 1 and count * picture.width * picture.height > self.caps.frame_pixels:
            raise Undecodable(Failure.TOO_LARGE, f"{count} frames of {picture.width}×{picture.height}", picture)

    def check_scans(self, pixels: int, what: str, picture: Picture) -> None:
        """Look at pixels that are gone over many times, or slowly.

        Raises:
            Undecodable: too many.
        """
        if pixels > self.caps.scan_pixels:
            raise Undecodable(Failure.TOO_LARGE, what, picture)

    def count(self, pictures: int, picture: Picture, pixels: int = 0) -> None:
        """Count pictures of a file that holds several, and their pixels.

        Raises:
            Undecodable: too many, in this file and those within it.
        """
        self._tally.pictures += pictures
        self._tally.pixels += pixels
        if self._tally.pictures > self.caps.pictures:
            raise Undecodable(Failure.TOO_LARGE, f"more than {self.caps.pictures} pictures in one file", picture)
        if self._tally.pixels > self.caps.pixels:
            raise Undecodable(
                Failure.TOO_LARGE, f"pictures of more than {self.caps.pixels} pixels in one file", picture
            )
