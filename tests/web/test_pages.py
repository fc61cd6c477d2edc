"""How pages are made."""

import re

import pytest
from starlette.routing import Route

from geacc_proxy.exceptions import JournalError, UsageError
from geacc_proxy.home.documents import Kind
from geacc_proxy.web import pages
from geacc_proxy.web.app import create_app
from geacc_proxy.web.guard import device_of, parent_only

from .browsing import Browser


class Area:
    """Pages of a test."""

    def __init__(self, **endpoints):
        self._endpoints = endpoints

    def routes(self):
        return [Route(f"/{name}", endpoint) for name, endpoint in self._endpoints.items()]


def browser(site, **endpoints):
    return Browser(create_app(site, areas=(Area(**endpoints),)))


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("/devices", "/devices"),
        ("/log?site=x.example", "/log?site=x.example"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("http://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("", "/"),
    ],
)
def test_a_path_that_could_lead_elsewhere_is_not_followed(given, path):
    assert pages.own_path(given) == path


def test_after_a_deed_one_is_led_on_with_its_number():
    assert pages.done("/devices", 7).headers["location"] == "/devices?done=7"
    assert pages.done("/log?site=x", 7).headers["location"] == "/log?site=x&done=7"
    assert pages.done("/add", device="a b&c").headers["location"] == "/add?device=a+b%26c"
    assert pages.done("/log").status_code == 303


def test_all_templates_compile():
    pages.prepare()


async def test_what_a_person_did_wrong_is_a_page_with_one_line(site):
    async def wrong(_request):
        raise UsageError("<b>x</b> will not do; it takes y")

    answer = await browser(site, wrong=wrong).get("/wrong")
    assert answer.status == 400
    assert "<b>x</b> will not do; it takes y" in answer.words
    assert "<b>x" not in answer.text


async def test_what_failed_is_told_too_and_to_programs_in_plain_text(site):
    async def broken(_request):
        raise JournalError("the disk is full")

    there = browser(site, broken=broken)
    assert (await there.get("/broken")).status == 500
    answer = await there.get("/broken", accept="application/json")
    assert (answer.status, answer.text) == (500, "the disk is full\n")


async def test_the_navigation_says_where_one_is_and_how_many_requests_wait(parent, home):
    await home.keep({(Kind.REQUEST, key): {"state": state} for key, state in (("a", "open"), ("b", "granted"))})
    text = (await parent.get("/settings/trail")).text
    here = re.findall(r'<a href="([^"]+)" aria-current="page"', text)
    assert set(here) == {"/settings", "/settings/trail"}
    assert '<span class="badge" aria-label="1 waits">1</span>' in text


async def test_who_is_no_parent_sees_no_navigation(client):
    assert "<nav" not in (await client.get("/setup")).text


async def test_a_deed_in_the_address_that_is_no_number_is_not_repeated(parent):
    for given in ("<script>", "1x", "٣", ""):
        assert 'action="/undo"' not in (await parent.get(f"/settings?done={given}")).text


async def test_only_parents_get_to_a_guarded_page(app, site, password):
    @parent_only
    async def secret(request):
        return pages.render(request, "errors/error.html", title="secret", detail="")

    guarded = create_app(site, areas=(Area(secret=secret),))
    stranger = Browser(guarded, ("192.168.1.20", 1), "192.168.1.2")
    assert (await stranger.get("/secret")).location == "/login?next=/secret"
    assert (await stranger.post("/secret")).status in (403, 405)


async def test_the_device_that_asks_is_known_by_its_address_even_through_the_proxy(site, home, through):
    seen = []

    async def who(request):
        seen.append(device_of(request).key)
        return pages.render(request, "errors/error.html", title="", detail="")

    app = create_app(site, areas=(Area(who=who),))
    through.known["127.0.0.1", 5] = "::ffff:192.168.1.30"
    await Browser(app, ("127.0.0.1", 5), "geacc.internal").get("/who")
    await Browser(app, ("::ffff:192.168.1.31", 6), "192.168.1.2").get("/who")
    assert seen == ["192.168.1.30", "192.168.1.31"]
