"""`geacc-proxy token` and `geacc-proxy password`."""

from __future__ import annotations

import json

import pytest
import typer

from geacc_proxy.cli import homekeeping
from geacc_proxy.cli.password import password
from geacc_proxy.cli.token import app
from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import tokens
from geacc_proxy.home.deeds import sentence
from geacc_proxy.web.sessions import Sessions
from tests.cli.home import look, runner


@pytest.fixture
def token(tmp_path):
    return runner(app, tmp_path)


def test_a_token_is_printed_alone_once_and_works(token, tmp_path):
    made = token("create", "home-assistant", "--scope", "read", "--scope", "devices", "--days", "30")
    secret = made.stdout.strip()
    assert secret.startswith("geacc_")
    assert "cannot be shown again" in made.stderr
    assert look(tmp_path, lambda home: tokens.find(home, secret)).name == "home-assistant"
    (told,) = [json.loads(line) for line in token("list", "--format", "json").stdout.splitlines()]
    assert (told["name"], told["scopes"]) == ("home-assistant", ["devices", "read"])
    assert secret not in token("list").stdout


def test_a_revoked_token_is_gone(token, tmp_path):
    secret = token("create", "tv", "--scope", "read").stdout.strip()
    assert "until it is revoked" not in token("revoke", "tv").stdout
    assert look(tmp_path, lambda home: tokens.find(home, secret)) is None
    assert token("list").stdout.startswith("There are no tokens")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create", "two words", "--scope", "read"], "is no name for a token"),
        (["revoke", "tv"], "there is no token 'tv'"),
    ],
)
def test_wrong_use_is_told(token, arguments, message):
    result = token(*arguments)
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)


@pytest.fixture
def command(tmp_path):
    single = typer.Typer()
    single.command()(password)
    return runner(single, tmp_path)


async def session(home):
    return await Sessions(home).begin("", stays=True)


def test_a_new_password_holds_at_once_and_logs_everybody_out(command, tmp_path):
    command("--stdin", stdin="the first one\n")
    opened = look(tmp_path, session)
    result = command("--password-stdin", stdin="correct horse\n")
    assert (result.exit_code, result.stdout) == (0, "The password is set; whoever was logged in is logged out.\n")
    assert look(tmp_path, lambda home: Sessions(home).is_password("correct horse"))
    assert not look(tmp_path, lambda home: Sessions(home).is_password("the first one"))
    assert look(tmp_path, lambda home: Sessions(home).find(opened)) is None
    deed = look(tmp_path, lambda home: home.deeds(limit=1))[0]
    assert (deed.who, sentence(deed)) == ("cli", "Set the password")


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [(["--stdin"], "short\n", "it takes 8 at least"), ([], None, "there is no terminal to ask")],
)
def test_a_password_that_will_not_do_is_refused(command, arguments, stdin, message):
    result = command(*arguments, stdin=stdin)
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)


def test_a_password_is_asked_for_twice_and_never_shown(monkeypatch):
    asked = {}

    def prompt(text: str, **how: object) -> str:
        asked.update(how, text=text)
        return "correct horse"

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "prompt", prompt)
    assert homekeeping.password("the pages", from_stdin=False) == "correct horse"
    assert asked == {
        "text": "New password of the pages",
        "hide_input": True,
        "confirmation_prompt": "The same again",
    }
