"""Logging in and out, and what keeps others out."""

import asyncio

import pytest

from geacc_proxy.home.documents import Kind
from geacc_proxy.web.throttle import Throttle
from geacc_proxy.web.visits import SESSION_COOKIE

from .browsing import Browser
from .conftest import PASSWORD

PARENTS_PAGES = ("/settings", "/settings/messages", "/settings/access", "/settings/trail", "/add", "/start/people")


@pytest.mark.parametrize("path", PARENTS_PAGES)
async def test_a_page_of_parents_leads_to_the_login_and_from_there_back(client, path):
    answer = await client.get(path)
    assert answer.status == 303
    assert answer.location == f"/login?next={path}"
    entered = await client.post("/login", {"password": PASSWORD, "next": path})
    assert (entered.status, entered.location) == (303, path)
    assert (await client.get(path)).status == 200


async def test_the_machine_itself_needs_the_password_too_once_there_is_one(app, password):
    assert (await Browser(app).get("/settings")).status == 303


async def test_the_cookie_is_kept_from_scripts_and_from_other_sites(client):
    answer = await client.post("/login", {"password": PASSWORD})
    cookie = next(line for line in answer.cookies if line.startswith(SESSION_COOKIE)).lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "max-age" not in cookie
    assert "secure" not in cookie  # the pages are plain HTTP at home


async def test_the_cookie_stays_where_one_asks_for_it(client):
    answer = await client.post("/login", {"password": PASSWORD, "stays": "on"})
    assert "max-age=2592000" in answer.cookies[0].lower()


async def test_a_wrong_password_is_told(client):
    answer = await client.post("/login", {"password": "wrong"})
    assert answer.status == 403
    assert "That is not the password." in answer.words
    assert SESSION_COOKIE not in client.cookies


@pytest.mark.parametrize("goal", ["//evil.example/", "https://evil.example", "/\\evil.example", "evil", "/a\nb"])
async def test_the_login_leads_nowhere_else(client, goal):
    answer = await client.post("/login", {"password": PASSWORD, "next": goal})
    assert answer.location == "/"


async def test_after_three_wrong_attempts_even_the_right_password_must_wait(client):
    for _ in range(3):
        assert (await client.post("/login", {"password": "wrong"})).status in (403, 429)
    answer = await client.post("/login", {"password": PASSWORD})
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert SESSION_COOKIE not in client.cookies


async def test_another_address_gets_in_meanwhile(app, client):
    for _ in range(3):
        await client.post("/login", {"password": "wrong"})
    other = Browser(app, ("192.168.1.21", 50_000), "192.168.1.2:8081")
    assert (await other.post("/login", {"password": PASSWORD})).status == 303


async def test_many_attempts_at_once_are_not_many_free_ones(client):
    answers = await asyncio.gather(*(client.post("/login", {"password": f"guess {n}"}) for n in range(8)))
    looked_at = [answer for answer in answers if "That is not the password." in answer.words]
    assert len(looked_at) == 3


def test_the_wait_grows_and_is_forgotten():
    seconds = [0.0]
    throttle = Throttle(lambda: seconds[0])
    waits = []
    for _ in range(14):
        throttle.failed("10.0.0.9")
        waits.append(throttle.wait("10.0.0.9"))
    assert waits[:6] == [0, 0, 2, 4, 8, 16]
    assert max(waits) == 900
    seconds[0] = 3601.0
    throttle.failed("10.0.0.8")
    assert throttle.wait("10.0.0.9") == 0


def test_a_device_with_many_ipv6_addresses_is_one():
    throttle = Throttle(lambda: 0.0)
    for last in range(3):
        throttle.failed(f"fd00::{last}")
    assert throttle.wait("fd00::77") == 2
    assert throttle.wait("fd00:1::77") == 0


def test_many_addresses_that_fail_slow_everybody_down_a_little_and_lock_nobody_out():
    throttle = Throttle(lambda: 0.0)
    assert throttle.pause() == 0
    for last in range(200):
        throttle.failed(f"10.0.0.{last}")
    assert 0 < throttle.pause() <= 3
    assert throttle.wait("10.0.1.1") == 0


def test_a_right_password_leaves_no_trace():
    throttle = Throttle(lambda: 0.0)
    for _ in range(100):
        throttle.failed("10.0.0.1")
        throttle.succeeded("10.0.0.1")
    assert throttle.wait("10.0.0.1") == 0
    assert throttle.pause() == 0


async def test_a_session_is_kept_as_a_hash(client, home):
    await client.post("/login", {"password": PASSWORD})
    token = client.cookies[SESSION_COOKIE]
    kept = repr(home.documents(Kind.SECRET))
    assert "session:" in kept
    assert token not in kept
    assert PASSWORD not in kept
    assert "$argon2id$" in kept


async def test_a_session_ends_after_twelve_hours_without_use(parent, clock):
    clock.forward(hours=11)
    assert (await parent.get("/settings")).status == 200
    clock.forward(hours=11)
    assert (await parent.get("/settings")).status == 200
    clock.forward(hours=12)
    assert (await parent.get("/settings")).status == 303


async def test_a_session_that_stays_ends_after_thirty_days(app, parent, clock):
    parent.cookies[SESSION_COOKIE] = await app.state.sessions.begin("", stays=True)
    clock.forward(days=29)
    assert (await parent.get("/settings")).status == 200
    clock.forward(days=1)
    assert (await parent.get("/settings")).status == 303


async def test_what_is_over_is_swept_out_at_the_next_login(app, parent, home, clock):
    clock.forward(days=31)
    await app.state.sessions.begin("", stays=False)
    assert sum(key.startswith("session:") for key in home.documents(Kind.SECRET)) == 1


async def test_after_logging_out_the_cookie_is_worth_nothing(parent):
    token = parent.cookies[SESSION_COOKIE]
    assert (await parent.post("/logout")).location == "/login"
    assert SESSION_COOKIE not in parent.cookies
    parent.cookies[SESSION_COOKIE] = token
    assert (await parent.get("/settings")).status == 303


async def test_a_made_up_cookie_is_worth_nothing(client):
    for token in ("x" * 43, "session:x", ""):
        client.cookies[SESSION_COOKIE] = token
        assert (await client.get("/settings")).status == 303


# What comes from pages of others


async def test_a_form_without_its_token_changes_nothing(parent, home):
    answer = await parent.post("/settings/language", {"language": "en"}, token="0" * 64)
    assert answer.status == 403
    assert answer.text.count("\n") == 1
    assert home.documents(Kind.SETTING) == {}


async def test_a_token_of_another_session_is_worth_nothing(app, parent):
    other = Browser(
        app, parent.peer, parent.host, cookies={SESSION_COOKIE: await app.state.sessions.begin("", stays=False)}
    )
    assert (await parent.post("/settings/language", {"language": "en"}, token=other.token())).status == 403


async def test_a_form_without_any_cookie_is_refused(client):
    client.token()
    token = client.token()
    client.cookies.clear()
    assert (await client.post("/login", {"password": PASSWORD}, token=token)).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://192.168.1.2:9999"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
async def test_what_comes_from_a_page_of_somebody_else_is_refused_whatever_it_carries(parent, headers):
    assert (await parent.post("/settings/language", {"language": "en"}, **headers)).status == 403


async def test_a_script_of_ours_sends_the_token_in_a_header(parent, home):
    body = b"language=en"
    headers = {"x-csrf-token": parent.token(), "content-type": "application/x-www-form-urlencoded"}
    assert (await parent.ask("POST", "/settings/language", body, headers)).status == 303
    assert (await parent.ask("POST", "/settings/language", body, headers | {"x-csrf-token": "x"})).status == 403


async def test_the_token_of_an_upload_is_found_too(parent):
    answer = await parent.upload("/settings/language", {}, {"language": "en"})
    assert answer.status == 303


async def test_a_form_that_is_too_large_is_refused(client):
    answer = await client.post("/login", {"password": "x" * 2**16})
    assert answer.status == 413


async def test_a_parent_may_upload_more_than_others(parent, client):
    large = {"picture": ("x.png", bytes(2**17))}
    assert (await parent.upload("/settings/language", large, {"language": "en"})).status == 303
    assert (await client.upload("/login", large)).status == 413


async def test_a_page_for_the_first_login_brings_its_own_cookie_and_token(client):
    page = await client.get("/login")
    assert "geacc_form" in client.cookies
    assert client.token() in page.text


async def test_a_piece_of_a_page_leads_a_script_to_the_login(client):
    answer = await client.get("/settings", hx_request="true")
    assert (answer.status, answer.headers["hx-redirect"]) == (403, "/login?next=/settings")
