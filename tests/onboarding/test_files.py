"""The table of files."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.onboarding.choices import Choices
from geacc_proxy.onboarding.files import FILES, files_for, setup_file
from geacc_proxy.onboarding.platforms import Platform
from geacc_proxy.onboarding.wireguard import Tunnel

from .home import reach

TUNNEL = Tunnel("A" * 43 + "=", "B" * 42 + "A=", "home.example", 51820)


def test_each_name_is_there_once_and_found() -> None:
    names = [file.name for file in FILES]

    assert len(set(names)) == len(names)
    assert [setup_file(name) for name in names] == list(FILES)


@pytest.mark.parametrize("name", ["", "geacc-proxy-ca.key", "../proxy.pac", "PROXY.PAC"])
def test_an_unknown_name_is_no_file(name: str) -> None:
    assert setup_file(name) is None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_can_be_made_and_holds_no_private_key(file) -> None:  # type: ignore[no-untyped-def]
    content = file.make(reach(), Choices(tunnel=TUNNEL))

    assert content
    assert b"PRIVATE KEY" not in content
    assert file.what.endswith(".")


def test_every_platform_has_files_and_a_certificate() -> None:
    for platform in Platform:
        names = [file.name for file in files_for(platform, Choices())]
        assert any(name.startswith("geacc-proxy-ca.") for name in names)


def test_a_tunnel_is_offered_only_where_there_is_one() -> None:
    offered = [file.name for file in files_for(Platform.ANDROID, Choices(tunnel=TUNNEL))]
    without = [file.name for file in files_for(Platform.ANDROID, Choices())]

    assert set(offered) - set(without) == {"geacc-proxy-wireguard.conf"}
    with pytest.raises(UsageError, match="keys"):
        setup_file("geacc-proxy-wireguard.conf").make(reach(), Choices())  # type: ignore[union-attr]


def test_the_pac_file_is_the_same_under_both_names() -> None:
    first, second = (setup_file(name).make(reach(), Choices()) for name in ("proxy.pac", "wpad.dat"))  # type: ignore[union-attr]

    assert first == second


def test_the_wpad_text_names_the_address_as_option_252() -> None:
    text = setup_file("wpad.txt").make(reach(), Choices()).decode("ascii")  # type: ignore[union-attr]

    assert 'dhcp-option=252,"http://192.168.1.2:8081/wpad.dat"' in text
    assert "{" not in text.replace('{ "code"', "").replace('{ "name"', "")


def test_the_linux_script_is_valid_shell(tmp_path) -> None:  # type: ignore[no-untyped-def]
    script = tmp_path / "script.sh"
    script.write_bytes(setup_file("geacc-proxy-linux.sh").make(reach(), Choices()))  # type: ignore[union-attr]

    assert subprocess.run([shutil.which("sh") or "sh", "-n", script], capture_output=True).returncode == 0
    assert "@" not in script.read_text().replace("$@", "")
