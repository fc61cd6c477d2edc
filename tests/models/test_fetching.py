"""Downloads: from a server that cuts, stalls, lies, changes its mind and sends elsewhere."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.models import fetching
from geacc_proxy.models.addresses import AddressError, Hub
from geacc_proxy.models.fetching import DigestError, Fetched, Fetcher, FetchError, Patience, Wanted
from tests.models.origin import Handler, Origin, answering, cut_after, serving, stalling_after

BODY = random.Random(1).randbytes(300_000)
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def origin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Origin]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with serving() as server:
        yield server


class Pauses:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


class Watcher:
    def __init__(self) -> None:
        self.seen: list[tuple[int, int | None]] = []
        self.why: list[str] = []

    def advanced(self, done: int, total: int | None) -> None:
        self.seen.append((done, total))

    def paused(self, seconds: float, why: str) -> None:
        self.why.append(why)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def fetcher(pauses: Pauses) -> Fetcher:
    return Fetcher(Patience(attempts=3, sleep=pauses))


def fetch(fetcher: Fetcher, origin: Origin, tmp_path: Path, **wanted: object) -> Fetched:
    if "/model" not in origin.files:
        origin.put("/model", BODY)
    return fetcher.fetch(Wanted(f"{origin.address}/model", **wanted), tmp_path / "model.bin")  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def one_line(error: BaseException) -> str:
    assert "\n" not in str(error)
    return str(error)


def test_a_file_comes_whole_and_nothing_else_is_left(fetcher: Fetcher, origin: Origin, tmp_path: Path) -> None:
    watcher = Watcher()
    address = origin.put("/model", BODY)
    got = fetcher.fetch(Wanted(address, SHA256, len(BODY)), tmp_path / "model.bin", watcher)
    assert got == Fetched(tmp_path / "model.bin", SHA256, len(BODY), "pinned")
    assert (tmp_path / "model.bin").read_bytes() == BODY
    assert names(tmp_path) == ["model.bin"]
    assert watcher.seen[0] == (0, len(BODY))
    assert watcher.seen[-1] == (len(BODY), len(BODY))


def test_a_cut_download_goes_on_where_it_stopped(
    fetcher: Fetcher, origin: Origin, tmp_path: Path, pauses: Pauses
) -> None:
    origin.mischief = [cut_after(100_000), cut_after(50_000)]
    assert fetch(fetcher, origin, tmp_path).sha256 == SHA256
    assert origin.ranges_asked == [None, "bytes=100000-", "bytes=150000-"]
    assert set(origin.headers_of("If-Range")[1:]) == {f'"{hashlib.md5(BODY).hexdigest()}"'}
    assert len(pauses.seconds) == 2


def test_a_server_that_cuts_every_time_is_bearable_as_long_as_something_comes(
    fetcher: Fetcher, origin: Origin, tmp_path: Path
) -> None:
    origin.mischief = [cut_after(40_000) for _ in range(7)]
    assert fetch(fetcher, origin, tmp_path).sha256 == SHA256


def test_a_stalled_download_is_tried_again(pauses: Pauses, origin: Origin, tmp_path: Path) -> None:
    origin.mischief = [stalling_after(70_000)]
    hasty = Fetcher(Patience(read_seconds=1.0, attempts=3, sleep=pauses))
    assert fetch(hasty, origin, tmp_path).sha256 == SHA256
    first, *further = origin.ranges_asked
    assert first is None
    assert set(further) == {"bytes=70000-"}  # on a busy machine a second attempt may take a second, too


def test_a_server_without_ranges_is_asked_from_the_start(fetcher: Fetcher, origin: Origin, tmp_path: Path) -> None:
    origin.ranges = False
    origin.mischief = [cut_after(100_000)]
    assert fetch(fetcher, origin, tmp_path).sha256 == SHA256
    assert (tmp_path / "model.bin").read_bytes() == BODY


def test_a_server_without_ranges_that_always_cuts_is_given_up(fetcher: Fetcher, origin: Origin, tmp_path: Path) -> None:
    origin.ranges = False
    origin.mischief = [cut_after(100_000) for _ in range(20)]
    with pytest.raises(FetchError, match="the connection was cut; tried 3 times") as caught:
        fetch(fetcher, origin, tmp_path)
    assert "0.1 MB are kept, the same command goes on from there" in one_line(caught.value)
    assert len(origin.asked) == 3


def test_a_file_without_etag_or_date_is_only_continued_where_its_digest_is_known(
    fetcher: Fetcher, origin: Origin, tmp_path: Path
) -> None:
    origin.validators = False
    origin.mischief = [cut_after(100_000)]
    fetch(fetcher, origin, tmp_path)
    assert origin.ranges_asked == [None, None]
    origin.mischief = [cut_after(100_000)]
    fetch(fetcher, origin, tmp_path, sha256=SHA256)
    assert origin.ranges_asked[2:] == [None, "bytes=100000-"]


def test_a_file_that_changes_between_two_parts_is_begun_again(fetcher: Fetcher, origin: Origin, tmp_path: Path) -> None:
    newer = BODY[::-1]

    def change(handler: Handler) -> bool:
        origin.put("/model", newer)
        return False

    origin.mischief = [cut_after(100_000), change]
    assert fetch(fetcher, origin, tmp_path).sha256 == hashlib.sha256(newer).hexdigest()


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": "bytes 100000-299999/300000", "ETag": '"another"'},
        {"Content-Range": "bytes 100000-299999/300001"},
        {"Content-Range": "bytes 90000-299999/300000"},
        {"Content-Range": "nonsense"},
        {},
    ],
)
def test_a_rest_that_is_not_the_rest_of_this_file_is_not_put_to_it(
    fetcher: Fetcher, origin: Origin, tmp_path: Path, headers: dict[str, str]
) -> None:
    origin.mischief = [cut_after(100_000), answering(206, headers, bytes(200_000))]
    assert fetch(fetcher, origin, tmp_path).sha256 == SHA256
    assert origin.ranges_asked == [None, "bytes=100000-", None]


def test_a_range_that_cannot_be_satisfied_makes_it_begin_again(
    fetcher: Fetcher, origin: Origin, tmp_path: Path
) -> None:
    origin.mischief = [cut_after(100_000), answering(416, {"Content-Range": "bytes */5"})]
    assert fetch(fetcher, origin, tmp_path).sha256 == SHA256


def test_an_earlier_run_is_gone_on_with(fetcher: Fetcher, origin: Origin, tmp_path: Path) -> None:
    origin.mischief = [cut_after(200_000), *[answering(503)] * 2]
    with pytest.raises(FetchError):
        fetch(fetcher, origin, tmp_path)
    assert not (tmp_path / "model.bin").exists()
    origin.asked.clear()
    assert fetch(fetcher, origin, tmp_path).sha256 == SHA256
    assert origin.ranges_asked == ["bytes=200000-"]


def test_a_part_of_another_address_is_not_gone_on_with(fetcher: Fetcher, origin: Origin, tmp_path: Path) -> None:
    origin.mischief = [cut_after(200_000), *[answering(503)] * 2]
    with pytest.raises(FetchError):
        fetch(fetcher, origin, tmp_path)
    other = origin.put("/other", b"other")
    assert fetcher.fetch(Wanted(other), tmp_path / "model.bin").size == 5
    assert origin.ranges_asked[-1] is None


def test_a_part_that_was_damaged_on_the_disk_costs_one_more_download(
    fetcher: Fetcher, origin: Origin, tmp_path: Path
) -> None:
    origin.mischief = [cut_after(200_000), *[answering(503)] * 2]
    with pytest.raises(FetchError):
        fetch(fetcher, origin, tmp_path, sha256=SHA256)
    part = tmp_path / "model.bin.part"
    part.write_bytes(bytes(1000) + part.read_bytes()[1000:])
    assert fetch(fetcher, origin, tmp_path, sha256=SHA256).sha256 == SHA256


def test_a_wrong_digest_is_told_with_both_and_nothing_is_left(fetcher: Fetcher, origin: Origin, tmp_path: Path) -> None:
    with pytest.raises(DigestError) as caught:
        fetch(fetcher, origin, tmp_path, sha256="0" * 64)
    assert SHA256 in one_line(caught.value)
    assert "0" * 64 in str(caught.value)
    assert names(tmp_path) == []
    assert len(origin.asked) == 1


def test_a_file_of_another_length_than_known_is_not_even_fetched(
    fetcher: Fetcher, origin: Origin, tmp_path: Path
) -> None:
    with pytest.raises(DigestError, match="300,000 bytes where 5 were expected"):
        fetch(fetcher, origin, tmp_path, size=5)
    assert names(tmp_path) == []


def test_a_length_that_is_less_than_the_truth_gives_no_longer_file(
    fetcher: Fetcher, origin: Origin, tmp_path: Path
) -> None:
    def lie(handler: Handler) -> bool:
        handler.answer(200, BODY, length=1000)
        handler.close_connection = True
        return True

    origin.mischief = [lie]
    with pytest.raises(DigestError):
        fetch(fetcher, origin, tmp_path, sha256=SHA256)
    assert names(tmp_path) == []


def test_a_body_without_length_comes_too_but_not_more_than_the_cap(origin: Origin, tmp_path: Path) -> None:
    def close_delimited(handler: Handler) -> bool:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(BODY)
        handler.close_connection = True
        return True

    origin.mischief = [close_delimited, close_delimited]
    assert fetch(Fetcher(), origin, tmp_path).sha256 == SHA256
    with pytest.raises(DigestError, match="longer than 1,000 bytes"):
        fetch(Fetcher(max_bytes=1000), origin, tmp_path)
    assert names(tmp_path) == ["model.bin"]


def test_a_file_above_the_cap_is_refused_by_its_length(origin: Origin, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"it has 0\.3 MB; no more than 0\.0 MB are fetched"):
        fetch(Fetcher(max_bytes=1000), origin, tmp_path)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_is_asked_again_later(
    fetcher: Fetcher, origin: Origin, tmp_path: Path, pauses: Pauses, status: int
) -> None:
    origin.mischief = [answering(status, {"Retry-After": "17"}), answering(status)]
    assert fetch(fetcher, origin, tmp_path).sha256 == SHA256
    assert pauses.seconds[0] == 17
    assert 1 < pauses.seconds[1] <= 2


def test_a_server_that_wants_to_be_left_alone_for_long_is(fetcher: Fetcher, origin: Origin, tmp_path: Path) -> None:
    origin.mischief = [answering(429, {"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"})]
    with pytest.raises(FetchError, match=r"answers 429 Too Many Requests, and wants to be left alone for \d+ s"):
        fetch(fetcher, origin, tmp_path)
    assert len(origin.asked) == 1


@pytest.mark.parametrize(
    ("status", "says"), [(404, "there is no such file"), (401, "HF_TOKEN"), (400, "answers 400"), (206, "answers 206")]
)
def test_what_asking_again_cannot_mend_is_not_asked_again(
    fetcher: Fetcher, origin: Origin, tmp_path: Path, status: int, says: str
) -> None:
    origin.mischief = [answering(status)]
    with pytest.raises(FetchError, match=says) as caught:
        fetch(fetcher, origin, tmp_path)
    one_line(caught.value)
    assert len(origin.asked) == 1
    assert names(tmp_path) == []


def test_nobody_listening_is_tried_again_and_then_told(fetcher: Fetcher, tmp_path: Path, pauses: Pauses) -> None:
    with serving() as gone:
        address = gone.address
    with pytest.raises(FetchError, match=r"cannot be reached \(Connection refused\); tried 3 times"):
        fetcher.fetch(Wanted(f"{address}/model"), tmp_path / "model.bin")
    assert len(pauses.seconds) == 2


def test_a_name_that_is_nowhere_is_told_at_once(fetcher: Fetcher, origin: Origin, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"the name nowhere\.invalid cannot be found; is this machine online\?"):
        fetcher.fetch(Wanted("https://nowhere.invalid/model"), tmp_path / "model.bin")


def test_a_compressed_answer_is_refused(fetcher: Fetcher, origin: Origin, tmp_path: Path) -> None:
    origin.mischief = [answering(200, {"Content-Encoding": "gzip"}, b"...")]
    with pytest.raises(FetchError, match="comes compressed"):
        fetch(fetcher, origin, tmp_path)
    assert origin.headers_of("Accept-Encoding") == ["identity"]


def test_redirects_are_followed_and_a_cut_starts_from_the_first_address(
    fetcher: Fetcher, origin: Origin, tmp_path: Path
) -> None:
    origin.put("/model", BODY)
    there = answering(302, {"Location": "/model?signature=1"})
    origin.mischief = [there, cut_after(100_000), there]
    got = fetcher.fetch(Wanted(f"{origin.address}/first"), tmp_path / "model.bin")
    assert got.sha256 == SHA256
    assert [path for path, _ in origin.asked] == ["/first", "/model?signature=1"] * 2
    assert origin.ranges_asked[-1] == "bytes=100000-"


def test_redirects_without_end_are_not_followed(fetcher: Fetcher, origin: Origin, tmp_path: Path) -> None:
    origin.mischief = [answering(302, {"Location": "/model"})] * 20
    with pytest.raises(FetchError, match="more than 6 redirects"):
        fetch(fetcher, origin, tmp_path)
    assert len(origin.asked) == 7


@pytest.mark.parametrize(
    "location", ["http://example.org/model", "ftp://example.org/x", "file:///etc/passwd", "https://"]
)
def test_a_redirect_to_what_is_not_fetched_is_refused(
    fetcher: Fetcher, origin: Origin, tmp_path: Path, location: str
) -> None:
    origin.mischief = [answering(301, {"Location": location})]
    with pytest.raises(AddressError, match="which is not fetched") as caught:
        fetch(fetcher, origin, tmp_path)
    one_line(caught.value)


def test_the_token_goes_to_the_hub_alone_and_the_digest_is_believed_from_it_alone(
    fetcher: Fetcher, origin: Origin, tmp_path: Path
) -> None:
    with serving() as store:
        address = store.put("/blob", BODY)
        hub = Hub(origin.address, token="secret")
        origin.mischief = [answering(302, {"Location": address, "X-Linked-Etag": f'"{SHA256}"'})]
        got = fetcher.fetch(Wanted(f"{origin.address}/model", hub=hub), tmp_path / "model.bin")
        assert got.checked == "hub"
        assert origin.headers_of("Authorization") == ["Bearer secret"]
        assert store.headers_of("Authorization") == [None]
        assert "secret" not in repr(hub)

        origin.mischief = [answering(302, {"Location": address, "X-Linked-Etag": f'"{"a" * 64}"'})]
        with pytest.raises(DigestError, match=r"the hub says a{64}") as caught:
            fetcher.fetch(Wanted(f"{origin.address}/model", hub=hub), tmp_path / "model.bin")
        assert "secret" not in one_line(caught.value)

        store.mischief = [answering(200, {"X-Linked-Etag": f'"{"a" * 64}"'}, BODY)]
        origin.mischief = [answering(302, {"Location": address})]
        assert fetcher.fetch(Wanted(f"{origin.address}/model", hub=hub), tmp_path / "model.bin").checked == "nobody"


def test_a_small_file_of_the_hub_is_checked_by_its_git_digest(fetcher: Fetcher, origin: Origin, tmp_path: Path) -> None:
    blob = hashlib.sha1(b"blob 2\0{}").hexdigest()
    assert blob == "9e26dfeeb6e641a33dae4961196235bdb965b21b"  # git's own for `{}`
    hub = Hub(origin.address)
    origin.mischief = [answering(200, {"ETag": f'"{blob}"'}, b"{}"), answering(200, {"ETag": f'"{blob}"'}, b"[]")]
    wanted = Wanted(f"{origin.address}/config.json", hub=hub)
    assert fetcher.fetch(wanted, tmp_path / "config.json").checked == "hub"
    with pytest.raises(DigestError, match="git digest"):
        fetcher.fetch(wanted, tmp_path / "config.json")


def test_https_is_spoken_with_who_has_a_certificate_to_be_trusted(
    fetcher: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with serving(tls) as origin:
        with pytest.raises(FetchError, match="its certificate is not to be trusted") as caught:
            fetch(fetcher, origin, tmp_path)
        one_line(caught.value)
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert fetch(Fetcher(), origin, tmp_path).sha256 == SHA256
        origin.mischief = [answering(302, {"Location": origin.address.replace("https", "http") + "/model"})]
        with pytest.raises(AddressError):
            fetch(Fetcher(), origin, tmp_path)


def test_the_proxy_of_the_environment_is_asked_for_other_hosts(
    fetcher: Fetcher, origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "socks5://nobody.invalid:1")
    with pytest.raises(FetchError, match="https_proxy in the environment is not the address of an HTTP proxy"):
        fetcher.fetch(Wanted("https://example.invalid/model"), tmp_path / "model.bin")
    monkeypatch.setenv("https_proxy", origin.address)
    with pytest.raises(FetchError, match="the proxy that the environment names does not answer"):
        fetcher.fetch(Wanted("https://example.invalid/model"), tmp_path / "model.bin")
    monkeypatch.setenv("http_proxy", "http://nobody.invalid:1")
    assert fetch(fetcher, origin, tmp_path).sha256 == SHA256


def test_a_disk_without_room_is_told_before_anything_comes(
    fetcher: Fetcher, origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=fetching.SPARE_BYTES + 299_999))
    with pytest.raises(GeaccError, match=r"the disk is too full: 0\.3 MB are needed"):
        fetch(fetcher, origin, tmp_path)
    assert names(tmp_path) == []


def test_a_disk_that_is_full_in_the_middle_is_told_and_given_back(
    fetcher: Fetcher, origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def full(descriptor: int, block: bytes) -> int:
        if len(block) < 200_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, block[:100_000])

    monkeypatch.setattr(fetching.os, "write", full)
    origin.put("/model", BODY * 10)
    with pytest.raises(GeaccError, match="the disk is full") as caught:
        fetch(fetcher, origin, tmp_path)
    one_line(caught.value)
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_one_line(fetcher: Fetcher, origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GeaccError, match="cannot write"):
        fetcher.fetch(Wanted(origin.put("/model", BODY)), tmp_path / "file" / "model.bin")


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/model.tflite",
        "https:///model.tflite",
        "https://user:secret@example.org/model.tflite",
        "ftp://example.org/model.tflite",
        "https://example.org:port/model.tflite",
        "https://exa mple.org/model.tflite",
        "https://[::1/model.tflite",
        "https://example.org\\@example.com/model.tflite",
        "model.tflite",
    ],
)
def test_addresses_that_are_not_fetched(address: str) -> None:
    from geacc_proxy.models.addresses import check_address

    with pytest.raises(UsageError) as caught:
        check_address(address)
    assert "secret" not in one_line(caught.value)


CHILD = """
import sys
from pathlib import Path
from geacc_proxy.models.fetching import Fetcher, Wanted
print("begun", flush=True)
try:
    Fetcher().fetch(Wanted(sys.argv[1]), Path(sys.argv[2]))
except KeyboardInterrupt:
    sys.exit("interrupted")
"""


def test_ctrl_c_keeps_what_came_and_the_next_run_goes_on_from_there(
    fetcher: Fetcher, origin: Origin, tmp_path: Path
) -> None:
    address = origin.put("/model", BODY)
    origin.mischief = [stalling_after(120_000)]
    target = tmp_path / "model.bin"
    child = subprocess.Popen([sys.executable, "-c", CHILD, address, str(target)], stderr=subprocess.PIPE, text=True)
    part = tmp_path / "model.bin.part"
    arrived = threading.Event()
    while child.poll() is None and not (part.exists() and part.stat().st_size == 120_000):
        arrived.wait(0.02)
    child.send_signal(signal.SIGINT)
    _, error = child.communicate(timeout=20)
    assert error == "interrupted\n"
    assert not target.exists()
    assert fetcher.fetch(Wanted(address), target).sha256 == SHA256
    assert origin.ranges_asked == [None, "bytes=120000-"]


def test_a_limit_of_the_system_on_file_sizes_is_a_full_disk(origin: Origin, tmp_path: Path) -> None:
    address = origin.put("/model", BODY)
    program = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        + CHILD.replace("KeyboardInterrupt", "Exception as error").replace('"interrupted"', "str(error)")
    )
    done = subprocess.run(
        [sys.executable, "-c", program, address, str(tmp_path / "model.bin")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.fullmatch(r"the disk is full: .* takes no more; nothing was kept\n", done.stderr)
    assert names(tmp_path) == []
