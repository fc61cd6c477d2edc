"""Tokens: told once, good for what they were made for, and for as long."""

from __future__ import annotations

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import tokens
from geacc_proxy.home.deeds import sentence
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.tokens import Scope


async def test_a_token_is_found_by_its_secret(home):
    secret = await tokens.create(home, "parent", "home-assistant", ["read", "log"])
    found = tokens.find(home, secret)
    assert found is not None
    assert (found.name, found.scopes) == ("home-assistant", {Scope.READ, Scope.LOG})


async def test_what_is_kept_does_not_have_the_secret(home):
    secret = await tokens.create(home, "parent", "tv", ["read"])
    assert secret.startswith("geacc_")
    assert secret not in str(home.documents(Kind.SECRET))
    assert secret not in str(await home.deeds())


async def test_two_tokens_differ(home):
    first = await tokens.create(home, "parent", "a", ["read"])
    second = await tokens.create(home, "parent", "b", ["read"])
    assert first != second
    found = tokens.find(home, second)
    assert found is not None
    assert found.name == "b"


@pytest.mark.parametrize("wrong", ["", "geacc_", "geacc_nothing", "geacc_" + "x" * 5000, "Bearer", "geacc_ä"])
async def test_what_is_no_token_is_not_found(home, wrong):
    await tokens.create(home, "parent", "tv", ["read"])
    assert tokens.find(home, wrong) is None


async def test_a_token_ends_when_its_days_are_over(home, clock):
    secret = await tokens.create(home, "parent", "guest", ["read"], days=2)
    clock.move(days=1, hours=23)
    assert tokens.find(home, secret) is not None
    clock.move(hours=1)
    assert tokens.find(home, secret) is None
    assert [token.is_over(home.now()) for token in tokens.all_of(home)] == [True]


async def test_a_revoked_token_is_good_for_nothing_and_its_name_is_free(home):
    secret = await tokens.create(home, "parent", "tv", ["read"])
    await tokens.revoke(home, "parent", "tv")
    assert tokens.find(home, secret) is None
    assert tokens.all_of(home) == []
    assert await tokens.create(home, "parent", "tv", ["read"]) != secret


async def test_admin_may_all_and_others_what_they_name(home):
    await tokens.create(home, "parent", "boss", ["admin"])
    await tokens.create(home, "parent", "tv", ["devices", "devices"])
    boss, tv = tokens.all_of(home)
    assert all(boss.may(scope) for scope in Scope)
    assert [scope for scope in Scope if tv.may(scope)] == [Scope.DEVICES]


async def test_the_audit_trail_names_tokens_and_cannot_bring_one_back(home):
    secret = await tokens.create(home, "parent", "tv", ["read", "admin"])
    deed = await tokens.revoke(home, "parent", "tv")
    said = [sentence(deed) for deed in await home.deeds()]
    assert said == ["Revoked the token tv", "Made the token tv, which may: admin, read"]
    await home.undo(deed, "parent")
    assert tokens.find(home, secret) is None


@pytest.mark.parametrize(
    ("name", "scopes", "days", "message"),
    [
        ("two words", ["read"], None, "is no name for a token"),
        ("", ["read"], None, "is no name for a token"),
        ("tv", [], None, "at least one of read, log, devices"),
        ("tv", ["root"], None, "'root' is nothing that a token may do"),
        ("tv", ["read"], 0, "it takes 1 to 3650"),
        ("taken", ["read"], None, "there is a token taken already"),
    ],
)
async def test_what_makes_no_token_is_refused(home, name, scopes, days, message):
    await tokens.create(home, "parent", "taken", ["read"])
    with pytest.raises(UsageError, match=message):
        await tokens.create(home, "parent", name, scopes, days)


async def test_revoking_what_is_not_there_is_refused(home):
    with pytest.raises(UsageError, match="there is no token 'tv'"):
        await tokens.revoke(home, "parent", "tv")
