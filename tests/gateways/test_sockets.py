"""Messages of a WebSocket are looked through before they reach the browser."""

from __future__ import annotations

import base64
import json

from mitmproxy.test import tflow
from mitmproxy.websocket import WebSocketMessage
from wsproto.frame_protocol import Opcode

from geacc_proxy.gateways.mitm.addon import PictureFilter
from geacc_proxy.verdict import Reason

from .doors import BENIGN, MALIGN, Door

CAP = 10_000


async def sent(content: bytes, *, text: bool = True, from_client: bool = False) -> tuple[WebSocketMessage, Door]:
    door = Door()
    flow = tflow.twebsocketflow()
    assert flow.websocket
    message = WebSocketMessage(Opcode.TEXT if text else Opcode.BINARY, from_client, content)
    flow.websocket.messages.append(message)
    await PictureFilter(door, CAP).websocket_message(flow)
    assert flow.websocket.messages == [message]  # mitmproxy would keep all of them for ever
    return message, door


def event(picture: bytes) -> bytes:
    url = "data:image/gif;base64," + base64.b64encode(picture).decode()
    return json.dumps({"kind": "preview", "src": url}).encode()


async def test_a_malign_picture_inside_a_message_is_replaced_in_place() -> None:
    message, door = await sent(event(MALIGN))
    came = json.loads(message.content)
    assert came["kind"] == "preview"
    assert came["src"].startswith("data:image/png;base64,iVBOR")
    assert [judgement.decision.reason for judgement, _ in door.told] == [Reason.MALIGN]


async def test_a_message_that_is_a_malign_picture_is_replaced() -> None:
    message, _ = await sent(MALIGN, text=False)
    assert message.content.startswith(b"\x89PNG")


async def test_other_messages_pass_as_they_are() -> None:
    for content in (event(BENIGN), BENIGN, b"", b"data:", bytes(range(256))):
        message, door = await sent(content, text=False)
        assert message.content == content
        assert not message.dropped
        assert door.told == []


async def test_what_the_browser_sends_is_its_own_affair() -> None:
    message, _ = await sent(event(MALIGN), from_client=True)
    assert message.content == event(MALIGN)


async def test_a_message_beyond_the_cap_is_dropped() -> None:
    message, door = await sent(b"x" * (CAP + 1))
    assert message.dropped
    assert [judgement.decision.reason for judgement, _ in door.told] == [Reason.TOO_LARGE]
