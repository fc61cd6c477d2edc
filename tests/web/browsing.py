"""A browser in a few lines: asks the application within the test's own event loop, keeps cookies, fills forms in."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from geacc_proxy.web.visits import FORM_COOKIE, SESSION_COOKIE, token_for_forms


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    @property
    def words(self) -> str:
        """What a person reads, with single spaces."""
        return " ".join(_Words(self.text).parts)


class _Words(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.feed(text)

    def handle_data(self, data: str) -> None:
        self.parts += data.split()


@dataclass
class Browser:
    """Attributes: app; peer, as the server sees it; host, the `Host` header; headers, sent with each request."""

    app: Any
    peer: tuple[str, int] = ("127.0.0.1", 50_000)
    host: str = "127.0.0.1:8081"
    headers: dict[str, str] = field(default_factory=lambda: {"accept": "text/html"})
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, headers=headers)

    async def follow(self, path: str) -> Answer:
        answer = await self.get(path)
        for _ in range(5):
            if answer.status not in (302, 303, 307):
                break
            answer = await self.get(answer.location)
        return answer

    async def post(self, path: str, form: dict[str, Any] | None = None, *, token: str | None = None, **headers: str):
        """Send a form, with the token that the pages have given unless another is given."""
        fields = {"csrf": self.token() if token is None else token, **(form or {})}
        body = urlencode(fields, doseq=True).encode()
        typed = {"content-type": "application/x-www-form-urlencoded", "origin": f"http://{self.host}"}
        return await self.ask("POST", path, body, typed | headers)

    async def upload(self, path: str, files: dict[str, tuple[str, bytes]], form: dict[str, str] | None = None):
        boundary = "----boundary"
        body = b""
        for name, value in {"csrf": self.token(), **(form or {})}.items():
            body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, (filename, content) in files.items():
            head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'
            body += f"--{boundary}\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()
            body += content + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        return await self.ask("POST", path, body, {"content-type": f"multipart/form-data; boundary={boundary}"})

    def token(self) -> str:
        """The token that the forms of a page would carry."""
        if SESSION_COOKIE not in self.cookies:
            self.cookies.setdefault(FORM_COOKIE, secrets.token_urlsafe(32))
        return token_for_forms(self.cookies.get(SESSION_COOKIE) or self.cookies[FORM_COOKIE])

    async def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        parts = urlsplit(path)
        sent = {"host": self.host, **self.headers, **(headers or {})}
        sent = {name.replace("_", "-"): value for name, value in sent.items()}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body:
            sent["content-length"] = str(len(body))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "root_path": "",
            "query_string": parts.query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": self.peer,
            "server": ("127.0.0.1", 8081),
        }
        waiting = [{"type": "http.request", "body": body, "more_body": False}]
        got: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            got.append(message)

        await self.app(scope, receive, send)
        raw = [(name.decode().lower(), value.decode()) for name, value in got[0]["headers"]]
        cookies = tuple(value for name, value in raw if name == "set-cookie")
        for line in cookies:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        content = b"".join(message.get("body", b"") for message in got[1:])
        return Answer(got[0]["status"], dict(raw), content, cookies)
