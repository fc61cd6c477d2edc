"""The pages of devices: what a parent reads there, and what becomes of what they press."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from argon2 import PasswordHasher

from geacc_proxy.home import devices, profiles
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home
from geacc_proxy.policy.device import Device, Traits
from geacc_proxy.policy.profile import TEEN, UNDER_12
from geacc_proxy.policy.schedule import Schedule, Slot
from geacc_proxy.web import devices as area
from geacc_proxy.web import home as overview
from geacc_proxy.web.app import create_app

from .browsing import Answer, Browser

EVERY_DAY = frozenset(range(7))


@pytest.fixture
def app(site: Any) -> Any:
    return create_app(site, areas=(overview, area))


@pytest.fixture
async def tablet(home: Home) -> Device:
    return await devices.add(home, "parent", name="Anna's tablet", profile="teen", address="192.168.1.20")


def form_of(device: Device, **changes: str) -> dict[str, str]:
    fields = {
        "name": device.name,
        "profile": device.profile,
        "addresses": "\n".join(device.addresses),
        "macs": "",
        "login": device.login,
        "password": "",
        "port": "",
    }
    return fields | changes


async def undo(parent: Browser, home: Home, answer: Answer) -> None:
    """What the notice's button does."""
    page = await parent.follow(answer.location)
    assert 'action="/undo"' in page.text
    await home.undo(int(answer.location.rpartition("done=")[2]), "parent")


async def test_the_list_says_who_is_online_and_how_much_time_is_left(parent, home, clock):
    await profiles.save(home, "parent", replace(TEEN, daily_minutes=90))
    await devices.add(home, "parent", name="Ben", profile="teen", address="192.168.1.30")
    home.recognise(Traits(address="192.168.1.30"))
    await home._note_sightings()

    words = (await parent.get("/devices")).words

    assert "Ben Teen Online now 1 hr 30 min left today" in words
    clock.forward(minutes=10)
    assert "Last seen 10 minutes ago" in (await parent.get("/devices")).words


async def test_an_empty_home_offers_to_add_a_device(parent):
    words = (await parent.get("/devices")).words

    assert "Nobody is here yet" in words


async def test_a_new_device_is_given_a_profile_at_a_touch_and_that_can_be_undone(parent, home):
    await home.keep({(Kind.DEVICE, "192.168.1.77"): {"addresses": ["192.168.1.77"]}})
    page = await parent.get("/devices")
    assert "New: 192.168.1.77" in page.words
    assert '<button class="button quiet" name="profile" value="under-12">Under 12</button>' in page.text

    answer = await parent.post("/devices/192.168.1.77/profile", {"profile": "teen", "back": "/devices"})

    assert home.device("192.168.1.77").profile == "teen"
    assert "New:" not in (await parent.get("/devices")).words
    await undo(parent, home, answer)
    assert not home.device("192.168.1.77").known


async def test_with_many_profiles_there_is_a_list_to_choose_from(parent, home):
    for number in range(4):
        await profiles.save(home, "parent", replace(TEEN, name=f"extra-{number}", title=f"Extra {number}"))
    await home.keep({(Kind.DEVICE, "tv"): {}})

    assert '<option value="extra-3">Extra 3</option>' in (await parent.get("/devices")).text


async def test_a_device_is_renamed_and_that_can_be_undone(parent, home, tablet):
    answer = await parent.post(f"/devices/{tablet.key}", form_of(tablet, name="Kitchen", profile="under-12"))

    changed = home.device(tablet.key)
    assert (answer.status, changed.name, changed.profile) == (303, "Kitchen", "under-12")
    await undo(parent, home, answer)
    assert home.device(tablet.key) == tablet


async def test_what_cannot_be_understood_comes_back_filled_in(parent, home, tablet):
    answer = await parent.post(
        f"/devices/{tablet.key}", form_of(tablet, name="Kitchen <b>", addresses="nowhere", port="80")
    )

    assert answer.status == 422
    assert "“nowhere” is no address" in answer.words
    assert "from 1024 to 65535" in answer.words
    assert 'value="Kitchen &lt;b&gt;"' in answer.text
    assert '<details class="recognised" open>' in answer.text
    assert home.device(tablet.key) == tablet


async def test_a_login_is_kept_as_a_hash_and_forgotten_when_it_is_changed(parent, home, tablet):
    await parent.post(f"/devices/{tablet.key}", form_of(tablet, login="anna", password="a long password"))
    kept = home.document(Kind.SECRET, "login:anna")
    assert kept is not None
    assert PasswordHasher().verify(kept["hash"], "a long password")
    assert home.device(tablet.key).login == "anna"

    await parent.post(f"/devices/{tablet.key}", form_of(tablet, login="anna2", password="another password"))

    assert home.document(Kind.SECRET, "login:anna") is None
    assert home.document(Kind.SECRET, "login:anna2") is not None
    page = await parent.get(f"/devices/{tablet.key}")
    assert "another password" not in page.text
    assert "argon2" not in page.text


async def test_a_password_stays_where_none_is_typed(parent, home, tablet):
    await parent.post(f"/devices/{tablet.key}", form_of(tablet, login="anna", password="a long password"))
    kept = home.document(Kind.SECRET, "login:anna")

    answer = await parent.post(f"/devices/{tablet.key}", form_of(tablet, login="anna", name="Kitchen"))

    assert answer.status == 303
    assert home.document(Kind.SECRET, "login:anna") == kept


async def test_a_device_is_paused_and_goes_on(parent, home, tablet, clock):
    page = f"/devices/{tablet.key}"
    await parent.post("/pause", {"minutes": "5", "device": tablet.key, "back": page})

    assert "Filtering is paused until 3:35" in (await parent.get(page)).words
    assert "Paused until 3:35" in (await parent.get("/devices")).words
    await parent.post("/pause", {"minutes": "", "device": tablet.key, "back": page})
    assert "Unfit pictures are hidden." in (await parent.get(page)).words


async def test_a_pause_for_all_is_ended_for_all_not_for_one(parent, home, tablet):
    await devices.pause(home, "parent", 30)

    page = await parent.get(f"/devices/{tablet.key}")

    assert "It is paused for all." in page.words
    assert "Go on now" not in page.words


async def test_a_bonus_is_offered_where_time_is_limited_and_adds_up(parent, home, tablet):
    page = f"/devices/{tablet.key}"
    assert "More time today" not in (await parent.get(page)).words
    await profiles.save(home, "parent", replace(TEEN, daily_minutes=60))
    assert "1 hr left today" in (await parent.get(page)).words

    await parent.post(f"{page}/bonus", {"minutes": "15"})
    answer = await parent.post(f"{page}/bonus", {"minutes": "30"})

    assert "1 hr 45 min left today" in (await parent.get(page)).words
    await undo(parent, home, answer)
    assert "1 hr 15 min left today" in (await parent.get(page)).words


@pytest.mark.parametrize("minutes", ["", "1", "-15", "x"])
async def test_no_other_bonus_can_be_had(parent, home, tablet, minutes):
    assert (await parent.post(f"/devices/{tablet.key}/bonus", {"minutes": minutes})).status == 400
    assert home.device(tablet.key) == tablet


async def test_a_device_that_is_closed_says_when_it_opens(parent, home, tablet):
    evening = Schedule((Slot(EVERY_DAY, time(18), time(20)),))
    await profiles.save(home, "parent", replace(TEEN, schedule=evening))

    words = (await parent.get(f"/devices/{tablet.key}")).words

    assert "The internet is closed at this hour. It opens at 6:00" in words


async def test_time_that_is_used_up_is_said(parent, home, tablet):
    await profiles.save(home, "parent", replace(TEEN, daily_minutes=0))

    assert "Today's time is used up." in (await parent.get(f"/devices/{tablet.key}")).words


@pytest.mark.parametrize(
    ("profile", "words"),
    [("adult", "Its pictures are not filtered."), ("watched", "Unfit pictures are noted, not hidden.")],
)
async def test_what_is_done_with_pictures_is_said(parent, home, tablet, profile, words):
    from geacc_proxy.policy.profile import Filtering

    await profiles.save(home, "parent", replace(UNDER_12, name="watched", filtering=Filtering.MONITOR))
    await devices.edit(home, "parent", tablet.key, profile=profile)

    assert words in (await parent.get(f"/devices/{tablet.key}")).words


async def test_a_device_is_removed_and_comes_back(parent, home, tablet):
    answer = await parent.post(f"/devices/{tablet.key}/remove")

    assert answer.location.startswith("/devices?done=")
    assert home.house.devices == {}
    await undo(parent, home, answer)
    assert home.house.devices == {tablet.key: tablet}


@pytest.mark.parametrize("path", ["", "/profile", "/bonus", "/remove"])
async def test_a_device_that_is_not_there_is_not_found(parent, path):
    assert (await parent.post(f"/devices/nobody{path}", {"profile": "teen", "minutes": "15"})).status == 404
    assert (await parent.get("/devices/nobody")).status == 404


async def test_a_key_with_slashes_and_colons_has_a_page(parent, home):
    key = "aB3/x+y=/profile"
    await home.keep({(Kind.DEVICE, key): {"name": "Phone"}, (Kind.DEVICE, "3c:22:fb:00:00:01"): {}})

    assert (await parent.get(f"/devices/{key}")).status == 200
    assert (await parent.post(f"/devices/{key}/profile", {"profile": "teen"})).status == 303
    assert home.device(key).profile == "teen"
    assert 'href="/devices/aB3%2Fx%2By%3D%2Fprofile"' in (await parent.get("/devices")).text
    assert 'href="/devices/3c%3A22%3Afb%3A00%3A00%3A01"' in (await parent.get("/devices")).text


async def test_nobody_but_a_parent_changes_anything(client, home, tablet):
    for path, form in (
        ("", form_of(tablet, profile="adult")),
        ("/profile", {"profile": "adult"}),
        ("/bonus", {"minutes": "60"}),
        ("/remove", {}),
    ):
        assert (await client.post(f"/devices/{tablet.key}{path}", form)).status == 403
    assert (await client.get("/devices")).status == 303
    assert home.house.devices == {tablet.key: tablet}
