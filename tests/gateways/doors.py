"""A door that knows malign pictures by a word in their bytes, for tests of what stands before it."""

from __future__ import annotations

from geacc_proxy.classify.classifier import Classified
from geacc_proxy.classify.digest import digest
from geacc_proxy.filter import Filter
from geacc_proxy.verdict import Context, Judgement, Picture, Scores, Verdict

GIF = b"GIF89a"
BENIGN = GIF + b" a benign picture, long enough to be looked at"
MALIGN = GIF + b" a malign picture, long enough to be looked at"


class ByWord:
    """A classifier: malign is what says so."""

    def __init__(self) -> None:
        self.seen: dict[str, Verdict] = {}

    async def classify(self, body: bytes, content_type: str = "") -> Classified:
        malign = 0.9 if b"malign" in body else 0.1
        name = digest(body)
        self.seen[name] = Scores(Picture("gif", 40, 30), "m@1", malign, (("neutral", 1 - malign), ("porn", malign)))
        return Classified(self.seen[name], name, cached=False)

    def known(self, name: str, content_type: str = "") -> Verdict | None:
        return self.seen.get(name)


class Door(Filter):
    """A filter before `ByWord` that remembers what was hidden.

    Attributes:
        told: each judgement that hid something, and its context.
    """

    def __init__(self) -> None:
        self.told: list[tuple[Judgement, Context]] = []
        super().__init__(ByWord(), {"strict": 0.5}, witnesses=(lambda j, c: self.told.append((j, c)),))
