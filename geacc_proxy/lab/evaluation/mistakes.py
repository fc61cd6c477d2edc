"""The worst mistakes with their thumbnails, and all of them on one contact sheet."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from geacc_proxy.lab.evaluation.scored import shown
from geacc_proxy.lab.evaluation.thumbnails import HEIGHT, WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geacc_proxy.lab.evaluation.figures import Figures
    from geacc_proxy.lab.evaluation.scored import Scored
    from geacc_proxy.lab.evaluation.thumbnails import Thumbnailer

_COLUMNS, _GAP, _MARGIN = 6, 14, 24
_LINE, _TITLE = 17, 40  # pixels high
_PAGE, _INK, _QUIET, _WELL = "#ffffff", "#1d2630", "#54606d", "#eef1f4"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A picture that was taken for what it is not.

    Attributes:
        name: of its file, the last two parts of the path.
        label: its class.
        score: malign score, 0…1.
        thumbnail: None where it cannot be drawn.
    """

    name: str
    label: str
    score: float
    thumbnail: Image.Image | None


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Those of one kind of one model, the worst first.

    Attributes:
        title: one line.
        worst: as many as were asked for.
        number: how many there are in all.
    """

    title: str
    worst: tuple[Mistake, ...]
    number: int


def mistakes_of(figures: Figures, thumbnailer: Thumbnailer) -> tuple[Mistakes, Mistakes]:
    """False alarms, then misses."""
    counts = figures.chosen.confusion

    def all_of(files: Sequence[Scored]) -> tuple[Mistake, ...]:
        return tuple(
            Mistake(
                _short(file.sample.path), file.sample.label, file.malign or 0.0, thumbnailer.thumbnail(file.sample.path)
            )
            for file in files
        )

    return (
        Mistakes("False alarms: benign pictures taken for malign", all_of(figures.false_alarms), counts.alarms),
        Mistakes("Misses: malign pictures taken for benign", all_of(figures.misses), counts.missed),
    )


def contact_sheet(by_model: Sequence[tuple[str, Sequence[Mistakes]]]) -> bytes:
    """All mistakes of all models as one PNG file.

    Args:
        by_model: name of each model, and its mistakes by kind.
    """
    kinds = [(f"{name}: {kind.title} ({kind.number:,})", kind.worst) for name, found in by_model for kind in found]
    tile = HEIGHT + 2 * _LINE + _GAP
    heights = [_TITLE + (-(-len(worst) // _COLUMNS) * tile or _LINE + _GAP) for _, worst in kinds]
    width = 2 * _MARGIN + _COLUMNS * (WIDTH + _GAP) - _GAP
    sheet = Image.new("RGB", (width, 2 * _MARGIN + sum(heights)), _PAGE)
    draw, title, words = ImageDraw.Draw(sheet), _font(17), _font(12)
    top = _MARGIN
    for (heading, worst), height in zip(kinds, heights, strict=True):
        draw.text((_MARGIN, top), heading, fill=_INK, font=title)
        if not worst:
            draw.text((_MARGIN, top + _TITLE), "none", fill=_QUIET, font=words)
        for number, mistake in enumerate(worst):
            row, column = divmod(number, _COLUMNS)
            place = (_MARGIN + column * (WIDTH + _GAP), top + _TITLE + row * tile)
            _draw(sheet, draw, mistake, place, words)
        top += height
    stream = io.BytesIO()
    sheet.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _draw(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    mistake: Mistake,
    place: tuple[int, int],
    font: ImageFont.FreeTypeFont,
) -> None:
    left, top = place
    draw.rectangle((left, top, left + WIDTH - 1, top + HEIGHT - 1), fill=_WELL)
    if mistake.thumbnail is None:
        draw.text((left + WIDTH / 2, top + HEIGHT / 2), "cannot be drawn", fill=_QUIET, font=font, anchor="mm")
    else:
        small = mistake.thumbnail
        sheet.paste(small, (left + (WIDTH - small.width) // 2, top + (HEIGHT - small.height) // 2))
    draw.text((left, top + HEIGHT + 3), _cut(mistake.name, font), fill=_INK, font=font)
    score = f"{mistake.label}, score {mistake.score:.3f}"
    draw.text((left, top + HEIGHT + 3 + _LINE), _cut(score, font), fill=_QUIET, font=font)


def _cut(text: str, font: ImageFont.FreeTypeFont) -> str:
    """What fits below a thumbnail; the end of a name tells more than its beginning."""
    if font.getlength(text) <= WIDTH:
        return text
    while text and font.getlength(f"…{text}") > WIDTH:
        text = text[1:]
    return f"…{text}"


def _font(size: int) -> ImageFont.FreeTypeFont:
    # matplotlib brings one that has far more letters than Pillow's own.
    import matplotlib as mpl

    return ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), size)


def _short(path: Path) -> str:
    return shown(Path(*path.parts[-2:]))
