"""How many rows ended how, class by class."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geacc_proxy.lab.dataset.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class End:
    """How a row ended.

    Attributes:
        label: its class; empty where it has none.
        outcome: the kind.
        before: whether that was so before this run.
    """

    label: str
    outcome: Outcome
    before: bool = False


class Tally:
    """Ends by line of the list. A later word on a line takes the place of an earlier one.

    Attributes:
        failed: rows without a picture, those of earlier runs included.
    """

    def __init__(self) -> None:
        self.failed = 0
        self._ends: dict[int, End] = {}

    def __len__(self) -> int:
        return len(self._ends)

    def note(self, line: int, end: End) -> None:
        """That is how the row of that line ended."""
        before = self._ends.get(line)
        self.failed += end.outcome.is_failure - (before is not None and before.outcome.is_failure)
        self._ends[line] = end

    def ends(self) -> Mapping[End, int]:
        """How often each end was met."""
        return Counter(self._ends.values())

    @property
    def failures(self) -> Mapping[Outcome, int]:
        """Rows without a picture by kind, those of earlier runs included."""
        return Counter(end.outcome for end in self._ends.values() if end.outcome.is_failure)
