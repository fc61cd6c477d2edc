"""What the scanner hands out for a picture."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geacc_proxy.images.placeholder import placeholder

if TYPE_CHECKING:
    from geacc_proxy.verdict import Failure


@dataclass(frozen=True, slots=True)
class Embedded:
    """A picture inside a text, or a text inside a text with pictures in it.

    Attributes:
        original: the exact span of the text; it goes on if the picture is shown.
        pictures: decoded body and declared type (lower case, without parameters, may be empty) of each.
        failure: set where the picture cannot be judged and must be decided without a body.
    """

    original: bytes
    pictures: tuple[tuple[bytes, str], ...]
    failure: Failure | None = None

    def replaced(self, width: int, height: int) -> bytes:
        """The span with a placeholder of the given size (pixels; 0 where unknown) in the picture's stead."""
        return b"data:image/png;base64," + b64encode(placeholder(width, height))
