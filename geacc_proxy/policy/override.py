"""A parent's answer that stands above the model's: this picture, its look-alikes, this site."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from geacc_proxy.verdict import Action

LOOK_ALIKE = 10
"""Bits of 64 in which the perceptual hashes of look-alikes differ at most; docs/look-alikes.md has the figures."""


class Scope(StrEnum):
    """What an override is about."""

    PICTURE = "picture"
    """The bytes with a digest."""
    LOOK_ALIKES = "look-alikes"
    """Pictures whose perceptual hash is near."""
    SITE = "site"
    """All pictures on pages of a site, and of it; shown only."""
    OPEN = "open"
    """A site that is closed otherwise; its pictures are judged like any other."""
    ADDRESS = "address"
    """Whatever picture comes from an address."""


@dataclass(frozen=True, slots=True)
class Override:
    """One answer.

    Attributes:
        key: its name in the store.
        action: show or hide.
        scope: what it is about.
        value: digest; perceptual hash as 16 hexadecimal digits; host; or address.
        device: key of the device that it holds for; empty for all.
        until: when it ends; None for never.
        made: when it was made.
    """

    key: str
    action: Action
    scope: Scope
    value: str
    device: str = ""
    until: datetime | None = None
    made: datetime | None = None

    def holds(self, device: str, at: datetime) -> bool:
        """Whether it holds for a device at a moment."""
        return self.device in ("", device) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Overrides:
    """All answers, found by what they are about; the newest comes first."""

    by_value: dict[tuple[Scope, str], tuple[Override, ...]] = field(default_factory=dict)
    look_alikes: tuple[tuple[int, Override], ...] = ()

    @classmethod
    def of(cls, overrides: Iterable[Override]) -> Overrides:
        """Index them."""
        newest = sorted(overrides, key=lambda override: override.made.timestamp() if override.made else 0, reverse=True)
        by_value: dict[tuple[Scope, str], list[Override]] = {}
        look_alikes = []
        for override in newest:
            if override.scope is Scope.LOOK_ALIKES:
                look_alikes.append((int(override.value, 16), override))
            else:
                by_value.setdefault((override.scope, override.value), []).append(override)
        return cls({key: tuple(found) for key, found in by_value.items()}, tuple(look_alikes))

    def of_picture(self, digest: str, url: str, likeness: int | None, device: str, at: datetime) -> Override | None:
        """The answer on one picture, or None.

        What is said of the very picture stands above what is said of its look-alikes, of which the nearest counts.
        """
        for scope, value in ((Scope.PICTURE, digest), (Scope.ADDRESS, url)):
            for override in self.by_value.get((scope, value), ()):
                if override.holds(device, at):
                    return override
        if likeness is None:
            return None
        near = [
            (distance, place, override)
            for place, (other, override) in enumerate(self.look_alikes)
            if (distance := (likeness ^ other).bit_count()) <= LOOK_ALIKE and override.holds(device, at)
        ]
        return min(near, key=lambda found: found[:2])[2] if near else None

    def of_site(self, scope: Scope, host: str, device: str, at: datetime) -> Override | None:
        """The answer on a site, or on one that it is a part of; `scope` says what about it."""
        if not self.by_value:
            return None
        labels = host.split(".")
        for start in range(len(labels)):
            for override in self.by_value.get((scope, ".".join(labels[start:])), ()):
                if override.holds(device, at):
                    return override
        return None
