"""Settings of the whole home, who is logged in, and the audit trail."""

import re

import pytest

from geacc_proxy.home import devices, notices, preferences
from geacc_proxy.home.preferences import Preferences
from geacc_proxy.web.visits import SESSION_COOKIE

from .browsing import Browser
from .conftest import PASSWORD

MAIL = "mailto://anna:s3cret-word@example.com"


async def test_choices_are_kept_and_can_be_undone(parent, home):
    answer = await parent.post("/settings/log", {"retention": "24"})
    deed = re.fullmatch(r"/settings\?done=(\d+)", answer.location)[1]
    assert preferences.preferences(home).retention_hours == 24
    page = await parent.get(answer.location)
    assert f'name="deed" value="{deed}"' in page.text
    undone = await parent.post("/undo", {"deed": deed}, referer="http://192.168.1.2:8081/settings?done=1")
    assert undone.location.startswith("/settings?done=")
    assert preferences.preferences(home) == Preferences()


@pytest.mark.parametrize(("given", "hours"), [("1", 1), ("8760", 8760), ("", None)])
async def test_the_block_log_is_kept_from_an_hour_to_for_ever(parent, home, given, hours):
    await parent.post("/settings/log", {"retention": given})
    assert preferences.preferences(home).retention_hours == hours
    assert "For ever" in (await parent.get("/settings")).words


@pytest.mark.parametrize("given", ["0", "-1", "x", "1.5", "99999999", "١"])
async def test_a_time_that_is_none_is_told_in_one_line(parent, home, given):
    answer = await parent.post("/settings/log", {"retention": given})
    assert answer.status == 400
    assert "87600" in answer.words
    assert preferences.preferences(home) == Preferences()


async def test_what_the_network_does_is_kept(parent, home):
    await parent.post(
        "/settings/network", {"pac_fallback": "open", "hosts": "Proxy.Example.com.\n proxy.example.com fd00"}
    )
    found = preferences.preferences(home)
    assert (found.pac_fallback, found.doh_closed, found.hosts) == ("open", False, ("proxy.example.com", "fd00"))
    assert "proxy.example.com" in (await parent.get("/settings")).text


@pytest.mark.parametrize("form", [{"hosts": "a b/c"}, {"pac_fallback": "ajar"}])
async def test_what_the_network_cannot_do_is_told_and_nothing_changes(parent, home, form):
    answer = await parent.post("/settings/network", form)
    assert answer.status == 400
    assert preferences.preferences(home) == Preferences()


async def test_the_language_is_one_that_there_is(parent, home):
    await parent.post("/settings/language", {"language": "en"})
    assert preferences.preferences(home).language == "en"
    assert (await parent.post("/settings/language", {"language": "tlh"})).status == 400


# Messages


async def test_an_address_of_messages_is_never_shown_again(parent, home):
    await parent.post("/settings/messages/add", {"url": MAIL})
    assert preferences.preferences(home).notify_urls == (MAIL,)
    for path in ("/settings/messages", "/settings/trail"):
        page = await parent.get(path)
        assert "s3cret" not in page.text
    assert "mailto://…" in (await parent.get("/settings/messages")).words


async def test_an_address_can_be_removed_and_nonsense_is_not_taken(parent, home):
    assert (await parent.post("/settings/messages/add", {"url": "nonsense"})).status == 400
    for url in (MAIL, "ntfy://home"):
        await parent.post("/settings/messages/add", {"url": url})
    await parent.post("/settings/messages/remove", {"place": "0"})
    assert preferences.preferences(home).notify_urls == ("ntfy://home",)


async def test_one_is_told_of_what_one_chooses(parent, home):
    await parent.post("/settings/messages", {"on": ["request", "weekly", "nonsense"]})
    assert preferences.preferences(home).notify_on == ("request", "weekly")
    await parent.post("/settings/messages", {})
    assert preferences.preferences(home).notify_on == ()


# The password and who is logged in


async def test_a_new_password_needs_the_old_one_and_ends_all_other_sessions(app, parent):
    other = Browser(app, parent.peer, parent.host)
    other.cookies[SESSION_COOKIE] = await app.state.sessions.begin("", stays=True)
    before = parent.cookies[SESSION_COOKIE]
    form = {"old": PASSWORD, "password": "another password", "again": "another password"}
    answer = await parent.post("/settings/password", form)
    assert answer.location == "/settings/access?changed=1"
    assert parent.cookies[SESSION_COOKIE] != before
    assert (await parent.get("/settings")).status == 200
    assert (await other.get("/settings")).status == 303
    assert await app.state.sessions.is_password("another password")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"old": "wrong", "password": "another password", "again": "another password"}, "That is not the password."),
        ({"old": PASSWORD, "password": "short", "again": "short"}, "It takes 8 characters at least."),
        ({"old": PASSWORD, "password": "another password", "again": "an other"}, "The two differ."),
    ],
)
async def test_a_change_of_the_password_that_will_not_do_is_told(app, parent, form, words):
    answer = await parent.post("/settings/password", form)
    assert answer.status == 400
    assert words in answer.words
    assert await app.state.sessions.is_password(PASSWORD)


async def test_the_old_password_cannot_be_guessed_here_either(parent):
    form = {"old": "wrong", "password": "another password", "again": "another password"}
    statuses = [(await parent.post("/settings/password", form)).status for _ in range(4)]
    assert statuses == [400, 400, 400, 429]


async def test_sessions_are_listed_and_can_be_ended(app, parent):
    agent = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Mobile Safari/537.36"
    token = await app.state.sessions.begin(agent, stays=True)
    page = await parent.get("/settings/access")
    assert "Chrome, Android" in page.words
    assert "stays logged in" in page.words
    assert token not in page.text
    key = app.state.sessions.find(token).key
    await parent.post("/settings/sessions/end", {"key": key})
    assert app.state.sessions.find(token) is None
    assert "Logged out: Chrome, Android" in (await parent.get("/settings/trail")).words
    await app.state.sessions.begin(agent, stays=True)
    await parent.post("/settings/sessions/end", {"key": "others"})
    assert len(app.state.sessions.all_of()) == 1
    assert (await parent.get("/settings")).status == 200


async def test_a_form_cannot_remove_another_secret(app, parent):
    await parent.post("/settings/sessions/end", {"key": "password"})
    assert app.state.sessions.has_password


# The audit trail


async def test_every_deed_is_in_the_trail_with_who_did_it_and_no_secret(parent, home):
    await devices.add(home, "api:tablet <script>", name="Anna's tablet", profile="teen")
    await devices.pause(home, "cli", 5)
    page = await parent.get("/settings/trail")
    assert "Added Anna's tablet with the profile Teen" in page.words
    assert "A program: tablet <script>" in page.words
    assert "<script>" not in page.text.partition("<main")[2]
    assert "The command line" in page.words
    assert "Set the password" in page.words
    assert "argon2" not in page.text


async def test_what_holds_no_document_cannot_be_undone(parent):
    page = await parent.get("/settings/trail")
    assert "Set the password" in page.words
    assert 'action="/undo"' not in page.text


@pytest.mark.parametrize("deed", ["", "x", "999999", "1" * 30])
async def test_a_deed_that_there_is_none_of_is_told_in_one_line(parent, deed):
    answer = await parent.post("/undo", {"deed": deed})
    assert answer.status == 400
    assert "no action" in answer.words or "such action" in answer.words


async def test_a_long_trail_is_turned_page_by_page(parent, home):
    for _ in range(52):
        await preferences.save(home, "parent", doh_closed=True)
    page = await parent.get("/settings/trail")
    older = re.search(r'href="(/settings/trail\?before=\d+)"', page.text)[1]
    assert "Set the password" not in page.words
    assert "Set the password" in (await parent.get(older)).words


async def test_after_undoing_one_is_led_nowhere_else(parent, home):
    deed = await preferences.save(home, "parent", doh_closed=False)
    answer = await parent.post("/undo", {"deed": str(deed)}, referer="http://evil.example//evil.example/x")
    assert answer.location.startswith("/settings/trail?")


async def test_a_test_message_goes_where_messages_go(parent, home, monkeypatch):
    sent = []

    async def test(urls):
        sent.append(urls)

    monkeypatch.setattr(notices, "test", test)
    await preferences.save(home, "parent", notify_urls=(MAIL,))
    answer = await parent.post("/settings/messages/test")
    assert sent == [(MAIL,)]
    assert "Sent." in answer.words
