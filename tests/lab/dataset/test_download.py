"""Whole runs over a list, against an origin that fails, stalls, breaks off, redirects and lies."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from PIL import Image

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.lab.classes import labelled_files
from geacc_proxy.lab.dataset.download import Download
from geacc_proxy.lab.dataset.listing import Listing
from geacc_proxy.lab.dataset.manner import Manner
from geacc_proxy.lab.dataset.tally import Tally
from tests.lab.dataset.origin import (
    Asked,
    Origin,
    drip,
    picture,
    redirect,
    resumable,
    serving,
    status,
    wait_for,
    without_length,
)

pytestmark = [pytest.mark.xdist_group("dataset-download")]


class Bench:
    """A list, a folder and an origin."""

    def __init__(self, origin: Origin, folder: Path) -> None:
        self.origin = origin
        self.folder = folder
        self.out = folder / "out"

    def run(self, *rows: tuple[str, object], **manner: Any) -> Tally:
        path = self.folder / "list.csv"
        path.write_text("OriginalURL,ClassID\n" + "".join(f'"{url}",{label}\n' for url, label in rows))
        options = {"agent": "test/1", "workers": 4, "delay": 0.0, "backoff": 0.01, "allow_private": True}
        return Download(Listing(path), self.out, Manner(**(options | manner)), lambda _: None).run()

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.out / "download.jsonl").read_text().splitlines()]

    def outcomes(self) -> dict[str, str]:
        """What became last of each path."""
        return {entry["url"].removeprefix(self.origin.url): entry["outcome"] for entry in self.log()}

    def details(self) -> dict[str, str]:
        return {entry["url"].removeprefix(self.origin.url): entry.get("detail", "") for entry in self.log()}

    def files(self) -> dict[str, bytes]:
        """The pictures, by class and path."""
        found = {}
        for file in labelled_files_of(self.out):
            found[f"{file.parent.name} {file.name.removeprefix(quote_plus(self.origin.url))}"] = file.read_bytes()
        return found


def labelled_files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*/*") if path.is_file() and not path.parent.name.startswith("."))


@pytest.fixture
def bench(tmp_path: Path) -> Any:
    with serving() as origin:
        yield Bench(origin, tmp_path)


def test_pictures_lie_in_the_folder_of_their_class_under_their_encoded_address(bench: Bench) -> None:
    a, b = picture("a"), picture("b", "PNG")
    rows = (bench.origin.gives("/a.jpg", a), 0), (bench.origin.gives("/b?size=1&y=%20", b, "image/png"), 1)
    tally = bench.run(*rows)
    assert tally.failed == 0
    assert bench.files() == {"benign %2Fa.jpg": a, "explicit %2Fb%3Fsize%3D1%26y%3D%2520": b}
    assert {(file.path.parent.name, file.label) for file in labelled_files(bench.out)} == {
        ("benign", "benign"),
        ("explicit", "explicit"),
    }
    entry = next(entry for entry in bench.log() if entry["url"] == rows[0][0])
    assert entry["sha256"] == hashlib.sha256(a).hexdigest()
    assert (entry["class"], entry["line"], entry["bytes"], entry["attempts"]) == ("benign", 2, len(a), 1)
    assert (entry["format"], entry["width"], entry["height"]) == ("jpeg", 96, 64)
    assert entry["file"] == f"benign/{quote_plus(rows[0][0])}"


def test_what_fails_for_now_is_asked_for_again_and_what_fails_for_good_is_not(bench: Bench) -> None:
    origin, good = bench.origin, lambda seed: lambda asked: asked.respond(picture(seed))
    rows = [
        (origin.in_turn("/500", status(500), status(503), good("500")), 0),
        (origin.in_turn("/429", status(429, Retry_After="0"), good("429")), 0),
        (origin.in_turn("/cut", lambda asked: asked.break_off(), good("cut")), 1),
        (origin.does("/404", status(404)), 1),
        (origin.does("/403", status(403)), 1),
        (origin.does("/always", status(502)), 1),
    ]
    tally = bench.run(*rows, tries=3)
    assert bench.outcomes() == {
        "/500": "stored",
        "/429": "stored",
        "/cut": "stored",
        "/404": "http-status",
        "/403": "http-status",
        "/always": "http-status",
    }
    assert origin.times == {"/500": 3, "/429": 2, "/cut": 2, "/404": 1, "/403": 1, "/always": 3}
    assert bench.details()["/always"] == "502 Bad Gateway"
    assert tally.failed == 3


def test_the_patience_that_an_origin_asks_for_is_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geacc_proxy.lab.dataset.download.LONGEST_WAIT", 0.01)
    for number, wait in enumerate(("99999999", "Fri, 31 Dec 9999 23:59:59 GMT", "-5", "soon")):
        seed = str(number)
        url = bench.origin.in_turn(
            f"/{number}", status(503, Retry_After=wait), lambda asked, seed=seed: asked.respond(picture(seed))
        )
        assert bench.run((url, 0)).failed == 0


def test_what_broke_off_is_gone_on_with_where_it_ended(bench: Bench) -> None:
    body = picture("long", size=(400, 300))
    given: list[tuple[str | None, str | None]] = []
    answer = resumable(body, 3000, '"v1"')

    def noting(asked: Asked) -> None:
        given.append((asked.headers.get("Range"), asked.headers.get("If-Range")))
        answer(asked)

    url = bench.origin.does("/long.jpg", noting)
    assert bench.run((url, 0)).failed == 0
    assert given == [(None, None), ("bytes=3000-", '"v1"')]
    assert bench.files() == {"benign %2Flong.jpg": body}
    assert not (bench.out / ".partial").exists()


def test_a_part_is_kept_for_the_next_run_and_thrown_away_if_the_picture_has_changed(bench: Bench) -> None:
    old, new = picture("old", size=(400, 300)), picture("new", size=(400, 300))
    url = bench.origin.does("/x.jpg", resumable(old, 3000, '"v1"'))
    assert bench.run((url, 0), tries=1).failed == 1
    assert (bench.out / ".partial").exists()
    bench.origin.does("/x.jpg", resumable(new, len(new), '"v2"'))
    assert bench.run((url, 0), tries=1, retry_failed=True).failed == 0
    assert bench.files() == {"benign %2Fx.jpg": new}


@pytest.mark.parametrize("content_range", ["bytes 5-99/100", "bytes */100", "", "bytes 99999999999999999999-/1"])
def test_a_rest_that_does_not_fit_is_not_put_together_with_the_part(bench: Bench, content_range: str) -> None:
    body = picture("long", size=(400, 300))
    first = resumable(body, 3000, '"v1"')
    url = bench.origin.in_turn(
        "/x.jpg",
        first,
        lambda asked: asked.respond(body[5:], status=206, ETag='"v1"', Content_Range=content_range),
        lambda asked: asked.respond(body),
    )
    assert bench.run((url, 0)).failed == 0
    assert bench.files() == {"benign %2Fx.jpg": body}


def test_lies_are_found_out(bench: Bench) -> None:
    origin, body = bench.origin, picture("long", size=(400, 300))

    def short(asked: Asked) -> None:
        asked.head(200, {"Content-Type": "image/jpeg", "Content-Length": str(len(body) + 500)})
        asked.wfile.write(body)
        asked.break_off()

    rows = [
        (origin.gives("/page.jpg", b"<!doctype html><html>gone</html>"), 0),
        (origin.gives("/empty.jpg", b""), 0),
        (origin.gives("/half.jpg", body[: len(body) // 2]), 0),
        (origin.does("/short.jpg", short), 0),
        (origin.does("/unmeasured.jpg", without_length(body[:4000])), 0),
        (origin.gives("/dot.gif", picture("dot", "GIF", (1, 1))), 0),
        (origin.does("/chunks.jpg", lambda asked: broken_chunks(asked, body)), 0),
        (origin.does("/huge.jpg", lambda asked: asked.head(200, {"Content-Length": str(2**40)})), 1),
        (origin.does("/endless.jpg", endless), 1),
    ]
    bench.run(*rows, tries=2, most_bytes=2**20)
    assert bench.outcomes() == {
        "/page.jpg": "not-a-picture",
        "/empty.jpg": "not-a-picture",
        "/half.jpg": "damaged",
        "/short.jpg": "cut",
        "/unmeasured.jpg": "damaged",
        "/dot.gif": "tiny",
        "/chunks.jpg": "cut",
        "/huge.jpg": "too-large",
        "/endless.jpg": "too-large",
    }
    assert bench.files() == {}
    # Only an answer without a length may have been cut unnoticed.
    assert origin.times["/unmeasured.jpg"] == 2
    assert origin.times["/half.jpg"] == 1


def broken_chunks(asked: Asked, body: bytes) -> None:
    asked.head(200, {"Content-Type": "image/jpeg", "Transfer-Encoding": "chunked"})
    asked.wfile.write(b"%x\r\n" % len(body) + body[:5000])
    asked.wfile.flush()
    asked.break_off()


def endless(asked: Asked) -> None:
    asked.head(200, {"Content-Type": "image/jpeg", "Connection": "close"})
    while True:
        asked.wfile.write(b"\xff\xd8\xff" * 20_000)


def test_what_drips_for_ever_is_cut_when_its_time_is_over(bench: Bench) -> None:
    until = threading.Event()
    rows = [
        (bench.origin.does("/drip.jpg", drip(picture("drip"), until)), 0),
        (bench.origin.does("/silent.jpg", lambda _: until.wait(30) and None), 0),
        (bench.origin.gives("/good.jpg", picture("good")), 1),
    ]
    tally = bench.run(*rows, tries=1, seconds=5.0)
    until.set()
    assert bench.outcomes() == {"/drip.jpg": "timed-out", "/silent.jpg": "timed-out", "/good.jpg": "stored"}
    assert tally.failed == 2


def test_redirects_are_followed_and_the_name_stays_that_of_the_list(bench: Bench) -> None:
    body = picture("a")
    bench.origin.gives("/there.jpg", body)
    url = bench.origin.does("/here.jpg", redirect("there.jpg", 301))
    assert bench.run((url, 0)).failed == 0
    assert bench.files() == {"benign %2Fhere.jpg": body}


def test_nothing_private_is_fetched_unless_asked_for(bench: Bench) -> None:
    url = bench.origin.gives("/a.jpg", picture("a"))
    bench.run((url, 0), (url.replace("127.0.0.1", "2130706433"), 1), allow_private=False)
    assert {entry["outcome"] for entry in bench.log()} == {"address"}
    assert not bench.origin.times


def test_what_is_there_is_not_fetched_again(bench: Bench) -> None:
    rows = [(bench.origin.gives(f"/{name}.jpg", picture(name)), 0) for name in "abc"]
    rows.append((bench.origin.does("/gone.jpg", status(404)), 0))
    bench.run(*rows)
    again = bench.run(*rows)
    assert set(bench.origin.times.values()) == {1}
    assert {(end.outcome, end.before): count for end, count in again.ends().items()} == {
        ("stored", True): 3,
        ("http-status", True): 1,
    }


def test_failures_are_asked_for_again_only_on_demand(bench: Bench) -> None:
    url = bench.origin.in_turn("/a.jpg", status(404), lambda asked: asked.respond(picture("a")))
    assert bench.run((url, 0)).failed == 1
    assert bench.run((url, 0)).failed == 1
    assert bench.origin.times["/a.jpg"] == 1
    assert bench.run((url, 0), retry_failed=True).failed == 0


def test_a_file_that_is_gone_or_shorter_than_it_was_is_fetched_again(bench: Bench) -> None:
    rows = [(bench.origin.gives(f"/{name}.jpg", picture(name)), 0) for name in "ab"]
    bench.run(*rows)
    gone, short = labelled_files_of(bench.out)
    gone.unlink()
    short.write_bytes(short.read_bytes()[:100])
    assert bench.run(*rows).failed == 0
    assert set(bench.files().values()) == {picture("a"), picture("b")}


def test_files_that_another_program_put_there_are_taken_if_they_are_whole(bench: Bench) -> None:
    a, b = picture("a", size=(200, 200)), picture("b")
    rows = [(bench.origin.gives(path, body), 0) for path, body in (("/a.jpg", a), ("/b.jpg", b))]
    (bench.out / "benign").mkdir(parents=True)
    (bench.out / "benign" / quote_plus(rows[0][0])).write_bytes(a[:1500])
    (bench.out / "benign" / quote_plus(rows[1][0])).write_bytes(b)
    assert bench.run(*rows).failed == 0
    assert bench.origin.times == {"/a.jpg": 1}
    assert set(bench.files().values()) == {a, b}


def test_with_overwrite_everything_is_fetched_anew(bench: Bench) -> None:
    url = bench.origin.in_turn(
        "/a.jpg", lambda asked: asked.respond(picture("old")), lambda asked: asked.respond(picture("new"))
    )
    bench.run((url, 0))
    bench.run((url, 0), overwrite=True)
    assert list(bench.files().values()) == [picture("new")]


def test_of_the_same_bytes_those_of_the_first_line_are_kept_and_a_contradiction_is_told(bench: Bench) -> None:
    late = threading.Event()

    def slowly(asked: Asked) -> None:
        late.wait(10)
        asked.respond(picture("same"))

    def last(asked: Asked) -> None:
        asked.respond(picture("same"))
        wait_for(lambda: "/other.jpg" in bench.outcomes() if (bench.out / "download.jsonl").exists() else False)
        late.set()

    rows = [
        (bench.origin.does("/first.jpg", slowly), 0),
        (bench.origin.does("/second.jpg", lambda asked: (late.wait(10), asked.respond(picture("same")))[0]), 0),
        (bench.origin.does("/other.jpg", lambda asked: asked.respond(picture("same"))), 1),
        (bench.origin.does("/last.jpg", last), 1),
        (bench.origin.url + "/first.jpg", 0),
        (bench.origin.url + "/first.jpg", 1),
    ]
    tally = bench.run(*rows, per_host=4)
    assert bench.files() == {"benign %2Ffirst.jpg": picture("same")}
    ends = {(end.label, end.outcome): count for end, count in tally.ends().items()}
    assert ends == {
        ("benign", "stored"): 1,
        ("benign", "duplicate"): 2,
        ("explicit", "conflict"): 3,
    }
    assert bench.details()["/other.jpg"] == "the same bytes as line 2 in class benign"
    assert bench.run(*rows, per_host=4).ends().total() == 6  # type: ignore[attr-defined]
    assert set(bench.origin.times.values()) == {1}


def test_pictures_are_scaled_down_on_request(bench: Bench) -> None:
    large, small = picture("large", "PNG", (300, 200)), picture("small", "JPEG", (40, 30), quality=5, optimize=True)
    rows = [(bench.origin.gives("/large.png", large), 0), (bench.origin.gives("/small.jpg", small), 0)]
    bench.run(*rows, size=(60, 60))
    files = bench.files()
    assert files["benign %2Fsmall.jpg"] == small
    with Image.open(io.BytesIO(files["benign %2Flarge.png"])) as image:
        assert (image.format, image.size) == ("JPEG", (90, 60))
    entry = next(entry for entry in bench.log() if entry["url"].endswith("large.png"))
    assert entry["source_sha256"] == hashlib.sha256(large).hexdigest()
    assert entry["sha256"] == hashlib.sha256(files["benign %2Flarge.png"]).hexdigest()
    assert (entry["width"], entry["height"]) == (300, 200)
    bench.run(*rows, size=(60, 60))
    assert set(bench.origin.times.values()) == {1}


def test_an_address_that_is_too_long_for_a_name_has_its_digest_and_the_log_tells_which(bench: Bench) -> None:
    url = bench.origin.gives(f"/{'x' * 300}.jpg", picture("a"))
    assert bench.run((url, 0)).failed == 0
    (file,) = labelled_files_of(bench.out)
    assert file.name == hashlib.sha256(url.encode()).hexdigest() + ".jpg"
    assert [entry["file"] for entry in bench.log() if entry["url"] == url] == [f"benign/{file.name}"]
    bench.run((url, 0))
    assert sum(bench.origin.times.values()) == 1


def test_a_host_is_not_asked_by_more_at_once_than_is_polite(bench: Bench) -> None:
    gate = threading.Barrier(2, timeout=10)

    def meeting(seed: str) -> Any:
        def answer(asked: Asked) -> None:
            gate.wait()
            asked.respond(picture(seed))

        return answer

    rows = [(bench.origin.does(f"/{number}", meeting(str(number))), 0) for number in range(6)]
    assert bench.run(*rows, workers=6, per_host=2).failed == 0
    assert bench.origin.most_at_once == 2


def test_a_host_that_cannot_be_reached_is_given_up_after_a_while(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geacc_proxy.lab.dataset.download.UNREACHED_TIMES", 3)
    with Origin() as closed:
        dead = closed.url
    rows = [(f"{dead}/{number}.jpg", 0) for number in range(20)]
    rows.append((bench.origin.gives("/a.jpg", picture("a")), 1))
    bench.run(*rows, workers=2, tries=4)
    failed = [entry for entry in bench.log() if entry["outcome"] == "no-connection"]
    assert len(failed) == 20
    assert Counter("in a row" in entry["detail"] for entry in failed)[True] >= 17
    assert bench.outcomes()["/a.jpg"] == "stored"


def test_thousands_of_rows_of_many_hosts_are_read_as_they_are_needed(bench: Bench) -> None:
    url = bench.origin.gives("/a.jpg", picture("a"))
    tally = bench.run((url, 0), *((f"http://host-{number}.example:25/", 1) for number in range(3000)))
    assert (len(tally), tally.failed) == (3001, 3000)


def test_a_folder_that_cannot_be_written_ends_the_run_in_one_line(bench: Bench) -> None:
    bench.out.mkdir()
    (bench.out / "benign").write_text("in the way")
    with pytest.raises(GeaccError, match=r"cannot write .*benign"):
        bench.run((bench.origin.gives("/a.jpg", picture("a")), 0))
