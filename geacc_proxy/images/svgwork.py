"""What drawing an SVG costs, by its elements and by what they use; an upper bound in the main.

The unit is a millisecond of a slow processor at 448 × 448 pixels, measured with resvg 0.5: a shape that fills the
canvas takes 0.1, one with a gradient 8, a layer (clip path, mask, pattern, opacity of a group) 10 to 20, a filter's
step 60 and up.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SHAPES = frozenset({"rect", "circle", "ellipse", "line", "polyline", "polygon", "path", "image", "text"})
_NOT_DRAWN = frozenset(
    {"defs", "symbol", "pattern", "mask", "marker", "clipPath", "filter", "linearGradient", "radialGradient"}
)
_REFERENCE = re.compile(r"""url\(\s*["']?\s*#([^"')\s]+)""")
_COMMANDS = re.compile(r"([A-Za-z])([^A-DF-Za-df-z]*)")
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_SCALE = re.compile(r"(?:scale|matrix)\s*\(([^)]*)\)")

_SHAPE, _EDGE, _POINT = 0.05, 0.1, 0.002
_GRADIENT, _PAINT_SERVER = 8.0, 12.0
_LAYER, _CLIP, _MASK = 10.0, 15.0, 20.0
_STEP, _OCTAVE, _CELL = 60.0, 25.0, 2.0
_IMAGE = 10.0
_MOST_REGION = 20.0  # the library clips larger ones to some of that
_MOST_RULES = 1000
_FUNCTION = re.compile(r"\b(?:blur|drop-shadow|brightness|contrast|grayscale|hue-rotate|invert|saturate|sepia)\(")
_LAYERED = re.compile(r"opacity|mix-blend-mode|isolation")
_TARGET_COST = {
    "linearGradient": _GRADIENT,
    "radialGradient": _GRADIENT,
    "pattern": _PAINT_SERVER,
    "clipPath": _CLIP,
    "mask": _MASK,
    "filter": 0.0,
    "marker": 0.1,
}
_CANVAS = 448.0
_MOST_DEPTH = 128


@dataclass(slots=True)
class Node:
    """An element.

    Attributes:
        tag: its local name.
        attributes: by local name.
        children: elements inside.
    """

    tag: str
    attributes: Mapping[str, str]
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Cost:
    """Of drawing an element with what is inside, but not with what it uses.

    Attributes:
        own: in the unit above.
        depth: of elements within each other.
        uses: how often each other element is drawn for it, by id.
    """

    own: float
    depth: int
    uses: Counter[str]


def work(root: Node, styles: Sequence[tuple[frozenset[str], str]]) -> float:
    """What drawing `root` costs.

    Args:
        root: the document.
        styles: rules of its style sheets: classes, none where they are for more than classes, and declarations.

    Returns:
        0…∞; infinite where elements use each other deeper than any stack.
    """
    if len(styles) > _MOST_RULES:
        return inf
    named: dict[str, tuple[str, _Cost]] = {}
    cost = _cost(root, styles, _extent(root), named)
    total, depth = _with_uses(cost, named, {}, 0)
    return inf if depth > _MOST_DEPTH else total


def _extent(root: Node) -> float:
    """The longer side of what is seen, in the drawing's own units."""
    attributes = root.children[0].attributes if root.children else {}
    box = _numbers(attributes.get("viewBox", ""))
    if len(box) == 4:
        return max(box[2], box[3], 1e-3)
    sides = _numbers(attributes.get("width", "")) + _numbers(attributes.get("height", ""))
    return max([*sides, 1e-3]) if sides else 300.0


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)]


def _cost(
    node: Node,
    styles: Sequence[tuple[frozenset[str], str]],
    extent: float,
    named: dict[str, tuple[str, _Cost]],
    scale: float = 1.0,
) -> _Cost:
    scale *= _scale(node.attributes.get("transform", ""))
    if node.tag in ("svg", "symbol") and (box := _numbers(node.attributes.get("viewBox", ""))):
        scale = max(scale, extent / max(box[-1], 1e-3))
    own, uses = _own(node, extent, scale), _uses(node, styles)
    depth = 0
    for child in node.children:
        inside = _cost(child, styles, extent, named, scale)
        depth = max(depth, inside.depth)
        if child.tag not in _NOT_DRAWN:
            own += inside.own
            uses.update(inside.uses)
    if node.tag == "filter":
        own *= _region(node)
    found = _Cost(own, depth + 1, uses)
    if name := node.attributes.get("id"):
        named.setdefault(name, (node.tag, found))
    return found


def _scale(transform: str) -> float:
    factor = 1.0
    for arguments in _SCALE.findall(transform):
        factor *= max([abs(number) for number in _numbers(arguments)[:4]], default=1.0)
    return factor


def _own(node: Node, extent: float, scale: float) -> float:
    attributes = node.attributes
    if node.tag.startswith("fe"):
        return _filter_step(node, scale * _CANVAS / extent)
    own = _STEP * len(_FUNCTION.findall(attributes.get("filter", "") + attributes.get("style", "")))
    if node.tag not in _SHAPES:
        return own + (_LAYER if _is_layered(attributes) else 0.0)
    return own + (_IMAGE if node.tag == "image" else _SHAPE) + _outline(attributes, extent / scale)


def _is_layered(attributes: Mapping[str, str]) -> bool:
    return any(_LAYERED.search(word) for word in (*attributes, attributes.get("style", "")))


def _region(filter_: Node) -> float:
    """How many canvases a filter works on, at least 1."""
    sides = [filter_.attributes.get(key, "") for key in ("width", "height")]
    factors = [number / (100 if "%" in text else 1) for text in sides for number in _numbers(text)]
    return min(_MOST_REGION, max([*factors, 1.0]))


def _filter_step(node: Node, pixels: float) -> float:
    """Of one step of a filter; `pixels` of the canvas make a unit of the drawing."""
    attributes = node.attributes
    if node.tag == "feTurbulence":
        octaves = max(_numbers(attributes.get("numOctaves", "")), default=1.0)
        return _STEP + _OCTAVE * max(1.0, octaves)
    if node.tag == "feMorphology":
        radius = min(_CANVAS, pixels * max(_numbers(attributes.get("radius", "")), default=0.0))
        return _STEP + _CELL * (2 * radius + 1) ** 2
    if node.tag == "feConvolveMatrix":
        order = _numbers(attributes.get("order", "")) or [3.0]
        return _STEP + _CELL * order[0] * order[-1]
    return _STEP if node.tag not in ("feFuncR", "feFuncG", "feFuncB", "feFuncA", "feMergeNode") else 1.0


def _outline(attributes: Mapping[str, str], extent: float) -> float:
    """Of a path: its points, and the way that its edges go up and down the canvas."""
    path = attributes.get("d") or attributes.get("points") or ""
    if len(path) < 200:
        return len(path) * _POINT
    if "d" in attributes:
        relative: list[str] = []
        absolute: list[str] = []
        for command, arguments in _COMMANDS.findall(path):
            (relative if command.islower() else absolute).append(arguments)
        far = sum(abs(number) for number in _numbers(" ".join(relative)))
        points = _numbers(" ".join(absolute))
    else:
        far, points = 0.0, _numbers(path)
    far += sum(abs(one - other) for one, other in zip(points, points[2:], strict=False))
    edges = len(path) / 4
    return edges * _POINT + min(edges, far / 2 / extent) * _EDGE


def _uses(node: Node, styles: Sequence[tuple[frozenset[str], str]]) -> Counter[str]:
    uses: Counter[str] = Counter()
    for key, value in node.attributes.items():
        if key == "href" and value.strip().startswith("#"):
            uses[value.strip()[1:]] += 1
        elif "url(" in value:
            uses.update(_REFERENCE.findall(value))
    if "marker-mid" in node.attributes or "marker" in node.attributes.get("style", ""):
        points = len(node.attributes.get("d", "")) // 4
        uses = Counter({name: count * max(1, points) for name, count in uses.items()})
    if node.tag in _SHAPES or node.tag == "g":
        classes = set(node.attributes.get("class", "").split())
        for wanted, rule in styles:
            if not wanted or wanted & classes:
                uses.update(_REFERENCE.findall(rule))
    return uses


def _with_uses(
    cost: _Cost, named: dict[str, tuple[str, _Cost]], known: dict[str, tuple[float, int]], level: int
) -> tuple[float, int]:
    """Cost and depth of an element with all that it uses."""
    total, depth = cost.own, 0
    if level > _MOST_DEPTH:
        return inf, level
    for name, count in cost.uses.items():
        if name not in named:
            continue
        tag, used = named[name]
        if name not in known:
            known[name] = 0.0, 0  # what uses itself is not drawn
            known[name] = _with_uses(used, named, known, level + 1)
        own, deep = known[name]
        total += count * (own + _TARGET_COST.get(tag, 0.0))
        depth = max(depth, deep)
    return total, depth + cost.depth
