"""Putting a device behind the filter: what any device at home may open."""

import json
import plistlib
import re
import ssl
from dataclasses import replace

import pytest

from geacc_proxy.home import devices, preferences
from geacc_proxy.onboarding import self_test
from geacc_proxy.onboarding.files import FILES
from geacc_proxy.onboarding.guides import GUIDES
from geacc_proxy.web.app import create_app
from geacc_proxy.web.setup import reaching

from .browsing import Browser

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15"


@pytest.fixture
def tablet(app, password, through):
    """A browser behind the filter, by the reserved name."""
    through.known["127.0.0.1", 40_001] = "192.168.1.30"
    return Browser(app, ("127.0.0.1", 40_001), "geacc.internal")


@pytest.mark.parametrize(("agent", "title"), [(IPHONE, "iPhone"), (ANDROID, "Android"), (MAC, "Mac")])
async def test_the_page_of_a_device_begins_with_the_steps_for_it(client, agent, title):
    page = await client.get("/setup", user_agent=agent)
    assert f"On this device: {title}" in page.words
    for guide in GUIDES:
        assert guide.title in page.words


async def test_an_unknown_browser_is_shown_all_kinds(client):
    page = await client.get("/setup", user_agent="")
    assert "On this device" not in page.words
    assert all(f'href="/setup/{guide.platform}"' in page.text for guide in GUIDES)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.platform)
async def test_every_guide_is_a_page_whose_links_all_lead_somewhere(client, guide):
    page = await client.get(f"/setup/{guide.platform}")
    assert page.status == 200
    assert "192.168.1.2" in page.words
    assert "{" not in page.words
    links = set(re.findall(r'href="(/[^"]*)"', page.text)) | set(re.findall(r'src="(/[^"]*)"', page.text))
    for link in links - {"/"}:
        assert (await client.get(link)).status == 200, link


async def test_pages_for_devices_hold_no_script_or_style_of_their_own(client):
    for path in ("/setup", "/self-test", "/login"):
        text = (await client.get(path, user_agent=IPHONE)).text
        assert not re.search(r"<script(?! src)|<style|\sstyle=|\son[a-z]+=", text)
        assert not re.search(r'(src|href|action)="(?!/|http://geacc\.internal/)', text.replace('href="#main"', ""))


async def test_pages_for_devices_tell_nothing_private(client, home):
    await devices.add(home, "parent", name="Anna's tablet", profile="teen", address="192.168.1.77")
    for path in ("/setup", "/setup/ios", "/self-test", "/self-test/state.json", "/proxy.pac", "/login", "/start"):
        text = (await client.follow(path)).text
        assert "Anna" not in text
        assert "192.168.1.77" not in text


@pytest.mark.parametrize("file", [file for file in FILES if not file.needs_tunnel], ids=lambda file: file.name)
async def test_every_file_has_an_address_that_stays(client, file):
    answer = await client.get(f"/setup/files/{file.name}")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith(file.media_type.partition(";")[0])
    assert f'filename="{file.name}"' in answer.headers["content-disposition"]
    assert answer.body


@pytest.mark.parametrize("name", ["geacc-proxy-wireguard.conf", "none", "..%2f..%2fca", "geacc-proxy-ca-key.pem"])
async def test_no_other_file_can_be_had(client, name):
    assert (await client.get(f"/setup/files/{name}")).status == 404


async def test_the_certificate_is_the_authoritys_in_every_file(client, authority):
    der = ssl.PEM_cert_to_DER_cert(authority.cert_pem.bytes().decode())
    assert (await client.get("/setup/files/geacc-proxy-ca.cer")).body == der
    profile = plistlib.loads((await client.get("/setup/files/geacc-proxy.mobileconfig")).body)
    assert profile["PayloadContent"][0]["PayloadContent"] == der
    assert len(profile["PayloadContent"]) == 1


async def test_a_wifi_networks_password_is_in_the_file_and_in_no_address(client):
    form = {"ssid": "Home", "wifi_password": "a wifi password"}
    answer = await client.post("/setup/files/geacc-proxy.mobileconfig", form)
    wifi = plistlib.loads(answer.body)["PayloadContent"][1]
    assert (wifi["SSID_STR"], wifi["Password"]) == ("Home", "a wifi password")
    assert (wifi["ProxyServer"], wifi["ProxyServerPort"]) == ("192.168.1.2", 8080)
    assert 'method="post" action="/setup/files/geacc-proxy.mobileconfig"' in (await client.get("/setup/ios")).text


async def test_a_network_that_cannot_be_is_told_in_one_line(client):
    answer = await client.post("/setup/files/geacc-proxy.mobileconfig", {"ssid": "x" * 33})
    assert answer.status == 400
    assert "Wi-Fi name" in answer.words


async def test_files_say_what_a_parent_has_chosen_for_when_the_filter_is_away(client, home):
    assert '"PROXY 192.168.1.2:8080"' in (await client.get("/proxy.pac")).text
    assert "DIRECT" not in re.search(r"var proxy = (.*);", (await client.get("/proxy.pac")).text)[1]
    await preferences.save(home, "parent", pac_fallback="open")
    assert '"PROXY 192.168.1.2:8080; DIRECT"' in (await client.get("/proxy.pac")).text
    policy = json.loads((await client.get("/setup/files/policies.json")).body)["policies"]
    assert policy["Proxy"]["AutoConfigURL"] == "http://192.168.1.2:8081/proxy.pac"


@pytest.mark.parametrize("path", ["/proxy.pac", "/wpad.dat"])
async def test_the_pac_file_is_what_browsers_take_for_one(client, path):
    assert (await client.get(path)).headers["content-type"] == "application/x-ns-proxy-autoconfig"


@pytest.mark.parametrize("host", ["wpad.fritz.box", "wpad", "wpad.home.arpa:80", "geacc.internal", "a b", "evil<>"])
async def test_where_the_name_says_nothing_the_address_of_the_machine_is_told(app, monkeypatch, host):
    monkeypatch.setattr(reaching, "lan_address", lambda: "192.168.7.7")
    answer = await Browser(app, ("192.168.1.20", 1), host).get("/wpad.dat")
    assert "192.168.7.7:8080" in answer.text


async def test_a_file_for_the_machine_itself_leads_to_itself(machine):
    assert '"PROXY 127.0.0.1:8080"' in (await machine.get("/proxy.pac")).text


async def test_a_file_that_a_parent_carries_from_the_machine_to_another_device_leads_to_the_machine(
    machine, monkeypatch
):
    monkeypatch.setattr(reaching, "lan_address", lambda: "192.168.7.7")
    policy = json.loads((await machine.get("/setup/files/policies.json")).body)["policies"]
    assert policy["Proxy"]["HTTPProxy"] == "192.168.7.7:8080"


def test_the_machines_address_at_home_is_a_plain_one():
    assert re.fullmatch(r"\d+\.\d+\.\d+\.\d+", reaching.lan_address())


async def test_the_page_for_a_further_device_has_a_code_with_its_address(parent, machine, monkeypatch):
    monkeypatch.setattr(reaching, "lan_address", lambda: "192.168.7.7")
    page = await parent.get("/add")
    assert "http://192.168.1.2:8081/setup" in page.words
    assert '<svg class="qr"' in page.text or 'class="qr"' in page.text


async def test_the_code_never_leads_a_phone_to_itself(machine, monkeypatch):
    monkeypatch.setattr(reaching, "lan_address", lambda: "192.168.7.7")
    for host in ("localhost:8081", "127.0.0.1:8081", "[::1]:8081"):
        machine.host = host
        assert "http://192.168.7.7:8081/setup" in (await machine.get("/add")).words


async def test_the_front_page_of_a_device_is_its_own_setup(tablet):
    answer = await tablet.get("/")
    assert (answer.status, answer.location) == (303, "/setup")
    page = await tablet.get("/setup")
    assert "This device goes through the filter." in page.words
    assert 'href="/mine"' in page.text


# The self-test


async def test_the_self_test_knows_who_came_through_the_proxy(tablet, client):
    assert (await tablet.get("/self-test/state.json")).data == {
        "through_proxy": True,
        "healthy": True,
        "filtering": True,
        "doh_refused": True,
    }
    assert (await client.get("/self-test/state.json")).data["through_proxy"] is False


async def test_the_self_test_says_when_filtering_is_paused(tablet, home):
    await devices.pause(home, "parent", 5)
    assert (await tablet.get("/self-test/state.json")).data["filtering"] is False
    await preferences.save(home, "parent", doh_closed=False)
    assert (await tablet.get("/self-test/state.json")).data["doh_refused"] is False


async def test_the_self_tests_pictures_and_answers_may_be_asked_from_its_page(tablet):
    for name, body in (("malign.png", self_test.malign()), ("benign.png", self_test.benign()), ("ping", b"")):
        answer = await tablet.get(f"/self-test/{name}")
        assert (answer.status, answer.body) == (200, body)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["timing-allow-origin"] == "*"


async def test_the_self_tests_page_has_words_for_each_outcome_and_may_ask_the_reserved_name(client):
    page = await client.get("/self-test")
    policy = page.headers["content-security-policy"]
    assert "connect-src 'self' https://geacc.internal" in policy
    assert "img-src 'self' data: blob:" in policy
    for check in ("proxy", "certificate", "filter", "quic", "doh"):
        element = re.search(rf'<li data-check="{check}"[^>]*>', page.text)[0]
        assert all(f'data-{state}="' in element for state in ("wait", "yes", "no", "unknown"))
    assert 'data-ping="https://geacc.internal/self-test/ping"' in page.text
    assert "did not come through the filter" in page.words


async def test_looking_at_pages_makes_no_device(client, home):
    for path in ("/setup", "/self-test", "/self-test/state.json", "/proxy.pac"):
        await client.get(path)
    assert home.house.devices == {}


# On the move


@pytest.mark.parametrize("tunnels", [None, object()])
async def test_tunnels_are_offered_for_devices_where_there_can_be_any(make_site, home, tunnels):
    await devices.add(home, "parent", name="Ben's phone", profile="teen")
    page = await Browser(create_app(make_site(tunnels=tunnels))).get("/add")
    assert ('href="/devices/bens-phone/tunnel"' in page.text) == (tunnels is not None)


async def test_a_device_is_known_by_more_than_its_address_where_the_proxy_knows_more(site, home, through):
    await devices.add(home, "parent", name="Ben's phone", profile="adult")
    through.known["127.0.0.1", 40_001] = "192.168.1.99"
    app = create_app(replace(site, behind=lambda peer: "bens-phone" if peer[1] == 40_001 else None))
    browser = Browser(app, ("127.0.0.1", 40_001), "geacc.internal")
    assert (await browser.get("/self-test/state.json")).data["filtering"] is False
