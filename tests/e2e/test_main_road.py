"""Behind the proxy, a browser shows every benign picture untouched and never a malign one.

The page shows the same kinds of pictures in every way that a page can; without the proxy all are seen.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .browser import Visit, visit
from .conftest import keep
from .looks import difference, identical, likeness, restless, unrest
from .origin import Origin
from .processes import REPOSITORY, Proxy, geacc_proxy, running_geacc_proxy, running_mitmdump

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LINE_KEYS = {
    *("time", "device", "profile", "page", "url", "digest", "width", "height", "format"),
    *("malign", "scores", "model", "decision", "reason"),
}


def test_without_the_proxy_every_picture_is_on_the_screen_pixel_for_pixel(origin: Origin, unfiltered: Visit) -> None:
    assert unfiltered.troubles == []
    assert unfiltered.lazy_waited
    assert set(unfiltered.protocols.values()) == {"h2"}
    changed = [e.name for e in origin.exhibits if not identical(unfiltered.screen.crop(e.box), e.image)]
    assert changed == []
    assert any(restless(frame) for frame in unfiltered.frames)


def test_through_geacc_proxy_run_only_the_malign_pictures_are_gone(
    origin: Origin, unfiltered: Visit, tmp_path: Path
) -> None:
    with running_geacc_proxy(tmp_path, origin.ca_file) as proxy:
        seen = visit(origin.url, tmp_path / "browser", proxy.ca_file, proxy.port)
        keep(seen, "geacc-proxy-run")
        assert_only_malign_pictures_are_gone(origin, unfiltered, seen)
        # The journal is written in batches: what it must hold is there once the proxy has ended.
        assert proxy.stop(within=5) == 0
        assert not proxy.leaves_children()
    assert_each_malign_picture_has_its_line(origin, proxy)


def test_through_stock_mitmdump_with_the_addon_only_the_malign_pictures_are_gone(
    origin: Origin, unfiltered: Visit, tmp_path: Path
) -> None:
    addon = REPOSITORY / "addons" / "geacc_filter.py"
    state = f"geacc_state_dir={tmp_path / 'state'}"
    with running_mitmdump(tmp_path, origin.ca_file, "-s", addon, "--set", state) as proxy:
        seen = visit(origin.url, tmp_path / "browser", proxy.ca_file, proxy.port)
        keep(seen, "mitmdump-with-addon")
        assert_only_malign_pictures_are_gone(origin, unfiltered, seen)
        proxy.stop(within=10)
        assert not proxy.leaves_children()
    assert_each_malign_picture_has_its_line(origin, proxy)


def assert_only_malign_pictures_are_gone(origin: Origin, unfiltered: Visit, seen: Visit) -> None:
    """The page works, the benign pictures are the same, and where malign ones were is a calm area."""
    assert seen.troubles == []
    assert set(seen.protocols.values()) == {"h2"}
    wrong = []
    for exhibit in origin.exhibits:
        before, after = unfiltered.screen.crop(exhibit.box), seen.screen.crop(exhibit.box)
        if not exhibit.malign:
            if not identical(before, after):
                wrong.append(f"{exhibit.name} changed by {difference(before, after):.1f}")
        elif difference(before, after) < 20 or abs(likeness(before, after)) > 0.1 or unrest(after) > 3:
            wrong.append(
                f"{exhibit.name} shows: difference {difference(before, after):.1f}, "
                f"likeness {likeness(before, after):.2f}, unrest {unrest(after):.1f}"
            )
    assert wrong == []
    assert seen.frames != []
    assert not any(restless(frame) for frame in seen.frames), "a malign picture showed for a blink"


def assert_each_malign_picture_has_its_line(origin: Origin, proxy: Proxy) -> None:
    """The block log tells what was hidden, where and why, and nothing of what was shown."""
    export = geacc_proxy("log", "export", "--format", "json", "--state-dir", proxy.state)
    assert export.returncode == 0, export.stderr
    lines: list[dict[str, Any]] = [json.loads(line) for line in export.stdout.splitlines()]
    by_url = {line["url"]: line for line in lines if line["decision"] == "hide"}
    malign = [exhibit for exhibit in origin.exhibits if exhibit.malign]
    assert set(by_url) == {origin.url.rstrip("/") + exhibit.path for exhibit in malign}
    for exhibit in malign:
        line = by_url[origin.url.rstrip("/") + exhibit.path]
        assert set(line) == LINE_KEYS
        assert line["reason"] == "malign"
        assert (line["width"], line["height"]) == exhibit.image.size
        assert line["format"] == exhibit.format.lower()
        assert 0.5 <= line["malign"] <= 1
        assert line["page"] == origin.url
    assert len({line["digest"] for line in by_url.values()}) == len(malign)
