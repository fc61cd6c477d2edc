"""What a real Chromium paints of a text, and what it paints once the pictures in it are hidden."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from urllib.parse import quote

import pytest
from embedded_texts import SVG, base64_url, found, hidden, percent_url, picture, scan_whole
from PIL import Image
from playwright.sync_api import Page, sync_playwright

URL = base64_url(picture("PNG"), "image/png").decode()
DATA = URL.partition(",")[2]
DRAWING = percent_url(SVG).decode()
RAW = "data:image/svg+xml," + SVG.decode().replace("#", "%23")
FOURS = [DATA[at : at + 4] for at in range(0, len(DATA), 4)]


def img(url: str) -> str:
    return f'<img src="{url}">'


def css(value: str) -> str:
    return f"<style>div{{width:48px;height:32px;background:{value}}}</style><div></div>"


def script(literal: str) -> str:
    return f"<script>document.write('<img src=\"' + {literal} + '\">')</script>"


def entities(text: str) -> str:
    return "".join(f"&#{ord(character)};" for character in text)


def in_fours(between: str) -> str:
    return URL.removesuffix(DATA) + between.join(FOURS)


PAINTED = {
    "double quotes": img(URL),
    "single quotes": f"<img src='{URL}'>",
    "no quotes": f"<img src={URL}>",
    "fragment": img(URL + "#x"),
    "capitals": img(URL.replace("data:image/png;base64", "DATA:IMAGE/PNG;BASE64")),
    "no type": img(URL.replace("image/png", "")),
    "type of a font": img(URL.replace("image/png", "font/woff2")),
    "no type at all, percent-encoded": img("data:x," + quote(picture("PNG"))),
    "percent-encoded": img("data:image/png," + quote(picture("PNG"))),
    "header with braces": img(URL.replace("png;", "png;x={};")),
    "header with quotes": img(URL.replace("png;", "png;x='a';")),
    "header with spaces": img(URL.replace(";base64", ";  base64  ")),
    "control character before": img("&#1;" + URL),
    "line break in the scheme": img(URL.replace("data", "da\nta")),
    "spaces": img(in_fours(" ")),
    "tabs": img(in_fours("\t")),
    "entities of white space": img(in_fours("&NewLine;")),
    "percent escapes of white space": img(in_fours("%20")),
    "percent escapes throughout": img(URL.removesuffix(DATA) + "".join(f"%{ord(digit):02x}" for digit in DATA)),
    "entity in the scheme": img(URL.replace("data", "d&#97;ta")),
    "entities throughout": img(entities(URL)),
    "entities of hexadecimal throughout": img("".join(f"&#x0000{ord(character):x};" for character in URL)),
    "srcset": f'<img srcset="{URL} 1x, b.png 2x">',
    "srcset with widths": f'<img srcset="{URL} 48w" sizes="48px">',
    "CSS": css(f"url({URL})"),
    "CSS in quotes": css(f"url('{URL}')"),
    "CSS image-set": css(f"image-set('{URL}' 1x)"),
    "CSS in an attribute": f'<p style="height:32px;background:&#117;rl(&quot;{URL}&quot;)"></p>',
    "CSS content": f"<style>p:before{{content:url({URL})}}</style><p>",
    "CSS, escaped letter": css(f"url({URL.replace('iVBOR', chr(92) + '69VBOR')})"),
    "CSS, escaped scheme": css(f"url('{chr(92)}64 {URL[1:]}')"),
    "CSS, escaped throughout": css("url('" + "".join(f"\\{ord(character):06x}" for character in URL) + "')"),
    "CSS, continued line": css("url('" + URL[:90] + "\\\n" + URL[90:] + "')"),
    "SVG": img(DRAWING),
    "SVG as it is": img(RAW.replace('"', "'")),
    "SVG with entities": img(RAW.replace('"', "&quot;")),
    "SVG without quotes": f"<img src={DRAWING}>",
    "SVG, entity in the scheme": img(DRAWING.replace("data", "d&#97;ta")),
    "SVG in base64": img(base64_url(SVG, "image/svg+xml").decode()),
    "SVG, CSS": css(f"url('{RAW}')"),
    "SVG, CSS, escaped scheme": css(f"url('d{chr(92)}61 ta{DRAWING[4:]}')"),
    "image in an SVG": f'<svg width="48" height="32"><image width="48" height="32" href="{URL}"/></svg>',
    "page in a frame": f'<iframe src="data:text/html,<img src={URL}>"></iframe>',
    "page in base64 in a frame": f'<iframe src="{base64_url(img(URL).encode(), "text/html").decode()}"></iframe>',
    "srcdoc": f'<iframe srcdoc="<img src=&quot;{URL}&quot;>"></iframe>',
    "object": f'<object data="{URL}"></object>',
    "button": f'<input type="image" src="{URL}">',
    "poster": f'<video poster="{URL}"></video>',
    "script": script(f'"{URL}"'),
    "script, Google": script('"' + URL.replace("=", r"\x3d").replace("/", r"\/") + '"'),
    "script, escaped colon": script('"' + URL.replace(":", r"\x3a").replace(",", r"\u002c") + '"'),
    "script, octal": script('"' + URL.replace("/", r"\57") + '"'),
    "script, in two pieces": script(f"'data:image/png;' + 'base64,{DATA}'"),
    "script, data alone": script(f"'data:image/png;base64,' + '{DATA}'"),
    "script, JSON": script("JSON.parse('" + '["' + URL.replace("/", r"\\/").replace("=", r"\\u003d") + '"]' + "')[0]"),
}


_DECODED = """() => new Promise(resolve => requestAnimationFrame(() =>
    Promise.all(Array.from(document.images).map(image => image.decode().catch(() => 0)))
    .then(() => requestAnimationFrame(resolve))))"""


@pytest.fixture(scope="module")
def colourful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[bytes], int]]:
    """Shows a page and counts the pixels that are neither white, black nor the placeholder's grey."""
    path = tmp_path_factory.mktemp("texts") / "page.html"

    def count(page: Page, text: bytes) -> int:
        path.write_bytes(text)
        page.goto(path.as_uri(), wait_until="load")
        for frame in page.frames:
            frame.evaluate(_DECODED)
        with Image.open(BytesIO(page.screenshot())) as screen:
            red, green, blue = screen.convert("RGB").split()
        pixels = zip(red.tobytes(), green.tobytes(), blue.tobytes(), strict=True)
        return sum(max(pixel) - min(pixel) > 60 for pixel in pixels)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 320, "height": 200})
        yield lambda text: count(page, text)
        browser.close()


@pytest.mark.browser
@pytest.mark.xdist_group("texts in a browser")
@pytest.mark.parametrize("name", PAINTED)
def test_what_chromium_paints_of_a_text_is_found_and_hidden(name: str, colourful: Callable[[bytes], int]) -> None:
    text = f"<!doctype html><meta charset=utf-8><body>{PAINTED[name]}".encode()
    pieces = scan_whole(text)
    assert colourful(text) > 100
    assert found(pieces)
    assert colourful(hidden(pieces)) <= 40, "a broken picture's icon has some colour"


@pytest.mark.browser
@pytest.mark.xdist_group("texts in a browser")
def test_scripts_run_on_with_the_pictures_hidden(colourful: Callable[[bytes], int]) -> None:
    escaped = URL.replace("/", r"\/").replace("=", r"\u003d")
    twice = escaped.replace("\\", "\\\\")
    text = f"""<!doctype html><body><script>
        const one = '{URL.replace("=", chr(92) + "x3d")}', two = JSON.parse('["{twice}"]')[0];
        const three = `{URL}`, four = "data:image/png;base64," + "{DATA}", five = "{escaped}";
        if (new Set([one, two, three, four, five]).size === 1) document.body.style.background = "#0f0";
        </script>""".encode()
    assert len(found(scan_whole(text))) == 5
    assert colourful(text) == 320 * 200
    assert colourful(hidden(scan_whole(text))) == 320 * 200
