"""Tricks that are on the wire: encodings, framings, types and detours of an honest PNG or JPEG."""

from __future__ import annotations

import gzip
import zlib

import brotli
import zstandard

from .containers import jpeg, png
from .tricks import Act, Subject, Trick, image, img
from .tricks_origin import Reply, answer, chunked, until_closed

PNG_TYPE = "Content-Type: image/png"


def _encoded(subject: Subject, body: bytes, encoding: str, content_type: str = "image/png") -> Act:
    return image(subject, body, content_type, f"Content-Encoding: {encoding}")


def gzip_encoded(subject: Subject) -> Act:
    return _encoded(subject, gzip.compress(png(subject.image)), "gzip")


def x_gzip_encoded(subject: Subject) -> Act:
    return _encoded(subject, gzip.compress(png(subject.image)), "x-gzip")


def brotli_encoded(subject: Subject) -> Act:
    return _encoded(subject, brotli.compress(png(subject.image), quality=3), "br")


def zstd_encoded(subject: Subject) -> Act:
    return _encoded(subject, zstandard.compress(png(subject.image)), "zstd")


def deflate_encoded(subject: Subject) -> Act:
    return _encoded(subject, zlib.compress(png(subject.image)), "deflate")


def raw_deflate_encoded(subject: Subject) -> Act:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = compressor.compress(png(subject.image)) + compressor.flush()
    return _encoded(subject, body, "deflate")


def encoded_twice(subject: Subject) -> Act:
    return _encoded(subject, brotli.compress(gzip.compress(png(subject.image)), quality=3), "gzip, br")


def encoded_in_an_unknown_way(subject: Subject) -> Act:
    return _encoded(subject, png(subject.image), "rot13")


def encoding_in_capitals(subject: Subject) -> Act:
    return _encoded(subject, gzip.compress(png(subject.image)), "GZIP")


def encoded_without_a_type(subject: Subject) -> Act:
    path = subject.path("picture")
    return Act(img(path), answers={path: answer(gzip.compress(png(subject.image)), "Content-Encoding: gzip")})


def _replied(subject: Subject, reply: Reply) -> Act:
    path = subject.path("picture")
    return Act(img(path), answers={path: reply})


def in_chunks(subject: Subject) -> Act:
    return _replied(subject, chunked(png(subject.image), PNG_TYPE, size=1000))


def in_chunks_with_a_trailer(subject: Subject) -> Act:
    return _replied(subject, chunked(png(subject.image), PNG_TYPE, "Trailer: X-Sum", size=5000, trailer="X-Sum: 1"))


def in_chunks_without_a_type(subject: Subject) -> Act:
    return _replied(subject, chunked(png(subject.image), size=7))


def until_the_end_of_the_connection(subject: Subject) -> Act:
    return _replied(subject, until_closed(png(subject.image), PNG_TYPE))


def over_http_1_0(subject: Subject) -> Act:
    return _replied(subject, until_closed(png(subject.image), PNG_TYPE, version="1.0"))


def without_a_type(subject: Subject) -> Act:
    return _replied(subject, answer(jpeg(subject.image)))


def as_octet_stream(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image), "application/octet-stream")


def as_text(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image), "text/plain")


def as_a_page(subject: Subject) -> Act:
    return image(subject, png(subject.image), "text/html; charset=utf-8")


def as_a_script(subject: Subject) -> Act:
    return image(subject, png(subject.image), "application/javascript")


def as_a_film(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image), "video/mp4")


def as_a_font(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image), "font/woff2")


def as_an_event_stream(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image), "text/event-stream")


def as_another_picture(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image), "image/gif")


def as_nonsense(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image), ";;;///")


def with_two_types(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image), "text/plain", "Content-Type: image/jpeg")


def as_an_attachment(subject: Subject) -> Act:
    return image(subject, jpeg(subject.image), "image/jpeg", "Content-Disposition: attachment")


def with_an_error(subject: Subject) -> Act:
    return _replied(subject, answer(png(subject.image), PNG_TYPE, status="404 Not Found"))


def with_a_server_error(subject: Subject) -> Act:
    return _replied(subject, answer(jpeg(subject.image), status="500 Oh dear"))


def as_a_range_that_nobody_asked_for(subject: Subject) -> Act:
    body = jpeg(subject.image)
    span = f"Content-Range: bytes 0-{len(body) - 1}/{len(body)}"
    return _replied(subject, answer(body, "Content-Type: image/jpeg", span, status="206 Partial Content"))


def after_early_hints(subject: Subject) -> Act:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </nothing>; rel=preconnect\r\n\r\n"
    return _replied(subject, Reply(hints + answer(png(subject.image), PNG_TYPE).raw))


def redirected(subject: Subject) -> Act:
    return _via(subject, "302 Found")


def redirected_for_good(subject: Subject) -> Act:
    return _via(subject, "308 Permanent Redirect")


def _via(subject: Subject, status: str) -> Act:
    first, second, last = subject.path("first.png"), subject.path("second"), subject.path("last")
    return Act(
        img(first),
        answers={
            # The redirect carries the picture, too: nobody shows that one.
            first: answer(png(subject.image), PNG_TYPE, f"Location: {second}", status=status),
            second: answer(b"", f"Location: {last}", status="307 Temporary Redirect"),
            last: answer(png(subject.image), "Content-Type: application/octet-stream"),
        },
    )


TRANSPORT: list[Trick] = [
    gzip_encoded,
    x_gzip_encoded,
    brotli_encoded,
    zstd_encoded,
    deflate_encoded,
    raw_deflate_encoded,
    encoded_twice,
    encoded_in_an_unknown_way,
    encoding_in_capitals,
    encoded_without_a_type,
    in_chunks,
    in_chunks_with_a_trailer,
    in_chunks_without_a_type,
    until_the_end_of_the_connection,
    over_http_1_0,
    without_a_type,
    as_octet_stream,
    as_text,
    as_a_page,
    as_a_script,
    as_a_film,
    as_a_font,
    as_an_event_stream,
    as_another_picture,
    as_nonsense,
    with_two_types,
    as_an_attachment,
    with_an_error,
    with_a_server_error,
    as_a_range_that_nobody_asked_for,
    after_early_hints,
    redirected,
    redirected_for_good,
]
