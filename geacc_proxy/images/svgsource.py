"""What an SVG's source says, in one pass of a parser that expands its entities under a bound of its own (expat).

It tells the pictures inside, what would be fetched, how deep it is, and what drawing it would cost. The drawing
library can neither be interrupted nor bounded, and its stack ends at some three hundred elements within each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from geacc_proxy.images import datauris
from geacc_proxy.images.svgwork import Node, work

if TYPE_CHECKING:
    from collections.abc import Mapping

_PICTURES = frozenset({"image", "feImage"})
_SHOWS_MORE = frozenset({"image", "feImage", "use", "foreignObject"})
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_CLASS = re.compile(r"\.([\w-]+)")
_MOST_DEPTH = 128


class MalformedError(ValueError):
    """No XML, or XML that is made to be costly; the message says which."""


class TooDeepError(ValueError):
    """Elements within elements without end."""


@dataclass(frozen=True, slots=True)
class Source:
    """An SVG's source, looked at.

    Attributes:
        text: the source, without what it would have fetched.
        pictures: the `data:` addresses inside, as they stand; each once.
        work: what drawing it costs, in estimated milliseconds of a slow processor, for 448 × 448 pixels.
        plain: whether it consists of shapes alone: no picture, nothing used again, no HTML.
        length: characters of the source without those of the pictures inside.
    """

    text: str
    pictures: tuple[str, ...]
    work: float
    plain: bool
    length: int


def read(text: str) -> Source:
    """Look at `text`.

    Raises:
        MalformedError: expat refuses it.
        TooDeepError: its elements lie too deep within each other, by themselves or by what they use.
    """
    reader = _Reader()
    data = text.encode("utf-8", "replace")
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise MalformedError(f"XML: {error}") from None
    if reader.root.children[0].tag != "svg":
        raise MalformedError("XML, but no SVG")
    if reader.fetching:
        if reader.entities:
            raise MalformedError("XML: an address outside, and entities")
        data = _without(data, reader.fetching)
        text = data.decode("utf-8")
    pictures = tuple(dict.fromkeys(reader.pictures))
    return Source(
        text=text,
        pictures=pictures,
        work=work(reader.root, reader.styles()),
        plain=reader.plain and not pictures,
        length=len(text) - sum(map(len, pictures)),
    )


@dataclass(slots=True)
class _Reader:
    """The handlers of one parsing."""

    root: Node = field(default_factory=lambda: Node("", {}))
    pictures: list[str] = field(default_factory=list)
    fetching: list[tuple[int, bytes]] = field(default_factory=list)
    entities: bool = False
    plain: bool = True
    sheets: list[str] = field(default_factory=list)
    _open: list[Node] = field(default_factory=list)
    _fetching_depths: set[int] = field(default_factory=set)
    parser: expat.XMLParserType = field(default_factory=lambda: expat.ParserCreate("utf-8"))

    def __post_init__(self) -> None:
        self._open.append(self.root)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._entity

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if len(self._open) > _MOST_DEPTH:
            raise TooDeepError(f"more than {_MOST_DEPTH} elements within each other")
        node = Node(tag, {key.rpartition(":")[2]: value for key, value in attributes.items()})
        self._open[-1].children.append(node)
        self._open.append(node)
        self.plain = self.plain and tag not in _SHOWS_MORE
        for value in attributes.values():
            self.pictures += datauris.find(value)
        if tag in _PICTURES and any(
            key.rpartition(":")[2] == "href" and not value.strip().lower().startswith(("#", "data:"))
            for key, value in attributes.items()
        ):
            self._fetching_depths.add(len(self._open))
            self.fetching.append((self.parser.CurrentByteIndex, b"<" + name.encode()))

    def _end(self, name: str) -> None:
        depth = len(self._open)
        if depth in self._fetching_depths:
            self._fetching_depths.discard(depth)
            self.fetching.append((self.parser.CurrentByteIndex, b"</" + name.encode()))
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._open[-1].tag == "style":
            self.sheets.append(text)
            self.pictures += datauris.find(text)

    def _entity(self, *_: object) -> None:
        self.entities = True

    def styles(self) -> list[tuple[frozenset[str], str]]:
        """Rules of the style sheets: the classes that they are for, none where they are for more, and what they say."""
        return [
            (frozenset(_CLASS.findall(selector)), rule)
            for selector, rule in _RULE.findall("".join(self.sheets))
            if "url(" in rule or "opacity" in rule or "blend" in rule or "isolation" in rule
        ]


def _without(data: bytes, tags: list[tuple[int, bytes]]) -> bytes:
    """`data` with the names of `tags` made unknown, of the same length: `<image` becomes `<_mage`."""
    mended = bytearray(data)
    for at, tag in tags:
        if data.startswith(tag, at):  # an empty element has no end tag: what comes next is told there
            name = at + len(tag) - len(tag.lstrip(b"</").rpartition(b":")[2])
            mended[name : name + 1] = b"_"
    return bytes(mended)
