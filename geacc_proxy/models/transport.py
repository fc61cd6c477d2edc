"""HTTP for downloads: certificates, proxies, redirects, and which failures are worth another attempt."""

from __future__ import annotations

import email.utils
import re
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError, NameResolutionError, NewConnectionError, ProxyError
from urllib3.exceptions import TimeoutError as TimedOutError

from geacc_proxy import __version__
from geacc_proxy.exceptions import GeaccError
from geacc_proxy.models.addresses import AddressError, Hub, is_loopback, redirected, shown

_MAX_REDIRECTS = 6
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_BLOCK = 256 * 1024
_HEADERS = {"User-Agent": f"geacc-proxy/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}


class FetchError(GeaccError):
    """A file could not be had where it should be; another source may have it."""


class TryAgainError(Exception):
    """This attempt failed; another may not.

    Attributes:
        why: in a few words.
        after: seconds that the server wants to be left alone; None where it says nothing.
    """

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.after = after


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait and how often to try.

    Attributes:
        connect_seconds: for a connection.
        read_seconds: for the next bytes.
        attempts: in a row that bring nothing new.
        first_pause: seconds before the second attempt; each further pause is twice as long.
        longest_pause: seconds; no pause of ours is longer.
        longest_wait: seconds; a server that asks for a longer pause is taken at its word and left alone.
        sleep: waits so many seconds.
    """

    connect_seconds: float = 15.0
    read_seconds: float = 30.0
    attempts: int = 5
    first_pause: float = 1.0
    longest_pause: float = 30.0
    longest_wait: float = 120.0
    sleep: Callable[[float], None] = time.sleep


class Answer:
    """An answer of a server, its head read, its body still to come."""

    def __init__(self, response: urllib3.BaseHTTPResponse, linked: str) -> None:
        """Wrap it.

        Args:
            response: with its body not read.
            linked: the hub's digest of the file, as `linked_digest` gives it.
        """
        self._response = response
        self.linked = linked
        self.status = response.status

    def header(self, name: str) -> str:
        """A header's value; empty where there is none."""
        return self._response.headers.get(name, "")

    def read(self) -> bytes:
        """The next bytes as they come, empty at the end.

        Raises:
            TryAgainError: the connection was cut, or nothing came in time.
        """
        try:
            return self._response.read1(_BLOCK, decode_content=False)
        except TimedOutError as error:
            raise TryAgainError("nothing more came in time") from error
        except (HTTPError, OSError) as error:
            raise TryAgainError("the connection was cut") from error

    def refusal(self, address: str) -> Exception:
        """What a status means that brings no file: `TryAgainError` or `FetchError`."""
        said = f"answers {self.status} {one_line(self._response.reason or '')[:60]}".rstrip()
        name = shown(address)
        if self.status in _TRANSIENT:
            return TryAgainError(said, _retry_after(self.header("Retry-After")))
        if self.status in (401, 403):
            return FetchError(f"{name}: {said}: not for everyone; a token for the Hugging Face hub goes into HF_TOKEN")
        if self.status in (404, 410):
            return FetchError(f"{name}: {said}: there is no such file")
        return FetchError(f"{name}: {said}")


class Transport:
    """Asks servers, over one set of connections."""

    def __init__(self, patience: Patience) -> None:
        """Take the system's certificates and the environment's proxies."""
        self._timeout = urllib3.Timeout(connect=patience.connect_seconds, read=patience.read_seconds)
        self._tls = ssl.create_default_context()
        self._managers: dict[str, urllib3.PoolManager] = {}

    @contextmanager
    def get(self, first: str, headers: Mapping[str, str], hub: Hub | None = None) -> Iterator[Answer]:
        """Ask for an address and follow where it leads.

        Args:
            first: the address, accepted by `check_address`.
            headers: to send beside the usual ones.
            hub: whose digests to note on the way; its token goes to its own origin alone.

        Yields:
            The answer that is no redirect, whatever its status.

        Raises:
            TryAgainError: nothing answers, or the connection broke.
            FetchError: no such host, a certificate that is not to be trusted, or redirects without end.
            AddressError: a redirect leads to where nothing is fetched from.
        """
        address, linked = first, ""
        for _ in range(_MAX_REDIRECTS + 1):
            at_hub = hub is not None and hub.owns(address)
            sent = {**_HEADERS, **headers}
            if hub is not None and at_hub and hub.token:
                sent["Authorization"] = f"Bearer {hub.token}"
            response = self._ask(address, sent)
            try:
                if at_hub:
                    linked = linked or linked_digest(response.headers)
                location = response.headers.get("Location", "")
                if response.status not in _REDIRECTS or not location:
                    yield Answer(response, linked)
                    return
            finally:
                response.close()
            address = redirected(first, address, location)
        raise FetchError(f"{shown(first)}: more than {_MAX_REDIRECTS} redirects, one after the other")

    def _ask(self, address: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        name = shown(address)
        try:
            return self._manager(address).request(
                "GET",
                address,
                headers=headers,
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=self._timeout,
            )
        except LocationValueError as error:
            raise AddressError(f"{name}: no address that can be asked: {one_line(error)}") from error
        except NameResolutionError as error:
            host = urlsplit(address).hostname
            raise FetchError(f"{name}: the name {host} cannot be found; is this machine online?") from error
        except ProxyError as error:
            raise TryAgainError(f"the proxy that the environment names does not answer ({_cause(error)})") from error
        except NewConnectionError as error:
            raise TryAgainError(f"cannot be reached ({_cause(error)})") from error
        except TimedOutError as error:  # after NewConnectionError, which is one
            raise TryAgainError("no answer in time") from error
        except HTTPError as error:
            untrusted = _find(error, ssl.SSLCertVerificationError)
            if untrusted is not None:
                why = getattr(untrusted, "verify_message", "") or one_line(untrusted)
                raise FetchError(f"{name}: its certificate is not to be trusted: {why}") from error
            raise TryAgainError(f"the connection broke ({_cause(error)})") from error

    def _manager(self, address: str) -> urllib3.PoolManager:
        proxy = _proxy_for(address)
        if proxy not in self._managers:
            try:
                self._managers[proxy] = _manager_for(proxy, self._tls)
            except (HTTPError, ValueError) as error:
                scheme = urlsplit(address).scheme
                raise FetchError(f"{scheme}_proxy in the environment is not the address of an HTTP proxy") from error
        return self._managers[proxy]


def linked_digest(headers: Mapping[str, str]) -> str:
    """The hub's digest of a file, lower-case hexadecimal; empty if it tells none.

    A large file has its SHA-256 in `X-Linked-Etag` (64 digits), a small one the SHA-1 of its git blob in `ETag` (40):
    https://huggingface.co/docs/huggingface_hub/package_reference/file_download.
    """
    for header in ("X-Linked-Etag", "ETag"):
        value = headers.get(header, "").removeprefix("W/").strip('"').lower()
        if re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{40}", value):
            return value
    return ""


def one_line(text: object) -> str:
    """A message of a library, on one line."""
    return " ".join(str(text).split())


def _manager_for(proxy: str, tls: ssl.SSLContext) -> urllib3.PoolManager:
    if not proxy:
        return urllib3.PoolManager(ssl_context=tls)
    address = proxy if "://" in proxy else f"http://{proxy}"
    parts = urlsplit(address)
    login = None
    if parts.username is not None:
        login = urllib3.make_headers(proxy_basic_auth=f"{unquote(parts.username)}:{unquote(parts.password or '')}")
    return urllib3.ProxyManager(address, proxy_headers=login, ssl_context=tls)


def _proxy_for(address: str) -> str:
    parts = urlsplit(address)
    host = parts.hostname or ""
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return ""
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all") or ""


def _retry_after(value: str) -> float | None:
    """Seconds, from seconds or a date (RFC 9110, 10.2.3)."""
    if re.fullmatch(r"\d{1,9}", value.strip(), re.ASCII):
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _find(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    inner: BaseException | None = error
    while inner is not None and not isinstance(inner, kind):
        inner = inner.__cause__ or inner.__context__
    return inner


def _cause(error: BaseException) -> str:
    """The system's word for what went wrong, else the library's."""
    inner = _find(error, OSError)
    if isinstance(inner, OSError) and inner.strerror and not isinstance(inner, socket.gaierror):
        return inner.strerror
    return one_line(error)[:100]
