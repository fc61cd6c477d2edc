"""What has been counted and is not stored yet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

NUMBERS = ("pages", "pictures", "hidden", "cached", "closed", "bypasses")
"""What is counted by hour and device."""
NUMBERS_OF_SITES = ("pages", "hidden", "closed")
"""What is counted by day, device and site."""
MOST_SITES = 20_000
"""Sites counted at once; a page that makes up names of hosts must not fill the memory."""


@dataclass(slots=True)
class Counts:
    """Counts.

    Attributes:
        hours: by hour (since 1970, UTC) and device: how many of each of `NUMBERS`.
        added: by hour, device and bucket of `latency.py`: pictures.
        sites: by ISO date, device and site: how many of each of `NUMBERS_OF_SITES`.
        use: by ISO date and device: the minutes of the day, 0…1439, that are known so far.
    """

    hours: dict[tuple[int, str], Counter[str]] = field(default_factory=dict)
    added: Counter[tuple[int, str, int]] = field(default_factory=Counter)
    sites: dict[tuple[str, str, str], Counter[str]] = field(default_factory=dict)
    use: dict[tuple[str, str], frozenset[int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.hours or self.added or self.sites or self.use)

    def count(self, hour: int, device: str, **numbers: int) -> None:
        """Add to a device's hour."""
        self.hours.setdefault((hour, device), Counter()).update(numbers)

    def count_site(self, day: str, device: str, site: str, what: str) -> None:
        """Add one to a device's site."""
        if len(self.sites) < MOST_SITES or (day, device, site) in self.sites:
            self.sites.setdefault((day, device, site), Counter())[what] += 1

    def take_back(self, other: Counts) -> None:
        """Add what could not be stored."""
        for hour, numbers in other.hours.items():
            self.hours.setdefault(hour, Counter()).update(numbers)
        self.added.update(other.added)
        for place, numbers in other.sites.items():
            if len(self.sites) < MOST_SITES or place in self.sites:
                self.sites.setdefault(place, Counter()).update(numbers)
