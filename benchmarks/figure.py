"""A figure: what was measured, against what it should be at most or at least."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        what: the quantity, in words.
        value: as measured.
        target: the bound.
        unit: `×`, `s` or `MB`.
        at_least: whether the bound is a lower one.
        detail: the numbers behind the value.
    """

    what: str
    value: float
    target: float
    unit: str
    detail: str
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.target if self.at_least else self.value <= self.target

    @property
    def measured(self) -> str:
        return _with_unit(self.value, self.unit)

    @property
    def wanted(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {_with_unit(self.target, self.unit)}"


def _with_unit(number: float, unit: str) -> str:
    return f"{number:.0f} {unit}" if unit == "MB" else f"{number:.2f} {unit}"
