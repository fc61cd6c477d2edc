"""What a parent changes holds at once, is kept, leaves a line, and can be taken back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import answers, devices, preferences, profiles, requests
from geacc_proxy.home.deeds import sentence
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.events import Happening
from geacc_proxy.home.home import Home
from geacc_proxy.home.storage import open_store
from geacc_proxy.policy.device import Traits
from geacc_proxy.policy.override import Scope
from geacc_proxy.policy.profile import TEEN, UNDER_12, Filtering
from geacc_proxy.verdict import Action, Context

from .conftest import Clock

TABLET = Traits(address="192.168.1.5")


async def newcomer(home: Home, traits: Traits = TABLET) -> str:
    """A device that has just been seen for the first time."""
    with home.events.listening() as queue:
        key = home.recognise(traits).key
        event = await asyncio.wait_for(queue.get(), 10)
    assert event.kind is Happening.NEW_DEVICE
    assert event.data == {"device": key, "address": traits.address}
    return key


async def test_an_unknown_device_is_entered_once_with_the_safe_baseline(home: Home) -> None:
    key = await newcomer(home)
    assert home.recognise(TABLET).key == key
    assert home.house.devices[key].profile == "new-device"
    assert not home.house.devices[key].known
    assert home.rules_of(home.device(key)).filtering is Filtering.HIDE


async def test_what_is_changed_holds_at_once_and_after_a_restart(home: Home, tmp_path: Path, clock: Clock) -> None:
    key = await newcomer(home)
    await devices.edit(home, "parent", key, name="Anna's tablet", profile="teen")
    assert home.rules_of(home.device(key)).profile == TEEN
    again = await Home.open(lambda: open_store(tmp_path / "geacc.db"), zone=UTC, clock=clock)
    try:
        assert again.house.devices[key].name == "Anna's tablet"
        assert again.house.devices[key].last_seen == clock.now
    finally:
        await again.close()


async def test_each_change_leaves_a_line_and_can_be_undone_once(home: Home) -> None:
    key = await newcomer(home)
    await devices.edit(home, "parent", key, profile="teen")
    (deed,) = await home.deeds()
    assert (deed.who, sentence(deed)) == ("parent", f"Gave {key} the profile Teen")
    undo = await home.undo(deed.number, "cli")
    assert home.house.devices[key].profile == "new-device"
    newest = (await home.deeds())[0]
    assert (newest.number, sentence(newest)) == (undo, f"Undid: Gave {key} the profile Teen")
    with pytest.raises(UsageError, match="undone already"):
        await home.undo(deed.number, "parent")


async def test_what_was_changed_again_cannot_be_undone_before_that_is(home: Home) -> None:
    key = await newcomer(home)
    await devices.edit(home, "parent", key, profile="teen")
    first = (await home.deeds())[0].number
    await devices.edit(home, "parent", key, profile="adult")
    second = (await home.deeds())[0].number
    with pytest.raises(UsageError, match="changed again"):
        await home.undo(first, "parent")
    await home.undo(second, "parent")
    await home.undo(first, "parent")
    assert home.house.devices[key].profile == "new-device"


async def test_an_undo_can_be_undone(home: Home) -> None:
    await preferences.save(home, "parent", retention_hours=5)
    first = await home.undo((await home.deeds())[0].number, "parent")
    await home.undo(first, "parent")
    assert preferences.preferences(home).retention_hours == 5


async def test_secrets_leave_no_trace_in_the_audit_trail(home: Home, tmp_path: Path) -> None:
    await preferences.save(home, "parent", notify_urls=("mailto://anna:hunter2@example.com",))
    (deed,) = await home.deeds()
    assert "hunter2" not in repr(deed)
    assert preferences.preferences(home).notify_urls == ("mailto://anna:hunter2@example.com",)


async def test_a_document_that_cannot_be_understood_changes_nothing(home: Home) -> None:
    with pytest.raises(UsageError, match="strictness"):
        await home.change("parent", "x", {(Kind.PROFILE, "p"): {"strictness": "severe"}})
    with pytest.raises(UsageError, match="key"):
        await home.change("parent", "x", {(Kind.PROFILE, "../p"): {}})
    assert await home.deeds() == []
    assert home.documents(Kind.PROFILE) == {}


async def test_what_is_kept_and_not_understood_is_left_out(tmp_path: Path, clock: Clock) -> None:
    store = open_store(tmp_path / "geacc.db")
    store.save({(Kind.PROFILE, "teen"): {"strictness": 7}, (Kind.DEVICE, "x"): {"bonus": 5}}, None)
    store.close()
    home = await Home.open(lambda: open_store(tmp_path / "geacc.db"), clock=clock)
    assert home.house.profiles["teen"] == TEEN
    assert home.house.devices == {}
    await home.close()


async def test_a_pause_is_over_when_its_time_is(home: Home, clock: Clock) -> None:
    key = await newcomer(home)
    with home.events.listening() as queue:
        await devices.pause(home, "parent", 30, key)
        kinds = [queue.get_nowait().kind for _ in range(queue.qsize())]
    assert Happening.STOPPED in kinds
    assert home.rules_of(home.device(key)).paused
    clock.move(minutes=30)
    assert not home.rules_of(home.device(key)).paused
    await devices.pause(home, "parent", 5)
    assert home.rules_of(home.device(key)).paused
    await devices.pause(home, "parent", None)
    assert not home.rules_of(home.device(key)).paused


async def test_what_holds_for_a_picture_follows_each_change_at_once_and_the_clock_within_a_second(
    home: Home, clock: Clock
) -> None:
    key = await newcomer(home)
    context = Context(device=key)
    first = home.rules(context)
    clock.move(seconds=0.9)
    assert home.rules(context) is first
    await devices.pause(home, "parent", 5, key)
    assert home.rules(context).paused
    clock.move(minutes=5)
    assert not home.rules(context).paused


async def test_minutes_of_use_are_counted_once_each_and_by_day(home: Home, clock: Clock) -> None:
    for seconds in (0, 10, 60, 61, 3600):
        clock.now = clock.now.replace(hour=12, minute=0, second=0)
        clock.move(seconds=seconds)
        home.note_use("tablet")
    assert home.used_minutes("tablet") == 3
    clock.move(days=1)
    assert home.used_minutes("tablet") == 0
    home.restore_use("2026-01-06", {"tablet": [5, 6]})
    assert home.used_minutes("tablet") == 2
    assert home.use_of("2026-01-06") == {"tablet": frozenset({5, 6})}
    assert home.use_of("2026-01-05") != {}
    clock.move(days=1)
    home.note_use("tablet")
    assert home.use_of("2026-01-05") == {}, "only yesterday is kept in memory"


async def test_the_last_minute_of_a_day_is_given_whole(home: Home, clock: Clock) -> None:
    key = await newcomer(home)
    await profiles.save(home, "parent", replace(UNDER_12, daily_minutes=2))
    await devices.edit(home, "parent", key, profile=UNDER_12.name)
    clock.now = clock.now.replace(hour=12, minute=0, second=0)
    left = []
    for _ in range(5):
        left.append(home.rules_of(home.device(key)).minutes_left)
        if left[-1]:
            home.note_use(key)
        clock.move(seconds=30)
    assert left == [2, 2, 1, 1, 0]


async def test_two_devices_cannot_be_recognised_by_the_same_thing(home: Home) -> None:
    await devices.add(home, "cli", name="Anna's tablet", profile="teen", address="192.168.1.9", login="anna")
    for same in ({"address": "192.168.1.9"}, {"login": "anna"}):
        with pytest.raises(UsageError, match="belongs to Anna's tablet"):
            await devices.add(home, "cli", name="Another", profile="teen", **same)  # type: ignore[arg-type]


async def test_devices_of_the_same_name_get_keys_of_their_own(home: Home) -> None:
    keys = [(await devices.add(home, "cli", name="Änne’s PC!", profile="teen")).key for _ in range(3)]
    assert keys == ["annes-pc", "annes-pc-2", "annes-pc-3"]


async def test_a_removed_device_comes_back_with_undo_and_all_that_it_had(home: Home) -> None:
    device = await devices.add(home, "cli", name="PC", profile="teen", port=9001)
    number = await devices.remove(home, "cli", device.key)
    assert home.house.devices == {}
    await home.undo(number, "cli")
    assert home.house.devices[device.key].port == 9001


async def test_more_time_adds_up_within_a_day(home: Home, clock: Clock) -> None:
    device = await devices.add(home, "cli", name="PC", profile="teen")
    await devices.bonus(home, "parent", device.key, 15)
    await devices.bonus(home, "parent", device.key, 30)
    assert home.device(device.key).bonus == ("2026-01-05", 45)
    clock.move(days=1)
    await devices.bonus(home, "parent", device.key, 10)
    assert home.device(device.key).bonus == ("2026-01-06", 10)


async def test_a_ready_made_profile_can_be_changed_and_set_back_and_not_removed(home: Home) -> None:

    await profiles.save(home, "parent", replace(TEEN, safe_search=False))
    assert not home.house.profiles["teen"].safe_search
    await profiles.remove(home, "parent", "teen")
    assert home.house.profiles["teen"] == TEEN
    with pytest.raises(UsageError, match="as it was made"):
        await profiles.remove(home, "parent", "teen")


async def test_a_profile_that_somebody_has_stays(home: Home) -> None:

    await profiles.save(home, "parent", replace(TEEN, name="big", title="Big ones"))
    await devices.add(home, "cli", name="PC", profile="big")
    with pytest.raises(UsageError, match="PC has the profile Big ones"):
        await profiles.remove(home, "parent", "big")


async def test_a_profile_names_subscribed_lists_alone(home: Home) -> None:

    with pytest.raises(UsageError, match="subscribe"):
        await profiles.save(home, "parent", replace(TEEN, block_lists=("ads",)))


async def test_an_answer_is_in_force_until_it_ends_or_is_taken_back(home: Home, clock: Clock) -> None:
    until = clock.now.replace(hour=13)
    await answers.override(home, "parent", Action.SHOW, Scope.SITE, "https://Museum.example/x", until=until)
    await answers.override(home, "parent", Action.HIDE, Scope.PICTURE, "abc", subject="example.com")
    assert [(given.scope, given.value) for given in answers.active(home)] == [
        (Scope.SITE, "museum.example"),
        (Scope.PICTURE, "abc"),
    ]
    clock.move(hours=1)
    (left,) = answers.active(home)
    await answers.remove(home, "parent", left.key)
    assert answers.active(home) == []
    await home.undo((await home.deeds())[0].number, "parent")
    assert answers.active(home) == [left]


async def test_a_child_asks_and_the_answer_works_at_once(home: Home) -> None:
    key = await newcomer(home)
    with home.events.listening() as queue:
        asked = await requests.ask(home, key, "site", "games.example", note="  for \n school ")
        kinds = [queue.get_nowait().kind for _ in range(queue.qsize())]
    assert Happening.REQUEST in kinds
    assert asked.note == "for school"
    assert await requests.ask(home, key, "site", "GAMES.example") == asked
    await requests.answer(home, "parent", asked.key, granted=True, scope=Scope.OPEN)
    assert home.house.overrides.of_site(Scope.OPEN, "www.games.example", key, home.now()) is not None
    assert home.house.overrides.of_site(Scope.OPEN, "www.games.example", "another", home.now()) is None
    assert [request.state for request in requests.all_of(home, key)] == ["granted"]
    with pytest.raises(UsageError, match="answered already"):
        await requests.answer(home, "parent", asked.key, granted=False)


async def test_undoing_an_answer_opens_the_request_again_and_takes_the_yes_back(home: Home) -> None:
    asked = await requests.ask(home, "tablet", "picture", "digest", page="example.com")
    number = await requests.answer(home, "parent", asked.key, granted=True)
    await home.undo(number, "parent")
    assert requests.all_of(home)[0].state == "open"
    assert answers.active(home) == []


async def test_a_child_cannot_flood_a_parent(home: Home) -> None:
    for number in range(requests.MOST_OPEN):
        await requests.ask(home, "tablet", "picture", f"digest{number}")
    with pytest.raises(UsageError, match="open already"):
        await requests.ask(home, "tablet", "picture", "one more")
    await requests.ask(home, "another", "picture", "one more")


async def test_a_note_is_short(home: Home) -> None:
    with pytest.raises(UsageError, match="200"):
        await requests.ask(home, "tablet", "picture", "d", note="x" * 201)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("retention_hours", 0),
        ("pac_fallback", "ajar"),
        ("notify_on", ("births",)),
        ("language", "x" * 50),
        ("colour", 1),
    ],
)
async def test_a_setting_that_is_none_is_refused_by_name(home: Home, name: str, value: object) -> None:
    with pytest.raises(UsageError, match=name):
        await preferences.save(home, "parent", **{name: value})


async def test_what_is_over_is_forgotten_and_what_is_open_stays(home: Home, clock: Clock) -> None:
    asked = await requests.ask(home, "tablet", "picture", "one", page="old.example")
    await requests.ask(home, "tablet", "picture", "two", page="open.example")
    until = clock.now.replace(hour=13)
    await requests.answer(home, "parent", asked.key, granted=True, until=until)
    await answers.override(home, "parent", Action.SHOW, Scope.SITE, "lasting.example")
    clock.move(hours=30)
    assert await home.forget(clock.now.replace(hour=0)) == 6, "four deeds, a request and its answer"
    assert [request.page for request in requests.all_of(home)] == ["open.example"]
    assert [given.value for given in answers.active(home)] == ["lasting.example"]
    assert await home.deeds() == []
    assert await home.forget(clock.now) == 0
