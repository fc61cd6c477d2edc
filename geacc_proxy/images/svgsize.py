"""How large a browser shows an SVG, by its root element (SVG 2, section 8.2; CSS 2, section 10.3.2)."""

from __future__ import annotations

import re

_ROOT = re.compile(r"<(?:[\w.-]+:)?svg\b[^>]*>", re.DOTALL)
_ATTRIBUTE = re.compile(r"""\b(width|height|viewBox)\s*=\s*["']([^"']*)["']""")
_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*(px|pt|pc|mm|cm|in|)\s*$")
_PIXELS = {"": 1.0, "px": 1.0, "pt": 96 / 72, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
_DEFAULT = (300, 150)  # CSS's size of a replaced element that has none


def svg_size(text: str) -> tuple[int, int]:
    """Width and height in CSS pixels, each at least 1."""
    root = _ROOT.search(text)
    attributes = dict(_ATTRIBUTE.findall(root.group())) if root else {}
    width, height = _length(attributes.get("width", "")), _length(attributes.get("height", ""))
    ratio = _ratio(attributes.get("viewBox", ""))
    if width and height:
        pass
    elif ratio and width:
        height = width / ratio
    elif ratio and height:
        width = height * ratio
    elif ratio:
        width, height = _DEFAULT[0], _DEFAULT[0] / ratio
    else:
        width, height = width or _DEFAULT[0], height or _DEFAULT[1]
    return max(1, round(width)), max(1, round(height))


def _length(text: str) -> float:
    found = _LENGTH.match(text)
    return min(float(found[1]) * _PIXELS[found[2]], 65_535.0) if found else 0.0


def _ratio(view_box: str) -> float:
    numbers = re.split(r"[\s,]+", view_box.strip())
    try:
        _, _, width, height = map(float, numbers)
    except ValueError:
        return 0.0
    return width / height if 0 < width < 1e9 and 0 < height < 1e9 else 0.0
