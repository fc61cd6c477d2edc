"""Who may use the REST API, and how it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from geacc_proxy.home import data, tokens
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home
from geacc_proxy.journal.readers import close_readers
from geacc_proxy.policy.device import Device
from geacc_proxy.policy.profile import TEEN
from geacc_proxy.web.api import create_api
from geacc_proxy.web.api.devices import Device as DeviceShape
from geacc_proxy.web.api.limits import MOST_BYTES
from geacc_proxy.web.api.profiles import Rules
from geacc_proxy.web.site import Site
from geacc_proxy.web.visits import token_for_forms

from .api import Program, app_with_api
from .browsing import Browser


@pytest.fixture
def app(site: Site) -> Any:
    return app_with_api(site)


@pytest.fixture
async def locked(home: Home) -> None:
    """There is a password; which, does not matter."""
    await home.keep({(Kind.SECRET, "password"): {"hash": "$argon2id$"}})


@pytest.fixture
def program(app: Any, home: Home, locked: None) -> Callable[..., Any]:
    """Makes a program with a token that has some scopes."""

    async def make(*scopes: str, name: str = "tests") -> Program:
        return Program(app, await tokens.create(home, "parent", name, scopes))

    return make


async def test_without_a_token_and_a_session_nothing_is_told(app, locked):
    answer = await Program(app).get("/home")
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="geacc-proxy"'
    assert answer.data == {"detail": "show a token, or log in first"}


async def test_a_wrong_token_is_refused_as_rfc_6750_says(app, locked):
    answer = await Program(app, "geacc_wrong").get("/home")
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="geacc-proxy", error="invalid_token"'


async def test_a_token_without_the_scope_is_told_which_it_takes(program):
    answer = await (await program("read")).post("/home/pause", {"minutes": 5})
    assert answer.status == 403
    assert answer.headers["www-authenticate"].endswith('error="insufficient_scope", scope="devices"')
    assert answer.data == {"detail": "this token may not do that; it takes the scope devices"}


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("read", "GET", "/home"),
        ("read", "GET", "/overview"),
        ("read", "GET", "/devices"),
        ("devices", "GET", "/devices"),
        ("read", "GET", "/profiles"),
        ("profiles", "GET", "/lists"),
        ("requests", "GET", "/requests"),
        ("requests", "GET", "/answers"),
        ("log", "GET", "/log"),
        ("log", "GET", "/log/facets"),
        ("log", "GET", "/log/export"),
        ("log", "GET", "/corrections"),
        ("admin", "GET", "/deeds"),
        ("admin", "GET", "/preferences"),
        ("admin", "GET", "/log"),
    ],
)
async def test_a_scope_opens_what_it_is_for(program, scope, method, path):
    assert (await (await program(scope)).ask(method, path)).status == 200


@pytest.mark.parametrize(
    "path", ["/log", "/log/1", "/log/export", "/corrections", "/deeds", "/preferences", "/answers"]
)
async def test_who_may_read_the_home_may_not_read_where_children_were(program, path):
    assert (await (await program("read", "devices", "profiles")).get(path)).status == 403


async def test_a_token_that_is_over_or_revoked_is_none(program, home, clock):
    one = await program("read")
    assert (await one.get("/home")).status == 200
    await tokens.revoke(home, "parent", "tests")
    assert (await one.get("/home")).status == 401
    short = Program(one.app, await tokens.create(home, "parent", "guest", ["read"], days=1), peer=("192.168.1.31", 5))
    clock.forward(days=1)
    assert (await short.get("/home")).status == 401


async def test_a_parent_who_is_logged_in_needs_no_token(parent):
    assert (await parent.get("/api/v1/home")).status == 200


async def test_a_change_by_a_session_takes_the_form_token(parent, home):
    body = json.dumps({"minutes": 5}).encode()
    sent = {"content-type": "application/json"}
    assert (await parent.ask("POST", "/api/v1/home/pause", body, sent)).status == 403
    assert home.house.paused_until is None
    token = {"x-csrf-token": token_for_forms(parent.cookies["geacc_session"])}
    assert (await parent.ask("POST", "/api/v1/home/pause", body, sent | token)).status == 200
    assert (await home.deeds(limit=1))[0].who == "parent"


async def test_where_there_is_a_token_the_session_does_not_count(parent):
    body = json.dumps({"minutes": 5}).encode()
    sent = {"content-type": "application/json", "authorization": "Bearer geacc_wrong"}
    assert (await parent.ask("POST", "/api/v1/home/pause", body, sent)).status == 401
    assert (await parent.get("/api/v1/home", authorization="Basic eDp5")).status == 401


async def test_before_there_is_a_password_the_machine_itself_may_ask_and_nobody_else(app, through):
    machine = Program(app, peer=("127.0.0.1", 50_000))
    assert (await machine.get("/home")).status == 200
    assert (await Program(app).get("/home")).status == 401
    through.known["127.0.0.1", 50_000] = "192.168.1.20"
    assert (await machine.get("/home")).status == 401


async def test_wrong_tokens_are_slowed_down_for_each_address(app, locked, home):
    right = Program(app, await tokens.create(home, "parent", "tests", ["read"]))
    guesser = Program(app, "geacc_wrong", peer=("192.168.1.66", 5))
    assert [(await guesser.get("/home")).status for _ in range(4)] == [401, 401, 401, 429]
    answer = await guesser.get("/home")
    assert 1 <= int(answer.headers["retry-after"]) <= 900
    assert (await right.get("/home")).status == 200


async def test_no_other_origin_is_let_in(program):
    answer = await (await program("read")).get("/home", origin="https://evil.example")
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_foreign_name_for_this_machine_is_refused(app, program):
    one = await program("read")
    one.headers["host"] = "rebound.evil.example"
    assert (await one.get("/home")).status == 421


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_that_is_too_large_is_refused(program, declared):
    one = await program("devices")
    body = b'{"minutes": ' + b" " * MOST_BYTES + b"5}"
    answer = await one.post("/home/pause", body, **({} if declared else {"content-length": "9"}))
    assert answer.status == 413
    assert answer.data["detail"].startswith("the body is too large")


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"minutes": 0}, "minutes: Input should be greater than or equal to 1"),
        ({"minutes": "5"}, "minutes: Input should be a valid integer"),
        ({"minutes": True}, "minutes: Input should be a valid integer"),
        ({"minutes": 5, "mintues": 6}, "mintues: Extra inputs are not permitted"),
        ({}, "minutes: Field required"),
        ([], "Input should be a valid dictionary or object to extract fields from"),
        (b'{"minutes": 5', "the body is no JSON; what is wrong begins at character 13"),
    ],
)
async def test_what_cannot_be_understood_is_told_in_one_line(program, body, line):
    answer = await (await program("devices")).post("/home/pause", body)
    assert (answer.status, answer.data) == (422, {"detail": line})


@pytest.mark.parametrize(
    "body", [b'{"\\ud800": 1}', b'{"minutes": NaN}', b"\xff\xfe", b"[" * 100_000, b'{"minutes": 1e999}', b"null"]
)
async def test_a_hostile_body_is_refused(program, body):
    answer = await (await program("devices")).post("/home/pause", body)
    assert answer.status in (400, 422)
    assert list(answer.data) == ["detail"]
    assert "\n" not in answer.data["detail"]


@pytest.mark.parametrize("path", ["/nothing", "/devices/nobody", "/log/1", "/profiles/none", "/lists/none", "/log/%0A"])
async def test_what_is_not_there_is_404(program, path):
    answer = await (await program("admin")).get(path)
    assert answer.status in (404, 422)
    assert list(answer.data) == ["detail"]
    assert (await (await program("admin", name="b")).get("/devices/nobody")).status == 404


async def test_a_key_may_hold_a_slash(program, home):
    await home.keep({(Kind.DEVICE, "wireguard/key+"): data.of_device(Device("wireguard/key+"))})
    one = await program("devices")
    assert (await one.get("/devices/wireguard/key+")).data["key"] == "wireguard/key+"
    assert (await one.post("/devices/wireguard/key+/pause", {"minutes": 5})).status == 200


async def test_a_failure_that_is_not_the_programs_is_503(program, site):
    (site.state_dir / "geacc.db").chmod(0o600)
    one = await program("log")
    close_readers()
    for file in site.state_dir.glob("geacc.db*"):
        file.rename(file.with_name("away" + file.name))
    (site.state_dir / "geacc.db").write_bytes(b"no database at all" * 1_000)
    answer = await one.get("/log")
    assert answer.status == 503
    assert "\n" not in answer.data["detail"]


def test_profiles_and_devices_have_the_names_of_the_documents():
    assert set(Rules.model_fields) == set(data.of_profile(TEEN))
    assert set(data.of_device(Device("x"))) < set(DeviceShape.model_fields)


async def test_the_description_needs_no_token_and_names_every_scope(app, site):
    browser = Program(app)
    answer = await Browser(browser.app, peer=browser.peer, host="192.168.1.2:8081").get("/api/openapi.json")
    assert answer.status == 200
    described = answer.data
    assert described["servers"] == [{"url": "/api"}]
    assert set(described["components"]["securitySchemes"]) == {"token", "session"}
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["description"].startswith("Scope: `"), path
            assert operation["summary"]
    assert create_api(site).docs_url is None


async def test_nothing_of_another_host_is_served_as_documentation(app):
    for path in ("/api/docs", "/api/redoc"):
        assert (await Browser(app).get(path)).status == 404
