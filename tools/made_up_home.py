"""A made-up home with friendly names, a few days old: for screenshots, and for tests of pages that have data in them.

Everything is put into the state directory by the project's own code. The sites end in `.example`, which no site does
(RFC 2606), the addresses are of no network (RFC 5737), and the sketches are of gradients in a few colours.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from pathlib import Path

import numpy as np
from PIL import Image

from geacc_proxy.home import answers, devices, lists, profiles, requests
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home
from geacc_proxy.home.storage import open_store
from geacc_proxy.images.caps import Caps
from geacc_proxy.images.depict import depict
from geacc_proxy.images.manner import Manner
from geacc_proxy.journal import DATABASE_NAME, Entry, Journal
from geacc_proxy.journal.counts import Counts
from geacc_proxy.journal.latency import bucket
from geacc_proxy.journal.statistics import add
from geacc_proxy.policy.override import Scope
from geacc_proxy.policy.profile import TEEN, UNDER_12, Effect
from geacc_proxy.policy.schedule import Schedule, Slot
from geacc_proxy.policy.sites import HostSet, SiteRules
from geacc_proxy.verdict import Action, Reason
from geacc_proxy.web.sessions import Sessions

PASSWORD = "a quiet afternoon"
PARENT = "parent"
ANNA, BEN, TELEVISION, MUM, STRANGER = "annas-tablet", "bens-pc", "living-room-tv", "mums-phone", "192.0.2.57"
_DAYS = 7
_LABELS = ("neutral", "drawing", "sexy", "hentai", "porn")
_MODEL = "geacc-2 2.0"
_SITES = {
    ANNA: ("animals.example", "school.example", "drawing.example", "stories.example"),
    BEN: ("games.example", "homework.example", "encyclopedia.example", "music.example"),
    TELEVISION: ("films.example", "cartoons.example"),
    MUM: ("news.example", "recipes.example", "weather.example"),
    STRANGER: ("music.example",),
}
_BUSY = {  # share of an hour's most, from 6 to 22 o'clock
    ANNA: (0, 1, 0, 0, 0, 0, 0, 0, 3, 7, 8, 6, 7, 3, 0, 0, 0),
    BEN: (0, 2, 0, 0, 0, 0, 0, 1, 2, 6, 7, 9, 6, 8, 5, 2, 0),
    TELEVISION: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 4, 5, 3, 1, 0),
    MUM: (1, 2, 1, 0, 1, 0, 2, 1, 0, 1, 0, 1, 1, 2, 4, 3, 1),
    STRANGER: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0),
}


@dataclass(slots=True)
class _Clock:
    """The past, which the home is told piece by piece."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True)
class _Hidden:
    """What was hidden: so many minutes ago, on which device and page, where the picture came from, and how sure."""

    minutes: int
    device: str
    page: str
    picture: str
    malign: float = 0.98
    reason: Reason = Reason.MALIGN


_LATELY = (
    _Hidden(2, BEN, "https://forum.example/thread/1204", "https://photos.example/uploads/IMG_2031.jpg", 0.994),
    _Hidden(6, ANNA, "https://wallpapers.example/popular", "https://cdn.wallpapers.example/large/beach-77.webp", 0.83),
    _Hidden(9, BEN, "https://bets.example/", "https://bets.example/", reason=Reason.BLOCKED_SITE),
    _Hidden(14, TELEVISION, "https://films.example/new", "https://img.films.example/posters/night-train.jpg", 0.64),
    _Hidden(
        15, ANNA, "https://stickers.example/", "https://stickers.example/sheets/cats.tif", reason=Reason.UNREADABLE
    ),
    _Hidden(41, ANNA, "https://wallpapers.example/popular", "https://cdn.wallpapers.example/large/pool-12.webp", 0.91),
    _Hidden(52, BEN, "https://forum.example/thread/998", "https://photos.example/uploads/IMG_1877.jpg", 0.987),
    _Hidden(73, STRANGER, "https://music.example/charts", "https://ads.example/banner-3.gif", 0.72),
    _Hidden(95, ANNA, "https://chat.example/", "https://chat.example/", reason=Reason.BLOCK_LIST),
)


async def furnish(state: Path, now: datetime, zone: tzinfo, seed: int = 12) -> None:
    """Fill an empty state directory.

    Args:
        state: the directory, which must exist.
        now: the moment up to which the home has lived, timezone-aware.
        zone: of the clock on its wall.
        seed: of what is left to chance.
    """
    database = state / DATABASE_NAME
    chance = random.Random(seed)
    clock = _Clock(now - timedelta(days=_DAYS))
    journal = await Journal.open(database)
    home = await Home.open(lambda: open_store(database), zone=zone, clock=clock)
    try:
        await Sessions(home).set_password(PARENT, PASSWORD)
        await _settle_in(home, clock, state)
        for number, hidden in enumerate(_hidden(chance)):
            journal.record(_line(hidden, number, now, chance))
            if hidden.reason is Reason.MALIGN:
                journal.sketch(f"{number:032x}", _sketch(number))
        await journal.close()
        add(database, _counts(now, zone, chance))
        clock.at = now
        await _ask_and_answer(home, clock, now)
    finally:
        await home.close()


async def _settle_in(home: Home, clock: _Clock, state: Path) -> None:
    """Who lives there, and what holds for them."""
    folder = state / "lists" / "uploads"
    folder.mkdir(parents=True)
    (folder / "chats.txt").write_text("".join(f"0.0.0.0 chat{number}.example\n" for number in range(1, 241)))
    await lists.subscribe(home, PARENT, "chats", str((folder / "chats.txt").absolute()))
    afternoon = Slot(frozenset(range(5)), time(14), time(20))
    weekend = Slot(frozenset({5, 6}), time(9), time(20, 30))
    sites = SiteRules(HostSet({"school.example"}), HostSet({"bets.example"}), HostSet({"museum.example"}))
    small = replace(UNDER_12, sites=sites, block_lists=("chats",), daily_minutes=240, thumbnails=True)
    await profiles.save(home, PARENT, replace(small, schedule=Schedule((afternoon, weekend))))
    await profiles.save(
        home, PARENT, replace(TEEN, sites=SiteRules(block=HostSet({"bets.example"})), effect=Effect.BLUR)
    )
    for key, name, profile, address in (
        (ANNA, "Anna’s tablet", "under-12", "192.0.2.21"),
        (BEN, "Ben’s PC", "teen", "192.0.2.22"),
        (TELEVISION, "Living-room TV", "under-12", "192.0.2.30"),
        (MUM, "Mum’s phone", "adult", "192.0.2.40"),
    ):
        clock.at += timedelta(minutes=2)
        made = await devices.add(home, PARENT, name=name, profile=profile, address=address)
        if made.key != key:
            raise RuntimeError(f"{name} has got the key {made.key}, not {key}")
    clock.at += timedelta(days=_DAYS - 1, hours=21)
    stranger = {"addresses": [STRANGER], "known": False, "first_seen": clock.at.isoformat()}
    await home.keep({(Kind.DEVICE, STRANGER): stranger})


async def _ask_and_answer(home: Home, clock: _Clock, now: datetime) -> None:
    """What the children have asked for, and what their parents have said; then when each device was last seen."""
    clock.at = now - timedelta(hours=5)
    digest = f"{5:032x}"
    asked = await requests.ask(home, ANNA, requests.PICTURE, digest, page="wallpapers.example", reason=Reason.MALIGN)
    clock.at += timedelta(minutes=12)
    await requests.answer(home, PARENT, asked.key, True)
    asked = await requests.ask(home, BEN, requests.SITE, "bets.example", reason=Reason.BLOCKED_SITE)
    clock.at += timedelta(minutes=20)
    await requests.answer(home, PARENT, asked.key, False, scope=Scope.SITE)
    await answers.override(home, PARENT, Action.SHOW, Scope.SITE, "museum.example", subject="museum.example")
    clock.at = now - timedelta(minutes=8)
    await requests.ask(
        home,
        ANNA,
        requests.PICTURE,
        f"{1:032x}",
        page="wallpapers.example",
        note="It is a beach for my holiday poster",
        reason=Reason.MALIGN,
        entry=2,
        likeness=f"{_likeness(1):016x}",
    )
    clock.at = now - timedelta(minutes=3)
    await requests.ask(home, ANNA, requests.SITE, "chat.example", note="Lea is there too", reason=Reason.BLOCK_LIST)
    clock.at = now
    ago = {ANNA: 1, BEN: 2, TELEVISION: 14, MUM: 65, STRANGER: 73}
    await home.keep(
        {
            (Kind.SIGHTING, key): {"time": (now - timedelta(minutes=minutes)).astimezone(UTC).isoformat()}
            for key, minutes in ago.items()
        }
    )


def _hidden(chance: random.Random) -> Iterator[_Hidden]:
    """The last hours as told, and further back whatever chance brings."""
    yield from _LATELY
    for number in range(110):
        device = chance.choice((ANNA, BEN, BEN, TELEVISION))
        site = chance.choice(("forum.example", "wallpapers.example", "search.example", *_SITES[device]))
        malign = round(chance.betavariate(4, 0.6) * 0.7 + 0.3, 4)
        picture = f"https://photos.{site}/{chance.randrange(10**5)}.jpg"
        yield _Hidden(100 + number * 78 + chance.randrange(70), device, f"https://{site}/page", picture, malign)


def _line(hidden: _Hidden, number: int, now: datetime, chance: random.Random) -> Entry:
    is_picture = hidden.reason in (Reason.MALIGN, Reason.UNREADABLE)
    is_judged = hidden.reason is Reason.MALIGN
    rest = 1 - hidden.malign
    scores = (rest * 0.7, rest * 0.3, hidden.malign * 0.25, hidden.malign * 0.05, hidden.malign * 0.7)
    width, height = chance.choice(((1280, 853), (800, 1200), (640, 640), (320, 180))) if is_judged else (0, 0)
    ending = hidden.picture.rpartition(".")[2].replace("jpg", "jpeg").replace("tif", "tiff")
    return Entry(
        time=now - timedelta(minutes=hidden.minutes, seconds=chance.randrange(60)),
        device=hidden.device,
        profile={BEN: TEEN.name, STRANGER: "new-device"}.get(hidden.device, UNDER_12.name),
        page=hidden.page,
        url=hidden.picture,
        digest=f"{number:032x}" if is_picture else "",
        width=width,
        height=height,
        format=ending if is_picture else "",
        malign=hidden.malign if is_judged else None,
        scores=tuple(zip(_LABELS, scores, strict=True)) if is_judged else (),
        model=_MODEL if is_judged else "",
        decision=Action.HIDE,
        reason=hidden.reason,
        likeness=_likeness(number) if is_judged else None,
    )


def _likeness(number: int) -> int:
    return (number * 0x9E3779B97F4A7C15) % 2**64


def _sketch(number: int) -> bytes:
    """The thumbnail of a soft gradient."""
    chance = np.random.default_rng(number)
    tones = chance.integers(60, 200, (1, 1, 3)) + chance.integers(-40, 41, (2, 3, 3))
    corners = Image.fromarray(tones.clip(0, 255).astype(np.uint8))
    file = io.BytesIO()
    corners.resize((320, 240), Image.Resampling.BICUBIC).save(file, "PNG")
    return depict(file.getvalue(), "image/png", Caps(), Manner.THUMBNAIL)


def _counts(now: datetime, zone: tzinfo, chance: random.Random) -> Counts:
    """A week of pages and pictures, by the hours in which each device is used."""
    counts = Counts()
    last = int(now.timestamp() // 3600)
    for hour in range(last - 24 * _DAYS, last + 1):
        wall = datetime.fromtimestamp(hour * 3600, zone)
        day = wall.date().isoformat()
        for device, busy in _BUSY.items():
            most = busy[wall.hour - 6] if 6 <= wall.hour < 6 + len(busy) else 0
            if not most or (device == STRANGER and hour < last - 3):
                continue
            minutes = min(59, most * 6 + chance.randrange(4))
            if hour == last:
                minutes = min(minutes, now.minute)
            pages = max(1, minutes // 3)
            pictures = pages * chance.randrange(14, 30)
            hidden = sum(chance.random() < 0.012 for _ in range(pictures)) if device != MUM else 0
            counts.count(hour, device, pages=pages, pictures=pictures, hidden=hidden, cached=int(pictures * 0.63))
            for _ in range(pictures):
                counts.added[hour, device, bucket(0.4 if chance.random() < 0.63 else chance.gauss(24, 7))] += 1
            for _ in range(pages):
                counts.count_site(day, device, chance.choice(_SITES[device]), "pages")
            for _ in range(hidden):
                counts.count_site(day, device, "wallpapers.example" if device == ANNA else "forum.example", "hidden")
            if chance.random() < 0.2 and device != MUM:
                counts.count(hour, device, closed=1)
                counts.count_site(day, device, "bets.example", "closed")
            used = frozenset(wall.hour * 60 + minute for minute in range(minutes))
            counts.use[day, device] = counts.use.get((day, device), frozenset()) | used
    return counts
