"""The server beside the proxy, in the same event loop."""

import asyncio
import http.client
import signal
import socket
import subprocess
import sys
import time

import pytest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.web.server import AdminServer


async def hello(_):
    return PlainTextResponse("hello")


async def for_ever(_):
    await asyncio.sleep(3600)
    return PlainTextResponse("late")


APP = Starlette(routes=[Route("/", hello), Route("/for-ever", for_ever)])


def get(host, port):
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read()
    finally:
        connection.close()


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.fixture
async def server():
    server = AdminServer(APP)
    yield server
    await server.stop()


async def test_it_answers_as_soon_as_start_returns(server):
    await server.start("127.0.0.1", 0)
    assert await run_in_threadpool(get, "127.0.0.1", server.port) == b"hello"


async def test_an_empty_host_is_every_interface_in_both_families(server):
    await server.start("", 0)
    assert await run_in_threadpool(get, "127.0.0.1", server.port) == b"hello"
    if has_ipv6():
        assert await run_in_threadpool(get, "::1", server.port) == b"hello"


async def test_a_name_is_looked_up(server):
    await server.start("localhost", 0)
    assert await run_in_threadpool(get, "localhost", server.port) == b"hello"


@pytest.mark.parametrize("host", ["", "127.0.0.1"])
async def test_a_port_in_use_is_one_clear_line(server, host):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(GeaccError) as caught:
            await server.start(host, port)
    where = host or "every interface"
    assert str(caught.value) == f"admin port {port} on {where} is in use; choose another with --admin-port"


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-name.invalid"])
async def test_an_address_of_another_machine_is_one_clear_line(server, host):
    with pytest.raises(GeaccError, match=r"^\S+ is not an address of this machine; .*--host"):
        await server.start(host, 0)


@pytest.mark.parametrize("port", [-1, 65536])
async def test_a_number_that_is_no_port_is_wrong_use(server, port):
    with pytest.raises(UsageError, match=f"admin port {port} is no port"):
        await server.start("127.0.0.1", port)


async def test_it_stops_within_two_seconds_whatever_its_clients_do(server):
    await server.start("127.0.0.1", 0)
    address = ("127.0.0.1", server.port)
    with (
        socket.create_connection(address),
        socket.create_connection(address) as slow,
        socket.create_connection(address) as waiting,
    ):
        slow.sendall(b"GET / HTTP/1.1\r\nHost:")
        waiting.sendall(b"GET /for-ever HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.1)
        start = time.monotonic()
        await server.stop()
        assert time.monotonic() - start < 2
    with pytest.raises(ConnectionRefusedError), socket.create_connection(address):
        pass


async def test_it_can_be_stopped_twice_and_started_again(server):
    await server.start("127.0.0.1", 0)
    await server.stop()
    await server.stop()
    await server.start("127.0.0.1", server.port)
    assert await run_in_threadpool(get, "127.0.0.1", server.port) == b"hello"


async def test_the_signals_stay_with_the_program(server):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    await server.start("127.0.0.1", 0)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_neither_pictures_nor_mitmproxy_are_loaded_for_it():
    code = (
        "import sys, geacc_proxy.web.app, geacc_proxy.web.server;"
        "print([name for name in ('PIL', 'numpy', 'mitmproxy', 'websockets') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
