"""The two pictures of the self-test, for `doctor` and for the page that a device opens.

`malign.png` is abstract noise that the embedded model calls malign (0.98): nothing is depicted. It is one of the
pictures that `tools/synthesize_malign.py` makes by gradient ascent, shrunk to 160×160 pixels and 64 colours.
`benign.png` is a drawn landscape of the same size (below 0.05). `script.js` runs in the device's browser.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

WIDTH = 160
"""Of both pictures, pixels."""
HEIGHT = 160
"""Of both pictures, pixels."""

SCRIPT = Path(__file__).with_name("script.js")
"""What the self-test page runs; its first lines say what it needs."""

MALIGN_PIXELS = "bb7364,a17460,8da263,717a63,427464,8c869c,8a5f9d,8a7a9d"
"""The first pixels of `malign.png`, hexadecimal RGB."""
BENIGN_PIXELS = "78b4eb,78b4eb,78b4eb,78b4eb,78b4eb,78b4eb,78b4eb,78b4eb"
"""The first pixels of `benign.png`."""


@cache
def malign() -> bytes:
    """The picture that must be hidden, PNG."""
    return Path(__file__).with_name("malign.png").read_bytes()


@cache
def benign() -> bytes:
    """The picture that must be shown as it is, PNG."""
    return Path(__file__).with_name("benign.png").read_bytes()


@cache
def facts() -> dict[str, str]:
    """What the page tells the script of the originals: names and values of its `data-` attributes."""
    return {
        "data-malign-length": str(len(malign())),
        "data-malign-pixels": MALIGN_PIXELS,
        "data-benign-length": str(len(benign())),
        "data-benign-pixels": BENIGN_PIXELS,
    }
