"""A device as a form: what is typed becomes what is meant, or comes back with a sentence."""

from dataclasses import replace

import pytest
from starlette.datastructures import FormData

from geacc_proxy.policy.device import Device, Register
from geacc_proxy.web.devices.form import Draft

TABLET = Device("tablet", name="Anna's tablet", profile="teen", addresses=("192.168.1.20",))
LAPTOP = Device(
    "laptop", name="Laptop", addresses=("192.168.1.30",), macs=("3c:22:fb:01:02:03",), login="ben", port=8090
)
REGISTER = Register.of([TABLET, LAPTOP])
PROFILES = {"teen": 1, "under-12": 2}


def read(*, before: Device = TABLET, has_password: bool = False, **typed: str) -> tuple[Device, dict[str, str]]:
    return replace(Draft.of(before), **typed).read(before, PROFILES, REGISTER, has_password=has_password)


def test_what_is_shown_and_sent_back_unchanged_changes_nothing():
    draft = Draft.of(TABLET)
    names = ("name", "profile", "addresses", "macs", "login", "port")
    sent = Draft.typed(FormData([(name, getattr(draft, name)) for name in names]))

    assert sent.read(TABLET, PROFILES, REGISTER, has_password=False) == (TABLET, {})


def test_a_form_of_nothing_is_answered_in_sentences():
    _, problems = Draft.typed(FormData([])).read(TABLET, PROFILES, REGISTER, has_password=False)

    assert set(problems) == {"name", "profile"}


@pytest.mark.parametrize("typed", ["AA:BB:CC:00:11:22", "aa-bb-cc-00-11-22", "aabb.cc00.1122", "aabbcc001122"])
def test_hardware_addresses_are_taken_as_devices_show_them(typed):
    assert read(macs=typed)[0].macs == ("aa:bb:cc:00:11:22",)


def test_addresses_are_kept_in_their_short_form_and_once():
    device, problems = read(addresses="192.168.1.20, 192.168.1.21\n::ffff:192.168.1.21\nFD00:0::20")

    assert device.addresses == ("192.168.1.20", "192.168.1.21", "fd00::20")
    assert problems == {}


def test_a_line_that_is_no_address_is_named():
    problems = read(addresses="192.168.1.20\n192.168.1.999", macs="12:34")[1]

    assert problems["addresses"].startswith("Line 2: “192.168.1.999” is no address.")
    assert problems["macs"].startswith("Line 1: “12:34” is no hardware address.")


@pytest.mark.parametrize("address", ["fe80::1%eth0", "192.168.1", "host"])
def test_what_is_no_address_for_itself_is_refused(address):
    assert "addresses" in read(addresses=address)[1]


@pytest.mark.parametrize(
    ("field", "typed"), [("addresses", "192.168.1.30"), ("macs", "3C22FB010203"), ("login", "ben"), ("port", "8090")]
)
def test_what_another_device_has_is_said_beside_the_field(field, typed):
    problems = read(**{field: typed}, password="long enough")[1] if field == "login" else read(**{field: typed})[1]

    assert problems == {field: "Laptop is recognised by this already; take it away there first."}


@pytest.mark.parametrize("port", ["80", "65536", "a", "²"])
def test_ports_that_will_not_do_are_refused(port):
    assert "from 1024 to 65535" in read(port=port)[1]["port"]


def test_a_new_login_needs_a_password():
    assert "at least 8" in read(login="anna")[1]["password"]
    assert read(login="anna", password="12345678")[1] == {}


def test_a_login_that_has_a_password_keeps_it():
    assert read(before=LAPTOP, has_password=True, profile="teen")[1] == {}
    assert "password" in read(before=LAPTOP, has_password=False, profile="teen")[1]


def test_a_password_without_a_login_is_refused():
    assert "needs a user name" in read(password="12345678")[1]["login"]


@pytest.mark.parametrize("login", ["a b", "a:b", "é", "-a", "a" * 41])
def test_logins_that_no_browser_could_send_are_refused(login):
    assert "login" in read(login=login, password="12345678")[1]


def test_a_password_is_not_shown_in_a_traceback():
    assert "12345678" not in repr(replace(Draft.of(TABLET), password="12345678"))
