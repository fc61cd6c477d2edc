"""The pages of profiles: what a parent reads there, and what becomes of what they press."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from geacc_proxy.home import devices, lists, profiles
from geacc_proxy.home.home import Home
from geacc_proxy.policy.profile import READY_MADE, TEEN, UNDER_12, Effect, Filtering, Strictness
from geacc_proxy.policy.schedule import Slot
from geacc_proxy.web import profiles as area
from geacc_proxy.web.app import create_app
from geacc_proxy.web.profiles.views import false_alarms
from geacc_proxy.web.site import StrictnessFact

from .browsing import Answer, Browser

FORM = {
    "title": "Teen",
    "strictness": "balanced",
    "filtering": "hide",
    "effect": "placeholder",
    "video": "allow",
    "hide_unjudged": "on",
    "safe_search": "on",
    "thumbnails": "on",
}
"""What a browser sends of the form of `TEEN`, as it is made."""


@pytest.fixture
def app(site: Any) -> Any:
    return create_app(site, areas=(area,))


async def undo(parent: Browser, home: Home, answer: Answer) -> None:
    page = await parent.follow(answer.location)
    assert 'action="/undo"' in page.text
    await home.undo(int(answer.location.rpartition("done=")[2]), "parent")


async def test_the_list_says_who_has_which(parent, home):
    await devices.add(home, "parent", name="Ben", profile="teen")
    await devices.add(home, "parent", name="Anna", profile="teen")
    await profiles.save(home, "parent", replace(TEEN, daily_minutes=90))

    words = (await parent.get("/profiles")).words

    assert "Teen Balanced 1 hr 30 min a day Anna, Ben" in words
    assert "Adult Pictures are not filtered Nobody has it" in words
    assert "New device Strict What a device has until you choose" in words


async def test_strictness_is_said_in_words_with_what_was_measured(parent):
    words = (await parent.get("/profiles/teen")).words

    assert "Strict Hides whatever might be unfit" in words
    assert "Of 1,000 harmless photos about 41 are hidden with it." in words
    assert "Of 1,000 harmless photos about 12 are hidden with it." in words
    assert "was not measured for this model" in words


@pytest.mark.parametrize(
    ("share", "told"),
    [(0.05, "about 50 are"), (0.0011, "about 1 is"), (0.0001, "fewer than one is"), (None, "was not measured")],
)
def test_false_alarms_are_told_of_a_thousand_photos(share, told):
    assert told in false_alarms(StrictnessFact("strict", 0.2, share))


async def test_a_form_that_is_sent_as_it_came_changes_nothing_that_holds(parent, home):
    await parent.post("/profiles/teen", FORM)

    assert home.house.profiles["teen"] == TEEN


async def test_a_profile_is_changed_and_that_can_be_undone(parent, home):
    answer = await parent.post(
        "/profiles/teen",
        {
            **FORM,
            "strictness": "strict",
            "filtering": "monitor",
            "effect": "blur",
            "allow": "school.example\n",
            "limit-porn": "35",
            "slot-0-days": ["5", "6"],
            "slot-0-start": "09:00",
            "slot-0-end": "22:00",
            "daily_minutes": "120",
        },
    )

    changed = home.house.profiles["teen"]
    assert answer.status == 303
    assert (changed.strictness, changed.filtering, changed.effect) == (
        Strictness.STRICT, Filtering.MONITOR, Effect.BLUR,
    )  # fmt: skip
    assert list(changed.sites.allow) == ["school.example"]
    assert changed.limits == (("porn", 0.35),)
    assert changed.schedule.slots == (Slot(frozenset({5, 6}), time(9), time(22)),)
    assert changed.daily_minutes == 120
    await undo(parent, home, answer)
    assert home.house.profiles["teen"] == TEEN


async def test_what_cannot_be_understood_comes_back_filled_in_and_is_not_kept(parent, home):
    answer = await parent.post(
        "/profiles/teen",
        {
            **FORM,
            "title": "Ben & <b>",
            "block": "games.example\nno site",
            "daily_minutes": "much",
            "limit-porn": "200",
            "slot-0-start": "15:00",
        },
    )

    assert answer.status == 422
    assert "Line 2: “no site” is no site." in answer.words
    for anchor, target in (("f-block", 'id="f-block"'), ("hours", 'id="hours"'), ("experts", 'id="experts"')):
        assert f'<a href="#{anchor}">' in answer.text
        assert target in answer.text
    assert "from 0 to 1440" in answer.words
    assert "Tick at least one day." in answer.words
    assert 'value="Ben &amp; &lt;b&gt;"' in answer.text
    assert "games.example\nno site</textarea>" in answer.text
    assert '<details class="experts" open>' in answer.text
    assert home.house.profiles["teen"] == TEEN


async def test_rows_are_added_and_taken_away_without_scripts_and_nothing_else_is_lost(parent, home):
    more = await parent.post("/profiles/teen", {**FORM, "allow": "a.example", "do": "add-slot"})
    assert more.status == 200
    assert 'name="slot-0-start" value="15:00"' in more.text
    assert "a.example</textarea>" in more.text

    two = {**FORM, "slot-0-start": "08:00", "slot-1-start": "17:00", "do": "remove-slot-0"}
    fewer = await parent.post("/profiles/teen", two)

    assert 'name="slot-0-start" value="17:00"' in fewer.text
    assert "08:00" not in fewer.text
    assert home.house.profiles["teen"] == TEEN


async def test_the_week_is_drawn_and_told(parent, home):
    await parent.post("/profiles/teen", {**FORM, "slot-0-days": "0", "slot-0-start": "22:00", "slot-0-end": "01:30"})

    page = await parent.get("/profiles/teen")

    assert "Monday: 22:00–24:00; Tuesday: 00:00–01:30; Wednesday: closed" in page.words


async def test_the_sum_takes_the_place_of_the_strictness_and_that_is_said(parent):
    await parent.post("/profiles/teen", {**FORM, "limit-malign": "40"})

    words = (await parent.get("/profiles/teen")).words

    assert "A limit for experts, further below, takes the place of the strictness." in words
    assert "Takes the place of the strictness, which means 50.0 %." in words


async def test_labels_of_the_model_can_be_limited_and_those_that_are_unfit_are_marked(parent):
    page = await parent.get("/profiles/teen")

    for label in ("malign", "drawing", "hentai", "neutral", "porn", "sexy"):
        assert f'name="limit-{label}"' in page.text
    assert page.words.count("Counts as unfit.") == 3


async def test_block_lists_are_chosen_from_those_that_are_subscribed(parent, home):
    await lists.subscribe(home, "parent", "ads", "/lists/ads.txt")
    assert 'name="block_lists" value="ads">' in (await parent.get("/profiles/teen")).text

    await parent.post("/profiles/teen", {**FORM, "block_lists": ["ads", "other"]})

    assert home.house.profiles["teen"].block_lists == ("ads",)
    assert 'name="block_lists" value="ads" checked>' in (await parent.get("/profiles/teen")).text


async def test_a_copy_is_another_profile_with_the_same_rules(parent, home):
    answer = await parent.post("/profiles/under-12/copy")
    again = await parent.post("/profiles/under-12-2/copy")

    assert answer.location.startswith("/profiles/under-12-2?done=")
    assert again.location.startswith("/profiles/under-12-3?done=")
    assert home.house.profiles["under-12-2"] == replace(UNDER_12, name="under-12-2", title="Under 12 (copy)")
    await undo(parent, home, again)
    assert "under-12-3" not in home.house.profiles


async def test_a_copy_of_a_long_title_still_has_a_title_that_will_do(parent, home):
    await profiles.save(home, "parent", replace(TEEN, name="long", title="x" * 60))

    await parent.post("/profiles/long/copy")

    made = home.house.profiles["long-2"]
    assert (await parent.post("/profiles/long-2", {**FORM, "title": made.title})).status == 303


async def test_a_profile_is_removed_if_nobody_has_it(parent, home):
    await parent.post("/profiles/teen/copy")
    await devices.add(home, "parent", name="Anna", profile="teen-2")
    page = await parent.get("/profiles/teen-2")
    assert "It can be removed once nobody has it." in page.words
    assert "Remove this profile" not in page.words
    assert (await parent.post("/profiles/teen-2/remove")).status == 400

    await devices.edit(home, "parent", "anna", profile="teen")
    assert "Remove this profile" in (await parent.get("/profiles/teen-2")).words
    answer = await parent.post("/profiles/teen-2/remove")

    assert answer.location.startswith("/profiles?done=")
    assert "teen-2" not in home.house.profiles


async def test_a_ready_made_profile_is_set_back(parent, home):
    assert "Set it back" not in (await parent.get("/profiles/teen")).words
    await parent.post("/profiles/teen", {**FORM, "strictness": "strict"})
    assert "Set it back" in (await parent.get("/profiles/teen")).words

    answer = await parent.post("/profiles/teen/remove")

    assert answer.location.startswith("/profiles/teen?done=")
    assert home.house.profiles["teen"] == TEEN
    assert (await parent.post("/profiles/teen/remove")).status == 400


@pytest.mark.parametrize("profile", READY_MADE, ids=lambda profile: profile.name)
async def test_each_ready_made_profile_has_a_page(parent, profile):
    assert f"<h1>{profile.title}</h1>" in (await parent.get(f"/profiles/{profile.name}")).text


async def test_a_profile_that_is_not_there_is_not_found(parent):
    assert (await parent.get("/profiles/none")).status == 404
    for path in ("", "/copy", "/remove"):
        assert (await parent.post(f"/profiles/none{path}", FORM)).status == 404


async def test_nobody_but_a_parent_changes_anything(client, home):
    for path in ("/profiles/teen", "/profiles/teen/copy", "/profiles/teen/remove"):
        assert (await client.post(path, {**FORM, "filtering": "off"})).status == 403
    assert (await client.get("/profiles/teen")).status == 303
    assert home.house.profiles == {profile.name: profile for profile in READY_MADE}
