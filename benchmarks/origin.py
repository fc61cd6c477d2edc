"""A web site on 127.0.0.1, HTTPS and HTTP/1.1 with keep-alive, in a process of its own.

`/text/NAME` is one of `samples.TEXTS`; `/photo/SIDE/NUMBER` a picture, `/same/SIDE/NUMBER` a film of its size.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from benchmarks import samples


@dataclass(frozen=True, slots=True)
class Origin:
    """The running site.

    Attributes:
        port: on `localhost`.
        ca_file: certificate of the authority that vouches for it, PEM.
    """

    port: int
    ca_file: Path


@contextmanager
def running_origin(directory: Path) -> Iterator[Origin]:
    """Serve until the block ends."""
    ca_file = directory / "origin-ca.pem"
    command = [sys.executable, "-m", "benchmarks.origin", str(ca_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Origin(json.loads(process.stdout.readline())["port"], ca_file)
        finally:
            process.terminate()


class _Bodies:
    def __init__(self) -> None:
        self._texts = {name: (kind, samples.text(name)) for name, kind, _, _ in samples.TEXTS}

    def answer(self, path: str) -> tuple[str, bytes]:
        match path.split("/")[1:]:
            case ["text", name]:
                return self._texts[name]
            case ["photo", side, number]:
                return "image/jpeg", samples.numbered_photo(int(number), int(side))
            case ["same", side, number]:
                return "video/mp4", samples.no_photo(int(number), int(side))
            case _:
                raise ValueError(path)


async def _serve(ca_file: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    bodies = _Bodies()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                kind, body = bodies.answer(request.split(b" ", 2)[1].decode())
                head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                head += "Cache-Control: max-age=600\r\nServer: benchmark\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    for scene in range(samples.SCENES):  # drawing them must not fall into a measurement
        for side in (1000, 300):
            samples.photo(scene, side)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
