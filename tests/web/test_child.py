"""A child sees what concerns the device in hand, in kind words, and never a picture or anything of another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from geacc_proxy.home import answers, profiles, requests
from geacc_proxy.home.home import Home
from geacc_proxy.policy.device import Device
from geacc_proxy.policy.house import House
from geacc_proxy.policy.override import Scope
from geacc_proxy.policy.profile import UNDER_12, Profile
from geacc_proxy.policy.schedule import Schedule, Slot
from geacc_proxy.policy.sites import HostSet, SiteRules
from geacc_proxy.verdict import Action, Reason
from geacc_proxy.web import child, settings, start
from geacc_proxy.web.app import create_app
from geacc_proxy.web.child.closed import opens_at
from geacc_proxy.web.child.words import kind_words
from geacc_proxy.web.site import Site

from .browsing import Browser
from .conftest import Through
from .logged import DIGEST, EMMA, LEO, LIKENESS, NOW, closed_site, line, settle, write

GAME = "https://www.games.example.org/play?level=3"
EVERY_DAY = frozenset(range(7))


@pytest.fixture
def app(site: Site) -> Any:
    return create_app(site, areas=(child, settings, start))


@pytest.fixture
async def emma(app: Any, home: Home, password: str) -> Browser:
    """A browser on Emma's tablet."""
    await settle(home, EMMA, LEO)
    return Browser(app, peer=("192.168.1.20", 50_000), host="192.168.1.2:8081")


@pytest.fixture
def stranger(app: Any, emma: Browser) -> Browser:
    """A browser on a device that does not go through the filter."""
    return Browser(app, peer=("192.168.1.99", 50_000), host="192.168.1.2:8081")


async def have(home: Home, **changes: Any) -> None:
    """Have the profile of Emma's tablet be different."""
    await profiles.save(home, "parent", replace(home.house.profiles[UNDER_12.name], **changes))


async def close_games(home: Home) -> None:
    await have(home, sites=SiteRules(block=HostSet(["games.example.org"])))


def closed(url: str = GAME) -> str:
    return f"/closed?url={quote(url, safe='')}"


# What was hidden here


async def test_what_was_hidden_is_told_by_the_name_of_the_site_and_in_kind_words(emma: Browser, tmp_path: Path) -> None:
    await write(tmp_path, line(), closed_site("blocked-site"), line(digest="", reason="too-large"))

    page = await emma.get("/mine")

    assert "It looked like something that is not for children." in page.words
    assert "Your parents have closed this site." in page.words
    assert "It is too large to be checked" in page.words
    assert "example.com" in page.words
    assert "93" not in page.words
    for private in ("/story", "picture.jpg", "cdn.example.net", DIGEST, "porn", "malign"):
        assert private not in page.text


async def test_no_picture_and_no_thumbnail_is_ever_shown(emma: Browser, tmp_path: Path) -> None:
    await write(tmp_path, line(), sketches={DIGEST: b"\xff\xd8\xff\xe0"})

    assert "sketch" not in (await emma.get("/mine")).text
    assert (await emma.get("/log/1/sketch")).status == 404


async def test_other_devices_lines_and_requests_are_not_there(emma: Browser, home: Home, tmp_path: Path) -> None:
    await write(tmp_path, line(device="leo", page="https://secret.example.net/"), line())
    await requests.ask(home, "leo", "site", "private.example.net")

    page = await emma.get("/mine")

    assert "secret.example.net" not in page.text
    assert "private.example.net" not in page.text
    assert "example.com" in page.words


async def test_what_was_only_logged_is_not_there(emma: Browser, tmp_path: Path) -> None:
    await write(tmp_path, line(decision="show"))

    assert "Nothing was hidden here lately." in (await emma.get("/mine")).words


async def test_a_picture_that_was_hidden_often_is_listed_once(emma: Browser, tmp_path: Path) -> None:
    await write(tmp_path, *(line(time=NOW - timedelta(minutes=n)) for n in range(5)))

    assert (await emma.get("/mine")).text.count("thing-head") == 1


async def test_the_device_behind_the_proxy_counts_and_not_the_proxys_own_address(
    app: Any, home: Home, through: Through, tmp_path: Path, emma: Browser
) -> None:
    await write(tmp_path, line(), line(device="leo", page="https://leo.example.net/"))
    through.known["127.0.0.1", 50_000] = "192.168.1.21"
    leo = Browser(app, host="geacc.internal")

    page = await leo.get("/mine")

    assert "leo.example.net" in page.words
    assert "example.com" not in page.words


async def test_a_device_that_is_not_filtered_here_is_told_nothing(stranger: Browser, tmp_path: Path) -> None:
    await write(tmp_path, line())

    assert "Nothing is known of this device." in (await stranger.get("/mine")).words


# Asking


async def test_a_picture_can_be_asked_for_with_a_note(emma: Browser, home: Home, tmp_path: Path) -> None:
    await write(tmp_path, line())

    answer = await emma.post("/mine/ask", {"entry": "1", "note": "  It is for\r\nschool  "})

    (asked,) = requests.all_of(home)
    assert answer.location == "/mine?asked=1"
    assert (asked.device, asked.what, asked.value, asked.page, asked.note, asked.entry, asked.likeness) == (
        "emma", "picture", DIGEST, "example.com", "It is for school", 1, f"{LIKENESS:016x}",
    )  # fmt: skip
    page = await emma.get("/mine")
    assert "You have asked for it." in page.words
    assert "hx-trigger" in page.text


@pytest.mark.parametrize("number", ["1", "3", "99", "0", "-1", "", "2'", "9" * 30])
async def test_lines_of_others_and_lines_that_are_not_there_get_the_same_answer(
    emma: Browser, home: Home, tmp_path: Path, number: str
) -> None:
    await write(tmp_path, line(device="leo"), line(), line(decision="show"))

    answer = await emma.post("/mine/ask", {"entry": number})

    assert answer.status == 400
    assert "That is not in the list any more." in answer.words
    assert requests.all_of(home) == []


async def test_a_note_that_is_too_long_is_told(emma: Browser, home: Home, tmp_path: Path) -> None:
    await write(tmp_path, line())

    answer = await emma.post("/mine/ask", {"entry": "1", "note": "please " * 40})

    assert "That is too long: up to 200 letters, please." in answer.words
    assert requests.all_of(home) == []


async def test_so_many_requests_are_open_and_no_more(emma: Browser, home: Home, tmp_path: Path) -> None:
    await write(tmp_path, *(line(digest=f"{n:032x}") for n in range(requests.MOST_OPEN + 1)))

    statuses = [(await emma.post("/mine/ask", {"entry": str(n + 1)})).status for n in range(requests.MOST_OPEN + 1)]

    assert statuses == [303] * requests.MOST_OPEN + [400]


async def test_what_no_answer_can_open_cannot_be_asked_for(emma: Browser, home: Home, tmp_path: Path) -> None:
    await write(tmp_path, closed_site("out-of-hours"), line(digest="", reason="too-large"))

    assert "/mine/ask" not in (await emma.get("/mine")).text
    for number in ("1", "2"):
        assert (await emma.post("/mine/ask", {"entry": number})).status == 400


async def test_a_device_that_is_not_filtered_here_cannot_ask(stranger: Browser, home: Home) -> None:
    assert (await stranger.post("/mine/ask", {"entry": "1"})).status == 400
    assert (await stranger.post("/closed/ask", {"url": GAME})).status == 400
    assert requests.all_of(home) == []


async def test_a_page_of_somebody_else_cannot_ask(emma: Browser, home: Home, tmp_path: Path) -> None:
    await write(tmp_path, line())

    answer = await emma.post("/mine/ask", {"entry": "1"}, origin="https://evil.example.com")

    assert answer.status == 403
    assert requests.all_of(home) == []


async def test_answers_are_told_kindly(emma: Browser, home: Home, tmp_path: Path) -> None:
    await write(tmp_path, line(), closed_site())
    for number in ("1", "2"):
        await emma.post("/mine/ask", {"entry": number})
    picture, site = sorted(requests.all_of(home), key=lambda asked: asked.what)
    await requests.answer(home, "parent", picture.key, True)
    await requests.answer(home, "parent", site.key, False)

    words = (await emma.get("/mine")).words

    assert "Your parents said yes." in words
    assert "Your parents said: not now." in words
    piece = await emma.get("/mine", hx_request="true")
    assert 'id="asked"' in piece.text
    assert "<html" not in piece.text


# A site that is closed


async def test_a_closed_site_says_why_and_lets_the_child_ask(emma: Browser, home: Home) -> None:
    await close_games(home)

    page = await emma.get(closed())
    answer = await emma.post("/closed/ask", {"url": GAME, "note": "everybody plays it"})

    assert "games.example.org is closed" in page.words
    assert "Your parents have closed this site." in page.words
    assert answer.location == closed()
    (asked,) = requests.all_of(home)
    assert (asked.device, asked.what, asked.value, asked.reason) == (
        "emma", "site", "www.games.example.org", "blocked-site",
    )  # fmt: skip
    assert "You have asked for it." in (await emma.get(closed())).words


async def test_after_a_yes_the_way_there_works_at_once(emma: Browser, home: Home) -> None:
    await close_games(home)
    await emma.post("/closed/ask", {"url": GAME})
    (asked,) = requests.all_of(home)
    await requests.answer(home, "parent", asked.key, True, scope=Scope.OPEN)

    page = await emma.get(closed())

    assert "games.example.org is open" in page.words
    assert 'href="https://www.games.example.org/play?level=3"' in page.text
    piece = await emma.get(closed(), hx_request="true")
    assert "games.example.org is open" in piece.words
    assert "<html" not in piece.text


async def test_why_comes_from_the_rules_and_never_from_the_address(emma: Browser, home: Home) -> None:
    page = await emma.get(f"{closed()}&reason=blocked-site")

    assert "games.example.org is open" in page.words
    await emma.post("/closed/ask", {"url": GAME})
    assert requests.all_of(home) == []


async def test_what_is_closed_to_another_device_says_nothing_here(emma: Browser, home: Home) -> None:
    await profiles.save(
        home, "parent", replace(home.house.profiles["teen"], sites=SiteRules(block=HostSet(["games.example.org"])))
    )

    assert "games.example.org is open" in (await emma.get(closed())).words


async def test_out_of_hours_the_page_says_when_it_opens_and_asks_nothing(emma: Browser, home: Home) -> None:
    await have(home, schedule=Schedule((Slot(EVERY_DAY, time(16), time(19)),)))

    page = await emma.get(closed())

    assert "The internet has a rest at this hour." in page.words
    assert "It opens again at 4:00" in page.words
    assert "/closed/ask" not in page.text


async def test_when_the_days_time_is_used_up_more_can_be_asked_for(emma: Browser, home: Home) -> None:
    await have(home, daily_minutes=0)

    page = await emma.get(closed())
    await emma.post("/closed/ask", {"url": GAME})

    assert "It opens again on Thu" in page.words
    assert "Ask for more time" in page.words
    assert [asked.reason for asked in requests.all_of(home)] == ["time-up"]


async def test_services_that_lead_round_the_filter_are_told_of(emma: Browser) -> None:
    page = await emma.get(closed("https://cloudflare-dns.com/dns-query"))

    assert "This site would lead round the filter" in page.words
    assert "/closed/ask" not in page.text


@pytest.mark.parametrize(
    "url", ["", "nonsense", "http://", "http://[::1", "https://exa mple.com/", "x" * 5000, "https://a\x00b.example/"]
)
async def test_an_address_without_a_site_is_told(emma: Browser, url: str) -> None:
    answer = await emma.get(closed(url))

    assert answer.status == 400
    assert "Closed" in answer.words
    assert (await emma.post("/closed/ask", {"url": url})).status == 400


async def test_no_link_leads_to_anything_but_the_web(emma: Browser) -> None:
    page = await emma.get(closed("javascript://example.com/%0Aalert(1)"))

    assert 'href="javascript' not in page.text


async def test_a_parent_who_is_logged_in_sees_what_the_child_sees(emma: Browser, app: Any, home: Home) -> None:
    emma.cookies["geacc_session"] = await app.state.sessions.begin("", stays=False)
    await answers.override(home, "parent", Action.SHOW, Scope.SITE, "example.com")

    page = await emma.get("/mine")

    assert 'class="nav"' not in page.text


# When it opens


@pytest.mark.parametrize(
    ("profile", "used", "opens"),
    [
        (Profile("p", UNDER_12.strictness), 0, None),
        (Profile("p", UNDER_12.strictness, daily_minutes=30), 30, datetime(2026, 3, 5, tzinfo=UTC)),
        (
            Profile("p", UNDER_12.strictness, schedule=Schedule((Slot(EVERY_DAY, time(8), time(9)),))),
            0,
            datetime(2026, 3, 5, 8, tzinfo=UTC),
        ),
        (
            Profile(
                "p", UNDER_12.strictness, daily_minutes=30, schedule=Schedule((Slot(EVERY_DAY, time(15), time(20)),))
            ),
            30,
            datetime(2026, 3, 5, 15, tzinfo=UTC),
        ),
        (
            # Out of hours now, and the time is used up: what opens later today does not help.
            Profile(
                "p", UNDER_12.strictness, daily_minutes=30, schedule=Schedule((Slot(EVERY_DAY, time(18), time(20)),))
            ),
            30,
            datetime(2026, 3, 5, 18, tzinfo=UTC),
        ),
    ],
)
def test_the_internet_opens_when_both_the_hours_and_the_days_time_allow(
    profile: Profile, used: int, opens: datetime | None
) -> None:
    house = House(profiles={"p": profile}, zone=UTC)

    assert opens_at(house.rules(Device("d", profile="p"), NOW, used)) == opens


@pytest.mark.parametrize("reason", [*Reason, "something-new"])
def test_every_reason_has_kind_words(reason: str) -> None:
    words = kind_words(reason)

    assert words.endswith(".")
    assert "malign" not in words
