"""The same malign stand-ins in every container, encoding, embedding and detour: none reaches the screen.

Without the proxy all are seen, or the trick would prove nothing. Beside each stands a benign twin that takes the same
way and must arrive as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image

from geacc_proxy.policy.pieces import MOST_PIECES

from . import tricks_files, tricks_scripts, tricks_texts, tricks_transport
from .browser import Visit, visit
from .conftest import keep
from .looks import difference, likeness, unrest
from .processes import Proxy, running_geacc_proxy
from .tricks import SHOWN, Exhibit, Trick, exhibited, page
from .tricks_origin import WireOrigin, answer, running_wire_origin

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("tricks")]

DISPUTED: list[Trick] = [
    tricks_files.apng_counted_twice,
    tricks_files.apng_with_a_damaged_last_frame,
    tricks_files.gif_behind_an_empty_extension,
    tricks_files.truncated_interlaced_gif,
    tricks_files.ico_with_a_damaged_picture,
    tricks_files.exif_that_browsers_ignore,
    tricks_files.exif_after_the_pixels,
    tricks_files.exif_of_another_type,
    tricks_files.svg_as_a_document,
]
"""Files that decoders read in another way than browsers do, and a document that refers to a picture."""


def _hall(*tricks: Trick) -> list[Trick]:
    return [trick for trick in tricks if trick not in DISPUTED]


HALLS: dict[str, list[Trick]] = {
    "formats": _hall(*tricks_files.FORMATS, *tricks_files.MOTION),
    "looks": _hall(*tricks_files.LOOKS, *tricks_files.SVG),
    "markup": _hall(*tricks_texts.MARKUP),
    "scripts": _hall(*tricks_texts.SCRIPTS, *tricks_texts.FRAMES),
    "transport": _hall(*tricks_transport.TRANSPORT),
    "detours": _hall(*tricks_scripts.STYLES, *tricks_scripts.FETCHES),
    "service-workers": _hall(*tricks_scripts.SERVICE_WORKERS),
    "disputed": DISPUTED,
}
"""As many tricks a page as fit into the window, so that the film of the screen shows them all."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireOrigin]:
    with running_wire_origin(tmp_path_factory.mktemp("tricks")) as origin:
        yield origin


@pytest.fixture(scope="module")
def proxy(site: WireOrigin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with running_geacc_proxy(tmp_path_factory.mktemp("proxy"), site.ca_file) as running:
        yield running


@pytest.mark.parametrize("hall", HALLS)
def test_no_trick_brings_a_malign_picture_to_the_screen(
    hall: str, site: WireOrigin, proxy: Proxy, tmp_path: Path
) -> None:
    exhibits = list(exhibited(HALLS[hall], first_number=list(HALLS).index(hall) * 40))
    url = _opened(site, hall, exhibits)
    unfiltered = visit(url, tmp_path / "without", site.ca_file)
    keep(unfiltered, f"tricks-{hall}-without-proxy")
    wanted = [exhibit for exhibit in exhibits if exhibit.subject.malign or exhibit.act.spares_benign]
    absent = [e.subject.name for e in wanted if not _shows(unfiltered.screen, e)] + unfiltered.troubles
    assert not absent, "\n".join(absent)

    seen = visit(url, tmp_path / "through", proxy.ca_file, proxy.port)
    keep(seen, f"tricks-{hall}-through-proxy")
    assert seen.frames != []
    faults = _faults(exhibits, unfiltered, seen) + seen.troubles
    assert not faults, "\n".join(faults)


def test_pieces_too_small_to_be_judged_do_not_make_up_a_picture(site: WireOrigin, proxy: Proxy, tmp_path: Path) -> None:
    exhibit = next(exhibited([tricks_files.tiny_pieces]))
    url = _opened(site, "pieces", [exhibit])
    unfiltered = visit(url, tmp_path / "without", site.ca_file)
    keep(unfiltered, "tricks-pieces-without-proxy")
    assert _shows(unfiltered.screen, exhibit)
    seen = visit(url, tmp_path / "through", proxy.ca_file, proxy.port)
    keep(seen, "tricks-pieces-through-proxy")
    before, after = unfiltered.screen.crop(exhibit.box), seen.screen.crop(exhibit.box)
    side = SHOWN // tricks_files.PIECES_ACROSS
    cells = [(x, y, x + side, y + side) for x in range(0, SHOWN, side) for y in range(0, SHOWN, side)]
    shown = [cell for cell in cells if difference(before.crop(cell), after.crop(cell)) < 2]
    assert len(shown) <= MOST_PIECES
    assert likeness(before, after) < 0.7


def _opened(site: WireOrigin, name: str, exhibits: Sequence[Exhibit]) -> str:
    """The address of a page that shows them."""
    for exhibit in exhibits:
        site.answers.update(exhibit.act.answers)
    site.answers[f"/{name}"] = answer(page(exhibits).encode(), "Content-Type: text/html; charset=utf-8")
    return f"{site.url}/{name}"


def _shows(screen: Image.Image, exhibit: Exhibit) -> bool:
    """Whether the picture is there, by its upper half: of one that was cut short no more may come."""
    upper = (0, 0, SHOWN, SHOWN // 2)
    original = exhibit.subject.image.resize((SHOWN, SHOWN), Image.Resampling.BOX)
    return likeness(screen.crop(exhibit.box).crop(upper), original.crop(upper)) > 0.5


def _faults(exhibits: Sequence[Exhibit], unfiltered: Visit, seen: Visit) -> list[str]:
    """What is on the screen and should not be, or the other way round."""
    faults = []
    for exhibit in exhibits:
        name, before, after = exhibit.subject.name, unfiltered.screen.crop(exhibit.box), seen.screen.crop(exhibit.box)
        if not exhibit.subject.malign:
            if exhibit.act.spares_benign and difference(before, after) > 0.5:
                faults.append(f"{name} changed by {difference(before, after):.1f}")
            continue
        if likeness(after, before) > 0.15 or unrest(after) > 6:
            faults.append(f"{name} shows: likeness {likeness(after, before):.2f}, unrest {unrest(after):.1f}")
        elif any(likeness(frame.crop(exhibit.box), before) > 0.3 for frame in seen.frames):
            faults.append(f"{name} showed for a blink")
    return faults
