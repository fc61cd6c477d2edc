"""`geacc-proxy run` as a process: it ends when asked to, and says in one line why it cannot start."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from .origin import Origin
from .processes import free_port, geacc_proxy, running_geacc_proxy

pytestmark = pytest.mark.xdist_group("browser")


def test_sigterm_ends_it_with_0_within_5_s_and_leaves_no_process(origin: Origin, tmp_path: Path) -> None:
    with running_geacc_proxy(tmp_path, origin.ca_file) as proxy:
        assert proxy.stop(within=5) == 0
        assert not proxy.leaves_children()


def test_its_authority_keeps_its_keys_to_itself(origin: Origin, tmp_path: Path) -> None:
    with running_geacc_proxy(tmp_path, origin.ca_file) as proxy:
        directory = proxy.ca_file.parent
        assert directory.stat().st_mode & 0o777 == 0o700
        secret = [file for file in directory.iterdir() if b"PRIVATE KEY" in file.read_bytes()]
        assert secret != []
        assert {file.stat().st_mode & 0o777 for file in secret} == {0o600}
        assert b"PRIVATE KEY" not in proxy.ca_file.read_bytes()


@pytest.mark.parametrize("taken", ["--port", "--admin-port"])
def test_a_port_in_use_is_one_line_and_exit_code_1(taken: str, tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        ports = {"--port": str(free_port()), "--admin-port": str(free_port()), taken: port}
        flags = [part for pair in ports.items() for part in pair]
        ended = geacc_proxy("run", "--host", "127.0.0.1", *flags, "--state-dir", tmp_path / "state")
    assert_one_line(ended, 1, port)


def test_an_unwritable_state_directory_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    # A file where a directory should be: nobody can write into it, not even root.
    obstacle = tmp_path / "obstacle"
    obstacle.write_text("")
    state = obstacle / "state"
    ended = geacc_proxy("run", *_free_ports(), "--state-dir", state)
    assert_one_line(ended, 1, str(obstacle))


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--no-such-flag"], "--no-such-flag"),
        (["--port", "many"], "--port"),
        (["--port", "70000"], "70000"),
        (["--workers", "1000"], "1000"),
    ],
)
def test_a_wrong_flag_names_itself_and_exits_with_2(flags: list[str], named: str, tmp_path: Path) -> None:
    ended = geacc_proxy("run", "--state-dir", tmp_path / "state", *flags)
    assert ended.returncode == 2
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr


def _free_ports() -> list[str]:
    return ["--host", "127.0.0.1", "--port", str(free_port()), "--admin-port", str(free_port())]


def assert_one_line(ended: subprocess.CompletedProcess[str], code: int, named: str) -> None:
    """It failed with the code, and said why in one line that names the culprit."""
    assert ended.returncode == code, ended.stderr
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, ended.stderr
    assert named in lines[0]
    assert "Traceback" not in ended.stdout + ended.stderr
