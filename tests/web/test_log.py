"""The block log's pages: what they tell, what one click does, and who may see them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from geacc_proxy.classify.classifier import Classified
from geacc_proxy.filter import Filter
from geacc_proxy.home import answers
from geacc_proxy.home.fetching import Fetched, FetchError
from geacc_proxy.home.home import Home
from geacc_proxy.images.manner import Manner
from geacc_proxy.policy.override import Scope
from geacc_proxy.verdict import Action, Picture, Scores
from geacc_proxy.web import log, settings, start
from geacc_proxy.web.app import create_app
from geacc_proxy.web.log import clearer, exports, missed
from geacc_proxy.web.site import Site

from .browsing import Browser
from .conftest import PASSWORD, Clock
from .logged import DIGEST, EMMA, LEO, LIKENESS, NOW, closed_site, line, patient, settle, write

JPEG = b"\xff\xd8\xff\xe0 a sketch"
HEADED = {"hx_request": "true"}


@dataclass
class Knowing:
    """Judges everything alike, and tells what it was asked to draw."""

    likeness: int | None = LIKENESS
    drawn: bytes | None = JPEG
    asked: tuple[bytes, Manner] | None = None

    async def classify(self, body: bytes, content_type: str = "") -> Classified:
        scores = Scores(Picture("jpeg", 800, 600), "m@1", 0.1, (("neutral", 0.9),), likeness=self.likeness)
        return Classified(scores, "cd" * 16, False)

    def known(self, name: str, content_type: str = "") -> None:
        return None

    async def depict(self, body: bytes, content_type: str, manner: Manner) -> bytes | None:
        self.asked = (body, manner)
        return self.drawn


@pytest.fixture
def knowing() -> Knowing:
    return Knowing()


@pytest.fixture
def site(make_site: Callable[..., Site], knowing: Knowing, home: Home) -> Site:
    return make_site(door=Filter(knowing, {"strict": 0.2, "balanced": 0.5, "lenient": 0.8}, rules=home.rules))


@pytest.fixture
def app(site: Site) -> Any:
    return create_app(site, areas=(log, settings, start))


@pytest.fixture
async def at_home(home: Home) -> None:
    await settle(home, EMMA, LEO)


def standing(home: Home) -> set[tuple[Action, Scope, str, str]]:
    return {(given.action, given.scope, given.value, given.device) for given in answers.active(home)}


def deed_of(location: str) -> int:
    found = re.search(r"done=(\d+)", location)
    assert found is not None, location
    return int(found[1])


# What is told


async def test_a_line_tells_what_where_when_on_which_device_why_and_how_sure(
    parent: Browser, tmp_path: Path, at_home: None
) -> None:
    await write(tmp_path, line())

    words = (await parent.get("/log")).words

    assert "example.com" in words
    assert "Not fit for a general audience · Very likely (93%)" in words
    assert "3:30" in words
    assert "Emma's tablet" in words
    assert "JPEG 800 × 600" in words
    assert "cdn.example.net/…/picture.jpg" in words
    assert "porn" in words
    assert "80.0%" in words
    assert "Opinion of nsfwjs@4.4.0" in words


async def test_no_address_of_the_log_is_a_link_that_opens_by_accident(parent: Browser, tmp_path: Path) -> None:
    await write(tmp_path, line())

    page = (await parent.get("/log")).text

    for link in re.findall(r"<a [^>]*https://[^>]*>[^<]*", page):
        assert "Open it all the same" in link
        assert 'rel="noopener noreferrer nofollow"' in link


async def test_what_a_page_has_put_into_an_address_stays_text(parent: Browser, tmp_path: Path) -> None:
    hostile = "https://example.com/<script>alert(1)</script>?\"'onmouseover=x"
    await write(tmp_path, line(page=hostile, url=hostile))

    page = (await parent.get("/log")).text

    assert "<script>alert" not in page
    assert "\"'onmouseover" not in page


async def test_lines_come_newest_first_and_fifty_a_page(parent: Browser, tmp_path: Path) -> None:
    await write(tmp_path, *(line(time=NOW + timedelta(seconds=n), digest=f"{n:032x}") for n in range(120)))

    numbers, path = [], "/log"
    for _ in range(3):
        page = (await parent.get(path)).text
        numbers.append([int(number) for number in re.findall(r'data-number="(\d+)"', page)])
        older = re.search(r'href="(/log\?after=[^"]+)" rel="next"', page)
        path = older[1] if older else ""

    assert numbers == [list(range(120, 70, -1)), list(range(70, 20, -1)), list(range(20, 0, -1))]
    assert path == ""


async def test_filters_are_in_the_address_and_stay_in_the_form_and_in_what_is_older(
    parent: Browser, tmp_path: Path
) -> None:
    await write(tmp_path, *(line(device="emma" if n % 2 else "leo", digest=f"{n:032x}") for n in range(120)))

    page = (await parent.get("/log?device=leo&period=30d")).text

    assert {int(number) % 2 for number in re.findall(r'data-number="(\d+)"', page)} == {1}
    assert '<option value="leo" selected>' in page
    assert re.search(r'href="/log\?device=leo&amp;period=30d&amp;after=', page)
    assert "/log/export.csv?device=leo&amp;period=30d" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=STORY", {1, 2, 3}),
        ("q=media/b", {2}),
        ("site=games.example.org", {4}),
        ("reason=block-list", {4}),
        ("decision=show", {3}),
        ("from=90", {1, 3}),
        ("from=40&to=50,5", {2}),
        ("since=2026-03-04", {1, 3, 4}),
        ("before=2026-03-03", {2}),
        ("since=2026-03-03T10:00&before=2026-03-04T15:00", {2}),
        ("period=today", {1, 3, 4}),
        ("period=2d", {1, 2, 3, 4}),
    ],
)
async def test_the_filters_find_what_they_say(parent: Browser, tmp_path: Path, query: str, found: set[int]) -> None:
    await write(
        tmp_path,
        line(),
        line(time=NOW - timedelta(days=1), malign=0.45, url="https://cdn.example.net/media/b/other.jpg"),
        line(decision="show"),
        closed_site(),
    )

    page = (await parent.get(f"/log?{query}")).text

    assert {int(number) for number in re.findall(r'data-number="(\d+)"', page)} == found


@pytest.mark.parametrize("query", ["from=much", "to=101", "since=yesterday", "period=always", "decision=maybe"])
async def test_a_filter_that_cannot_be_understood_is_told(parent: Browser, query: str) -> None:
    answer = await parent.get(f"/log?{query}")

    assert answer.status == 400
    assert 'role="alert"' in answer.text


async def test_a_place_that_is_none_in_the_log_is_told(parent: Browser) -> None:
    assert (await parent.get("/log?after=here")).status == 400


async def test_an_empty_log_says_so(parent: Browser) -> None:
    assert "Nothing was hidden yet." in (await parent.get("/log")).words


async def test_the_thumbnail_is_for_parents_and_kept_by_no_browser(
    parent: Browser, client: Browser, tmp_path: Path
) -> None:
    await write(tmp_path, line(), line(digest="ef" * 16), sketches={DIGEST: JPEG})

    kept = await parent.get("/log/1/sketch")
    assert (kept.status, kept.body, kept.headers["content-type"]) == (200, JPEG, "image/jpeg")
    assert kept.headers["cache-control"] == "no-store"
    assert (await parent.get("/log/2/sketch")).status == 404
    assert (await parent.get("/log")).text.count("/sketch") == 1
    assert (await client.get("/log/1/sketch")).status == 303


@pytest.mark.parametrize(
    "path",
    ["/log", "/log/1", "/log/live", "/log/missed", "/log/answers", "/log/corrections", "/log/export.csv",
     "/log/export.json", "/log/corrections.csv", "/log/1/clearer", "/log/1/sketch"],
)  # fmt: skip
async def test_nobody_sees_the_log_without_the_password(client: Browser, tmp_path: Path, path: str) -> None:
    await write(tmp_path, line(), sketches={DIGEST: JPEG})

    answer = await client.get(path)

    assert answer.status == 303
    assert answer.location.startswith("/login")


@pytest.mark.parametrize("path", ["/log/1", "/log/missed", "/log/answers", "/log/corrections.zip", "/log/1/clearer"])
async def test_nobody_changes_anything_without_the_password(
    client: Browser, home: Home, tmp_path: Path, path: str
) -> None:
    await write(tmp_path, line())

    assert (await client.post(path, {"act": "show", "address": "https://example.com/a.jpg"})).status == 403
    assert answers.active(home) == []


async def test_a_line_that_is_not_there_is_not_found(parent: Browser) -> None:
    for number in (1, 10**18, 10**30):
        assert (await parent.get(f"/log/{number}")).status == 404


async def test_the_page_of_a_line_counts_its_look_alikes(parent: Browser, tmp_path: Path) -> None:
    near, far = LIKENESS ^ 0b1011, LIKENESS ^ 0xFFFFFF
    await write(tmp_path, line(), line(likeness=near), line(likeness=LIKENESS), line(likeness=far), line(likeness=None))

    assert "2 other lines of the block log are of this picture" in (await parent.get("/log/1")).words
    assert "No other line of the block log is of a picture like it." in (await parent.get("/log/4")).words
    assert "Nothing is known by which its look-alikes could be told." in (await parent.get("/log/5")).words


# What one click does


@pytest.mark.parametrize(
    ("act", "made"),
    [
        ("show", {(Action.SHOW, Scope.PICTURE, DIGEST)}),
        ("show-alike", {(Action.SHOW, Scope.PICTURE, DIGEST), (Action.SHOW, Scope.LOOK_ALIKES, f"{LIKENESS:016x}")}),
        ("trust", {(Action.SHOW, Scope.SITE, "example.com")}),
        ("trust-hour", {(Action.SHOW, Scope.SITE, "example.com")}),
        (
            "hide",
            {
                (Action.HIDE, Scope.PICTURE, DIGEST),
                (Action.HIDE, Scope.LOOK_ALIKES, f"{LIKENESS:016x}"),
                (Action.HIDE, Scope.ADDRESS, "https://cdn.example.net/media/a/picture.jpg"),
            },
        ),
    ],
)
async def test_one_click_answers_and_one_click_undoes_it(
    parent: Browser, home: Home, tmp_path: Path, at_home: None, act: str, made: set[tuple[Action, Scope, str]]
) -> None:
    await write(tmp_path, line())

    answer = await parent.post("/log/1", {"act": act, "for": "emma", "back": "/log?device=emma"})

    assert (answer.status, answer.location.startswith("/log?device=emma&done=")) == (303, True)
    assert standing(home) == {(*given, "emma") for given in made}
    await home.undo(deed_of(answer.location), "parent")
    assert standing(home) == set()


async def test_an_answer_can_hold_for_all_devices(parent: Browser, home: Home, tmp_path: Path, at_home: None) -> None:
    await write(tmp_path, line())

    await parent.post("/log/1", {"act": "show", "for": ""})

    assert standing(home) == {(Action.SHOW, Scope.PICTURE, DIGEST, "")}


async def test_trust_for_an_hour_ends_after_an_hour(parent: Browser, home: Home, clock: Clock, tmp_path: Path) -> None:
    await write(tmp_path, line())
    await parent.post("/log/1", {"act": "trust-hour", "site": "cdn.example.net"})

    assert standing(home) == {(Action.SHOW, Scope.SITE, "cdn.example.net", "")}
    clock.forward(hours=1)
    assert standing(home) == set()


async def test_closing_a_site_puts_it_on_the_list_of_the_devices_profile_and_takes_trust_back(
    parent: Browser, home: Home, tmp_path: Path, at_home: None
) -> None:
    await write(tmp_path, line())
    await parent.post("/log/1", {"act": "trust", "for": "emma"})

    answer = await parent.post("/log/1", {"act": "block", "for": "emma"})

    profiles = home.house.profiles
    assert [name for name in profiles if "example.com" in set(profiles[name].sites.block)] == ["under-12"]
    assert standing(home) == set()
    await home.undo(deed_of(answer.location), "parent")
    assert set(home.house.profiles["under-12"].sites.block) == set()
    assert len(standing(home)) == 1


async def test_a_site_can_be_closed_for_all_profiles(
    parent: Browser, home: Home, tmp_path: Path, at_home: None
) -> None:
    await write(tmp_path, line())

    await parent.post("/log/1", {"act": "block", "for": ""})

    assert all("example.com" in set(profile.sites.block) for profile in home.house.profiles.values())


async def test_a_picture_without_a_digest_is_known_by_its_address(parent: Browser, home: Home, tmp_path: Path) -> None:
    await write(tmp_path, line(digest="", likeness=None, malign=None, scores=(), reason="too-large"))

    await parent.post("/log/1", {"act": "show"})

    assert standing(home) == {(Action.SHOW, Scope.ADDRESS, "https://cdn.example.net/media/a/picture.jpg", "")}


@pytest.mark.parametrize(
    "form",
    [
        {"act": ""},
        {"act": "delete"},
        {"act": "show-alike"},
        {"act": "show", "for": "leo"},
        {"act": "trust", "site": "bank.example.com"},
    ],
)
async def test_what_cannot_be_done_with_a_line_is_told_and_nothing_changes(
    parent: Browser, home: Home, tmp_path: Path, at_home: None, form: dict[str, str]
) -> None:
    await write(tmp_path, line(likeness=None))

    answer = await parent.post("/log/1", form)

    assert answer.status == 400
    assert answers.active(home) == []


async def test_nobody_is_led_elsewhere_after_a_click(parent: Browser, tmp_path: Path) -> None:
    await write(tmp_path, line())

    answer = await parent.post("/log/1", {"act": "show", "back": "https://evil.example.com/"})

    assert answer.location.startswith("/log?done=")


async def test_with_scripts_the_line_itself_comes_back_with_undo(
    parent: Browser, home: Home, tmp_path: Path, at_home: None
) -> None:
    await write(tmp_path, line())

    answer = await parent.post("/log/1", {"act": "show", "for": "emma", "back": "/log"}, **HEADED)

    assert answer.status == 200
    assert answer.text.strip().startswith('<li class="entry"')
    assert "This picture is shown from now on. Undo" in answer.words
    assert "Shown since" in answer.words


async def test_a_closed_site_can_be_opened_and_hours_lead_to_the_device(
    parent: Browser, home: Home, tmp_path: Path, at_home: None
) -> None:
    await write(tmp_path, closed_site(), closed_site("out-of-hours"))

    page = (await parent.get("/log")).text
    await parent.post("/log/1", {"act": "trust-hour", "for": "emma"})

    assert 'href="/devices/emma"' in page
    assert standing(home) == {(Action.SHOW, Scope.SITE, "games.example.org", "emma")}


async def test_answers_in_force_are_listed_and_can_be_taken_back(parent: Browser, home: Home, at_home: None) -> None:
    until = home.now() + timedelta(hours=1)
    await answers.override(home, "parent", Action.SHOW, Scope.SITE, "example.com", device="emma", until=until)

    page = await parent.get("/log/answers")
    key = re.search(r'name="key" value="([^"]+)"', page.text)
    assert key is not None
    answer = await parent.post("/log/answers", {"key": key[1]})

    assert "example.com" in page.words
    assert "For Emma's tablet · until" in page.words
    assert answers.active(home) == []
    await home.undo(deed_of(answer.location), "parent")
    assert len(answers.active(home)) == 1
    assert (await parent.post("/log/answers", {"key": "gone"})).status == 400


# What should have been hidden


async def test_a_picture_named_by_its_address_is_hidden_with_its_look_alikes(
    parent: Browser, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed, "fetch", lambda _: Fetched(b"picture", "image/jpeg"))

    answer = await parent.post("/log/missed", {"address": " https://example.com/a.jpg "})

    assert answer.status == 200
    assert standing(home) == {
        (Action.HIDE, Scope.PICTURE, "cd" * 16, ""),
        (Action.HIDE, Scope.LOOK_ALIKES, f"{LIKENESS:016x}", ""),
        (Action.HIDE, Scope.ADDRESS, "https://example.com/a.jpg", ""),
    }
    assert "Pictures that look like it are hidden" in answer.words
    deed = re.search(r'name="deed" value="(\d+)"', answer.text)
    assert deed is not None
    await home.undo(int(deed[1]), "parent")
    assert standing(home) == set()


async def test_an_uploaded_picture_is_hidden_with_its_look_alikes_and_not_kept(
    parent: Browser, home: Home, tmp_path: Path
) -> None:
    answer = await parent.upload("/log/missed", {"file": ("beach\x07.jpg", b"a picture that nobody keeps")})

    assert answer.status == 200
    assert {(scope, value) for _, scope, value, _ in standing(home)} == {
        (Scope.PICTURE, "cd" * 16),
        (Scope.LOOK_ALIKES, f"{LIKENESS:016x}"),
    }
    assert not any(b"nobody keeps" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


async def test_what_cannot_be_fetched_is_hidden_by_its_address_and_the_page_says_so(
    parent: Browser, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: str) -> Fetched:
        raise FetchError("example.com answers 404")

    monkeypatch.setattr(missed, "fetch", gone)

    answer = await parent.post("/log/missed", {"address": "https://example.com/a.jpg"})

    assert standing(home) == {(Action.HIDE, Scope.ADDRESS, "https://example.com/a.jpg", "")}
    assert "example.com answers 404" in answer.words


@pytest.mark.parametrize("address", ["", "no address", "file:///etc/passwd", "ftp://example.com/a.jpg"])
async def test_what_is_no_address_is_told(parent: Browser, home: Home, address: str) -> None:
    answer = await parent.post("/log/missed", {"address": address})

    assert answer.status == 400
    assert 'role="alert"' in answer.text
    assert answers.active(home) == []


async def test_nothing_is_fetched_from_this_house(parent: Browser, home: Home) -> None:
    answer = await parent.post("/log/missed", {"address": "http://127.0.0.1:8081/log"})

    assert "no public address" in answer.words


async def test_a_file_that_is_empty_or_too_large_is_told(
    parent: Browser, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed, "MOST_BYTES", 100)

    assert (await parent.upload("/log/missed", {"file": ("a.jpg", b"")})).status == 400
    assert (await parent.upload("/log/missed", {"file": ("a.jpg", bytes(101))})).status == 400
    assert answers.active(home) == []


async def test_a_picture_without_structure_is_hidden_alone(parent: Browser, home: Home, knowing: Knowing) -> None:
    knowing.likeness = None

    answer = await parent.upload("/log/missed", {"file": ("a.jpg", b"x")})

    assert {scope for _, scope, _, _ in standing(home)} == {Scope.PICTURE}
    assert "Its look-alikes could not be told" in answer.words


# A little clearer


async def test_a_little_clearer_asks_for_the_password_again_and_five_minutes_later_once_more(
    parent: Browser, clock: Clock, tmp_path: Path, knowing: Knowing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(tmp_path, line())
    fetched: list[str] = []

    def fetch(address: str) -> Fetched:
        fetched.append(address)
        return Fetched(b"picture", "image/jpeg")

    monkeypatch.setattr(clearer, "fetch", fetch)
    clock.forward(minutes=6)

    assert 'name="password"' in (await parent.get("/log/1/clearer")).text
    assert (await parent.post("/log/1/clearer")).status == 403
    assert (await parent.post("/log/1/clearer", {"password": "wrong"})).status == 403
    assert fetched == []
    shown = await parent.post("/log/1/clearer", {"password": PASSWORD})
    assert (shown.status, "data:image/jpeg;base64," in shown.text) == (200, True)
    assert knowing.asked == (b"picture", Manner.CLEARER)
    assert shown.headers["cache-control"] == "no-store"
    assert (await parent.post("/log/1/clearer")).status == 200
    clock.forward(minutes=5)
    assert (await parent.post("/log/1/clearer")).status == 403
    assert fetched == ["https://cdn.example.net/media/a/picture.jpg"] * 2


async def test_one_who_has_just_logged_in_is_not_asked_again(
    parent: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(tmp_path, line())
    monkeypatch.setattr(clearer, "fetch", lambda _: Fetched(b"picture", "image/jpeg"))

    assert (await parent.post("/log/1/clearer")).status == 200


async def test_why_nothing_clearer_can_be_shown_is_told(
    parent: Browser, tmp_path: Path, knowing: Knowing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(tmp_path, line(), line(url="data:image/png;base64"))

    def gone(_: str) -> Fetched:
        raise FetchError("cdn.example.net answers 410 Gone")

    monkeypatch.setattr(clearer, "fetch", gone)
    assert "cdn.example.net answers 410 Gone" in (await parent.post("/log/1/clearer")).words
    monkeypatch.setattr(clearer, "fetch", lambda _: Fetched(b"", "text/html"))
    knowing.drawn = None
    assert "cannot be drawn" in (await parent.post("/log/1/clearer")).words
    assert "has no address of its own" in (await parent.get("/log/2/clearer")).words
    assert (await parent.post("/log/2/clearer")).status == 400


# Taken away


async def test_the_filtered_log_is_exported_as_csv_and_json(
    parent: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_A_PIECE", 3)
    await write(tmp_path, *(line(device="emma" if n % 2 else "leo", digest=f"{n:032x}") for n in range(20)))

    staying = patient(parent)
    rows = list(csv.DictReader(io.StringIO((await staying.get("/log/export.csv?device=leo")).text)))
    whole = await staying.get("/log/export.json?device=leo")
    nothing = await staying.get("/log/export.json?device=nobody")

    assert [row["digest"] for row in rows] == [f"{n:032x}" for n in range(18, -1, -2)]
    assert [found["digest"] for found in whole.data] == [row["digest"] for row in rows]
    assert nothing.data == []
    assert 'filename="block-log.json"' in whole.headers["content-disposition"]
    assert json.loads(rows[0]["scores"])["porn"] == 0.8


async def test_corrections_are_exported_with_addresses_from_the_log(
    parent: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(tmp_path, line())
    await parent.post("/log/1", {"act": "show"})
    picture = (Path(__file__).parents[1] / "data/malign-synthetic-1.png").read_bytes()
    monkeypatch.setattr(exports, "fetch", lambda address, seconds: Fetched(picture, "image/png"))

    page = await parent.get("/log/corrections")
    table = (await patient(parent).get("/log/corrections.csv")).text
    archive = await patient(parent).post("/log/corrections.zip")

    assert "Benign 1 Malign 0 With an address 1" in page.words
    assert f"https://cdn.example.net/media/a/picture.jpg,benign,{DIGEST}" in table
    assert archive.body.startswith(b"PK")
    assert (await parent.get("/log/corrections.zip")).status == 405


async def test_the_page_of_corrections_says_when_there_are_none(parent: Browser) -> None:
    assert "There is nothing yet." in (await parent.get("/log/corrections")).words


async def test_a_device_that_is_gone_keeps_its_lines(parent: Browser, tmp_path: Path) -> None:
    await write(tmp_path, replace(line(), device="old-phone"))

    assert "old-phone" in (await parent.get("/log?device=old-phone")).words
