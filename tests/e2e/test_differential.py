"""What Chromium paints without the proxy, the proxy judges: shown after that, or hidden, and never let through unseen.

To tell what was judged from what merely passed, the proxy is given a model whose every answer is malign: whatever it
judges is hidden, so a picture that arrives as it was and is painted went through unjudged. The one exception is what
is too small to show anything.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from geacc_proxy.images.caps import Caps
from geacc_proxy.images.vector import TINY_LENGTH
from geacc_proxy.models.registry import find

from .browser import visit
from .client import fetched
from .containers import PNG_SIGNATURE
from .differential_samples import Sample, samples
from .processes import Proxy, geacc_proxy, running_geacc_proxy
from .tricks_origin import Answer, Reply, Request, WireOrigin, answer, running_wire_origin

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("differential"), pytest.mark.timeout(400)]

A_PAGE = 900
"""How many pictures one page loads."""

_PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body><script>
window.troubles = [];
window.waiting = 1;
performance.setResourceTimingBufferSize(5000);
const drawn = image => {
  const canvas = new OffscreenCanvas(16, 16), context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, 16, 16);
  return context.getImageData(0, 0, 16, 16).data.some(value => value > 0);
};
async function load(path) {
  const image = new Image();
  const loaded = new Promise(go => { image.onload = image.onerror = go; setTimeout(go, 30000); });
  image.src = path;
  await loaded;
  let painted = false;
  if (image.naturalWidth > 0) {
    painted = await image.decode().then(() => true, () => false);
    try { painted ||= drawn(image); } catch (error) { /* nothing to draw */ }
  }
  const [entry] = performance.getEntriesByName(new URL(path, location).href);
  const bytes = entry ? entry.decodedBodySize : -1;
  return {path, painted, bytes, pixels: image.naturalWidth * image.naturalHeight};
}
async function all(paths) {
  const results = [], waiting = paths.slice();
  const work = async () => { while (waiting.length) results.push(await load(waiting.shift())); };
  await Promise.all(Array.from({length: 6}, work));
  await fetch("/report", {method: "POST", body: JSON.stringify(results)});
  window.waiting = 0;
}
all(PATHS);
</script>"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one picture in the browser.

    Attributes:
        path: its address.
        painted: whether anything of it would be on the screen.
        bytes: length of the body as the page got it, without content encodings.
        pixels: its size as painted.
    """

    path: str
    painted: bool
    bytes: int
    pixels: int


@pytest.fixture(scope="module")
def files() -> list[Sample]:
    return samples()


@pytest.fixture(scope="module")
def site(files: list[Sample], tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireOrigin]:
    """Each file at `/NUMBER/TYPE`."""
    with running_wire_origin(tmp_path_factory.mktemp("origin")) as origin:
        for number, file in enumerate(files):
            origin.answers.update({f"/{number}/{word}": reply for word, reply in file.replies()})
        yield origin


@pytest.fixture(scope="module")
def painted(files: list[Sample], site: WireOrigin, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Loaded]:
    """What the browser paints without the proxy, by path."""
    paths = [f"/{n}/{word}" for n, file in enumerate(files) if file.for_browsers for word, _ in file.replies()]
    return {it.path: it for it in _loaded(paths, site, tmp_path_factory.mktemp("without")) if it.painted}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a proxy did.

    Attributes:
        arrived: pictures that were painted and whose bodies came as they were.
        changed: paths of the others that were loaded.
        reasons: why a picture was hidden, by path.
    """

    arrived: list[Loaded]
    changed: list[str]
    reasons: dict[str, str]


@pytest.fixture(scope="module")
def judging(
    files: list[Sample], site: WireOrigin, painted: dict[str, Loaded], tmp_path_factory: pytest.TempPathFactory
) -> Outcome:
    """What is painted, and what is too harmful for a browser, through the proxy that hides what it judges."""
    directory = tmp_path_factory.mktemp("judging")
    with running_geacc_proxy(directory, site.ca_file, "--model", str(_model_that_likes_nothing(directory))) as proxy:
        through = _loaded(list(painted), site, directory, proxy)
        for path in _harmful(files):
            body, original = fetched(proxy, site.url + path), files[_number(path)].body
            through.append(Loaded(path, body == original, len(body), _pixels(original)))
        return _outcome(painted, site, proxy, through)


def test_no_painted_picture_goes_through_unjudged(
    files: list[Sample], painted: dict[str, Loaded], judging: Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = [it.path for it in judging.arrived if _is_tiny(files[_number(it.path)], it)]
    unjudged = [_named(files, it.path) for it in judging.arrived if it.path not in tiny]
    kinds = Counter("tiny" if path in tiny else judging.reasons.get(path, "no line") for path in painted)
    closed = {
        f"{files[_number(path)].name}: {judging.reasons[path]}"
        for path in painted
        if judging.reasons.get(path, "malign") != "malign"
    }
    with capsys.disabled():
        print(f"\n{len(files)} files, in {len(painted)} ways painted without the proxy: {dict(kinds)}")
        print(f"went through unjudged: {len(unjudged)}", *unjudged, sep="\n  ")
        print(f"painted, and hidden since they could not be judged: {len(closed)}", *sorted(closed), sep="\n  ")
    assert unjudged == []
    assert [_named(files, path) for path in judging.changed if path not in judging.reasons] == []
    assert len(painted) > 100
    assert kinds["malign"] > 0.8 * len(painted), "most of what is painted can be judged"


def test_the_embedded_model_shows_only_what_is_judged(
    files: list[Sample], site: WireOrigin, painted: dict[str, Loaded], judging: Outcome, tmp_path: Path
) -> None:
    honest = [path for path in painted if path.endswith("/right")]
    with running_geacc_proxy(tmp_path, site.ca_file) as proxy:
        outcome = _outcome(painted, site, proxy, _loaded(honest, site, tmp_path, proxy))
    shown = [it for it in outcome.arrived if not _is_tiny(files[_number(it.path)], it)]
    assert [_named(files, it.path) for it in shown if judging.reasons.get(it.path) != "malign"] == []
    assert [_named(files, path) for path in outcome.changed if path not in outcome.reasons] == []
    assert len(shown) > 0.5 * len(honest), "most of it is benign"


def _outcome(painted: dict[str, Loaded], site: WireOrigin, proxy: Proxy, through: Sequence[Loaded]) -> Outcome:
    assert proxy.process.poll() is None
    proxy.stop(within=15)
    arrived = [it for it in through if it.painted and it.bytes == painted.get(it.path, it).bytes]
    return Outcome(arrived, [it.path for it in through if it not in arrived], _reasons(proxy, site))


def _is_tiny(file: Sample, loaded: Loaded) -> bool:
    """Whether it is documented as too small to show anything: few pixels, or few characters of vector shapes."""
    if loaded.pixels <= Caps().tiny_pixels:
        return True
    if file.content_type != "image/svg+xml" or b"data:" in file.body:
        return False
    encoding = "utf-16" if file.body.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    return len(file.body.decode(encoding, "replace")) < TINY_LENGTH


def _pixels(body: bytes) -> int:
    """As its header tells; without limit where it tells nothing."""
    if body.startswith(PNG_SIGNATURE):  # Pillow would read on
        return int.from_bytes(body[16:20]) * int.from_bytes(body[20:24])
    try:
        with Image.open(io.BytesIO(body)) as picture:
            return picture.width * picture.height
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return sys.maxsize


def _harmful(files: Sequence[Sample]) -> list[str]:
    return [f"/{number}/right" for number, file in enumerate(files) if not file.for_browsers]


def _number(path: str) -> int:
    return int(path.split("/")[1])


def _named(files: Sequence[Sample], path: str) -> str:
    return f"{files[_number(path)].name} ({path.rpartition('/')[2]})"


def _loaded(paths: Sequence[str], site: WireOrigin, home: Path, proxy: Proxy | None = None) -> list[Loaded]:
    results: list[Loaded] = []

    def report(request: Request) -> Reply:
        results.extend(Loaded(**result) for result in json.loads(request.body))
        return answer(b"")

    said: dict[str, Answer] = {"/report": report}
    for page in range(0, len(paths), A_PAGE):
        some = json.dumps(paths[page : page + A_PAGE])
        said["/"] = answer(_PAGE.replace("PATHS", some).encode(), "Content-Type: text/html")
        site.answers.update(said)
        trusted, port = (proxy.ca_file, proxy.port) if proxy else (site.ca_file, None)
        visit(f"{site.url}/", home / f"browser-{page}", trusted, port)
    assert len(results) == len(paths)
    return results


def _model_that_likes_nothing(directory: Path) -> Path:
    """The embedded model with a card by which all of its labels are malign."""
    installed = find(None)
    copy = directory / installed.path.name
    shutil.copy(installed.path, copy)
    card = installed.path.with_suffix(".toml").read_text(encoding="utf-8")
    labels = ", ".join(f'"{label}"' for label in installed.card.malign_labels)
    every = ", ".join(f'"{label}"' for label in installed.card.labels)
    assert f"malign_labels = [{labels}]" in card
    copy.with_suffix(".toml").write_text(
        card.replace(f"malign_labels = [{labels}]", f"malign_labels = [{every}]"), encoding="utf-8"
    )
    return copy


def _reasons(proxy: Proxy, site: WireOrigin) -> dict[str, str]:
    """Why each was hidden, by path."""
    exported = geacc_proxy("log", "export", "--format", "json", "--state-dir", proxy.state).stdout
    lines: list[dict[str, Any]] = [json.loads(line) for line in exported.splitlines()]
    return {line["url"].removeprefix(site.url): line["reason"] for line in lines if line["decision"] == "hide"}
