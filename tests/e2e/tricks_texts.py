"""Tricks that are inside text: pictures in pages, styles, scripts and data, in every spelling that a browser reads."""

from __future__ import annotations

import gzip
import html
import json
from urllib.parse import quote

import brotli

from .containers import base64_of, jpeg, png, saved, svg_around, uri
from .tricks import SHOWN, SIDE, WHOLE, Act, Subject, Trick, img
from .tricks_origin import Answer, answer, chunked

PAGE = "Content-Type: text/html; charset=utf-8"


def _uri(subject: Subject) -> str:
    return uri(jpeg(subject.image))


def in_an_img(subject: Subject) -> Act:
    return Act(img(_uri(subject)))


def in_an_img_as_png(subject: Subject) -> Act:
    return Act(img(uri(png(subject.image), "image/png")))


def without_quotes(subject: Subject) -> Act:
    return Act(f"<img src={_uri(subject)}>")


def in_capitals(subject: Subject) -> Act:
    return Act(img(_uri(subject).replace("data:image/jpeg;base64", "DATA:IMAGE/JPEG;BASE64")))


def without_a_type(subject: Subject) -> Act:
    return Act(img(_uri(subject).replace("image/jpeg", "")))


def of_another_type(subject: Subject) -> Act:
    return Act(img(_uri(subject).replace("image/jpeg", "application/octet-stream")))


def with_parameters(subject: Subject) -> Act:
    return Act(img(_uri(subject).replace("image/jpeg", "image/jpeg;charset=utf-8;name=a.jpg")))


def with_line_breaks(subject: Subject) -> Act:
    encoded = base64_of(jpeg(subject.image))
    lines = "\n  ".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))
    return Act(img(f"data:image/jpeg;base64,{lines}"))


def with_entities(subject: Subject) -> Act:
    return Act(img(_uri(subject).replace(":", "&colon;").replace("/", "&#x2F;").replace("+", "&#43;")))


def with_percent_escapes(subject: Subject) -> Act:
    head, _, encoded = _uri(subject).partition(",")
    return Act(img(f"{head},{quote(encoded, safe='')}"))


def percent_encoded_bytes(subject: Subject) -> Act:
    return Act(img("data:image/gif," + quote(saved(subject.image, "GIF"), safe="")))


def percent_encoded_svg(subject: Subject) -> Act:
    return Act(img("data:image/svg+xml," + quote(svg_around(_uri(subject), SIDE), safe="")))


def plain_svg(subject: Subject) -> Act:
    document = svg_around(_uri(subject), SIDE).replace('"', "'")
    return Act(img("data:image/svg+xml;utf8," + document.replace("#", "%23")))


def base64_svg(subject: Subject) -> Act:
    return Act(img(uri(svg_around(_uri(subject), SIDE).encode(), "image/svg+xml")))


def in_srcset(subject: Subject) -> Act:
    return Act(f'<img srcset="{_uri(subject)} 1x, /absent.png 3x" src="/absent.png">')


def in_a_source(subject: Subject) -> Act:
    return Act(f'<picture><source srcset="{_uri(subject)}"><img src="/absent.png"></picture>')


def in_a_style_attribute(subject: Subject) -> Act:
    return Act(f'<div class="fill" style="background:#fff url({_uri(subject)}) 0 0 / cover no-repeat"></div>')


def in_a_style_element(subject: Subject) -> Act:
    rule = f"#{subject.name} div {{ background: url('{_uri(subject)}') 0 0 / cover }}"
    return Act(f'<style>{rule}</style><div class="fill"></div>')


def in_an_image_set(subject: Subject) -> Act:
    rule = f"#{subject.name} div {{ background: image-set('{_uri(subject)}' 1x) 0 0 / cover }}"
    return Act(f'<style>{rule}</style><div class="fill"></div>')


def in_a_variable_of_a_style(subject: Subject) -> Act:
    box = f"#{subject.name}"
    rules = f'{box} {{ --p: url("{_uri(subject)}") }} {box} div {{ background: var(--p) 0 0 / cover }}'
    return Act(f'<style>{rules}</style><div class="fill"></div>')


def in_content_of_a_style(subject: Subject) -> Act:
    rule = f'#{subject.name} div {{ content: url("{_uri(subject)}") }}'
    return Act(f'<style>{rule}</style><div class="fill"></div>')


def in_a_style_with_escapes(subject: Subject) -> Act:
    escaped = _uri(subject).replace(":", r"\3a ").replace("/", r"\2f ")
    rule = f'#{subject.name} div {{ background: url("{escaped}") 0 0 / cover }}'
    # Escapes that no site writes are not undone; whatever is behind them is hidden.
    return Act(f'<style>{rule}</style><div class="fill"></div>', spares_benign=False)


def in_an_inline_svg(subject: Subject) -> Act:
    return Act(svg_around(_uri(subject), SHOWN))


def in_a_poster(subject: Subject) -> Act:
    return Act(f'<video poster="{_uri(subject)}"></video>')


def in_an_object(subject: Subject) -> Act:
    return Act(f'<object data="{_uri(subject)}"></object>')


def in_an_input(subject: Subject) -> Act:
    return Act(f'<input type="image" src="{_uri(subject)}">')


MARKUP: list[Trick] = [
    in_an_img,
    in_an_img_as_png,
    without_quotes,
    in_capitals,
    without_a_type,
    of_another_type,
    with_parameters,
    with_line_breaks,
    with_entities,
    with_percent_escapes,
    percent_encoded_bytes,
    percent_encoded_svg,
    plain_svg,
    base64_svg,
    in_srcset,
    in_a_source,
    in_a_style_attribute,
    in_a_style_element,
    in_an_image_set,
    in_a_variable_of_a_style,
    in_content_of_a_style,
    in_a_style_with_escapes,
    in_an_inline_svg,
    in_a_poster,
    in_an_object,
    in_an_input,
]


def in_a_script_with_hex_escapes(subject: Subject) -> Act:
    """As result pages of image searches have it."""
    return Act(script=f"await put(box, '{_uri(subject).replace('=', r'\x3d')}')")


def in_a_script_all_in_hex_escapes(subject: Subject) -> Act:
    escaped = _uri(subject).replace("=", r"\x3d").replace("/", r"\x2f").replace(":", r"\x3a").replace("+", r"\x2B")
    return Act(script=f'await put(box, "{escaped}")')


def in_a_script_with_unicode_escapes(subject: Subject) -> Act:
    escaped = _uri(subject).replace("=", r"\u003d").replace("/", r"\u002F").replace("+", r"\u{2b}")
    return Act(script=f"await put(box, `{escaped}`)")


def in_a_script_with_slashes(subject: Subject) -> Act:
    return Act(script=f'await put(box, "{_uri(subject).replace("/", r"\/")}")')


def in_a_script_with_a_continued_line(subject: Subject) -> Act:
    encoded = base64_of(jpeg(subject.image))
    lines = "\\\n".join(encoded[at : at + 1000] for at in range(0, len(encoded), 1000))
    return Act(script=f"await put(box, 'data:image/jpeg;base64,{lines}')")


def in_a_script_without_its_prefix(subject: Subject) -> Act:
    return Act(script=f'await put(box, "data:image/jpeg;" + "base64," + "{base64_of(jpeg(subject.image))}")')


def in_a_script_as_bytes(subject: Subject) -> Act:
    decoded = f'Uint8Array.from(atob("{base64_of(jpeg(subject.image))}"), letter => letter.charCodeAt(0))'
    return Act(script=f'await asBlob(box, [{decoded}], "image/jpeg")')


def in_inner_html(subject: Subject) -> Act:
    return Act(script=f"box.innerHTML = {json.dumps(img(_uri(subject)))}; await box.firstChild.decode()")


def in_json_of_a_page(subject: Subject) -> Act:
    data = json.dumps({"thumbnail": _uri(subject), "n": 1}).replace("/", r"\/")
    markup = f'<script type="application/json">{data}</script>'
    return Act(markup, "await put(box, JSON.parse(box.firstChild.textContent).thumbnail)")


def _fetched(subject: Subject, body: bytes, use: str, *headers: str) -> Act:
    path = subject.path("data")
    return Act(script=f'const got = await fetch("{path}"); {use}', answers={path: answer(body, *headers)})


def in_json_with_slashes(subject: Subject) -> Act:
    body = json.dumps([{"src": _uri(subject)}]).replace("/", r"\/").encode()
    return _fetched(subject, body, "await put(box, (await got.json())[0].src)", "Content-Type: application/json")


def in_json_without_a_prefix(subject: Subject) -> Act:
    body = json.dumps({"png": base64_of(png(subject.image))}).encode()
    use = 'await put(box, "data:image/png;base64," + (await got.json()).png)'
    return _fetched(subject, body, use, "Content-Type: application/json")


def in_text_without_a_type(subject: Subject) -> Act:
    return _fetched(subject, _uri(subject).encode(), "await put(box, await got.text())")


def in_text_as_octet_stream(subject: Subject) -> Act:
    headers = "Content-Type: application/octet-stream"
    return _fetched(subject, _uri(subject).encode(), "await put(box, await got.text())", headers)


def in_xml(subject: Subject) -> Act:
    use = 'const root = new DOMParser().parseFromString(await got.text(), "text/xml").documentElement;'
    body = f"<?xml version='1.0'?><r><p>{_uri(subject)}</p></r>".encode()
    return _fetched(subject, body, use + "await put(box, root.textContent)", "Content-Type: application/xml")


def in_a_stylesheet(subject: Subject) -> Act:
    path = subject.path("style.css")
    rule = f".{subject.name} {{ background: url({_uri(subject)}) 0 0 / cover }}"
    return Act(
        f'<link rel="stylesheet" href="{path}"><div class="fill {subject.name}"></div>',
        answers={path: answer(rule.encode(), "Content-Type: text/css")},
    )


def in_a_stylesheet_within_a_page(subject: Subject) -> Act:
    rule = f".{subject.name} {{ background: url({_uri(subject)}) 0 0 / cover }}"
    link = f'<link rel="stylesheet" href="data:text/css;base64,{base64_of(rule.encode())}">'
    return Act(f'{link}<div class="fill {subject.name}"></div>')


def in_a_script_file(subject: Subject) -> Act:
    path = subject.path("thumbnail.js")
    body = f"window['{subject.name}'] = '{_uri(subject).replace('=', chr(92) + 'x3d')}';"
    return Act(
        f'<script src="{path}"></script>',
        f"await put(box, window['{subject.name}'])",
        {path: answer(body.encode(), "Content-Type: application/javascript")},
    )


def in_a_module(subject: Subject) -> Act:
    path = subject.path("module.js")
    body = f"export const picture = `{_uri(subject)}`;"
    return Act(
        script=f"await put(box, (await import('{path}')).picture)",
        answers={path: answer(body.encode(), "Content-Type: text/javascript")},
    )


SCRIPTS: list[Trick] = [
    in_a_script_with_hex_escapes,
    in_a_script_all_in_hex_escapes,
    in_a_script_with_unicode_escapes,
    in_a_script_with_slashes,
    in_a_script_with_a_continued_line,
    in_a_script_without_its_prefix,
    in_a_script_as_bytes,
    in_inner_html,
    in_json_of_a_page,
    in_json_with_slashes,
    in_json_without_a_prefix,
    in_text_without_a_type,
    in_text_as_octet_stream,
    in_xml,
    in_a_stylesheet,
    in_a_stylesheet_within_a_page,
    in_a_script_file,
    in_a_module,
]


def _document(subject: Subject) -> str:
    """A page of its own that shows the picture."""
    style = "<style>html,body{margin:0}img{display:block;width:120px;height:120px}</style>"
    return f"<!doctype html><title>frame</title>{style}<img src='{_uri(subject)}'>"


def _framed(subject: Subject, reply: Answer) -> Act:
    path = subject.path("frame.html")
    return Act(f'<iframe src="{path}" scrolling="no"></iframe>', answers={path: reply})


def in_a_frame_in_utf_16(subject: Subject) -> Act:
    return _framed(subject, answer(_document(subject).encode("utf-16"), "Content-Type: text/html"))


def in_a_frame_in_utf_16_without_a_mark(subject: Subject) -> Act:
    body = _document(subject).encode("utf-16-be")
    return _framed(subject, answer(body, "Content-Type: text/html; charset=utf-16be"))


def in_a_frame_in_latin_1(subject: Subject) -> Act:
    body = _document(subject).replace("frame", "größe").encode("latin-1")
    return _framed(subject, answer(body, "Content-Type: text/html; charset=iso-8859-1"))


def in_a_frame_in_gzip(subject: Subject) -> Act:
    return _framed(subject, answer(gzip.compress(_document(subject).encode()), PAGE, "Content-Encoding: gzip"))


def in_a_frame_encoded_twice(subject: Subject) -> Act:
    body = brotli.compress(gzip.compress(_document(subject).encode()))
    return _framed(subject, answer(body, PAGE, "Content-Encoding: gzip", "Content-Encoding: br"))


def in_a_frame_in_chunks(subject: Subject) -> Act:
    return _framed(subject, chunked(_document(subject).encode(), PAGE, size=997))


def in_a_frame_in_tiny_chunks(subject: Subject) -> Act:
    return _framed(subject, chunked(_document(subject).encode(), PAGE, size=9))


def in_a_frame_without_a_type(subject: Subject) -> Act:
    return _framed(subject, answer(_document(subject).encode()))


def in_a_frame_as_xhtml(subject: Subject) -> Act:
    body = f'<html xmlns="http://www.w3.org/1999/xhtml"><body style="margin:0">{img(_uri(subject))}</body></html>'
    body = body.replace('style=""', 'width="120" height="120"').replace(' height="120">', ' height="120"/>')
    return _framed(subject, answer(body.encode(), "Content-Type: application/xhtml+xml"))


def in_a_frame_after_much_text(subject: Subject) -> Act:
    """More than a filter would want to hold comes before the picture."""
    long_text = "<p hidden>" + "Lorem ipsum dolor sit amet. " * 80_000 + "</p>"
    return _framed(subject, answer(_document(subject).replace("<img", long_text + "<img").encode(), PAGE))


def in_srcdoc(subject: Subject) -> Act:
    return Act(f'<iframe scrolling="no" srcdoc="{html.escape(_document(subject))}"></iframe>')


def in_a_page_in_an_address(subject: Subject) -> Act:
    return Act(f'<iframe scrolling="no" src="data:text/html,{quote(_document(subject), safe="")}"></iframe>')


def in_a_base64_page_in_an_address(subject: Subject) -> Act:
    return Act(f'<iframe scrolling="no" src="{uri(_document(subject).encode(), "text/html")}"></iframe>')


def as_a_frame_itself(subject: Subject) -> Act:
    return Act(f'<iframe scrolling="no" src="{_uri(subject)}" style="{WHOLE}"></iframe>')


def written_by_a_script(subject: Subject) -> Act:
    return Act(f'<script>document.write("<img src=" + "{_uri(subject)}" + ">")</script>')


FRAMES: list[Trick] = [
    in_a_frame_in_utf_16,
    in_a_frame_in_utf_16_without_a_mark,
    in_a_frame_in_latin_1,
    in_a_frame_in_gzip,
    in_a_frame_encoded_twice,
    in_a_frame_in_chunks,
    in_a_frame_in_tiny_chunks,
    in_a_frame_without_a_type,
    in_a_frame_as_xhtml,
    in_a_frame_after_much_text,
    in_srcdoc,
    in_a_page_in_an_address,
    in_a_base64_page_in_an_address,
    as_a_frame_itself,
    written_by_a_script,
]
