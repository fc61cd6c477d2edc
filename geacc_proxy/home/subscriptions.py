"""Block lists that are kept elsewhere: fetched, looked at, and put in the place of the older copy if they are lists.

A copy lies in `FOLDER/DIGEST.txt`, named after its source; `DIGEST.json` beside it says from when it is and by what
the origin knows it again (RFC 9110, 8.8 and 13.1). A copy that cannot be had anew stays as it is: an old list is better
than none. Everything here blocks; it is called in a thread.
"""

from __future__ import annotations

import io
import ipaddress
import json
import os
import ssl
import tempfile
import time
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import urllib3
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.exceptions import TimeoutError as TimedOutError

from geacc_proxy import __version__
from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.policy.blocklists import BlockList, parse

MAX_BYTES = 64 * 2**20
"""No list is longer, neither as it comes nor unpacked."""

_HEADERS = {"User-Agent": f"geacc-proxy/{__version__}", "Accept": "text/plain, */*;q=0.5", "Accept-Encoding": "gzip"}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 6
_BLOCK = 256 * 1024
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31  # of zlib: the largest one, and gzip's frame around it
_PAGE = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<body", b"<script")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is taken, and how long is waited.

    Attributes:
        max_bytes: of a list, as it comes and unpacked.
        connect_seconds: for a connection.
        silent_seconds: for the next bytes.
        all_seconds: from the first connection to the last byte.
    """

    max_bytes: int = MAX_BYTES
    connect_seconds: float = 15.0
    silent_seconds: float = 30.0
    all_seconds: float = 180.0


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of the copy that is here.

    Attributes:
        source: where it is from.
        fetched: when it came, ISO 8601.
        checked: when its source last said that it is still the same, ISO 8601.
        rules: how many rules it has.
        skipped: how many lines were not understood.
        digest: of its text.
        etag: by which the origin knows it; empty where it told none.
        modified: date that the origin told, as it told it; empty where it told none.
    """

    source: str
    fetched: str
    checked: str
    rules: int
    skipped: int
    digest: str
    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What came of a look at a source.

    Attributes:
        changed: whether there is another list now.
        rules: how many rules the list that holds now has; 0 where there is none.
        skipped: how many of its lines were not understood.
        error: one line; empty where all went well. The older copy holds on.
        blocklist: the list, where it changed.
    """

    changed: bool
    rules: int
    skipped: int
    error: str = ""
    blocklist: BlockList | None = field(default=None, repr=False, compare=False)


def check_source(source: str) -> str:
    """Accept where a list may come from: an HTTPS address, or the path of a file.

    Returns:
        The address without its fragment, or the path in full.

    Raises:
        UsageError: another kind of address, one with a password in it, or nothing at all.
    """
    text = source.strip()
    if "://" not in text:
        if not text or not text.isprintable():
            raise UsageError(
                f"{text[:60]!r} is no list; write an address such as https://example.org/list.txt, or a path"
            )
        return str(Path(text).expanduser().absolute())
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(
            f"{text[:60]!r} is no address ({error}); write one such as https://example.org/list.txt"
        ) from error
    if not host or not text.isascii() or not text.isprintable() or {" ", "\\"} & set(text):
        raise UsageError(f"{text[:60]!r} is no address; write one such as https://example.org/list.txt")
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"the address of {host} holds a name or a password; write it without")
    if parts.scheme != "https":
        raise UsageError(f"{_shown(text)} is not fetched: only https addresses are")
    return urlunsplit(parts._replace(fragment=""))


def refresh(
    source: str,
    folder: Path,
    *,
    now: datetime,
    force: bool = False,
    tls: ssl.SSLContext | None = None,
    bounds: Bounds | None = None,
) -> Refreshed:
    """Look whether a source has another list by now, and take it.

    Args:
        source: an address or a path, as `check_source` gives it.
        folder: where copies lie; made if missing.
        now: to note, timezone-aware.
        force: take the list even if its source says that it is still the same.
        tls: whose certificates to believe; the system's where None.
        bounds: how much to take and how long to wait.
    """
    held = kept(source, folder)
    try:
        checked = check_source(source)
        known = None if force else held
        with _disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if "://" in checked:
                answer = _fetch(checked, known, tls or ssl.create_default_context(), bounds or Bounds())
            else:
                answer = _Answer(_read(Path(checked), bounds or Bounds()))
            return _placed(source, folder, answer, held, now)
    except GeaccError as error:
        return Refreshed(False, held.rules if held else 0, held.skipped if held else 0, str(error))


def kept(source: str, folder: Path) -> Kept | None:
    """What is known of the copy of a source; None where there is none."""
    text, note = _places(source, folder)
    try:
        known = Kept(**json.loads(note.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return known if text.is_file() else None


def load(source: str, folder: Path) -> BlockList | None:
    """The list of a source, from its copy; None where there is none.

    Raises:
        GeaccError: the copy cannot be read.
    """
    text, _ = _places(source, folder)
    try:
        with text.open(encoding="utf-8", errors="replace") as lines:
            return parse(lines)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise GeaccError(f"cannot read {text}: {error.strerror or error}") from error


def forget(source: str, folder: Path) -> None:
    """Delete the copy of a source, if there is one.

    Raises:
        GeaccError: it cannot be deleted.
    """
    with _disk_errors(folder):
        for place in _places(source, folder):
            place.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a source says: a body, or that the copy is still the same."""

    body: bytes | None
    etag: str = ""
    modified: str = ""


def _placed(source: str, folder: Path, answer: _Answer, held: Kept | None, now: datetime) -> Refreshed:
    text, note = _places(source, folder)
    moment = now.isoformat()
    if held is not None and answer.body is None:
        _note(note, replace(held, checked=moment))
        return Refreshed(False, held.rules, held.skipped)
    body = answer.body or b""
    digest = blake2b(body, digest_size=16).hexdigest()
    if held is not None and held.digest == digest:
        _note(note, replace(held, fetched=moment, checked=moment, etag=answer.etag, modified=answer.modified))
        return Refreshed(False, held.rules, held.skipped)
    listed = _understood(source, body)
    _write(text, body)
    _note(note, Kept(source, moment, moment, listed.rules, listed.skipped, digest, answer.etag, answer.modified))
    return Refreshed(True, listed.rules, listed.skipped, blocklist=listed)


def _understood(source: str, body: bytes) -> BlockList:
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:16].lower().startswith(_PAGE):
        raise GeaccError(f"{_shown(source)}: is a web page, not a block list; look for the link to the list itself")
    if not body.strip():
        raise GeaccError(f"{_shown(source)}: is empty")
    listed = parse(io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", errors="replace"))
    if not listed.rules:
        raise GeaccError(
            f"{_shown(source)}: is no block list: none of its lines is a name, a hosts line or a rule for a domain"
        )
    return listed


def _fetch(address: str, known: Kept | None, tls: ssl.SSLContext, bounds: Bounds) -> _Answer:
    headers = dict(_HEADERS)
    if known is not None and known.etag:
        headers["If-None-Match"] = known.etag
    if known is not None and known.modified:
        headers["If-Modified-Since"] = known.modified
    deadline = time.monotonic() + bounds.all_seconds
    current = address
    for _ in range(_MAX_REDIRECTS + 1):
        with _asked(address, current, headers, tls, bounds) as response:
            location = response.headers.get("Location", "")
            if response.status in _REDIRECTS and location:
                current = _redirected(address, current, location)
                continue
            if response.status == 304 and known is not None:
                return _Answer(None)
            if response.status != 200:
                reason = _one_line(response.reason or "")[:60]
                raise GeaccError(f"{_shown(address)}: answers {response.status} {reason}".rstrip())
            body = _unpacked(address, _body(address, response, deadline, bounds), bounds)
            return _Answer(body, _header(response, "ETag"), _header(response, "Last-Modified"))
    raise GeaccError(f"{_shown(address)}: more than {_MAX_REDIRECTS} redirects, one after the other")


@contextmanager
def _asked(
    address: str, current: str, headers: dict[str, str], tls: ssl.SSLContext, bounds: Bounds
) -> Iterator[urllib3.BaseHTTPResponse]:
    timeout = urllib3.Timeout(connect=bounds.connect_seconds, read=bounds.silent_seconds)
    with _network_errors(address, current), _manager(current, tls) as manager:
        response = manager.request(
            "GET", current, headers=headers, redirect=False, retries=False, preload_content=False, timeout=timeout
        )
        try:
            yield response
        finally:
            response.close()


def _manager(address: str, tls: ssl.SSLContext) -> urllib3.PoolManager:
    """Connections, through the proxy that the environment names, if it names one for this host."""
    host = urlsplit(address).hostname or ""
    proxy = (
        "" if _is_loopback(host) or urllib.request.proxy_bypass(host) else urllib.request.getproxies().get("https", "")
    )
    if not proxy:
        return urllib3.PoolManager(ssl_context=tls)
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    login = None
    if parts.username is not None:
        login = urllib3.make_headers(proxy_basic_auth=f"{unquote(parts.username)}:{unquote(parts.password or '')}")
    return urllib3.ProxyManager(urlunsplit(parts), proxy_headers=login, ssl_context=tls)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _redirected(first: str, current: str, location: str) -> str:
    target = urljoin(current, location)
    try:
        return check_source(target)
    except UsageError as error:
        raise GeaccError(
            f"{_shown(first)} leads on to {_shown(target)}, which is not fetched: only https is"
        ) from error


def _body(address: str, response: urllib3.BaseHTTPResponse, deadline: float, bounds: Bounds) -> bytes:
    body = bytearray()
    while block := response.read1(_BLOCK, decode_content=False):
        body += block
        if len(body) > bounds.max_bytes:
            raise _too_long(address, bounds)
        if time.monotonic() > deadline:
            raise GeaccError(f"{_shown(address)}: is not here after {bounds.all_seconds:.0f} s")
    return bytes(body)


def _read(path: Path, bounds: Bounds) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(bounds.max_bytes + 1)
    except OSError as error:
        raise GeaccError(f"cannot read {path}: {error.strerror or error}") from error
    if len(body) > bounds.max_bytes:
        raise _too_long(str(path), bounds)
    return _unpacked(str(path), body, bounds)


def _unpacked(source: str, body: bytes, bounds: Bounds) -> bytes:
    """A body without gzip around it: packed for the way, kept so, or both."""
    for _ in range(2):
        if not body.startswith(_GZIP):
            break
        whole = bytearray()
        try:
            while body:
                unpacking = zlib.decompressobj(_GZIP_WINDOW)
                whole += unpacking.decompress(body, bounds.max_bytes + 1 - len(whole))
                if len(whole) > bounds.max_bytes:
                    raise _too_long(source, bounds)
                if not unpacking.eof:
                    raise GeaccError(f"{_shown(source)}: is cut short")
                body = unpacking.unused_data if unpacking.unused_data.startswith(_GZIP) else b""
        except zlib.error as error:
            raise GeaccError(f"{_shown(source)}: cannot be unpacked: {_one_line(error)}") from error
        body = bytes(whole)
    return body


def _too_long(source: str, bounds: Bounds) -> GeaccError:
    return GeaccError(f"{_shown(source)}: is longer than {bounds.max_bytes / 2**20:,.0f} MiB; no block list is")


def _header(response: urllib3.BaseHTTPResponse, name: str) -> str:
    """A header's value, if it can be sent back."""
    value = response.headers.get(name, "").strip()
    return value if value.isascii() and value.isprintable() and len(value) <= 256 else ""


def _places(source: str, folder: Path) -> tuple[Path, Path]:
    """Where the copy of a source lies, and what is known of it."""
    name = blake2b(source.strip().encode(errors="replace"), digest_size=16).hexdigest()
    return folder / f"{name}.txt", folder / f"{name}.json"


def _note(place: Path, known: Kept) -> None:
    _write(place, json.dumps(asdict(known), indent=1).encode())


def _write(place: Path, content: bytes) -> None:
    """Put a file in its place, whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=f"{place.stem}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _network_errors(address: str, current: str) -> Iterator[None]:
    """What may go wrong on the way, in one line."""
    name = _shown(address)
    try:
        yield
    except NameResolutionError as error:
        host = urlsplit(current).hostname
        raise GeaccError(f"{name}: the name {host} cannot be found; is this machine online?") from error
    except (HTTPError, OSError, ValueError) as error:
        if isinstance(error, TimedOutError) and not isinstance(error, NewConnectionError):  # which is one, by descent
            raise GeaccError(f"{name}: no answer in time") from error
        untrusted = _find(error, ssl.SSLCertVerificationError)
        if untrusted is not None:
            why = getattr(untrusted, "verify_message", "") or _one_line(untrusted)
            raise GeaccError(f"{name}: its certificate is not to be trusted: {why}") from error
        cause = _find(error, OSError)
        why = getattr(cause, "strerror", None) or _one_line(error)[:100]
        raise GeaccError(f"{name}: cannot be fetched: {why}") from error


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GeaccError(f"cannot write to {folder}: {error.strerror or error}") from error


def _find(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    inner: BaseException | None = error
    while inner is not None and not isinstance(inner, kind):
        inner = inner.__cause__ or inner.__context__
    return inner


def _shown(source: str) -> str:
    """A source for messages: without query (it may hold a key), fragment or password."""
    try:
        parts = urlsplit(source.strip())
        plain = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:
        return "the address"
    text = "".join(letter if letter.isprintable() else "?" for letter in plain)
    return text if len(text) <= 200 else f"{text[:197]}…"


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
