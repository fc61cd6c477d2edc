"""The page: each picture in a box of its natural size at a known place, to cut the screenshot by."""

from __future__ import annotations

import json

from .pictures import Exhibit

_STYLE = """
html, body { margin: 0; background: #fff }
body { position: relative; width: 1260px }
.box { position: absolute; overflow: hidden }
.box > *, .box > picture > img { display: block; border: 0; image-rendering: pixelated }
"""

_SCRIPT = """
window.troubles = [];
window.waiting = 0;
async function show(name, work) {
  window.waiting += 1;
  try { await work(document.getElementById(name)); }
  catch (error) { window.troubles.push(name + ": " + error); }
  window.waiting -= 1;
}
const added = (name, url) => show(name, async box => {
  const image = new Image();
  image.src = url;
  box.append(image);
  await image.decode();
});
const viaBlob = (name, url) => show(name, async box => {
  const image = new Image();
  image.src = URL.createObjectURL(await (await fetch(url)).blob());
  box.append(image);
  await image.decode();
});
const viaCanvas = (name, url) => show(name, async box => {
  const bitmap = await createImageBitmap(await (await fetch(url)).blob());
  const canvas = box.querySelector("canvas");
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
});
"""


def page(exhibits: list[Exhibit]) -> str:
    """The whole page as HTML."""
    height = max(exhibit.box[3] for exhibit in exhibits) + 20
    boxes = "\n".join(_box(exhibit) for exhibit in exhibits)
    calls = "\n".join(_call(exhibit) for exhibit in exhibits)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Exhibition</title>'
        f'<link rel="icon" href="data:,"><style>{_STYLE}</style>'
        f'<body style="height:{height}px">{boxes}<script>{_SCRIPT}{calls}</script>'
    )


def _box(exhibit: Exhibit) -> str:
    left, top, _, _ = exhibit.box
    size = f"width:{exhibit.image.width}px;height:{exhibit.image.height}px"
    return f'<div class="box" id="{exhibit.name}" style="left:{left}px;top:{top}px;{size}">{_markup(exhibit)}</div>'


def _markup(exhibit: Exhibit) -> str:
    url, width, height = exhibit.path, exhibit.image.width, exhibit.image.height
    size = f'width="{width}" height="{height}"'
    match exhibit.way:
        case "css":
            return f'<div style="width:{width}px;height:{height}px;background:url({url}) no-repeat"></div>'
        case "picture":
            return f'<picture><source srcset="{url}" type="image/webp"><img src="/absent.png" {size}></picture>'
        case "srcset":
            return f'<img srcset="{url} 1x, /absent.jpg 3x" src="/absent.png" {size}>'
        case "poster":
            return f'<video poster="{url}" {size}></video>'
        case "redirect":
            return f'<img src="{url.replace("/pictures/", "/moved/")}" {size}>'
        case "iframe":
            return f'<iframe src="{url}" scrolling="no" {size}></iframe>'
        case "canvas":
            return f"<canvas {size}></canvas>"
        case "lazy":
            return f'<img loading="lazy" src="{url}" {size}>'
        case "script" | "blob":
            return ""
        case _:
            return f'<img src="{url}" {size}>'


def _call(exhibit: Exhibit) -> str:
    function = {"script": "added", "blob": "viaBlob", "canvas": "viaCanvas"}.get(exhibit.way)
    return f"{function}({json.dumps(exhibit.name)}, {json.dumps(exhibit.path)});" if function else ""
