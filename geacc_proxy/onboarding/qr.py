"""QR codes: an address or a WireGuard configuration, from the screen to a phone."""

from __future__ import annotations

import io

import segno

from geacc_proxy.exceptions import UsageError

# By whether the upper and the lower module are dark.
_DARK_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
_LIGHT_BLOCKS = {(True, True): " ", (False, True): "▀", (True, False): "▄", (False, False): "█"}
# 16 and 231 of the 256 colours are black and white in every theme; the first 16 are not (ECMA-48, xterm's ctlseqs).
_BLACK_ON_WHITE = "\x1b[38;5;16;48;5;231m"
_RESET = "\x1b[0m"


def qr_svg(text: str, *, scale: int = 4) -> str:
    """Return an SVG element with its own light background, without script, style or XML declaration.

    Args:
        text: what the code says, at most 2,953 bytes.
        scale: pixels a module.

    Raises:
        UsageError: the text is empty or too long for a QR code.
    """
    target = io.BytesIO()
    _code(text).save(
        target, kind="svg", xmldecl=False, scale=scale, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return target.getvalue().decode("utf-8").strip()


def qr_terminal(text: str, *, colour: bool = True) -> str:
    """Return lines for a terminal, two modules a character.

    Args:
        text: what the code says, at most 2,953 bytes.
        colour: say by ANSI sequences that the code is black on white, whatever the terminal's own colours are. Without
            it, blocks are the light modules, which is right on a dark terminal.

    Raises:
        UsageError: the text is empty or too long for a QR code.
    """
    rows = [[bool(module) for module in row] for row in _code(text).matrix_iter(border=2)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    blocks = _DARK_BLOCKS if colour else _LIGHT_BLOCKS
    begin, end = (_BLACK_ON_WHITE, _RESET) if colour else ("", "")
    lines = (
        begin + "".join(blocks[pair] for pair in zip(upper, lower, strict=True)) + end
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    )
    return "\n".join(lines) + "\n"


def _code(text: str) -> segno.QRCode:
    if not text:
        raise UsageError("a QR code needs a text")
    try:
        return segno.make_qr(text, error="l", boost_error=True)
    except segno.DataOverflowError:
        raise UsageError(f"{len(text)} characters are too many for a QR code; it takes at most 2,953 bytes") from None
