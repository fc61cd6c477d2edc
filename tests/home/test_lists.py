"""Block lists that a home has subscribed to."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import devices, lists, profiles
from geacc_proxy.home.home import Home
from geacc_proxy.home.lists import Lists
from geacc_proxy.policy.admission import admit
from geacc_proxy.policy.profile import TEEN

from .conftest import Clock


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A list in a file."""
    path = tmp_path / "hosts.txt"
    path.write_text("0.0.0.0 ads.example\n||bad.example^\n", encoding="utf-8")
    return path


async def test_a_list_is_in_force_for_profiles_that_name_it(home: Home, source: Path, tmp_path: Path) -> None:
    await lists.subscribe(home, "parent", "ads", str(source))
    await profiles.save(home, "parent", replace(TEEN, block_lists=("ads",)))
    device = await devices.add(home, "parent", name="PC", profile="teen")
    keeper = Lists(home, tmp_path / "lists")
    assert admit(home.rules_of(device), "www.bad.example") is None
    await keeper.update()
    refusal = admit(home.rules_of(device), "www.bad.example")
    assert refusal is not None
    assert refusal.detail == "ads"
    assert admit(home.rules_of(device), "good.example") is None
    (state,) = keeper.all()
    assert (state.name, state.rules, state.error) == ("ads", 2, "")


async def test_a_list_is_looked_at_again_after_a_day(home: Home, source: Path, tmp_path: Path, clock: Clock) -> None:
    await lists.subscribe(home, "parent", "ads", str(source))
    keeper = Lists(home, tmp_path / "lists")
    await keeper.update()
    source.write_text("||bad.example^\n||worse.example^\n||worst.example^\n", encoding="utf-8")
    clock.move(hours=23)
    await keeper.update()
    assert keeper.all()[0].rules == 2
    clock.move(hours=1)
    await keeper.update()
    assert keeper.all()[0].rules == 3


async def test_a_list_that_is_gone_stays_in_force_and_says_so(
    home: Home, source: Path, tmp_path: Path, clock: Clock
) -> None:
    await lists.subscribe(home, "parent", "ads", str(source))
    keeper = Lists(home, tmp_path / "lists")
    await keeper.update()
    source.unlink()
    clock.move(days=2)
    await keeper.update()
    (state,) = keeper.all()
    assert state.rules == 2
    assert str(source) in state.error
    assert home.house.lists["ads"].covers("bad.example")
    again = Lists(home, tmp_path / "lists")
    await again.update()
    assert home.house.lists["ads"].covers("bad.example"), "loaded from the copy"


async def test_what_is_subscribed_while_it_runs_comes_soon_and_undo_brings_a_list_back(
    home: Home, source: Path, tmp_path: Path
) -> None:
    running = asyncio.create_task(Lists(home, tmp_path / "lists").run())
    try:
        await lists.subscribe(home, "parent", "ads", str(source))
        await _until(lambda: "ads" in home.house.lists)
        number = await lists.unsubscribe(home, "parent", "ads")
        await _until(lambda: "ads" not in home.house.lists)
        source.unlink()
        await home.undo(number, "parent")
        await _until(lambda: "ads" in home.house.lists)
    finally:
        running.cancel()


async def test_a_list_that_is_used_or_unknown_cannot_be_given_up(home: Home, source: Path) -> None:
    await lists.subscribe(home, "parent", "ads", str(source))
    await profiles.save(home, "parent", replace(TEEN, block_lists=("ads",)))
    with pytest.raises(UsageError, match="Teen uses the list ads"):
        await lists.unsubscribe(home, "parent", "ads")
    with pytest.raises(UsageError, match="no block list"):
        await lists.unsubscribe(home, "parent", "more")


@pytest.mark.parametrize(("name", "source"), [("Ads!", "/x"), ("ads", "http://plain.example/list"), ("ads", "")])
async def test_a_name_or_source_that_is_none_is_refused(home: Home, name: str, source: str) -> None:
    with pytest.raises(UsageError):
        await lists.subscribe(home, "parent", name, source)


async def test_copies_of_lists_that_were_given_up_go_at_the_next_start(
    home: Home, source: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "lists"
    await lists.subscribe(home, "parent", "ads", str(source))
    await Lists(home, folder).update()
    await lists.unsubscribe(home, "parent", "ads")
    assert list(folder.iterdir())
    running = asyncio.create_task(Lists(home, folder).run())
    try:
        await _until(lambda: not list(folder.iterdir()))
    finally:
        running.cancel()


async def _until(condition: object) -> None:
    async with asyncio.timeout(20):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)
