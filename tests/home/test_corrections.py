"""What a parent puts right becomes a labelled set that the bench takes as it is."""

import csv
import io
import zipfile
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

import pytest

from geacc_proxy.home import answers, requests
from geacc_proxy.home.corrections import as_csv, as_zip, corrections, located
from geacc_proxy.home.documents import Data, Deed, Place
from geacc_proxy.home.fetching import Fetched, FetchError
from geacc_proxy.home.home import Home
from geacc_proxy.lab.dataset.listing import Listing
from geacc_proxy.lab.evaluation.table import read_table
from geacc_proxy.policy.override import Scope
from geacc_proxy.verdict import Action

PICTURES = Path(__file__).parents[1] / "data"
ADDRESS = "https://example.com/picture.png"


class Memory:
    """A store that forgets."""

    def load(self) -> dict[Place, Data]:
        return {}

    def save(self, changes: Mapping[Place, Data | None], deed: Deed | None) -> int:
        return 1

    def deeds(self, *, before: int | None = None, limit: int = 50) -> list[Deed]:
        return []

    def deed(self, number: int) -> Deed | None:
        return None

    def version(self) -> int:
        return 0

    def close(self) -> None:
        """Nothing is open."""


class Clock:
    now = datetime(2026, 5, 1, 18, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=20)  # as long as a busy machine may take from one to the next
        return self.now


@pytest.fixture
async def home() -> AsyncIterator[Home]:
    home = Home(Memory(), {}, clock=Clock())
    yield home
    await home.close()


def picture(number: int = 1) -> bytes:
    return (PICTURES / f"malign-synthetic-{number}.png").read_bytes()


def digest(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()


async def zipped(found: tuple[object, ...], fetch: object) -> zipfile.ZipFile:
    body = b"".join([chunk async for chunk in as_zip(found, fetch)])  # type: ignore[arg-type]
    return zipfile.ZipFile(io.BytesIO(body))


async def test_what_was_released_is_benign_and_what_was_hidden_is_malign(home: Home) -> None:
    await answers.override(home, "parent", Action.SHOW, Scope.PICTURE, "aa" * 16)
    await answers.override(home, "parent", Action.HIDE, Scope.ADDRESS, ADDRESS)

    assert [(c.label, c.digest, c.address) for c in corrections(home)] == [
        ("malign", "", ADDRESS),
        ("benign", "aa" * 16, ""),
    ]


async def test_what_was_said_at_once_is_one_correction(home: Home) -> None:
    values = {Scope.PICTURE: "aa" * 16, Scope.LOOK_ALIKES: "00ff" * 4, Scope.ADDRESS: ADDRESS}
    await answers.overrides(home, "parent", Action.HIDE, values)

    (found,) = corrections(home)
    assert (found.digest, found.likeness, found.address) == ("aa" * 16, "00ff" * 4, ADDRESS)


async def test_what_was_said_last_counts(home: Home) -> None:
    for action in (Action.SHOW, Action.HIDE, Action.SHOW):
        await answers.override(home, "parent", action, Scope.PICTURE, "aa" * 16)

    assert [correction.label for correction in corrections(home)] == ["benign"]


async def test_a_trusted_site_says_nothing_of_a_picture(home: Home) -> None:
    await answers.override(home, "parent", Action.SHOW, Scope.SITE, "example.com")

    assert corrections(home) == ()


async def test_look_alikes_that_a_child_asked_for_are_known_by_the_picture_asked_for(home: Home) -> None:
    asked = await requests.ask(home, "tablet", "picture", "aa" * 16, likeness="00ff" * 4)
    await requests.answer(home, "parent", asked.key, granted=True, scope=Scope.LOOK_ALIKES)

    assert [(c.label, c.digest) for c in corrections(home)] == [("benign", "aa" * 16)]


async def test_missing_addresses_come_from_the_block_log_if_they_are_of_the_web(home: Home) -> None:
    await answers.override(home, "parent", Action.SHOW, Scope.PICTURE, "aa" * 16)
    await answers.override(home, "parent", Action.SHOW, Scope.PICTURE, "bb" * 16)
    known = {"aa" * 16: ADDRESS, "bb" * 16: "=cmd|' /C calc'!A0"}

    assert [c.address for c in located(corrections(home), known.__getitem__)] == ["", ADDRESS]


async def test_the_table_is_one_that_dataset_download_takes(home: Home, tmp_path: Path) -> None:
    await answers.override(home, "parent", Action.HIDE, Scope.ADDRESS, ADDRESS)
    table = tmp_path / "corrections.csv"
    table.write_text(as_csv(corrections(home)))

    assert [(row.url, row.label) for row in Listing(table)] == [(ADDRESS, "malign")]  # type: ignore[union-attr]


async def test_the_set_is_one_that_evaluate_and_train_take(home: Home, tmp_path: Path) -> None:
    await answers.override(home, "parent", Action.HIDE, Scope.ADDRESS, ADDRESS)
    values = {Scope.PICTURE: digest(picture(2)), Scope.ADDRESS: "https://example.com/2"}
    await answers.overrides(home, "parent", Action.SHOW, values)
    bodies = {ADDRESS: picture(1), "https://example.com/2": picture(2)}

    archive = await zipped(corrections(home), lambda address: Fetched(bodies[address], "image/png"))
    archive.extractall(tmp_path)

    table = read_table(tmp_path / "labels.csv")
    assert {(sample.label, sample.path.read_bytes()) for sample in table.samples} == {
        ("malign", picture(1)),
        ("benign", picture(2)),
    }
    assert table.left_out == ()
    assert {sample.path.parent.name for sample in table.samples} == {"benign", "malign"}


async def test_what_is_not_to_be_had_is_named_with_the_reason(home: Home) -> None:
    await answers.override(home, "parent", Action.SHOW, Scope.PICTURE, "aa" * 16)
    for name in ("gone", "changed", "page"):
        values = {Scope.ADDRESS: f"https://example.com/{name}"}
        if name == "changed":
            values[Scope.PICTURE] = "bb" * 16
        await answers.overrides(home, "parent", Action.HIDE, values, subject=name)

    def fetch(address: str) -> Fetched:
        if address.endswith("gone"):
            raise FetchError("example.com answers 404")
        return Fetched(picture() if address.endswith("changed") else b"<html>", "text/html")

    archive = await zipped(corrections(home), fetch)

    rows = csv.DictReader(io.StringIO(archive.read("missing.csv").decode()))
    assert [(row["OriginalURL"], row["problem"]) for row in rows] == [
        ("https://example.com/page", "what is at the address is no picture"),
        ("https://example.com/changed", "another picture is at the address now"),
        ("https://example.com/gone", "example.com answers 404"),
        ("", "its address is not known"),
    ]
    assert archive.namelist() == ["labels.csv", "missing.csv"]


async def test_the_same_picture_from_two_addresses_is_in_the_set_once(home: Home) -> None:
    for number in (1, 2):
        await answers.override(home, "parent", Action.HIDE, Scope.ADDRESS, f"https://example.com/{number}")

    archive = await zipped(corrections(home), lambda _: Fetched(picture(), "image/png"))

    assert archive.testzip() is None
    assert archive.namelist() == [f"malign/{digest(picture())}.png", "labels.csv", "missing.csv"]
