"""Only the public web is fetched, whatever an address is dressed up as."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from geacc_proxy.lab.dataset.addresses import host_of
from geacc_proxy.lab.dataset.outcome import Failed, Outcome
from geacc_proxy.lab.dataset.partial import Partial
from geacc_proxy.lab.dataset.transfer import Transfers
from tests.lab.dataset.origin import picture, redirect, serving


def transfers(*, allow_private: bool = False) -> Transfers:
    return Transfers(agent="test", seconds=5, most_bytes=2**20, per_host=2, threads=1, allow_private=allow_private)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://Example.org/a.jpg", "example.org:80"),
        ("https://example.org:8443/", "example.org:8443"),
        ("https://user:word@example.org/", "example.org:443"),
        ("http://[2606:4700::1]/x", "2606:4700::1:80"),
    ],
)
def test_a_host_is_known_by_its_name_and_port(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    "url",
    [
        *(
            "ftp://example.org/a.jpg",
            "file:///etc/passwd",
            "data:image/png;base64,AAAA",
            "//example.org/a.jpg",
            "a.jpg",
        ),
        *("http:///a.jpg", "http://", "http://example.org:99999/", "http://[::1", "http://example.org/\x00"),
        *("http://example.org:22/", "http://example.org:25/a.jpg", "http://example.org/" + "a" * 9000),
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(Failed) as caught:
        host_of(url)
    assert caught.value.outcome is Outcome.ADDRESS
    assert not caught.value.again


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]", "0"]
)
def test_no_way_of_writing_this_machine_leads_to_it(host: str, tmp_path: Path) -> None:
    with serving() as origin:
        origin.gives("/a.jpg", picture("a"))
        with pytest.raises(Failed) as caught:
            transfers().attempt(f"http://{host}:{origin.server_address[1]}/a.jpg", Partial(tmp_path, "x"))
        assert caught.value.outcome is Outcome.ADDRESS
        assert "no public address" in str(caught.value)
        assert not origin.times


def test_a_name_is_judged_by_the_address_that_is_connected_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers = iter(["93.184.216.34", "127.0.0.1"])
    looked_up = []

    def rebinding(host: str, port: int, **_: object) -> list[object]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    reached = []

    def refused(_: socket.socket, where: tuple[str, int]) -> None:
        reached.append(where[0])
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket.socket, "connect", refused)
    asking = transfers()
    with pytest.raises(Failed) as first:
        asking.attempt("http://rebinding.example/a.jpg", Partial(tmp_path, "x"))
    with pytest.raises(Failed) as second:
        asking.attempt("http://rebinding.example/a.jpg", Partial(tmp_path, "x"))
    assert first.value.outcome is Outcome.NO_CONNECTION
    assert first.value.again
    assert second.value.outcome is Outcome.ADDRESS
    assert looked_up == ["rebinding.example"] * 2
    assert reached == ["93.184.216.34"]


def test_a_redirect_is_looked_at_like_the_first_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with serving() as origin:
        port = origin.server_address[1]
        origin.does("/a.jpg", redirect(f"http://127.0.0.1:{port}/secret"))
        origin.gives("/secret", picture("secret"))
        real = socket.getaddrinfo
        connect = socket.socket.connect
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, at, **named: real("93.184.216.34" if host == "public.example" else host, at, **named),
        )
        monkeypatch.setattr(socket.socket, "connect", lambda one, where: connect(one, ("127.0.0.1", where[1])))
        with pytest.raises(Failed) as caught:
            transfers().attempt(f"http://public.example:{port}/a.jpg", Partial(tmp_path, "x"))
        assert caught.value.outcome is Outcome.ADDRESS
        assert origin.times == {"/a.jpg": 1}


@pytest.mark.parametrize("where", ["file:///etc/passwd", "ftp://example.org/", "http://example.org:25/", "http://[x"])
def test_a_redirect_leads_nowhere_but_to_the_web(where: str, tmp_path: Path) -> None:
    with serving() as origin:
        url = origin.does("/a.jpg", redirect(where))
        with pytest.raises(Failed) as caught:
            transfers(allow_private=True).attempt(url, Partial(tmp_path, url))
    assert caught.value.outcome is Outcome.ADDRESS


def test_redirects_that_never_end_do(tmp_path: Path) -> None:
    with serving() as origin:
        url = origin.does("/a.jpg", redirect("/a.jpg"))
        with pytest.raises(Failed, match="redirects"):
            transfers(allow_private=True).attempt(url, Partial(tmp_path, url))
    assert origin.times["/a.jpg"] == 11


def test_a_host_without_a_name_server_is_asked_again_and_one_that_is_unknown_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for code, again in ((socket.EAI_AGAIN, True), (socket.EAI_NONAME, False)):

        def failing(*_: object, code: int = code, **__: object) -> list[object]:
            raise socket.gaierror(code, "lookup failed")

        monkeypatch.setattr(socket, "getaddrinfo", failing)
        with pytest.raises(Failed) as caught:
            transfers().attempt("http://nowhere.example/", Partial(tmp_path, "x"))
        assert (caught.value.outcome, caught.value.again, caught.value.reached) == (
            Outcome.NO_CONNECTION,
            again,
            False,
        )


def test_connections_are_used_again(tmp_path: Path) -> None:
    ports: set[int] = set()
    threads = threading.Lock()
    with serving() as origin:

        def answer(asked: object) -> None:
            with threads:
                ports.add(asked.client_address[1])  # type: ignore[attr-defined]
            asked.respond(picture("a"))  # type: ignore[attr-defined]

        origin.does("/a.jpg", answer)
        origin.does("/b.jpg", redirect("/a.jpg"))
        origin.does("/gone.jpg", lambda asked: asked.respond(b"gone", "text/plain", 404))
        asking = transfers(allow_private=True)
        for path in ("/a.jpg", "/b.jpg", "/a.jpg"):
            asking.attempt(origin.url + path, Partial(tmp_path, path))
        with pytest.raises(Failed, match="404 Not Found"):
            asking.attempt(origin.url + "/gone.jpg", Partial(tmp_path, "gone"))
        asking.attempt(origin.url + "/a.jpg", Partial(tmp_path, "a"))
        asking.close()
    assert len(ports) == 1
