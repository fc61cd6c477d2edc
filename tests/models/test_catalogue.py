"""The catalogue, and models in npm packages."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.catalogue import (
    HubSource,
    NpmPackage,
    PackageSource,
    PinnedFile,
    TfjsSource,
    catalogue,
    parse_catalogue,
)
from geacc_proxy.models.fetching import DigestError
from geacc_proxy.models.npm import pack, unpack
from geacc_proxy.models.scripts import exported
from geacc_proxy.models.transport import FetchError

ENTRY = """
[[model]]
about = "a test"
[model.card]
name = "small"
version = "1"
licence = "MIT"
source = "somewhere"
input_size = 224
resize = "bilinear"
value_range = [0.0, 1.0]
colour_order = "RGB"
labels = ["benign", "malign"]
malign_labels = ["malign"]
thresholds.strict = { malign = 0.5, false_alarm_rate = 0.01 }
thresholds.balanced = { malign = 0.7 }
thresholds.lenient = { malign = 0.85 }
second = { model = "other", doubt = [0.25, 1.0] }
[model.package]
module = "module"
extra = "onnx"
file = "model.onnx"
bytes = 5
sha256 = "0000000000000000000000000000000000000000000000000000000000000001"
"""


def test_the_catalogue_says_of_each_model_its_licence_and_where_it_comes_from() -> None:
    entries = catalogue()
    assert {"nsfwjs-inception_v3", "nsfwjs-cascade", "open_nsfw", "marqo-nsfw-384"} <= entries.keys()
    for name, entry in entries.items():
        assert entry.name == name
        assert entry.card.licence in {"MIT", "BSD-2-Clause", "Apache-2.0"}
        assert entry.about
    assert all(entry.card.published for entry in entries.values() if entry.card.second is None)


def test_what_is_fetched_of_nsfwjs_is_pinned_file_by_file() -> None:
    source = catalogue()["nsfwjs-inception_v3"].source
    assert isinstance(source, TfjsSource)
    assert source.npm is not None
    assert source.npm.version == "4.4.0"
    assert source.files[0].name == "model.json"
    assert len(source.files) == 7
    for file in source.files:
        assert file.address == (
            f"https://raw.githubusercontent.com/infinitered/nsfwjs/v4.4.0/models/inception_v3/{file.name}"
        )
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)


def test_sizes_and_kinds_are_known_beforehand_where_they_can_be() -> None:
    entries = catalogue()
    assert entries["nsfwjs-inception_v3"].size == 22_576_789
    assert entries["open_nsfw"].size == 23_590_724
    assert entries["marqo-nsfw-384"].size is None
    assert {name: entry.kind for name, entry in entries.items() if not entry.converted} == {
        "nsfwjs-cascade": "cascade",
        "open_nsfw": "ONNX",
    }
    assert isinstance(entries["marqo-nsfw-384"].source, HubSource)


def test_a_second_opinion_of_the_catalogue_is_in_the_catalogue() -> None:
    for entry in catalogue().values():
        if entry.card.second is not None:
            assert entry.card.second.model in catalogue()


def test_an_entry_becomes_a_card_read_as_all_cards_are() -> None:
    (entry,) = parse_catalogue(ENTRY, "test").values()
    assert isinstance(entry.source, PackageSource)
    assert entry.card.file == "small.onnx"
    assert entry.card.thresholds["strict"].false_alarm_rate == 0.01
    assert entry.card.second is not None
    assert entry.card.second.doubt == (0.25, 1.0)


@pytest.mark.parametrize(
    ("change", "into", "says"),
    [
        ("input_size = 224", "input_size = 0", "input_size = 0 is wrong"),
        ('licence = "MIT"', "", "'licence' is missing"),
        ("[model.package]", "[model.nowhere]", "must come from one of"),
        ('file = "model.onnx"', "", "an entry is wrong"),
        ("bytes = 5", "bytes = -5", "no number of bytes"),
        ("0001", "000g", "no SHA-256"),
        ("[[model]]", "[[model]", "no TOML"),
        ('about = "a test"', 'about = "a test"\nsource = 1', "unknown key 'source'"),
    ],
)
def test_an_entry_that_is_wrong_is_refused_in_one_line(change: str, into: str, says: str) -> None:
    assert change in ENTRY
    with pytest.raises(ModelError, match=says) as caught:
        parse_catalogue(ENTRY.replace(change, into), "test")
    assert "\n" not in str(caught.value)


def test_two_entries_of_one_name_are_refused() -> None:
    with pytest.raises(ModelError, match="the same name"):
        parse_catalogue(ENTRY * 2, "test")


WRAPPER = "!function(e){typeof exports?module.exports=e():0}(function(){return{1:[function(e,t){t.exports=%s},{}]}});"


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ('{a:1,"b c":[.5,-2e-3,!0,!1,null],$d:{}}', {"a": 1, "b c": [0.5, -0.002, True, False, None], "$d": {}}),
        ('"a\\u0041\\n\\""', 'aA\n"'),
        ("'it\\'s \"so\"'", 'it\'s "so"'),
        ("[]", []),
        ("[1,]", [1]),
    ],
)
def test_a_literal_in_a_module_is_read(literal: str, value: object) -> None:
    assert exported(WRAPPER % literal) == value


@pytest.mark.parametrize(
    "literal",
    [
        "require(1)",
        "{a:function(){}}",
        "[1+1]",
        "{a 1}",
        "[1",
        '"',
        "{a:b}",
        "[" * 500,
        '{a:"x"+y}',
        "[1 2]",
        '"\\x41"',
    ],
)
def test_what_is_no_literal_is_refused(literal: str) -> None:
    with pytest.raises(ValueError, match=r"literal|exported|escape|delimiter"):
        exported(WRAPPER % literal)


def test_a_module_that_exports_two_things_is_refused() -> None:
    with pytest.raises(ValueError, match="2 values"):
        exported(WRAPPER % "[]" + WRAPPER % "[]")


SHARD = bytes(range(256)) * 4
TOPOLOGY = {"modelTopology": {"trainable": False, "rate": 0.5}, "weightsManifest": [{"paths": ["shard1"]}]}
FILES = (
    PinnedFile("model.json", "https://example.org/model.json", 5, "0" * 64),
    PinnedFile("shard1", "https://example.org/shard1", len(SHARD), hashlib.sha256(SHARD).hexdigest()),
)


def package(modules: dict[str, str]) -> tuple[bytes, NpmPackage]:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, text in modules.items():
            member = tarfile.TarInfo(f"package/dist/{name}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    archive = stream.getvalue()
    return archive, NpmPackage("small", "1.0.0", hashlib.sha512(archive).digest(), len(archive), "package/dist")


def modules(shard: bytes = SHARD) -> dict[str, str]:
    literal = json.dumps(TOPOLOGY).replace('"modelTopology"', "modelTopology").replace("false", "!1")
    return {
        "model.min.js": WRAPPER % literal,
        "shard1.min.js": WRAPPER % f'"{base64.b64encode(shard).decode()}"',
    }


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs before all others."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def fake_npm(folder: Path, script: str) -> None:
    program = folder / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


def test_an_npm_package_is_fetched_checked_and_read(tmp_path: Path, bin_folder: Path) -> None:
    archive, wanted = package(modules())
    (tmp_path / "archive").write_bytes(archive)
    fake_npm(bin_folder, f'echo "$@" > {tmp_path}/asked; cp {tmp_path}/archive small-1.0.0.tgz; echo small-1.0.0.tgz')
    work = tmp_path / "work"
    work.mkdir()
    unpack(pack(wanted, work), wanted, FILES, work)
    assert json.loads((work / "model.json").read_bytes()) == TOPOLOGY
    assert (work / "shard1").read_bytes() == SHARD
    asked = (tmp_path / "asked").read_text()
    assert asked.startswith("pack --ignore-scripts ")
    assert asked.endswith(" small@1.0.0\n")


def test_a_package_that_is_not_the_one_that_is_pinned_is_refused(tmp_path: Path, bin_folder: Path) -> None:
    archive, wanted = package(modules())
    (tmp_path / "archive").write_bytes(archive + b"\0")
    fake_npm(bin_folder, f"cp {tmp_path}/archive small-1.0.0.tgz")
    with pytest.raises(DigestError, match=r"has the integrity sha512-.*, expected was sha512-"):
        pack(wanted, tmp_path)
    assert not list(tmp_path.glob("*.tgz"))


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (
            "echo 'npm error code ETARGET' >&2; echo 'npm error notarget No such version.' >&2; exit 1",
            "No such version",
        ),
        ("exit 3", "exit code 3"),
        ("exit 0", "exit code 0"),
    ],
)
def test_what_npm_says_when_it_fails_is_told_in_one_line(
    tmp_path: Path, bin_folder: Path, script: str, says: str
) -> None:
    fake_npm(bin_folder, script)
    with pytest.raises(FetchError, match=f"small@1.0.0 cannot be had from npm: .*{says}") as caught:
        pack(package({})[1], tmp_path)
    assert "\n" not in str(caught.value)


def test_without_npm_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="there is no npm program"):
        pack(package({})[1], tmp_path)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (modules(SHARD[:-1]), "shard1 has the SHA-256"),
        ({**modules(), "shard1.min.js": WRAPPER % "[1]"}, "not in base64"),
        ({**modules(), "shard1.min.js": WRAPPER % '"%%%%"'}, "not in base64"),
        ({**modules(), "model.min.js": "alert(1)"}, "0 values are exported"),
        ({"model.min.js": modules()["model.min.js"]}, "shard1.min.js"),
    ],
)
def test_a_package_with_something_else_in_it_is_refused(tmp_path: Path, broken: dict[str, str], says: str) -> None:
    archive, wanted = package(broken)
    (tmp_path / "archive.tgz").write_bytes(archive)
    with pytest.raises(DigestError, match=says) as caught:
        unpack(tmp_path / "archive.tgz", wanted, FILES, tmp_path)
    assert "\n" not in str(caught.value)


def test_an_archive_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "archive.tgz").write_bytes(b"no archive")
    with pytest.raises(DigestError, match="not as it is known to be"):
        unpack(tmp_path / "archive.tgz", replace(package({})[1]), FILES, tmp_path)
