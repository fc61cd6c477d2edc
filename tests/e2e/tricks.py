"""Ways past a filter: each brings one picture to the screen in its own container, encoding, embedding or detour."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from .pictures import DATA
from .tricks_origin import Answer, answer

SIDE = 240
"""Width and height of a trick's picture, pixels."""
SHOWN = 120
"""Width and height of the box where the page shows it, CSS pixels."""
WHOLE = f"width:{SIDE}px;height:{SIDE}px;zoom:{SHOWN / SIDE}"
"""Style of an element that shows the picture at its natural size and that the page then scales."""
_COLUMNS = 10


@dataclass(frozen=True, slots=True)
class Subject:
    """What a trick has to bring to the screen.

    Attributes:
        name: of the trick's box on the page, unique in the whole exhibition.
        malign: whether the filter must hide it.
        image: RGB, `SIDE` × `SIDE`, with pixels that no other subject has.
        number: of the trick; decoys differ by it.
    """

    name: str
    malign: bool
    image: Image.Image
    number: int

    def path(self, file: str) -> str:
        """An address on the origin that is this subject's alone."""
        return f"/{self.name}/{file}"


@dataclass(frozen=True, slots=True)
class Act:
    """What a trick does with its subject.

    Attributes:
        markup: what stands in the box.
        script: body of an async JavaScript function of `box`; empty where the markup is all.
        answers: what the origin says, by path.
        spares_benign: whether a benign picture arrives by this way; a fragment, which cannot be judged, never does.
    """

    markup: str = ""
    script: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    spares_benign: bool = True


Trick = Callable[[Subject], Act]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A subject in its place on a page."""

    subject: Subject
    act: Act
    left: int
    top: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom on the page, pixels."""
        return self.left, self.top, self.left + SHOWN, self.top + SHOWN


def image(subject: Subject, body: bytes, content_type: str = "image/png", *headers: str, style: str = "") -> Act:
    """The trick is in the file: an `<img>` shows it."""
    path = subject.path("picture")
    return Act(img(path, style), answers={path: answer(body, f"Content-Type: {content_type}", *headers)})


def img(address: str, style: str = "") -> str:
    """An `<img>` that fills its box."""
    return f'<img src="{address}" style="{style}">'


def malign(number: int) -> Image.Image:
    """Abstract noise that the model takes for malign; nothing is depicted."""
    with Image.open(DATA / f"malign-synthetic-{number % 3 + 1}.png") as stored:
        picture = stored.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return _signed(picture, number)


def benign(number: int) -> Image.Image:
    """A calm landscape, with another sky, sun and hills for each number."""
    picture = Image.new("RGB", (SIDE, SIDE))
    draw = ImageDraw.Draw(picture)
    for y in range(SIDE):
        draw.line((0, y, SIDE, y), fill=(120 + y // 3, 170 + y // 4, 235 - number % 7 * 4))
    sun = 15 + number * 31 % 170
    draw.ellipse((sun, 20, sun + 36, 56), fill=(255, 240, 170))
    for layer, green in enumerate((150, 115, 80)):
        ridge = [
            (x, 130 + 32 * layer + int(14 * math.sin(x / (22 + 6 * layer) + number * 0.7 + layer)))
            for x in range(0, SIDE + 1, 2)
        ]
        draw.polygon([*ridge, (SIDE, SIDE), (0, SIDE)], fill=(40, green, 60))
    return _signed(picture, number)


def _signed(picture: Image.Image, number: int) -> Image.Image:
    # A corner of its own: other bytes and another digest than its siblings.
    ImageDraw.Draw(picture).rectangle((0, 0, 5, 5), fill=(number * 37 % 256, number * 11 % 256, number * 5 % 256))
    return picture


def exhibited(tricks: Sequence[Trick], first_number: int = 0) -> Iterator[Exhibit]:
    """A malign and a benign subject for each trick, side by side, in rows."""
    for place, trick in enumerate(tricks):
        for is_malign in (True, False):
            number = first_number + place
            name = f"{'malign' if is_malign else 'benign'}-{trick.__name__.replace('_', '-')}"
            subject = Subject(name, is_malign, (malign if is_malign else benign)(number), number)
            row, column = divmod(2 * place + (not is_malign), _COLUMNS)
            yield Exhibit(subject, trick(subject), 4 + column * (SHOWN + 5), 4 + row * (SHOWN + 5))


_STYLE = """
html, body { margin: 0; background: #fff }
.box { position: absolute; overflow: hidden; width: 120px; height: 120px }
.box img, .box iframe, .box canvas, .box video, .box embed, .box object, .box input, .fill
{ display: block; border: 0; width: 120px; height: 120px }
iframe { pointer-events: none }
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
async function put(box, address) {
  const image = new Image();
  image.src = address;
  box.append(image);
  await image.decode();
}
// What moves comes to rest first.
show("", () => new Promise(go => setTimeout(go, 1500)));
const asBlob = (box, parts, type) => put(box, URL.createObjectURL(new Blob(parts, {type})));
"""


def page(exhibits: Sequence[Exhibit]) -> str:
    """The page that shows them, as HTML."""
    boxes = "\n".join(
        f'<div class="box" id="{e.subject.name}" style="left:{e.left}px;top:{e.top}px">{e.act.markup}</div>'
        for e in exhibits
    )
    calls = "\n".join(
        f"show({json.dumps(e.subject.name)}, async box => {{ {e.act.script} }});" for e in exhibits if e.act.script
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Tricks</title>'
        f'<link rel="icon" href="data:,"><style>{_STYLE}</style><body><script>{_SCRIPT}</script>{boxes}'
        f"<script>{calls}</script>"
    )
