"""Take the pictures of the pages that are in docs/screenshots/: of a made-up home, by the program as people run it.

    uv run python tools/screenshots.py [--out DIR] [--only NAME…]

It starts `geacc-proxy run` with the home of `tools/made_up_home.py`, opens every page in Chromium on a desktop and on a
phone, in light and in dark, and writes PNG files of few colours. Nothing leaves the machine. Needs Playwright's Python
package and a `chromium` on the path.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from geacc_proxy.home import devices  # noqa: E402
from geacc_proxy.home.home import Home  # noqa: E402
from geacc_proxy.home.storage import open_store  # noqa: E402
from geacc_proxy.journal import DATABASE_NAME  # noqa: E402
from tools.made_up_home import ANNA, PASSWORD, furnish  # noqa: E402

EVENING = 19
"""The hour on the wall in the pictures, whenever they are taken: the day is full by then."""
SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1200, "height": 860}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}
TALLEST = {"desktop": 1500, "phone": 1300}
"""Of a picture, in CSS pixels; what a page has below that is left out."""
COLOURS = 160
READY_WITHIN = 60
"""Seconds."""
NOTICED_WITHIN = 4
"""Seconds until the program has seen what another one has changed."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
]


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture.

    Attributes:
        name: of the file, without its ending.
        path: of the page.
        screen: a key of `SCREENS`.
        scheme: `light` or `dark`.
    """

    name: str
    path: str
    screen: str = "desktop"
    scheme: Literal["light", "dark"] = "light"


PARENTS = (
    Shot("overview", "/"),
    Shot("overview-phone", "/", "phone", "dark"),
    Shot("devices", "/devices"),
    Shot("device-phone", f"/devices/{ANNA}", "phone"),
    Shot("profiles", "/profiles"),
    Shot("profile", "/profiles/under-12", scheme="dark"),
    Shot("profile-phone", "/profiles/teen", "phone"),
    Shot("block-lists", "/lists"),
    Shot("block-log", "/log"),
    Shot("block-log-phone", "/log", "phone", "dark"),
    Shot("block-log-line", "/log/2"),
    Shot("missed-phone", "/log/missed", "phone"),
    Shot("answers-phone", "/log/answers", "phone"),
    Shot("requests", "/requests"),
    Shot("requests-phone", "/requests", "phone"),
    Shot("settings", "/settings"),
    Shot("messages-phone", "/settings/messages", "phone", "dark"),
    Shot("access-phone", "/settings/access", "phone"),
    Shot("audit-trail", "/settings/trail"),
    Shot("add-a-device", "/add"),
    Shot("setup-phone", "/setup/ios", "phone"),
)
STRANGERS = (Shot("log-in-phone", "/login", "phone"),)
CHILDS = (
    Shot("hidden-here-phone", "/mine", "phone"),
    Shot("closed", f"/closed?url={quote('https://bets.example/', safe='')}", scheme="dark"),
    Shot("closed-phone", f"/closed?url={quote('https://bets.example/', safe='')}", "phone"),
    Shot("self-test-phone", "/self-test", "phone", "dark"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Take them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "screenshots")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="names of pictures; all without it")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    hours = (EVENING - now.hour + 12) % 24 - 12
    # The sign is the other way round there (tz database, file etcetera): Etc/GMT-2 is two hours before UTC.
    zone = f"Etc/GMT{-hours:+d}" if hours else "Etc/UTC"
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        state.mkdir()
        asyncio.run(furnish(state, now, ZoneInfo(zone)))
        with _running(state, zone) as (proxy, pages):
            here: dict[str, Any] = {"timezone_id": zone, "base_url": f"http://127.0.0.1:{pages}"}
            _take(_chosen(PARENTS, options.only), options.out, here, logged_in=True)
            _take(_chosen(STRANGERS, options.only), options.out, here)
            asyncio.run(_sit_down_at_the_tablet(state))
            # Without <-loopback> Chromium goes round any proxy to reach this machine.
            through = {"server": f"http://127.0.0.1:{proxy}", "bypass": "<-loopback>"}
            child = here | {"base_url": "http://geacc.internal", "proxy": through, "ignore_https_errors": True}
            _take(_chosen(CHILDS, options.only), options.out, child)
    return 0


def _chosen(shots: Sequence[Shot], names: Sequence[str]) -> list[Shot]:
    return [shot for shot in shots if not names or shot.name in names]


async def _sit_down_at_the_tablet(state: Path) -> None:
    """From now on this machine is Anna's tablet to the proxy."""
    home = await Home.open(lambda: open_store(state / DATABASE_NAME))
    await devices.edit(home, "parent", ANNA, addresses=("127.0.0.1",))
    await home.close()
    await asyncio.sleep(NOTICED_WITHIN)


@contextmanager
def _running(state: Path, zone: str) -> Iterator[tuple[int, int]]:
    """The program; gives the ports of the proxy and of the pages."""
    proxy, pages = _free_port(), _free_port()
    program = Path(sys.executable).parent / "geacc-proxy"
    command = [str(program), "run", "--state-dir", str(state), "--workers", "1"]
    process = subprocess.Popen(
        [*command, "--port", str(proxy), "--admin-port", str(pages)],
        env={**os.environ, "GEACC_TIMEZONE": zone},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(pages)
        yield proxy, pages
    finally:
        process.terminate()
        process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        if time.monotonic() > deadline:
            raise SystemExit(f"geacc-proxy was not ready within {READY_WITHIN} s")
        time.sleep(0.1)


def _take(shots: Sequence[Shot], out: Path, context: dict[str, Any], *, logged_in: bool = False) -> None:
    """Take pictures in windows that have these settings in common."""
    if not shots:
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        kept = None
        for shot in shots:
            window = browser.new_context(
                **SCREENS[shot.screen],
                **context,
                color_scheme=shot.scheme,
                reduced_motion="reduce",
                locale="en-GB",
                storage_state=kept,
            )
            page = window.new_page()
            if logged_in and kept is None:
                page.goto("/login")
                page.get_by_label("Password", exact=True).fill(PASSWORD)
                page.get_by_role("button", name="Log in").click()
                page.wait_for_url("**/")
                kept = window.storage_state()
            page.goto(shot.path)
            page.wait_for_load_state("load")
            expect(page.get_by_text("Testing…")).to_have_count(0, timeout=20_000)
            _write(page, out / f"{shot.name}.png", TALLEST[shot.screen])
            window.close()
        browser.close()


def _write(page: Page, file: Path, tallest: int) -> None:
    """The page in few colours, which makes a third of the bytes and looks the same."""
    height = min(tallest, page.evaluate("() => document.documentElement.scrollHeight"))
    width = page.viewport_size["width"] if page.viewport_size else 0
    # The window as high as the picture: what is fixed to its end, such as a bar, belongs there.
    page.set_viewport_size({"width": width, "height": height})
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    few = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
