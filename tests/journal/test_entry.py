import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geacc_proxy.journal.clean import clean_url
from geacc_proxy.journal.entry import FIELDS, Entry
from geacc_proxy.verdict import (
    Action,
    Context,
    Decision,
    Failure,
    Judgement,
    Picture,
    Reason,
    Scores,
    Unjudged,
)
from tests.journal.samples import entry


def test_a_json_line_has_the_agreed_keys_in_the_agreed_order_and_reads_back():
    line = json.dumps(entry().to_json())
    assert ", ".join(json.loads(line)) == (
        "time, device, profile, page, url, digest, width, height, format, malign, scores, model, decision, reason"
    )
    assert Entry.from_json(json.loads(line)) == entry()


def test_a_json_line_with_a_missing_or_an_unknown_key_is_refused():
    values = entry().to_json()
    with pytest.raises(ValueError, match="reason"):
        Entry.from_json({key: values[key] for key in FIELDS if key != "reason"})
    with pytest.raises(ValueError, match="colour"):
        Entry.from_json(values | {"colour": "red"})


def test_any_time_zone_is_kept_as_utc_and_none_is_refused():
    local = datetime(2026, 5, 1, 10, 0, tzinfo=timezone(timedelta(hours=2)))
    assert entry(time=local).to_json()["time"] == "2026-05-01T08:00:00.000000+00:00"
    with pytest.raises(ValueError, match="time zone"):
        entry(time=datetime(2026, 5, 1))


@pytest.mark.parametrize(
    ("given_url", "kept"),
    [
        ("https://ann:s3cret@example.org/a.jpg", "https://example.org/a.jpg"),
        ("https://ann:s3@cret@example.org/a.jpg", "https://example.org/a.jpg"),
        ("HTTP://s3cret@[::1/a", "HTTP://[::1/a"),
        ("//ann:s3cret@example.org/", "//example.org/"),
        ("https://example.org/@ann?to=b@c", "https://example.org/@ann?to=b@c"),
        ("https://example.org?@", "https://example.org?@"),
        ("/home/ann/picture.jpg", "/home/ann/picture.jpg"),
    ],
)
def test_an_address_loses_its_password_and_nothing_else(given_url, kept):
    assert entry(url=given_url, page=given_url).url == kept


def test_a_password_longer_than_the_cap_is_dropped_too():
    assert clean_url("https://ann:" + "s" * 5000 + "@example.org/a") == "https://example.org/a"


def test_long_addresses_are_cut_and_data_addresses_keep_their_head():
    assert len(entry(url="https://example.org/" + "a" * 10_000).url) == 2048
    assert entry(url="data:image/png;base64," + "A" * 100_000).url == "data:image/png;base64,…"
    assert len(entry(url="data:" + "a" * 100_000).url) == 256


@given(st.text(st.characters(exclude_categories=())))
def test_whatever_an_address_holds_it_can_be_stored_and_shown(text):
    kept = entry(url=text, device=text)
    for value in (kept.url, kept.device):
        value.encode()
        assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in value)


def test_scores_that_are_no_numbers_are_left_out():
    odd = entry(malign=float("nan"), scores=(("Porn", float("inf")), ("Sexy", 0.5)))
    assert (odd.malign, odd.scores) == (None, (("Sexy", 0.5),))


def test_a_judgement_becomes_a_line():
    decision = Decision(Action.HIDE, Reason.MALIGN, "child", "strict", 0.7)
    scores = Scores(Picture("png", 3, 4), "a-model@1", 0.98765432, (("Porn", 0.98765432),))
    context = Context(url="https://a.example/", page="https://b.example/", device="tablet", time=datetime.now(UTC))
    line = Entry.of(Judgement(decision, scores, "00ff"), context)
    assert line == Entry(
        context.time, "tablet", "child", "https://b.example/", "https://a.example/", "00ff", 3, 4, "png",
        0.987654, (("Porn", 0.987654),), "a-model@1", "hide", "malign",
    )  # fmt: skip


def test_a_picture_without_scores_becomes_a_line_without_scores():
    decision = Decision(Action.HIDE, Reason.TIMED_OUT, "child", "strict", 0.7)
    line = Entry.of(Judgement(decision, Unjudged(Failure.TIMED_OUT), ""), Context())
    assert (line.malign, line.scores, line.model, line.reason) == (None, (), "", "timed-out")


def test_a_site_that_was_closed_becomes_a_line_without_a_picture():
    context = Context(url="https://games.example/a", page="https://b.example/", device="tablet", time=datetime.now(UTC))
    line = Entry.refused(Reason.BLOCKED_SITE, context, "child")
    assert line == Entry(
        context.time, "tablet", "child", "https://b.example/", "https://games.example/a", "", 0, 0, "",
        None, (), "", "hide", "blocked-site",
    )  # fmt: skip
    assert Entry.from_json(json.loads(json.dumps(line.to_json()))) == line


def test_what_a_picture_looks_like_is_kept_and_stays_out_of_exports():
    decision = Decision(Action.HIDE, Reason.MALIGN, "child", "strict", 0.7)
    scores = Scores(Picture("png", 3, 4), "a-model@1", 0.9, (), likeness=2**64 - 1)
    line = Entry.of(Judgement(decision, scores, "00ff"), Context())
    assert line.likeness == 2**64 - 1
    assert set(line.to_json()) == set(FIELDS)


@pytest.mark.parametrize("likeness", [-1, 2**64])
def test_what_is_no_perceptual_hash_is_left_out(likeness):
    assert entry(likeness=likeness).likeness is None
