"""`geacc-proxy device`: on the state directory, with or without a proxy beside."""

from __future__ import annotations

import asyncio
import json
import plistlib
import stat

import pytest
from argon2 import PasswordHasher

from geacc_proxy.cli.device import app
from geacc_proxy.cli.log import app as log_app
from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home
from geacc_proxy.home.storage import open_store
from geacc_proxy.onboarding.files import FILES
from tests.cli.home import look, runner


@pytest.fixture
def device(tmp_path):
    run = runner(app, tmp_path)
    added = run("add", "Anna's tablet", "--profile", "teen", "--address", "192.168.1.20", "--mac", "3C-22-FB-01-02-03")
    assert added.exit_code == 0, added.exception
    assert added.stdout == "annas-tablet added.\n"
    return run


def listed(run):
    return [json.loads(line) for line in run("list", "--format", "json").stdout.splitlines()]


def test_an_added_device_is_listed_with_the_names_of_its_document(device):
    (told,) = listed(device)
    assert told["key"] == "annas-tablet"
    assert told["macs"] == ["3c:22:fb:01:02:03"]
    assert told["known"] is True
    assert told["now"]["filtering"] == "hide"


def test_the_table_says_what_holds_now(device):
    device("add", "Ben", "--profile", "adult", "--port", "9001", "--address", "fd00::1", "--address", "192.168.1.30")
    head, tablet, ben = device("list").stdout.splitlines()
    assert head.split() == ["Device", "Key", "Profile", "Recognised", "by", "Seen", "Now"]
    assert tablet.endswith("filtered")
    assert "192.168.1.20, 3c:22:fb:01:02:03" in tablet
    assert ben.endswith("not filtered")
    assert "fd00::1, 192.168.1.30, port 9001" in ben


def test_where_nobody_is_known_that_is_said(tmp_path):
    assert runner(app, tmp_path)("list").stdout.startswith("No device was seen so far")


def test_a_device_is_found_by_its_name_and_changed(device):
    result = device("edit", "ANNA'S TABLET", "--profile", "under-12", "--mac", "", "--address", "10.0.0.2")
    assert result.stdout == "Anna's tablet changed.\n"
    (told,) = listed(device)
    assert (told["profile"], told["macs"], told["addresses"]) == ("under-12", [], ["10.0.0.2"])


def test_a_name_that_two_devices_have_is_refused_with_their_keys(device):
    device("add", "Anna's tablet", "--profile", "teen")
    result = device("remove", "Anna's tablet")
    assert isinstance(result.exception, UsageError)
    assert str(result.exception).endswith("give the key of one of them: annas-tablet, annas-tablet-2")


def test_a_removed_device_comes_back_by_undoing(device, tmp_path):
    said = device("remove", "annas-tablet").stdout
    assert listed(device) == []
    number = said.split("undo ")[1].split("`")[0]
    log = runner(log_app, tmp_path)
    assert log("undo", number).exit_code == 0
    assert [told["key"] for told in listed(device)] == ["annas-tablet"]
    lines = [json.loads(line) for line in log("deeds", "--format", "json").stdout.splitlines()]
    assert [line["what"] for line in lines] == [
        "Undid: Removed Anna's tablet",
        "Removed Anna's tablet",
        "Added Anna's tablet with the profile Teen",
    ]
    assert {line["who"] for line in lines} == {"cli"}
    assert "by 3" in log("deeds").stdout
    assert isinstance(log("undo", "99").exception, UsageError)
    assert isinstance(log("undo", str(2**63)).exception, UsageError)


def test_filtering_pauses_for_one_or_all_and_goes_on(device):
    assert device("pause", "annas-tablet", "--minutes", "5").stdout == "Filtering is paused for 5 minutes.\n"
    assert "paused until" in device("list").stdout
    device("resume", "annas-tablet")
    assert listed(device)[0]["now"]["paused"] is False
    device("pause", "--all")
    assert listed(device)[0]["now"]["paused"] is True
    device("resume", "--all")
    assert listed(device)[0]["now"]["paused"] is False


@pytest.mark.parametrize("arguments", [["pause"], ["pause", "annas-tablet", "--all"], ["resume"]])
def test_a_pause_is_for_one_or_for_all(device, arguments):
    assert str(device(*arguments).exception) == "say for which device, or --all"


def test_more_time_is_added_up(device):
    device("bonus", "annas-tablet", "15")
    assert device("bonus", "annas-tablet", "15").stdout == "30 minutes more today.\n"


def test_a_login_is_kept_as_an_argon2_hash_that_the_proxy_takes(device, tmp_path):
    assert device("login", "annas-tablet", "anna", "--password-stdin", stdin="correct horse\n").exit_code == 0
    kept = look(tmp_path, lambda home: home.document(Kind.SECRET, "login:anna"))
    assert PasswordHasher().verify(kept["hash"], "correct horse")
    assert listed(device)[0]["login"] == "anna"
    assert device("login", "annas-tablet", "--remove").stdout == "Taken away.\n"
    assert look(tmp_path, lambda home: home.document(Kind.SECRET, "login:anna")) is None


def test_a_device_is_added_with_a_login(device, tmp_path):
    device("add", "Ben", "--profile", "teen", "--login", "ben", "--password-stdin", stdin="correct horse\n")
    assert look(tmp_path, lambda home: home.house.devices["ben"].login) == "ben"
    assert look(tmp_path, lambda home: home.document(Kind.SECRET, "login:ben"))["hash"].startswith("$argon2id$")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "", "--profile", "teen"], "the device has no name"),
        (["add", "x", "--profile", "none"], "there is no profile 'none'"),
        (["add", "x", "--profile", "teen", "--address", "x"], "'x' is no address"),
        (["add", "x", "--profile", "teen", "--mac", "x"], "'x' is no hardware address"),
        (["add", "x", "--profile", "teen", "--port", "80"], "port 80 will not do"),
        (["add", "x", "--profile", "teen", "--address", "192.168.1.20"], "belongs to Anna's tablet already"),
        (["add", "x", "--profile", "teen", "--login", "x"], "add --password-stdin"),
        (["edit", "annas-tablet"], "there is nothing to change"),
        (["edit", "nobody", "--name", "x"], "there is no device 'nobody'"),
        (["login", "annas-tablet"], "give a user name, or --remove"),
        (["login", "annas-tablet", "two words", "--password-stdin"], "is no user name"),
        (["login", "annas-tablet", "anna", "--password-stdin"], "the password has 0 characters; it takes 8 to 200"),
        (["policy", "nothing.txt"], "there is no file 'nothing.txt'; there are geacc-proxy-ca.pem"),
        (["policy", "geacc-proxy-wireguard.conf"], "there is no file"),
        (["policy", "proxy.pac", "--host", "no host"], "is no name and no address"),
        (["policy", "proxy.pac", "--ssid", "x" * 40], "Wi-Fi name"),
    ],
)
def test_wrong_use_is_told_in_one_line(device, arguments, message):
    result = device(*arguments)
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)
    assert "\n" not in str(result.exception)


def test_a_proxy_that_runs_notices(device, tmp_path):
    async def running() -> bool:
        home = await Home.open(lambda: open_store(tmp_path / "geacc.db"))
        try:
            assert not home.house.devices["annas-tablet"].paused_until
            await asyncio.to_thread(device, "pause", "annas-tablet")
            async with asyncio.timeout(20):
                while not home.house.devices["annas-tablet"].paused_until:
                    await asyncio.sleep(0.05)
            return home.rules_of(home.device("annas-tablet")).paused
        finally:
            await home.close()

    assert asyncio.run(running())


def test_the_files_that_set_a_device_up_are_listed(device):
    lines = device("policy").stdout.splitlines()
    assert len(lines) == 1 + sum(not file.needs_tunnel for file in FILES)
    assert any(line.startswith("policies.json ") for line in lines)


def test_a_file_is_written_for_this_proxy_and_for_its_owner_alone(device, tmp_path):
    (tmp_path / "config.toml").write_text("port = 9999\nadmin_port = 9998\n")
    out = tmp_path / "firefox.json"
    assert device("policy", "policies.json", "--host", "192.168.1.2", "--out", str(out)).exit_code == 0
    assert "192.168.1.2:9999" in out.read_text()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    printed = device("policy", "proxy.pac", "--host", "192.168.1.2", "--fallback", "open").stdout
    assert "PROXY 192.168.1.2:9999; DIRECT" in printed


def test_a_wifi_password_comes_on_standard_input(device, tmp_path):
    out = tmp_path / "home.mobileconfig"
    device(
        "policy",
        "geacc-proxy.mobileconfig",
        "--host=192.168.1.2",
        "--ssid=Home",
        "--wifi-password-stdin",
        f"--out={out}",
        stdin="correct horse\n",
    )
    assert "correct horse" in str(plistlib.loads(out.read_bytes()))


def test_the_fallback_is_the_one_that_a_parent_has_chosen(device, tmp_path):
    from geacc_proxy.home import preferences

    look(tmp_path, lambda home: preferences.save(home, "parent", pac_fallback="open"))
    assert "DIRECT" in device("policy", "proxy.pac", "--host", "192.168.1.2").stdout


def test_a_place_that_cannot_be_written_is_told(device, tmp_path):
    result = device("policy", "proxy.pac", "--host", "192.168.1.2", "--out", str(tmp_path / "none" / "x.pac"))
    assert isinstance(result.exception, GeaccError)
    assert "cannot write" in str(result.exception)
