"""The overview as a parent reads it, and the pause."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from geacc_proxy.home import devices, requests
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home
from geacc_proxy.home.lists import Lists, subscribe
from geacc_proxy.home.tally import Tally
from geacc_proxy.policy.device import Traits
from geacc_proxy.verdict import Action, Context, Decision, Judgement, Picture, Reason, Scores
from geacc_proxy.web import home as area
from geacc_proxy.web.app import create_app
from geacc_proxy.web.home.health import size
from geacc_proxy.web.home.period import Period, chosen


@pytest.fixture
def app(site: Any) -> Any:
    return create_app(site, areas=(area,))


@pytest.fixture
async def tally(home: Home, tmp_path: Any) -> Any:
    tally = await Tally.open(home, tmp_path / "geacc.db")
    yield tally
    await tally.close()


@pytest.fixture
def site(make_site: Any, tally: Tally) -> Any:
    return make_site(tally=tally)


def judgement(*, hidden: bool, ms: float = 20.0) -> Judgement:
    action, reason = (Action.HIDE, Reason.MALIGN) if hidden else (Action.SHOW, Reason.BENIGN)
    scores = Scores(Picture("jpeg", 10, 10), "m@1", 0.9 if hidden else 0.1, ())
    return Judgement(Decision(action, reason, "teen", "strict", 0.2), scores, "0" * 32, elapsed_ms=ms)


def look_at(tally: Tally, device: str, shown: int, hidden: int, page: str = "https://news.example/") -> None:
    for number in range(shown + hidden):
        tally.judged(judgement(hidden=number < hidden), Context(url=page, page=page, device=device))
    tally.page(device, "news.example")


async def test_figures_of_today_are_told_in_words_and_as_a_table(parent, home, tally):
    anna = await devices.add(home, "parent", name="Anna", profile="teen", address="192.168.1.20")
    look_at(tally, anna.key, shown=37, hidden=3)

    page = await parent.get("/")

    assert page.status == 200
    assert "Pictures checked 40 Hidden 3 8% of them" in page.words
    assert "Most at 3:00 PM: 40 pictures, 3 of them hidden." in page.words.replace("\u202f", " ")
    assert "news.example" in page.words
    assert '<th scope="row">3:00' in page.text
    assert "<svg" in page.text


async def test_figures_of_one_device_leave_the_others_out(parent, home, tally):
    anna = await devices.add(home, "parent", name="Anna", profile="teen")
    ben = await devices.add(home, "parent", name="Ben", profile="teen")
    look_at(tally, anna.key, shown=5, hidden=0)
    look_at(tally, ben.key, shown=11, hidden=0)

    assert "Pictures checked 16" in (await parent.get("/")).words
    assert "Pictures checked 11" in (await parent.get("/?device=ben")).words


async def test_this_week_has_what_was_before_today(parent, tally, clock):
    look_at(tally, "anna", shown=4, hidden=0)
    await tally.flush()
    clock.forward(hours=11)

    assert "Pictures checked 0" in (await parent.get("/")).words
    week = await parent.get("/?span=week")
    assert "Pictures checked 4" in week.words
    assert "Wed, Mar 4" in week.words


async def test_a_home_where_nothing_has_happened_has_an_overview(parent):
    page = await parent.get("/?span=week&device=nobody")

    assert page.status == 200
    assert "No pictures yet" in page.words


async def test_without_anybody_who_counts_what_is_stored_is_told(parent, make_site, tally, home):
    look_at(tally, "anna", shown=2, hidden=0)
    await tally.flush()
    parent.app = create_app(make_site(tally=None), areas=(area,))

    assert "Pictures checked 2" in (await parent.get("/")).words


async def test_requests_and_new_devices_are_at_the_top(parent, home):
    home.recognise(Traits(address="192.168.1.77"))
    await devices.add(home, "parent", name="Anna", profile="teen", address="192.168.1.20")
    await requests.ask(home, "anna", "site", "games.example")

    words = (await parent.get("/")).words

    assert "1 request waits for your answer." in words
    assert "1 new device is here, with the safe baseline: 192.168.1.77" in words


async def test_a_pause_for_all_counts_down_and_ends(parent, home, clock):
    answer = await parent.post("/pause", {"minutes": "30"})

    assert answer.status == 303
    assert home.house.paused_until == clock.at + timedelta(minutes=30)
    page = await parent.follow(answer.location)
    assert "Filtering is paused" in page.words
    assert "Paused until 4:00" in page.words
    assert 'data-until="2026-03-04T16:00:00+00:00"' in page.text
    assert 'action="/undo"' in page.text

    clock.forward(minutes=31)
    assert "Filtering is on" in (await parent.get("/")).words


async def test_a_pause_is_ended_before_its_time(parent, home):
    await parent.post("/pause", {"minutes": "60"})

    answer = await parent.post("/pause", {"minutes": "", "back": "/?span=week"})

    assert answer.location.startswith("/?span=week&done=")
    assert home.house.paused_until is None


async def test_a_pause_leads_back_to_these_pages_alone(parent):
    answer = await parent.post("/pause", {"minutes": "5", "back": "https://elsewhere.example/"})

    assert answer.location.startswith("/?done=")


@pytest.mark.parametrize("minutes", ["7", "-5", "x", "1440"])
async def test_no_other_pauses_can_be_had(parent, home, minutes):
    assert (await parent.post("/pause", {"minutes": minutes})).status == 400
    assert home.house.paused_until is None


async def test_a_pause_of_a_device_that_is_gone_is_refused_in_words(parent):
    answer = await parent.post("/pause", {"minutes": "5", "device": "gone"})

    assert answer.status == 400
    assert "no device" in answer.words


async def test_health_tells_of_a_filter_that_is_not_ready(parent, healthy):
    healthy.healthy = False

    assert "The filter is not ready: pictures stay hidden for now" in (await parent.get("/")).words


async def test_health_tells_of_lists_that_cannot_be_fetched(parent, make_site, home, tmp_path):
    lists = Lists(home, tmp_path / "lists")
    parent.app = create_app(make_site(lists=lists), areas=(area,))
    assert "Block lists none" in (await parent.get("/")).words

    await subscribe(home, "parent", "ads", str(tmp_path / "missing.txt"))
    await lists.update()

    assert "1 cannot be fetched" in (await parent.get("/")).words


async def test_nobody_but_a_parent_sees_it(client, home):
    page = await client.get("/")

    assert page.status == 303
    assert (await client.post("/pause", {"minutes": "60"})).status == 403
    assert home.house.paused_until is None


async def test_what_children_call_their_devices_stays_text(parent, home):
    await devices.add(home, "parent", name="<script>alert(1)</script>", profile="teen")
    key = next(iter(home.documents(Kind.DEVICE)))

    assert "<script>alert" not in (await parent.get(f"/?device={key}")).text


def test_a_day_on_which_clocks_change_is_a_whole_day():
    noon = datetime(2026, 3, 29, 12, tzinfo=UTC)

    period = Period.of(noon, ZoneInfo("Europe/Berlin"), 1)

    assert period.until.timestamp() - period.since.timestamp() == 23 * 3600


async def test_a_week_is_seven_days_the_last_of_which_is_today(home, clock):
    week = chosen(home, "week")

    assert [week.days[0], week.days[-1]] == [date(2026, 2, 26), date(2026, 3, 4)]
    assert chosen(home, "nonsense").days == (date(2026, 3, 4),)


@pytest.mark.parametrize(("count", "told"), [(0, "0.0 MB"), (25 * 2**20, "25 MB"), (3 * 2**29, "1.5 GB")])
def test_sizes_are_told_as_people_read_them(count, told):
    assert size(count) == told
