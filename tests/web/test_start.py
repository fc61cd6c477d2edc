"""The first start."""

import socket
from dataclasses import replace

import pytest

from geacc_proxy.home import profiles
from geacc_proxy.home.documents import Kind
from geacc_proxy.policy.device import Traits
from geacc_proxy.policy.profile import Filtering
from geacc_proxy.web.app import create_app

from .browsing import Browser
from .conftest import START_CODE

NEW = {"password": "a new password", "again": "a new password"}


async def seen(home, *addresses):
    """Devices that nobody knows use the filter."""
    with home.events.listening() as happening:
        for address in addresses:
            home.recognise(Traits(address=address))
        for _ in addresses:
            await happening.get()


@pytest.fixture
def phone(app):
    """A browser on another device; there is no password."""
    return Browser(app, ("192.168.1.30", 50_000), "192.168.1.2:8081")


async def test_the_machine_itself_may_open_everything_while_there_is_no_password(machine):
    answer = await machine.get("/settings")
    assert answer.status == 200
    assert "There is no password yet" in answer.words


async def test_the_machine_itself_is_asked_for_a_password_first(machine):
    answer = await machine.get("/")
    assert (answer.status, answer.location) == (303, "/start")


async def test_the_code_that_a_camera_has_read_takes_a_tap(phone):
    answer = await phone.get("/start?code=WXYZ-2345")
    assert 'value="WXYZ-2345"' in answer.text
    assert "Choose a password" not in answer.words


async def test_the_front_page_asks_for_a_password(machine):
    assert (await machine.get("/")).location == "/start"


async def test_a_page_that_only_pretends_to_be_ours_is_not_the_machine_itself(app):
    for host in ("childs-trick.local:8081", "x.lan"):
        assert (await Browser(app, host=host).get("/settings")).location == "/start"
    for host in ("localhost:8081", "[::1]:8081", f"{socket.gethostname()}:8081"):
        assert (await Browser(app, host=host).get("/settings")).status == 200


@pytest.mark.parametrize("path", ["/", "/settings", "/login", "/start/people"])
async def test_others_are_asked_for_the_code_and_see_nothing(phone, path):
    answer = await phone.get(path)
    assert (answer.status, answer.location) == (303, "/start")
    assert "One-time code" in (await phone.get("/start")).words


async def test_a_request_that_came_through_the_proxy_is_not_the_machine_itself(app, through):
    browser = Browser(app, ("127.0.0.1", 40_000))
    through.known["127.0.0.1", 40_000] = "127.0.0.1"
    assert (await browser.get("/settings")).location == "/start"
    assert (await browser.post("/start/password", NEW)).status == 200
    assert not app.state.sessions.has_password


async def test_the_machine_sets_the_password_and_is_logged_in(machine, home):
    assert "Choose a password" in (await machine.get("/start")).words
    answer = await machine.post("/start/password", NEW)
    assert (answer.status, answer.location) == (303, "/start/people")
    assert (await machine.get("/start/people")).status == 200
    assert home.document(Kind.SECRET, "password")["hash"].startswith("$argon2id$")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"password": "seven..", "again": "seven.."}, "It takes 8 characters at least."),
        ({"password": "long enough", "again": "long enough?"}, "The two differ."),
        ({}, "It takes 8 characters at least."),
    ],
)
async def test_a_password_that_will_not_do_is_told(machine, home, form, words):
    answer = await machine.post("/start/password", form)
    assert answer.status == 400
    assert words in answer.words
    assert home.document(Kind.SECRET, "password") is None


@pytest.mark.parametrize("typed", [START_CODE, START_CODE.lower(), START_CODE.replace("-", " "), f" {START_CODE} "])
async def test_the_code_lets_a_phone_set_the_password_and_nothing_else(phone, typed):
    assert (await phone.post("/start/code", {"code": typed})).location == "/start"
    assert "Choose a password" in (await phone.get("/start")).words
    assert (await phone.get("/settings")).location == "/start"
    assert (await phone.post("/start/password", NEW)).location == "/start/people"
    assert (await phone.get("/start/people")).status == 200


async def test_a_phone_that_has_read_the_code_need_not_type_it_and_looking_alone_opens_nothing(phone):
    page = await phone.get(f"/start?code={START_CODE}")
    assert f'name="code" type="text" value="{START_CODE}"' in page.text
    assert "<b>" not in (await phone.get("/start?code=%3Cb%3E")).text
    for _ in range(12):
        await phone.get("/start?code=wrong")
    assert (await phone.get("/settings")).location == "/start"
    assert (await phone.post("/start/code", {"code": START_CODE})).status == 303


async def test_a_password_without_the_code_is_not_taken(phone, home):
    answer = await phone.post("/start/password", NEW)
    assert "One-time code" in answer.words
    assert home.document(Kind.SECRET, "password") is None


async def test_after_ten_wrong_codes_the_right_one_is_worth_nothing(phone):
    for _ in range(10):
        assert (await phone.post("/start/code", {"code": "wrong"})).status == 403
    answer = await phone.post("/start/code", {"code": START_CODE})
    assert answer.status == 403
    assert "start geacc-proxy anew" in (await phone.get("/start")).words


async def test_without_a_code_there_is_none_to_guess(make_site):
    phone = Browser(create_app(make_site(start_code="")), ("192.168.1.30", 50_000), "192.168.1.2:8081")
    assert "start geacc-proxy anew" in (await phone.get("/start")).words
    assert (await phone.post("/start/code", {"code": ""})).status == 403
    assert (await phone.post("/start/password", NEW)).status == 403


async def test_once_there_is_a_password_the_code_is_worth_nothing(client):
    assert (await client.post("/start/code", {"code": START_CODE})).location == "/login"
    assert (await client.post("/start/password", NEW)).location == "/login"


async def test_who_is_at_home_is_asked_with_profiles_in_plain_words(machine, home):
    await seen(home, "192.168.1.30")
    answer = await machine.get("/start/people")
    assert "192.168.1.30" in answer.words
    assert "of 100 harmless photos, about 4.1 were hidden" in answer.words
    assert "Nothing is hidden or noted." in answer.words
    for title in ("Under 12", "Teen", "Adult", "New device"):
        assert title in answer.words


async def test_a_profile_that_a_parent_has_changed_is_explained_as_it_is(machine, home):
    changed = replace(home.house.profiles["adult"], filtering=Filtering.HIDE, limits=(("malign", 0.9),))
    await profiles.save(home, "parent", changed)
    words = (await machine.get("/start/people")).words
    assert "Nothing is hidden or noted." not in words
    assert "Hides what is above the limits that you have set." in words


async def test_names_and_profiles_are_kept_and_lead_to_the_first_device(machine, home):
    await seen(home, "192.168.1.30", "192.168.1.31")
    answer = await machine.post(
        "/start/people",
        {
            "device": ["192.168.1.30", "192.168.1.31", "nobody"],
            "name-192.168.1.30": "Anna's tablet",
            "profile-192.168.1.30": "teen",
            "name-192.168.1.31": "",
            "profile-192.168.1.31": "teen",
        },
    )
    assert (answer.status, answer.location) == (303, "/add?first=1")
    named, other = home.device("192.168.1.30"), home.device("192.168.1.31")
    assert (named.name, named.profile, named.known) == ("Anna's tablet", "teen", True)
    assert not other.known


async def test_devices_that_appear_later_come_to_the_page_by_themselves(machine, home):
    await seen(home, "192.168.1.30")
    assert (await machine.get("/start/people/more?device=192.168.1.30")).status == 204
    await seen(home, "192.168.1.31")
    more = await machine.get("/start/people/more?device=192.168.1.30")
    assert "192.168.1.31" in more.words
    assert "192.168.1.30" not in more.words
    assert "<html" not in more.text


async def test_a_profile_that_does_not_exist_is_told_in_a_line(machine, home):
    await seen(home, "192.168.1.30")
    form = {"device": "192.168.1.30", "name-192.168.1.30": "x", "profile-192.168.1.30": "none"}
    answer = await machine.post("/start/people", form)
    assert answer.status == 400
    assert "There is no such profile." in answer.words
