"""`geacc-proxy profile`."""

from __future__ import annotations

import json

import pytest

from geacc_proxy.cli.profile import app
from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.home import data
from geacc_proxy.policy.profile import READY_MADE, TEEN, UNDER_12, Effect
from tests.cli.home import look, runner


@pytest.fixture
def profile(tmp_path):
    return runner(app, tmp_path)


def told(run, name):
    return json.loads(run("show", name, "--format", "json").stdout)


def test_the_ready_made_ones_are_there(profile):
    found = [json.loads(line) for line in profile("list", "--format", "json").stdout.splitlines()]
    assert [one["name"] for one in found] == [one.name for one in READY_MADE]
    assert all(one["ready_made"] and not one["changed"] for one in found)
    head, *rows = profile("list").stdout.splitlines()
    assert head.split()[:3] == ["Profile", "Name", "Filtering"]
    assert rows[0].startswith("Under 12")


def test_a_profile_is_shown_with_the_names_of_its_document(profile):
    assert {"name", "ready_made", "changed"} | set(data.of_profile(TEEN)) == set(told(profile, "teen"))
    lines = profile("show", "teen").stdout.splitlines()
    assert "daily_minutes  none" in lines
    assert "safe_search    yes" in lines


def test_a_profile_is_changed_where_it_was_told_to(profile, tmp_path):
    result = profile(
        *("set", "teen", "--effect", "blur", "--daily-minutes", "90", "--show-unjudged", "--limit", "malign=0.4"),
        *("--block", "games.example", "--block", "https://www.more.example/x"),
    )
    assert result.stdout == "teen changed.\n"
    found = look(tmp_path, lambda home: home.house.profiles["teen"])
    assert (found.effect, found.daily_minutes, found.hide_unjudged) == (Effect.BLUR, 90, False)
    assert found.limits == (("malign", 0.4),)
    assert list(found.sites.block) == ["games.example", "www.more.example"]
    assert (found.strictness, found.safe_search) == (TEEN.strictness, True)
    profile("set", "teen", "--allow", "school.example", "--daily-minutes", "none")
    again = told(profile, "teen")
    assert again["sites"] == {
        "allow": ["school.example"],
        "block": ["games.example", "www.more.example"],
        "unfiltered": [],
    }
    assert again["daily_minutes"] is None
    profile("set", "teen", "--block", "")
    assert told(profile, "teen")["sites"]["block"] == []


def test_a_new_profile_begins_as_another(profile):
    assert profile("set", "holidays", "--like", "under-12", "--title", "Holidays").stdout == "holidays made.\n"
    found = told(profile, "holidays")
    assert (found["title"], found["strictness"], found["video"]) == ("Holidays", "strict", UNDER_12.video)
    assert (found["ready_made"], found["changed"]) == (False, True)


def test_what_is_shown_can_be_set(profile, tmp_path):
    shown = told(profile, "teen") | {"schedule": [{"days": [0], "start": "15:00", "end": "19:30"}]}
    file = tmp_path / "teen.json"
    file.write_text(json.dumps(shown))
    assert profile("set", "weekdays", "--file", str(file), "--title", "Weekdays").stdout == "weekdays made.\n"
    assert told(profile, "weekdays")["schedule"] == shown["schedule"]


def test_a_profile_is_removed_and_a_ready_made_one_set_back(profile):
    profile("set", "holidays", "--like", "teen")
    assert profile("remove", "holidays").stdout == "holidays removed.\n"
    profile("set", "teen", "--effect", "blur")
    assert profile("remove", "teen").stdout == "teen set back to what it was.\n"
    assert told(profile, "teen")["effect"] == "placeholder"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "none"], "there is no profile 'none'; there are under-12, teen, adult, new-device"),
        (["set", "teen"], "there is nothing to change of teen"),
        (["set", "two words"], "is no key"),
        (["set", "new", "--like", "none"], "there is no profile 'none'"),
        (["set", "teen", "--limit", "malign"], "write it as LABEL=SCORE"),
        (["set", "teen", "--limit", "malign=7"], "is no score"),
        (["set", "teen", "--limit", "malign=nan"], "is no score"),
        (["set", "teen", "--daily-minutes", "soon"], "a number of minutes, or none"),
        (["set", "teen", "--daily-minutes", "9999"], "a whole number from 0 to 1440"),
        (["set", "teen", "--block", "no site"], "names no site"),
        (["set", "teen", "--block-list", "none"], "there is no block list 'none'"),
        (["remove", "teen"], "is as it was made"),
        (["remove", "none"], "does not exist"),
    ],
)
def test_wrong_use_is_told_in_one_line(profile, arguments, message):
    result = profile(*arguments)
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)
    assert "\n" not in str(result.exception)


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "is no JSON"), ("[]", "is no profile"), ('{"colour": "red"}', "there is no 'colour' in a profile")],
)
def test_a_file_that_is_no_profile_is_told_of(profile, tmp_path, content, message):
    file = tmp_path / "p.json"
    file.write_text(content)
    result = profile("set", "x", "--file", str(file))
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)


def test_a_file_that_is_not_there_is_told_of(profile, tmp_path):
    result = profile("set", "x", "--file", str(tmp_path / "none.json"))
    assert isinstance(result.exception, GeaccError)
    assert "cannot read" in str(result.exception)
