"""A profile as a form: what is typed becomes what is meant, or comes back with a sentence."""

from dataclasses import replace
from datetime import time

import pytest
from starlette.datastructures import FormData

from geacc_proxy.policy.profile import READY_MADE, TEEN, UNDER_12, Effect, Filtering, Profile, Strictness, Video
from geacc_proxy.policy.schedule import Schedule, Slot
from geacc_proxy.policy.sites import HostSet, SiteRules
from geacc_proxy.web.profiles.form import Draft, SlotDraft, limit_labels, told

LABELS = ("malign", "drawing", "porn")
FULL = Profile(
    "teen",
    Strictness.LENIENT,
    hide_unjudged=False,
    title="Anna",
    filtering=Filtering.MONITOR,
    effect=Effect.BLUR,
    limits=(("malign", 0.07), ("porn", 0.985)),
    video=Video.LISTED,
    video_sites=("school.example",),
    safe_search=True,
    sites=SiteRules(HostSet(["a.example", "museum"]), HostSet(["b.example"]), HostSet(["c.example"])),
    block_lists=("ads",),
    schedule=Schedule((Slot(frozenset({0, 6}), time(22), time(1, 30)), Slot(frozenset({2}), time(7), time(0)))),
    daily_minutes=90,
    thumbnails=True,
)


def fields(draft: Draft) -> FormData:
    """What a browser sends of the form."""
    pairs: list[tuple[str, str]] = [
        (name, getattr(draft, name))
        for name in (
            "title", "strictness", "filtering", "effect", "video", "allow", "block", "unfiltered", "video_sites",
            "daily_minutes",
        )
    ]  # fmt: skip
    pairs += [(name, "on") for name in ("hide_unjudged", "safe_search", "thumbnails") if getattr(draft, name)]
    pairs += [("block_lists", name) for name in draft.block_lists]
    pairs += [(f"limit-{label}", typed) for label, typed in draft.limits.items()]
    for row, slot in enumerate(draft.slots):
        pairs += [(f"slot-{row}-days", str(day)) for day in slot.days]
        pairs += [(f"slot-{row}-start", slot.start), (f"slot-{row}-end", slot.end)]
    return FormData(pairs)


def draft(**changes: object) -> Draft:
    return replace(Draft.of(TEEN, "Teen"), **changes)


def problems(**changes: object) -> dict[str, str]:
    return told(draft(**changes).read(TEEN, ["ads"])[1])


@pytest.mark.parametrize("profile", [FULL, *READY_MADE], ids=lambda profile: profile.title)
def test_what_is_shown_and_sent_back_unchanged_changes_nothing(profile):
    sent = Draft.typed(fields(Draft.of(profile, profile.title)), LABELS)

    assert sent.read(profile, ["ads", "games"], profile.title) == (profile, {})


def test_a_title_in_the_readers_language_is_not_kept_as_a_new_name():
    shown = Draft.of(TEEN, "Jugendliche")

    assert shown.read(TEEN, [], "Jugendliche")[0].title == "Teen"
    assert replace(shown, title="Ben").read(TEEN, [], "Jugendliche")[0].title == "Ben"


def test_a_form_of_nothing_is_answered_in_sentences():
    profile, wrong = Draft.typed(FormData([]), LABELS).read(UNDER_12, [])

    assert set(wrong) == {"title", "strictness", "filtering", "effect", "video"}
    assert profile.strictness is UNDER_12.strictness


def test_sites_are_taken_as_people_type_them():
    typed = draft(allow="https://www.Example.com/x?y\n\n  münchen.de \r\n*.museum")

    assert list(typed.read(TEEN, [])[0].sites.allow) == ["museum", "www.example.com", "xn--mnchen-3ya.de"]


def test_a_line_that_is_no_site_is_named_with_its_number():
    wrong = problems(block="a.example\n\nnot a site\nb.example\nme@mail.example")

    assert wrong["block"].startswith("Line 3: “not a site” is no site.")
    assert "Line 5: “me@mail.example” is no site." in wrong["block"]


def test_a_hundred_wrong_lines_are_told_of_in_short():
    wrong = problems(allow="\n".join(["no site"] * 100))

    assert wrong["allow"].count("Line") == 8
    assert wrong["allow"].endswith("… and 92 more.")


def test_a_list_that_is_too_long_is_refused():
    wrong = problems(unfiltered="\n".join(f"s{number}.example" for number in range(5001)))

    assert "5001 sites; up to 5000" in wrong["unfiltered"]


def test_curly_brackets_in_a_wrong_line_are_shown_as_they_are():
    assert "“{0.__class__} {line}”" in problems(allow="{0.__class__} {line}")["allow"]


@pytest.mark.parametrize("typed", ["-1", "1441", "ten", "1.5", "²", "99999"])
def test_minutes_that_no_day_has_are_refused(typed):
    assert "from 0 to 1440" in problems(daily_minutes=typed)["daily_minutes"]


def test_no_minutes_are_no_limit_and_none_at_all_is_one():
    assert draft(daily_minutes="").read(TEEN, [])[0].daily_minutes is None
    assert draft(daily_minutes="0").read(TEEN, [])[0].daily_minutes == 0


def test_limits_are_per_cent_with_a_point_or_a_comma():
    read, wrong = draft(limits={"porn": "98,5", "malign": "40.25"}).read(TEEN, [])

    assert wrong == {}
    assert dict(read.limits) == {"porn": 0.985, "malign": 0.4025}


@pytest.mark.parametrize("typed", ["101", "-0.1", "nan", "inf", "much"])
def test_limits_that_are_no_share_are_refused(typed):
    assert set(problems(limits={"porn": typed})) == {"limit-porn"}


def test_limits_of_unknown_labels_are_not_taken():
    assert Draft.typed(FormData([("limit-other", "5")]), LABELS).limits == {}


def test_limits_of_a_model_before_this_one_stay_to_be_seen():
    assert limit_labels(("drawing", "porn"), replace(TEEN, limits=(("nude", 0.5),))) == (
        "malign", "drawing", "porn", "nude",
    )  # fmt: skip


def test_a_slot_without_days_or_times_is_named():
    wrong = problems(slots=(SlotDraft(frozenset({1}), "08:00", "09:00"), SlotDraft(frozenset(), "8", "25:00")))

    assert set(wrong) == {"slot-1"}
    assert "Tick at least one day." in wrong["slot-1"]
    assert "Write both times" in wrong["slot-1"]


def test_an_empty_row_is_nothing():
    read, wrong = draft(slots=(SlotDraft(),)).read(TEEN, [])

    assert (read.schedule, wrong) == (Schedule(), {})


@pytest.mark.parametrize(("typed", "meant"), [("24:00", time(0)), ("19:30:00", time(19, 30)), ("00:00", time(0))])
def test_times_are_taken_as_browsers_send_them(typed, meant):
    read, _ = draft(slots=(SlotDraft(frozenset({0}), "15:00", typed),)).read(TEEN, [])

    assert read.schedule.slots[0].end == meant


def test_too_many_slots_are_refused():
    wrong = problems(slots=(SlotDraft(frozenset({0}), "15:00", "16:00"),) * 51)

    assert wrong["slots"] == "There are 51 times; up to 50 are possible."


def test_rows_come_in_the_order_of_their_numbers_and_bad_days_are_left_out():
    form = FormData([("slot-10-start", "10:00"), ("slot-2-start", "02:00"), ("slot-2-days", "9"), ("slot-2-days", "6")])

    assert Draft.typed(form, ()).slots == (SlotDraft(frozenset({6}), "02:00"), SlotDraft(start="10:00"))


def test_rows_are_added_and_taken_away_without_saving():
    more = draft().with_slot()

    assert len(more.slots) == 1
    assert more.read(TEEN, [])[1] == {}
    assert more.without_slot(0).slots == ()
    assert more.without_slot(7) == more


def test_videos_on_listed_sites_alone_need_a_site():
    assert set(problems(video="listed", video_sites="")) == {"video_sites"}


def test_lists_that_are_gone_are_left_out():
    assert draft(block_lists=frozenset({"ads", "gone"})).read(TEEN, ["ads"])[0].block_lists == ("ads",)
