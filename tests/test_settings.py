"""Defaults, then config.toml, then the environment, then flags."""

from pathlib import Path

import pytest

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.policy.profile import Strictness
from geacc_proxy.settings import Settings, load, prepare_state_directory, state_directory


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    assert load(None, tmp_path, {}, {}) == Settings()


def test_the_later_source_wins(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("port = 1\nadmin_port = 1\nworkers = 1\n")
    environ = {"GEACC_ADMIN_PORT": "2", "GEACC_WORKERS": "2", "GEACC_STATE_DIR": "/elsewhere", "HOME": "/x"}
    settings = load(None, tmp_path, {"workers": 3, "port": None, "strictness": "lenient"}, environ)
    assert (settings.port, settings.admin_port, settings.workers) == (1, 2, 3)
    assert settings.strictness is Strictness.LENIENT


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prot = 1", ["config.toml", "prot", "no such setting", "port"]),
        ("port = 'x'", ["port", "'x'", "whole number from 1 to 65535"]),
        ("port = 0", ["port", "0", "from 1 to 65535"]),
        ("port = true", ["port", "True"]),
        ("port = 80.5", ["port", "80.5"]),
        ("strictness = 'lax'", ["strictness", "'lax'", "strict, balanced, lenient"]),
        ("mode = 'sideways'", ["mode", "'sideways'", "socks5"]),
        ("decode_seconds = nan", ["decode_seconds", "nan", "0.5 to 120"]),
        ("[port]\na = 1", ["port", "whole number"]),
        ("port = ", ["config.toml", "not TOML"]),
    ],
)
def test_a_bad_file_is_told_in_one_line(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load(None, tmp_path, {}, {})
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


def test_a_bad_variable_and_a_bad_flag_are_named_as_the_person_wrote_them(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="GEACC_WORKERS is 'many'"):
        load(None, tmp_path, {}, {"GEACC_WORKERS": "many"})
    with pytest.raises(UsageError, match="--admin-port is 70000"):
        load(None, tmp_path, {"admin_port": 70000}, {})
    with pytest.raises(UsageError, match="GEACC_COLOUR"):
        load(None, tmp_path, {}, {"GEACC_COLOUR": "red"})


def test_a_config_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        load(tmp_path / "none.toml", tmp_path, {}, {})


def test_the_state_directory_is_private_and_an_unusable_one_is_told(tmp_path: Path) -> None:
    folder = prepare_state_directory(tmp_path / "a" / "b")
    assert folder.stat().st_mode & 0o777 == 0o700
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(GeaccError, match="--state-dir"):
        prepare_state_directory(blocked / "state")


def test_the_state_directory_comes_from_the_flag_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEACC_STATE_DIR", str(tmp_path))
    assert state_directory(None) == tmp_path
    assert state_directory(tmp_path / "given") == tmp_path / "given"
