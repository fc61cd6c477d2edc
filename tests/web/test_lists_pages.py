"""The page of block lists: what a parent reads there, and what becomes of what they press."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geacc_proxy.home import lists, profiles
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home
from geacc_proxy.home.lists import Lists
from geacc_proxy.policy.profile import TEEN
from geacc_proxy.web import lists as area
from geacc_proxy.web.app import create_app
from geacc_proxy.web.lists.form import Draft, slug

from .browsing import Browser


@pytest.fixture
def kept(home: Home, tmp_path: Path) -> Lists:
    return Lists(home, tmp_path / "lists")


@pytest.fixture
def app(make_site: Callable[..., Any], kept: Lists) -> Any:
    return create_app(make_site(lists=kept), areas=(area,))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "ads.txt"
    file.write_text("0.0.0.0 ads.example\n0.0.0.0 track.example\n(nothing that is understood)\n")
    return file


async def test_a_list_is_subscribed_by_a_path_and_comes(parent, home, kept, source):
    answer = await parent.post("/lists", {"source": str(source), "name": "Ads & more"})

    assert answer.location.startswith("/lists?done=")
    assert home.document(Kind.LIST, "ads-more") == {"source": str(source)}
    waiting = await parent.follow(answer.location)
    assert "Being fetched" in waiting.words
    assert 'hx-trigger="every 2s"' in waiting.text
    assert 'action="/undo"' in waiting.text

    await kept.update()
    page = await parent.get("/lists")
    assert "ads-more 2 sites Refreshed just now 1 line of it is not understood and left out." in page.words
    assert "hx-trigger" not in page.text
    assert home.house.lists["ads-more"].covers("ads.example")


async def test_a_list_is_named_after_its_address(parent, home):
    await parent.post("/lists", {"source": "https://lists.example/Kids%20safe/hosts.txt", "name": ""})

    assert list(home.documents(Kind.LIST)) == ["lists-example"]


async def test_a_file_that_is_brought_is_kept_at_home(parent, home, kept, tmp_path):
    answer = await parent.upload("/lists", {"file": ("My List.txt", b"games.example\n")}, {"name": "", "source": ""})

    assert answer.status == 303
    await kept.update()
    assert home.house.lists["my-list"].covers("games.example")
    page = await parent.get("/lists")
    assert "From a file of yours" in page.words
    assert str(tmp_path) not in page.text


async def test_files_that_no_list_is_made_of_go_with_the_next_one(parent, home, tmp_path):
    await parent.upload("/lists", {"file": ("one.txt", b"one.example\n")})
    await parent.upload("/lists", {"file": ("two.txt", b"two.example\n")})
    await parent.post("/lists/one/remove")
    folder = tmp_path / "lists" / "uploads"
    assert sorted(file.name for file in folder.iterdir()) == ["one.txt", "two.txt"]

    await parent.upload("/lists", {"file": ("three.txt", b"three.example\n")})

    assert sorted(file.name for file in folder.iterdir()) == ["three.txt", "two.txt"]


async def test_a_name_of_a_file_leads_out_of_no_folder(parent, home, tmp_path):
    await parent.upload("/lists", {"file": ("../../geacc.db", b"games.example\n")})

    assert [file.name for file in (tmp_path / "lists" / "uploads").iterdir()] == ["geacc.txt"]


@pytest.mark.parametrize(
    "source", ["", "http://lists.example/a.txt", "ftp://lists.example/a.txt", "https://me:secret@lists.example/a"]
)
async def test_what_is_no_source_comes_back_with_a_sentence(parent, home, source):
    answer = await parent.post("/lists", {"source": source, "name": "ads"})

    assert answer.status == 422
    assert "Write an https address such as https://example.org/list.txt" in answer.words
    assert 'value="ads"' in answer.text
    assert home.documents(Kind.LIST) == {}


async def test_a_name_that_is_taken_comes_back_with_a_sentence(parent, home, source):
    await lists.subscribe(home, "parent", "ads", str(source))

    answer = await parent.post("/lists", {"source": "https://lists.example/x.txt", "name": "Ads"})

    assert answer.status == 422
    assert "There is a list ads already; choose another name." in answer.words
    assert 'value="https://lists.example/x.txt"' in answer.text


async def test_why_a_list_could_not_be_had_is_said_in_words(parent, home, kept, tmp_path):
    await lists.subscribe(home, "parent", "ads", str(tmp_path / "missing.txt"))
    await kept.update()

    words = (await parent.get("/lists")).words

    assert "Not fetched" in words
    assert "cannot read" in words
    assert "No such file" in words


async def test_a_list_is_refreshed_at_once(parent, home, kept, source):
    await lists.subscribe(home, "parent", "ads", str(source))
    await kept.update()
    source.write_text("other.example\n")

    answer = await parent.post("/lists/ads/refresh")

    assert answer.location == "/lists"
    assert home.house.lists["ads"].covers("other.example")
    assert "1 site " in (await parent.get("/lists")).words


async def test_an_older_copy_goes_on_holding_and_that_is_said(parent, home, kept, source):
    await lists.subscribe(home, "parent", "ads", str(source))
    await kept.update()
    source.write_text("<!doctype html>")
    await parent.post("/lists/ads/refresh")

    words = (await parent.get("/lists")).words

    assert "is a web page, not a block list" in words
    assert "The older copy with 2 sites goes on holding." in words


async def test_a_list_that_a_profile_uses_is_not_removed(parent, home, source):
    await lists.subscribe(home, "parent", "ads", str(source))
    assert "No profile uses it yet." in (await parent.get("/lists")).words
    await profiles.save(home, "parent", replace(TEEN, block_lists=("ads",)))

    page = await parent.get("/lists")

    assert '<a href="/profiles/teen#sites">Teen</a>' in page.text
    assert "To remove it, take it out of the profiles first." in page.words
    assert (await parent.post("/lists/ads/remove")).status == 400
    assert home.document(Kind.LIST, "ads") is not None


async def test_a_list_is_removed_and_comes_back(parent, home, source):
    await lists.subscribe(home, "parent", "ads", str(source))

    answer = await parent.post("/lists/ads/remove")

    assert home.documents(Kind.LIST) == {}
    await home.undo(int(answer.location.rpartition("done=")[2]), "parent")
    assert list(home.documents(Kind.LIST)) == ["ads"]


async def test_where_nobody_keeps_lists_the_page_says_that_there_are_none(make_site, home, source):
    await lists.subscribe(home, "parent", "ads", str(source))
    machine = Browser(create_app(make_site(lists=None), areas=(area,)))

    assert "No lists yet" in (await machine.get("/lists")).words
    assert (await machine.post("/lists/ads/refresh")).status == 404


async def test_a_list_that_is_not_there_is_not_found(parent):
    assert (await parent.post("/lists/none/refresh")).status == 404
    assert (await parent.post("/lists/none/remove")).status == 404


async def test_nobody_but_a_parent_changes_anything(client, home, source):
    await lists.subscribe(home, "parent", "ads", str(source))

    for path in ("/lists", "/lists/ads/refresh", "/lists/ads/remove"):
        assert (await client.post(path, {"source": str(source), "name": "more"})).status == 403
    assert (await client.get("/lists")).status == 303
    assert list(home.documents(Kind.LIST)) == ["ads"]


def test_an_address_or_a_file_not_both():
    assert "source" in Draft(source="https://a.example/x", file="x.txt").read(())[1]


@pytest.mark.parametrize(
    ("draft", "name"),
    [
        (Draft(source="https://lists.example/Kinder-Schutz.txt"), "kinder-schutz"),
        (Draft(source="https://lists.example/"), "lists-example"),
        (Draft(file="ünïcode.txt"), "unicode"),
        (Draft(file="日本.txt"), "list"),
        (Draft(file="ads.txt"), "ads-2"),
        (Draft(source="https://[::1/x.txt"), "list"),
    ],
)
def test_lists_without_a_name_get_one_that_is_free(draft, name):
    assert draft.read({"ads": {}})[0] == name


def test_a_name_in_a_script_of_its_own_is_asked_for_again():
    assert "name" in Draft(name="日本", source="https://a.example/x").read(())[1]


def test_names_are_no_longer_than_names_may_be():
    assert len(slug("x" * 39 + "-yy")) <= 40
    assert not slug("x" * 39 + "-yy").endswith("-")
