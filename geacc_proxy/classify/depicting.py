"""What a worker that depicts has loaded. Imported in worker processes only: it parses what the internet sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geacc_proxy.images.decode import Undecodable
from geacc_proxy.images.depict import depict
from geacc_proxy.verdict import Unjudged

if TYPE_CHECKING:
    from geacc_proxy.images.caps import Caps
    from geacc_proxy.images.manner import Manner


@dataclass(frozen=True, slots=True)
class Depicter:
    """Draws what may be left of pictures.

    Attributes:
        caps: beyond them nothing is drawn.
    """

    caps: Caps

    def depiction(self, body: bytes, content_type: str, manner: Manner) -> bytes | Unjudged:
        """A PNG or JPEG, or why there is none. Never raises on what a body holds."""
        try:
            return depict(body, content_type, self.caps, manner)
        except Undecodable as error:
            return Unjudged(error.failure, str(error), error.picture)
