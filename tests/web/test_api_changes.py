"""What programs change at home: each change is in the audit trail under their name, and can be undone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from geacc_proxy.home import lists, preferences, requests, tokens
from geacc_proxy.home.deeds import sentence
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home
from geacc_proxy.policy.profile import TEEN, Filtering
from geacc_proxy.web.site import Site
from tests.home.goal import serving

from .api import Program, app_with_api

TABLET = {"name": "Anna's tablet", "profile": "teen", "addresses": ["192.168.1.20"]}


@pytest.fixture
async def program(site: Site, home: Home) -> Program:
    await home.keep({(Kind.SECRET, "password"): {"hash": "$argon2id$"}})
    return Program(app_with_api(site), await tokens.create(home, "parent", "tests", ["admin"]))


async def said(home: Home) -> tuple[str, str]:
    """Who did something last, and what."""
    deed = (await home.deeds(limit=1))[0]
    return deed.who, sentence(deed)


async def test_a_device_is_added_changed_and_removed(program, home):
    added = await program.post("/devices", TABLET | {"macs": ["3C-22-FB-01-02-03"], "port": 9001})
    assert added.status == 201
    assert added.data["key"] == "annas-tablet"
    assert added.data["macs"] == ["3c:22:fb:01:02:03"]
    assert added.data["now"] == {
        "filtering": "hide",
        "paused": False,
        "in_hours": True,
        "minutes_left": None,
        "used_minutes": 0,
    }
    assert await said(home) == ("api:tests", "Added Anna's tablet with the profile Teen")
    changed = await program.patch("/devices/annas-tablet", {"profile": "under-12", "addresses": []})
    assert (changed.status, changed.data["profile"], changed.data["addresses"]) == (200, "under-12", [])
    assert changed.data["macs"] == ["3c:22:fb:01:02:03"]
    assert (await program.get("/devices")).data == [changed.data]
    assert (await program.delete("/devices/annas-tablet")).status == 200
    assert (await program.get("/devices/annas-tablet")).status == 404


async def test_a_device_may_have_several_addresses_from_the_start(program):
    added = await program.post("/devices", TABLET | {"addresses": ["192.168.1.20", "::ffff:192.168.1.20", "FD00::1"]})
    assert added.data["addresses"] == ["192.168.1.20", "fd00::1"]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (TABLET | {"addresses": ["192.168.1"]}, "'192.168.1' is no address; write it as 192.168.1.20 or fd00::20"),
        (TABLET | {"addresses": ["fe80::1%eth0"]}, "'fe80::1%eth0' is no address"),
        (TABLET | {"macs": ["aa:bb"]}, "'aa:bb' is no hardware address"),
        (TABLET | {"port": 80}, "port 80 will not do"),
        (TABLET | {"profile": "none"}, "there is no profile 'none'"),
        (TABLET | {"name": ""}, "name: String should have at least 1 character"),
        (TABLET | {"name": "two\nlines"}, "name: it takes one line"),
        ({"name": "x"}, "profile: Field required"),
    ],
)
async def test_a_device_that_is_none_is_refused(program, body, line):
    answer = await program.post("/devices", body)
    assert answer.status == 422
    assert answer.data["detail"].startswith(line)


async def test_what_another_device_is_recognised_by_is_refused(program):
    await program.post("/devices", TABLET)
    answer = await program.post("/devices", TABLET | {"name": "Another"})
    assert answer.status == 422
    assert "belongs to Anna's tablet already" in answer.data["detail"]


async def test_an_empty_change_is_refused(program):
    await program.post("/devices", TABLET)
    answer = await program.patch("/devices/annas-tablet", {})
    assert answer.data == {
        "detail": "there is nothing to change; give at least one of name, profile, addresses, macs, port"
    }


async def test_filtering_is_paused_for_a_device_and_goes_on(program, home):
    await program.post("/devices", TABLET)
    deed = (await program.post("/devices/annas-tablet/pause", {"minutes": 30})).data["deed"]
    now = (await program.get("/devices/annas-tablet")).data["now"]
    assert (now["paused"], now["filtering"]) == (True, "off")
    assert (await program.post(f"/deeds/{deed}/undo")).status == 200
    assert (await program.get("/devices/annas-tablet")).data["now"]["paused"] is False
    await program.post("/devices/annas-tablet/pause", {"minutes": 30})
    await program.post("/devices/annas-tablet/pause", {"minutes": None})
    assert (await program.get("/devices/annas-tablet")).data["paused_until"] is None


async def test_the_pause_for_all_is_told_until_it_is_over(program, clock):
    await program.post("/home/pause", {"minutes": 30})
    assert (await program.get("/home")).data["paused_until"] == "2026-03-04T16:00:00Z"
    clock.forward(minutes=30)
    answer = (await program.get("/home")).data
    assert (answer["paused"], answer["paused_until"]) == (False, None)


async def test_more_time_is_added_up(program):
    await program.put("/profiles/short", {"daily_minutes": 60})
    await program.post("/devices", TABLET | {"profile": "short"})
    for _ in range(2):
        answer = await program.post("/devices/annas-tablet/bonus", {"minutes": 15})
    assert answer.data["bonus"] == ["2026-03-04", 30]
    assert answer.data["now"]["minutes_left"] == 90


async def test_a_login_is_kept_as_a_hash_and_told_to_nobody(program, home):
    await program.post("/devices", TABLET)
    answer = await program.put("/devices/annas-tablet/login", {"login": "anna", "password": "correct horse"})
    assert answer.status == 200
    kept = home.document(Kind.SECRET, "login:anna")
    assert kept is not None
    assert kept["hash"].startswith("$argon2id$")
    assert "correct horse" not in str(await home.deeds())
    assert (await program.get("/devices/annas-tablet")).data["login"] == "anna"
    assert (await program.delete("/devices/annas-tablet/login")).status == 200
    assert home.document(Kind.SECRET, "login:anna") is None


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"login": "anna", "password": "short"}, "at least 8"),
        ({"login": "two words", "password": "correct horse"}, "is no user name"),
        ({"login": "ben", "password": "correct horse"}, "belongs to Ben already"),
    ],
)
async def test_a_login_that_will_not_do_is_refused_without_repeating_the_password(program, home, body, part):
    await program.post("/devices", TABLET)
    await program.post("/devices", {"name": "Ben", "profile": "teen"})
    await home.change("parent", "x", {(Kind.DEVICE, "ben"): home.document(Kind.DEVICE, "ben") | {"login": "ben"}})
    answer = await program.put("/devices/annas-tablet/login", body)
    assert answer.status == 422
    assert part in answer.data["detail"]
    assert body["password"] not in answer.data["detail"]


async def test_a_profile_is_made_changed_and_removed(program, home):
    rules = {
        "title": "Weekend",
        "strictness": "lenient",
        "sites": {"allow": ["https://www.School.example/x"], "block": ["games.example"]},
        "schedule": [{"days": [5, 6], "start": "09:00", "end": "20:30"}],
        "limits": {"malign": 0.4},
    }
    made = await program.put("/profiles/weekend", rules)
    assert made.status == 201
    assert made.data["sites"] == {"allow": ["www.school.example"], "block": ["games.example"], "unfiltered": []}
    assert (made.data["ready_made"], made.data["changed"]) == (False, True)
    told = {name: value for name, value in made.data.items() if name not in ("name", "ready_made", "changed")}
    again = await program.put("/profiles/weekend", told | {"filtering": "monitor"})
    assert (again.status, again.data["filtering"]) == (200, "monitor")
    assert home.house.profiles["weekend"].filtering is Filtering.MONITOR
    assert await said(home) == ("api:tests", "Changed the profile Weekend")
    assert (await program.delete("/profiles/weekend")).status == 200
    assert (await program.get("/profiles/weekend")).status == 404


async def test_a_ready_made_profile_is_set_back_and_never_removed(program, home):
    await program.put("/profiles/teen", {"strictness": "lenient"})
    answer = await program.post("/profiles/teen/reset")
    assert (answer.status, answer.data["strictness"], answer.data["changed"]) == (200, TEEN.strictness, False)
    assert (await program.post("/profiles/teen/reset")).status == 200
    assert (await program.delete("/profiles/teen")).status == 422
    await program.put("/profiles/own", {})
    assert (await program.post("/profiles/own/reset")).status == 404


@pytest.mark.parametrize(
    ("rules", "part"),
    [
        ({"strictness": "fierce"}, "strictness: Input should be"),
        ({"limits": {"malign": 1.5}}, "limits.malign: Input should be less than or equal to 1"),
        ({"sites": {"allow": ["no site"]}}, "sites, allow, entry 1"),
        ({"schedule": [{"days": [7], "start": "09:00", "end": "10:00"}]}, "schedule.0.days.0"),
        ({"block_lists": ["none"]}, "there is no block list 'none'"),
        ({"daily_minutes": 1441}, "daily_minutes: Input should be less than or equal to 1440"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
    ],
)
async def test_a_profile_that_is_none_is_refused(program, home, rules, part):
    answer = await program.put("/profiles/weekend", rules)
    assert answer.status == 422
    assert part in answer.data["detail"]
    assert "weekend" not in home.house.profiles


class Kept(lists.Lists):
    """Lists that are never fetched; attributes: asked."""

    asked: tuple[str, ...] = ()

    async def update(self, *, force: bool = False, only: str = "") -> None:
        self.asked = (*self.asked, only)


async def test_a_list_is_subscribed_to_refreshed_and_given_up(make_site, home, tmp_path):
    kept = Kept(home, tmp_path / "lists")
    secret = await tokens.create(home, "parent", "tests", ["profiles"])
    program = Program(app_with_api(make_site(lists=kept)), secret)
    assert (await program.put("/lists/adult", {"source": "https://lists.example/a.txt"})).status == 201
    (told,) = (await program.get("/lists")).data
    assert (told["name"], told["source"], told["rules"], told["error"]) == (
        "adult",
        "https://lists.example/a.txt",
        0,
        "",
    )
    assert (await program.post("/lists/adult/refresh")).status == 202
    await asyncio.sleep(0)
    assert kept.asked == ("adult",)
    assert (await program.delete("/lists/adult")).status == 200
    assert (await program.get("/lists/adult")).status == 404
    assert (await program.get("/lists")).data == []


@pytest.mark.parametrize(
    "source", ["/etc/passwd", "file:///etc/passwd", "http://lists.example/a", "https://me:pw@x.example"]
)
async def test_a_list_comes_from_https_alone(program, source):
    assert (await program.put("/lists/adult", {"source": source})).status == 422


async def test_an_answer_is_given_and_taken_back(program, home):
    site = {
        "action": "show",
        "scope": "site",
        "value": "https://www.example.com/x",
        "until": "2026-03-05T00:00:00+01:00",
    }
    assert (await program.post("/answers", site)).status == 201
    (told,) = (await program.get("/answers")).data
    assert (told["value"], told["until"], told["scope"]) == ("www.example.com", "2026-03-04T23:00:00Z", "site")
    assert (await said(home))[0] == "api:tests"
    assert (await program.delete(f"/answers/{told['key']}")).status == 200
    assert (await program.delete(f"/answers/{told['key']}")).status == 404
    assert (await program.get("/answers")).data == []


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"action": "hide", "scope": "site"}, "a site cannot be hidden"),
        ({"scope": "look-alikes", "value": "xyz"}, "is no perceptual hash"),
        ({"device": "nobody"}, "device: there is no device 'nobody'"),
        ({"until": "tomorrow"}, "until: 'tomorrow' is no moment"),
        ({"until": "2026-03-05T00:00:00"}, "until: '2026-03-05T00:00:00' is no moment"),
        ({"until": "0001-01-01T00:00:00+23:59"}, "until: "),
    ],
)
async def test_an_answer_that_is_none_is_refused(program, change, part):
    answer = await program.post("/answers", {"action": "show", "scope": "picture", "value": "0" * 32} | change)
    assert answer.status == 422
    assert part in answer.data["detail"]


async def test_a_request_is_answered_once_and_the_yes_holds(program, home):
    await program.post("/devices", TABLET)
    asked = await requests.ask(home, "annas-tablet", "picture", "0" * 32, page="news.example", note="please")
    (told,) = (await program.get("/requests?state=open&device=annas-tablet")).data
    assert (told["key"], told["note"], told["state"]) == (asked.key, "please", "open")
    assert (await program.get("/home")).data["open_requests"] == 1
    assert (await program.post(f"/requests/{asked.key}/answer", {"granted": True})).status == 200
    assert home.house.overrides.of_picture("0" * 32, "", None, "annas-tablet", home.now())
    assert (await program.get(f"/requests/{asked.key}")).data["state"] == "granted"
    again = await program.post(f"/requests/{asked.key}/answer", {"granted": False})
    assert (again.status, "answered already" in again.data["detail"]) == (422, True)
    assert (await program.get("/requests?state=open")).data == []
    assert (await program.post("/requests/none/answer", {"granted": True})).status == 404


async def test_the_audit_trail_is_told_page_by_page_and_undone_once(program, home):
    for name in ("One", "Two", "Three"):
        await program.post("/devices", {"name": name, "profile": "teen"})
    first, second = (await program.get("/deeds?limit=2")).data
    assert first["what"] == "Added Three with the profile Teen"
    (third,) = (await program.get(f"/deeds?limit=1&before={second['number']}")).data
    assert third["what"] == "Added One with the profile Teen"
    assert (await program.post(f"/deeds/{first['number']}/undo")).status == 200
    assert "three" not in home.house.devices
    again = await program.post(f"/deeds/{first['number']}/undo")
    assert (again.status, "is undone already" in again.data["detail"]) == (422, True)
    assert (await program.post("/deeds/99999/undo")).status == 404
    assert (await program.post("/deeds/0/undo")).status == 422


async def test_preferences_change_and_never_tell_where_messages_go(program, home):
    changed = await program.patch(
        "/preferences", {"retention_hours": None, "notify_urls": ["ntfy://s3cret-topic"], "notify_on": ["daily"]}
    )
    assert changed.status == 200
    assert (changed.data["retention_hours"], changed.data["notify_services"]) == (None, ["ntfy"])
    assert "s3cret" not in changed.text
    assert preferences.preferences(home).notify_urls == ("ntfy://s3cret-topic",)
    assert preferences.preferences(home).pac_fallback == "closed"
    assert (await program.get("/preferences")).data == changed.data
    assert (await program.patch("/preferences", {"pac_fallback": "ajar"})).status == 422


async def test_a_test_message_goes_out_or_the_service_that_failed_is_named(program, home):
    with serving() as goal:
        assert (await program.post("/preferences/test-message")).status == 422
        await program.patch("/preferences", {"notify_urls": [goal.url]})
        assert (await program.post("/preferences/test-message")).data == {"sent": True}
        assert len(goal.got) == 1
        await program.patch("/preferences", {"notify_urls": ["nosuch://s3cret"]})
        answer = await program.post("/preferences/test-message")
    assert answer.status == 503
    assert answer.data["detail"].startswith("nosuch: the address is none")


async def test_the_home_tells_its_state(program, healthy: Any):
    await program.post("/devices", TABLET)
    told = (await program.get("/home")).data
    assert (told["healthy"], told["version"], told["devices"], told["new_devices"]) == (True, "0.1.0", 1, 0)
    healthy.healthy = False
    assert (await program.get("/home")).data["healthy"] is False
