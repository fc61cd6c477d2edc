"""Puts the rooms together: a door with workers and a journal behind it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from geacc_proxy.classify.classifier import Classifier
from geacc_proxy.classify.limits import Limits
from geacc_proxy.classify.pool import WorkerPool, default_workers
from geacc_proxy.filter import Filter
from geacc_proxy.home.events import Happening
from geacc_proxy.images.caps import Caps
from geacc_proxy.models import registry
from geacc_proxy.policy.house import constant
from geacc_proxy.policy.pieces import MOST_PIECES, Pieces
from geacc_proxy.policy.profile import UNDER_12

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Self

    from geacc_proxy.filter import Witness
    from geacc_proxy.gateways.mitm.addon import PictureFilter
    from geacc_proxy.home.home import Home
    from geacc_proxy.home.lists import Lists
    from geacc_proxy.home.tally import Tally
    from geacc_proxy.journal import Journal
    from geacc_proxy.models.registry import InstalledModel
    from geacc_proxy.policy.house import Rules
    from geacc_proxy.settings import Settings
    from geacc_proxy.verdict import Context, Judgement, Reason

_log = logging.getLogger("geacc_proxy.models")


@dataclass(frozen=True, slots=True)
class Workshop:
    """What judges: a model, its workers and the limits that they work under.

    Attributes:
        model: as installed.
        pool: the workers.
        caps: how much a picture may cost.
        pieces: how many different tiny pictures a page may show.
    """

    model: InstalledModel
    pool: WorkerPool
    caps: Caps
    pieces: int = MOST_PIECES

    @classmethod
    def of(cls, settings: Settings, state_dir: Path, *, most_workers: int | None = None) -> Self:
        """Find the model, check it, and set up the workers without waiting for them.

        Args:
            settings: what a person chose.
            state_dir: where installed and converted models lie.
            most_workers: no more workers than this, where there is less to do.

        Raises:
            ModelError: the model's file is missing, changed or of an unknown kind.
        """
        model = registry.find(settings.model or None, state_dir)
        if model.inferred:
            _say_what_is_assumed(model, settings.model)
        caps = _caps(settings)
        limits = Limits(memory=settings.worker_megabytes * 2**20, seconds=settings.decode_seconds)
        workers = settings.workers or default_workers()
        if most_workers is not None:
            workers = min(workers, max(1, most_workers))
        return cls(model, WorkerPool(model, caps, limits, workers), caps, settings.max_tiny_pictures)

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Malign score from which a picture is hidden, by strictness."""
        return {name: threshold.malign for name, threshold in self.model.card.thresholds.items()}

    def door(
        self,
        rules: Callable[[Context], Rules],
        witnesses: tuple[Witness, ...] = (),
        counters: tuple[Witness, ...] = (),
        sketches: Callable[[Judgement, Context, bytes], None] | None = None,
    ) -> Filter:
        """A door behind which `rules` hold, with a cache of its own; the arguments as for `Filter`."""
        return Filter(
            Classifier(self.pool, self.caps),
            self.thresholds,
            rules=rules,
            pieces=Pieces(self.pieces),
            witnesses=witnesses,
            counters=counters,
            sketches=sketches,
        )


@dataclass(frozen=True, slots=True)
class AtHome:
    """What a running proxy has beside its door where it serves a home.

    Attributes:
        home: who is at home and what holds.
        tally: what is counted.
        lists: the subscribed block lists.
        chores: what goes on by itself until it is cancelled.
    """

    home: Home
    tally: Tally
    lists: Lists
    chores: tuple[asyncio.Task[None], ...]

    @classmethod
    async def open(cls, settings: Settings, state_dir: Path, database: Path) -> Self:
        """Load the home and begin with what goes on by itself.

        Raises:
            JournalError: what is kept of the home cannot be read.
        """
        from geacc_proxy.home.digest import Digests
        from geacc_proxy.home.home import Home
        from geacc_proxy.home.lists import FOLDER, Lists
        from geacc_proxy.home.notices import Notices
        from geacc_proxy.home.retention import Retention
        from geacc_proxy.home.storage import open_store
        from geacc_proxy.home.tally import Tally

        zone = ZoneInfo(settings.timezone) if settings.timezone else None
        home = await Home.open(lambda: open_store(database), zone=zone, strictness=settings.strictness)
        tally = await Tally.open(home, database)
        lists, translate = Lists(home, state_dir / FOLDER), _translator(home)
        chores = (
            asyncio.create_task(lists.run(), name="block lists"),
            asyncio.create_task(Retention(home, database).run(), name="retention"),
            asyncio.create_task(Notices(home, translate=translate).run(), name="notices"),
            asyncio.create_task(Digests(home, database, tally=tally, translate=translate).run(), name="digests"),
        )
        return cls(home, tally, lists, chores)

    async def close(self) -> None:
        """Write what is left."""
        for chore in self.chores:
            chore.cancel()
        await asyncio.gather(*self.chores, return_exceptions=True)
        await self.tally.close()
        await self.home.close()


@dataclass(frozen=True, slots=True)
class Household:
    """All that a running proxy needs behind the gateway.

    Attributes:
        workshop: what judges.
        door: the one door.
        journal: the block log.
        at_home: whom it serves; None where one profile holds for all.
    """

    workshop: Workshop
    door: Filter
    journal: Journal
    at_home: AtHome | None = None

    @classmethod
    async def open(
        cls,
        settings: Settings,
        state_dir: Path,
        workshop: Workshop,
        witnesses: tuple[Witness, ...] = (),
        *,
        with_home: bool = False,
    ) -> Self:
        """Open the journal and warm the workers, side by side.

        Args:
            settings: what a person chose.
            state_dir: where all that must survive lies.
            workshop: what judges.
            witnesses: told of what is hidden, beside the journal.
            with_home: whether devices have profiles; without it what holds for a child under 12 holds for all.

        Raises:
            JournalError: the block log cannot be opened.
            GeaccError: no worker could start.
        """
        from geacc_proxy.journal import DATABASE_NAME, Entry, Journal

        async def opened() -> tuple[Journal, AtHome | None]:
            journal = await Journal.open(state_dir / DATABASE_NAME)
            return journal, await AtHome.open(settings, state_dir, state_dir / DATABASE_NAME) if with_home else None

        (journal, at_home), _ = await asyncio.gather(opened(), workshop.pool.warm_up())

        def note(judgement: Judgement, context: Context) -> None:
            entry = Entry.of(judgement, context)
            journal.record(entry)
            if at_home is not None:
                at_home.home.events.publish(Happening.HIDDEN, **entry.to_json())

        if at_home is None:
            rules = constant(replace(UNDER_12, strictness=settings.strictness))
            return cls(workshop, workshop.door(rules, (note, *witnesses)), journal)
        door = workshop.door(
            at_home.home.rules,
            (note, *witnesses),
            (at_home.tally.judged,),
            lambda judgement, _, drawn: journal.sketch(judgement.digest, drawn),
        )
        return cls(workshop, door, journal, at_home)

    def refused(self, reason: Reason, context: Context) -> None:
        """Enter a closed site, or the like, into the block log."""
        from geacc_proxy.journal import Entry

        entry = Entry.refused(reason, context, context.profile)
        self.journal.record(entry)
        if self.at_home is not None:
            self.at_home.home.events.publish(Happening.HIDDEN, **entry.to_json())

    async def close(self) -> None:
        """Write what is left and end the workers."""
        await self.journal.close()
        if self.at_home is not None:
            await self.at_home.close()
        await asyncio.to_thread(self.workshop.pool.stop)


def picture_filter(household: Household, settings: Settings) -> PictureFilter:
    """The mitmproxy addon before the household's door."""
    from geacc_proxy.gateways.mitm.addon import PictureFilter
    from geacc_proxy.images.embedded import TextLimits

    texts = TextLimits(
        picture_bytes=settings.max_embedded_megabytes * 2**20,
        pictures=settings.max_embedded_pictures,
        nesting=settings.max_nesting,
    )
    held_bytes = settings.max_held_megabytes * 2**20
    return PictureFilter(household.door, household.workshop.caps.bytes, texts=texts, held_bytes=held_bytes)


def _translator(home: Home) -> Callable[[str], str]:
    """From English into the language that a parent has chosen, asked for each text."""
    from geacc_proxy.home.preferences import preferences
    from geacc_proxy.web.i18n import Languages

    languages = Languages()

    def translate(text: str) -> str:
        return languages.get(languages.choose(preferences(home).language, "")).texts.gettext(text)

    return translate


def _say_what_is_assumed(model: InstalledModel, asked: str) -> None:
    card = model.card
    low, high = card.value_range
    _log.info(
        "%s has no card; assumed: labels %s, values from %g to %g (docs/models.md)",
        asked or model.path,
        ", ".join(card.labels),
        low,
        high,
    )


_SOFT = 0.8  # of the worker's deadline: what can stop by itself does so before it is ended


def _caps(settings: Settings) -> Caps:
    return Caps(
        bytes=settings.max_picture_megabytes * 2**20,
        pixels=settings.max_megapixels * 1_000_000,
        frames=settings.frames,
        frame_pixels=settings.max_animation_megapixels * 1_000_000,
        tiles=settings.tiles,
        pictures=settings.max_pictures_in_file,
        nesting=settings.max_nesting,
        tiny_pixels=settings.tiny_pixels,
        seconds=settings.decode_seconds * _SOFT,
    )
