"""Tricks of the page: styles, elements and scripts that fetch a picture by a detour."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from dataclasses import replace

from .containers import jpeg, png, uri
from .tricks import SHOWN, WHOLE, Act, Subject, Trick, img
from .tricks_origin import Answer, Reply, Request, answer, until_closed

JPEG_TYPE, BYTES_TYPE = "Content-Type: image/jpeg", "Content-Type: application/octet-stream"
WEBSOCKET_SALT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


def _styled(subject: Subject, rule: str) -> Act:
    path = subject.path("picture.jpg")
    style = f"<style>#{subject.name} .fill {{ {rule.replace('PATH', path)} }}</style>"
    return Act(f'{style}<div class="fill"></div>', answers={path: answer(jpeg(subject.image), JPEG_TYPE)})


def by_a_background(subject: Subject) -> Act:
    return _styled(subject, "background: center / cover url(PATH)")


def by_an_image_set(subject: Subject) -> Act:
    return _styled(subject, 'background: image-set("PATH" 1x, "PATH?2" 2x) 0 0 / cover')


def by_a_border(subject: Subject) -> Act:
    return _styled(subject, "border: 60px solid; border-image: url(PATH) 50%; width: 0; height: 0")


def by_content(subject: Subject) -> Act:
    return _styled(subject, "content: url(PATH)")


def by_a_list(subject: Subject) -> Act:
    return _styled(subject, f"display: list-item; list-style: inside url(PATH); line-height: 0; {WHOLE}")


def _shown(subject: Subject, markup: str) -> Act:
    path = subject.path("picture.jpg")
    return Act(markup.replace("PATH", path), answers={path: answer(jpeg(subject.image), JPEG_TYPE)})


def by_a_source(subject: Subject) -> Act:
    return _shown(subject, '<picture><source srcset="PATH 1x"><img src="/absent.png"></picture>')


def by_a_poster(subject: Subject) -> Act:
    return _shown(subject, '<video poster="PATH"></video>')


def by_a_frame(subject: Subject) -> Act:
    """A picture of the size of the frame, which shows it as a document of its own."""
    path = subject.path("picture.png")
    body = png(subject.image)
    frame = f'<iframe src="{path}" scrolling="no" style="{WHOLE}"></iframe>'
    return Act(frame, answers={path: answer(body, "Content-Type: image/png")})


def by_an_object(subject: Subject) -> Act:
    return _shown(subject, '<object data="PATH" type="image/jpeg"></object>')


def by_an_embed(subject: Subject) -> Act:
    return _shown(subject, '<embed src="PATH" type="image/jpeg">')


def by_an_input(subject: Subject) -> Act:
    return _shown(subject, '<input type="image" src="PATH">')


def by_an_inline_svg(subject: Subject) -> Act:
    return _shown(subject, f'<svg width="{SHOWN}" height="{SHOWN}"><image href="PATH" width="{SHOWN}"/></svg>')


def by_a_lazy_image(subject: Subject) -> Act:
    return _shown(subject, '<img loading="lazy" src="PATH">')


def by_a_preload(subject: Subject) -> Act:
    return _shown(subject, '<link rel="preload" as="image" href="PATH"><img src="PATH">')


def by_a_prefetch(subject: Subject) -> Act:
    path = subject.path("picture.jpg")
    use = 'await new Promise(go => setTimeout(go, 700)); await put(box, "PATH")'.replace("PATH", path)
    reply = answer(jpeg(subject.image), JPEG_TYPE, "Cache-Control: max-age=600")
    return Act(f'<link rel="prefetch" href="{path}">', use, {path: reply})


def _scripted(subject: Subject, script: str, reply: Answer | None = None) -> Act:
    path = subject.path("data")
    return Act(script=script.replace("PATH", path), answers={path: reply or answer(jpeg(subject.image), BYTES_TYPE)})


def by_fetch_and_blob(subject: Subject) -> Act:
    return _scripted(subject, 'await asBlob(box, [await (await fetch("PATH")).blob()], "image/jpeg")')


def by_fetch_as_text(subject: Subject) -> Act:
    """Declared as text, read as bytes."""
    reply = answer(jpeg(subject.image), "Content-Type: text/plain")
    return _scripted(subject, 'await asBlob(box, [await (await fetch("PATH")).arrayBuffer()], "image/jpeg")', reply)


def by_a_stream(subject: Subject) -> Act:
    use = """const parts = [], reader = (await fetch("PATH")).body.getReader();
    for (let got; !(got = await reader.read()).done;) parts.push(got.value);
    await asBlob(box, parts, "image/jpeg");"""
    return _scripted(subject, use)


def by_an_xhr(subject: Subject) -> Act:
    use = """const ask = new XMLHttpRequest();
    ask.open("GET", "PATH"); ask.responseType = "arraybuffer"; ask.send();
    await new Promise(go => ask.onloadend = go);
    await asBlob(box, [ask.response], "image/jpeg");"""
    return _scripted(subject, use)


def by_post(subject: Subject) -> Act:
    use = 'await asBlob(box, [await (await fetch("PATH", {method: "POST", body: ""})).blob()], "image/jpeg")'
    return _scripted(subject, use)


def _ranges(body: bytes, content_type: str) -> Answer:
    def reply(request: Request) -> Reply:
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        if asked is None:
            return answer(body, content_type, "Accept-Ranges: bytes")
        first, last = int(asked[1]), min(int(asked[2] or len(body)), len(body) - 1)
        span = f"Content-Range: bytes {first}-{last}/{len(body)}"
        return answer(body[first : last + 1], content_type, span, status="206 Partial Content")

    return reply


_BY_RANGES = """const part = async range => {
      const got = await fetch("PATH", {headers: {Range: "bytes=" + range}});
      return {status: got.status, bytes: await got.arrayBuffer()};
    };
    const parts = [await part("0-4999"), await part("5000-")];
    const whole = parts.find(each => each.status === 200);
    await asBlob(box, whole ? [whole.bytes] : parts.map(each => each.bytes), "image/jpeg");"""


def _in_ranges(subject: Subject, content_type: str) -> Act:
    act = _scripted(subject, _BY_RANGES, _ranges(jpeg(subject.image), content_type))
    return replace(act, spares_benign=False)


def by_ranges(subject: Subject) -> Act:
    return _in_ranges(subject, JPEG_TYPE)


def by_ranges_of_bytes(subject: Subject) -> Act:
    return _in_ranges(subject, BYTES_TYPE)


def by_ranges_of_a_film(subject: Subject) -> Act:
    return _in_ranges(subject, "Content-Type: video/mp4")


def by_a_canvas(subject: Subject) -> Act:
    use = f"""const bitmap = await createImageBitmap(await (await fetch("PATH")).blob());
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = {SHOWN};
    canvas.getContext("2d").drawImage(bitmap, 0, 0, {SHOWN}, {SHOWN});
    box.append(canvas);"""
    return _scripted(subject, use, answer(jpeg(subject.image), JPEG_TYPE))


def by_a_decoder(subject: Subject) -> Act:
    """WebCodecs decodes without an element."""
    use = f"""const data = await (await fetch("PATH")).arrayBuffer();
    const {{image}} = await new ImageDecoder({{data, type: DETECTED}}).decode();
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = {SHOWN};
    canvas.getContext("2d").drawImage(image, 0, 0, {SHOWN}, {SHOWN});
    box.append(canvas);"""
    detected = '(new Uint8Array(data)[0] === 0xff ? "image/jpeg" : "image/png")'
    return _scripted(subject, use.replace("DETECTED", detected))


def by_a_worker(subject: Subject) -> Act:
    program = "onmessage = async e => { const b = await (await fetch(e.data)).blob(); postMessage(b); }"
    use = f"""const worker = new Worker(URL.createObjectURL(new Blob([{program!r}])));
    worker.postMessage(new URL("PATH", location).href);
    const blob = await new Promise(go => worker.onmessage = e => go(e.data));
    await asBlob(box, [blob], "image/jpeg");"""
    return _scripted(subject, use)


def by_a_cache(subject: Subject) -> Act:
    use = """const kept = await caches.open("kept"); await kept.add("PATH");
    await asBlob(box, [await (await kept.match("PATH")).blob()], "image/jpeg");"""
    return _scripted(subject, use)


def by_a_service_worker(subject: Subject) -> Act:
    frame, program, picture = subject.path("frame.html"), subject.path("worker.js"), subject.path("hidden.bin")
    shown = subject.path("shown.jpg")
    worker = f"""self.oninstall = () => self.skipWaiting();
    self.onactivate = e => e.waitUntil(clients.claim());
    self.onfetch = e => {{ if (e.request.url.endsWith("shown.jpg")) e.respondWith(fetch("{picture}")); }};"""
    page = f"""<!doctype html><style>body {{ margin: 0 }} img {{ display: block; width: 120px }}</style><script>
    const controlled = new Promise(go => navigator.serviceWorker.oncontrollerchange = go);
    navigator.serviceWorker.register("{program}").then(() => controlled).then(() => {{
      const image = new Image(); image.src = "{shown}"; document.body.append(image);
      image.decode().finally(() => parent.postMessage("{subject.name}", "*"));
    }});</script>"""
    waiting = f"""const shown = new Promise(go =>
      addEventListener("message", e => e.data === "{subject.name}" && go()));
    box.innerHTML = '<iframe src="{frame}" scrolling="no"></iframe>'; await shown;"""
    return Act(
        script=waiting,
        answers={
            frame: answer(page.encode(), "Content-Type: text/html"),
            program: answer(worker.encode(), "Content-Type: text/javascript"),
            picture: answer(jpeg(subject.image), BYTES_TYPE),
        },
    )


def by_server_sent_events(subject: Subject) -> Act:
    body = f"retry: 60000\n\nid: 1\ndata: {uri(jpeg(subject.image))}\n\n".encode()
    use = """const events = new EventSource("PATH");
    const data = await new Promise((go, fail) => { events.onmessage = e => go(e.data); setTimeout(fail, 9000); });
    events.close(); await put(box, data);"""
    return _scripted(subject, use, until_closed(body, "Content-Type: text/event-stream", "Cache-Control: no-store"))


def _socket(opcode: int, message: bytes) -> Answer:
    def reply(request: Request) -> Reply:
        key = request.headers["sec-websocket-key"] + WEBSOCKET_SALT
        accept = base64.b64encode(hashlib.sha1(key.encode(), usedforsecurity=False).digest()).decode()
        head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        head += f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
        # RFC 6455, section 5.2: one final frame, unmasked.
        length = (
            struct.pack(">BH", 126, len(message)) if len(message) < 65_536 else struct.pack(">BQ", 127, len(message))
        )
        frame = bytes([0x80 | opcode]) + length + message
        return Reply(head.encode() + frame, lingers=True)

    return reply


_BY_SOCKET = """const socket = new WebSocket(new URL("PATH", location).href.replace("https:", "wss:"));
    const data = await new Promise((go, fail) => { socket.onmessage = e => go(e.data); setTimeout(fail, 9000); });
    socket.close(); """


def by_a_web_socket(subject: Subject) -> Act:
    return _scripted(subject, _BY_SOCKET + "await put(box, data);", _socket(1, uri(jpeg(subject.image)).encode()))


def by_a_web_socket_in_bytes(subject: Subject) -> Act:
    use = _BY_SOCKET + 'await asBlob(box, [data], "image/jpeg");'
    return _scripted(subject, use, _socket(2, jpeg(subject.image)))


def by_a_camera(subject: Subject) -> Act:
    """MJPEG."""
    path = subject.path("camera")
    body = jpeg(subject.image)
    part = b"--next\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(body), body)
    reply = until_closed(part * 2 + b"--next--\r\n", "Content-Type: multipart/x-mixed-replace; boundary=next")
    return Act(img(path), answers={path: reply})


STYLES: list[Trick] = [
    by_a_background,
    by_an_image_set,
    by_a_border,
    by_content,
    by_a_list,
    by_a_source,
    by_a_poster,
    by_a_frame,
    by_an_object,
    by_an_embed,
    by_an_input,
    by_an_inline_svg,
    by_a_lazy_image,
    by_a_preload,
    by_a_prefetch,
]
FETCHES: list[Trick] = [
    by_fetch_and_blob,
    by_fetch_as_text,
    by_a_stream,
    by_an_xhr,
    by_post,
    by_ranges,
    by_ranges_of_bytes,
    by_ranges_of_a_film,
    by_a_canvas,
    by_a_decoder,
    by_a_worker,
    by_a_cache,
    by_server_sent_events,
    by_a_web_socket,
    by_a_web_socket_in_bytes,
    by_a_camera,
]
# On a page of its own: beside others Playwright often takes its requests for unfinished.
SERVICE_WORKERS: list[Trick] = [by_a_service_worker]
