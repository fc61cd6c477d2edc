"""How the child process that decodes pictures to be drawn is asked, and how it answers.

Requests: eight bytes, the length, big-endian; then the picture. Each is answered by `REPLY_BYTES` bytes: width and
height of the picture, four bytes each, big-endian, 0 where there is none; then `SIDE` × `SIDE` pixels, RGB, the whole
picture squeezed into them. So an answer cannot be misread, whoever has written it.
"""

from __future__ import annotations

import struct

SIDE = 192
"""Width and height of the square, pixels."""

LENGTH = struct.Struct(">Q")
SIZE = struct.Struct(">II")
REPLY_BYTES = SIZE.size + SIDE * SIDE * 3
