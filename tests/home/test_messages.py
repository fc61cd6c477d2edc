"""Messages: really sent, to a service on this machine."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator

import pytest

from geacc_proxy.exceptions import MissingExtraError
from geacc_proxy.home.messages import Message, filled, send, service_of

from .goal import Goal, serving

MESSAGE = Message("Somebody asks", "Anna's tablet asks for a picture on example.org.")


@pytest.fixture
def goal() -> Iterator[Goal]:
    with serving() as found:
        yield found


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def test_a_message_arrives_with_its_title_and_text_and_nothing_to_load_from_the_net(goal):
    assert await send([goal.url], MESSAGE) == ()
    (got,) = goal.got
    assert (got["title"], got["message"]) == (MESSAGE.title, MESSAGE.text)
    assert got["attachments"] == []
    assert "http" not in str(got)


async def test_what_fails_is_tried_once_more(goal):
    goal.statuses += [500]
    assert await send([goal.url], MESSAGE, pause=0) == ()
    assert len(goal.got) == 2


async def test_a_failure_is_told_by_its_service_alone(goal):
    goal.statuses += [401, 401]
    (line,) = await send([goal.url], MESSAGE, pause=0)
    assert line == "json: the service refused the message (HTTP 401)"


async def test_a_service_that_is_not_there_is_told_of(goal, unused_port):
    (line,) = await send([f"json://someone:s3cret@127.0.0.1:{unused_port}"], MESSAGE, pause=0)
    assert line == "json: the service cannot be reached"


async def test_one_that_fails_holds_up_no_other(goal, unused_port):
    problems = await send([f"json://127.0.0.1:{unused_port}", "nonsense", goal.url], MESSAGE, pause=0)
    assert len(problems) == 2
    assert goal.texts == [MESSAGE.text]


async def test_an_address_that_is_none_is_told_without_repeating_it():
    (line,) = await send(["nosuchservice://s3cret"], MESSAGE, pause=0)
    assert "s3cret" not in line
    assert line.startswith("nosuchservice: the address is none that Apprise understands")


async def test_without_apprise_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(MissingExtraError, match=r"geacc-proxy\[notify\]"):
        await send(["json://127.0.0.1"], MESSAGE)


async def test_nothing_of_an_address_gets_into_the_log(goal, caplog):
    caplog.set_level(0)
    goal.statuses += [500, 500]
    await send([goal.url], MESSAGE, pause=0)
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("url", "service"),
    [("mailto://me:pw@example.org", "mailto"), ("NTFYS://topic", "ntfys"), ("s3cret", "?"), ("a b://x", "?")],
)
def test_a_service_is_what_may_be_told_of_an_address(url, service):
    assert service_of(url) == service


def test_a_slip_in_a_catalogue_leaves_the_english_text():
    assert filled("{device} asks", {"device": "Tablet"}, lambda text: "{gerät} fragt {0}") == "Tablet asks"
