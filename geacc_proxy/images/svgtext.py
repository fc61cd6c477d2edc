"""The text of an SVG, whatever it is wrapped and written in."""

from __future__ import annotations

import codecs
import re
import zlib
from encodings.aliases import aliases
from typing import TYPE_CHECKING

from geacc_proxy.images.formats import Format
from geacc_proxy.images.outcome import Undecodable
from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from geacc_proxy.images.caps import Caps

_GZIP = b"\x1f\x8b"
_PICTURES_SHARE = 16  # how much longer a packed source may be for the pictures inside
_WITH_GZIP_HEADER = 31  # zlib's name for it
_STARTS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
# By Python's names. Of others, such as UTF-7, browsers know nothing, and take the source for UTF-8.
_DECLARABLE = frozenset(
    {
        *("utf_8", "ascii", "latin_1", "cp866", "cp874", "mac_roman", "koi8_r", "koi8_u", "gb2312", "gbk", "gb18030"),
        *("big5", "shift_jis", "euc_jp", "euc_kr", "iso2022_jp"),
        *(f"cp125{page}" for page in range(9)),
        *(f"iso8859_{part}" for part in range(2, 17) if part != 12),
    }
)
for _encoding in (*(encoding for _, encoding in _STARTS), *_DECLARABLE):
    codecs.lookup(_encoding)  # here and now: a locked worker can open no file, and that is where codecs are
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?\bencoding\s*=\s*["']([\w.:-]{1,40})["']""")


def svg_text(body: bytes, caps: Caps) -> str:
    """`body` as text: unpacked, and decoded as its byte-order mark, its first bytes or its declaration say.

    Raises:
        Undecodable: packed, and longer than the caps allow once unpacked, or damaged.
    """
    if body.startswith(_GZIP):
        body = _unpacked(body, min(caps.bytes, _PICTURES_SHARE * caps.svg_bytes))
    for start, encoding in _STARTS:
        if body.startswith(start):
            return body.decode(encoding, "replace")
    declared = _DECLARED.match(body)
    return body.decode(_codec(declared[1].decode()) if declared else "utf-8", "replace")


def _codec(label: str) -> str:
    """What the encoding of that label is called in Python; UTF-8's name for those that no browser knows."""
    name = label.lower().replace("-", "_").replace(".", "_")
    name = aliases.get(name, name)
    return name if name in _DECLARABLE else "utf-8"


def _unpacked(body: bytes, most: int) -> bytes:
    unpacking = zlib.decompressobj(_WITH_GZIP_HEADER)
    try:
        text = unpacking.decompress(body, most + 1)
    except zlib.error as error:
        raise Undecodable(Failure.UNREADABLE, f"gzip: {error}", Picture(Format.SVG)) from None
    if len(text) > most:
        raise Undecodable(Failure.TOO_LARGE, f"more than {most} bytes unpacked", Picture(Format.SVG))
    return text
