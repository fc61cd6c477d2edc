"""One attempt at one address: redirects, the rest of what is there already, and every bound on what may come."""

from __future__ import annotations

import email.utils
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from urllib3 import Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    EmptyPoolError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from geacc_proxy.lab.dataset.addresses import host_of
from geacc_proxy.lab.dataset.connections import connections
from geacc_proxy.lab.dataset.outcome import Failed, Outcome
from geacc_proxy.lab.dataset.partial import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from urllib3 import BaseHTTPResponse

    from geacc_proxy.lab.dataset.partial import Partial

MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# RFC 9110: what says of itself that it is for now.
_FOR_NOW = frozenset({408, 425, 429})
_CHUNK = 64 * 1024
_CONNECT_SECONDS, _SILENCE_SECONDS = 10.0, 20.0


@dataclass(frozen=True, slots=True)
class Arrived:
    """A body that lies whole in its `Partial`.

    Attributes:
        content_type: as declared, lower case, without parameters.
        measured: whether its origin told a length, so that it cannot have been cut unnoticed.
    """

    content_type: str
    measured: bool


class Transfers:
    """Asks for addresses, from any number of threads."""

    def __init__(
        self, *, agent: str, seconds: float, most_bytes: int, per_host: int, threads: int, allow_private: bool
    ) -> None:
        """Nothing is connected yet.

        Args:
            agent: how the program names itself.
            seconds: for one attempt, redirects included; the caller cuts what takes longer.
            most_bytes: of one body.
            per_host: so many connections to a host at most.
            threads: that will ask.
            allow_private: fetch from any address, not only from public ones.
        """
        self._headers = {"User-Agent": agent, "Accept": "image/*,*/*;q=0.5", "Accept-Encoding": "identity"}
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._manager = connections(per_host=per_host, hosts=4 * threads, allow_private=allow_private)

    def attempt(self, url: str, partial: Partial) -> Arrived:
        """Ask for `url` once; what comes lies in `partial`, also where it breaks off.

        Raises:
            Failed: it did not come to its end.
            GeaccError: it cannot be written.
        """
        target = url
        for _ in range(MOST_REDIRECTS + 1):
            host_of(target)
            held = partial.origin()
            with _told_as_failures(), self._asked(target, held, partial) as response:
                onward = response.headers.get("Location")
                if response.status not in _REDIRECTS or not onward:
                    return self._receive(response, target, held, partial)
                _drain(response)
            target = _joined(target, onward)
        raise Failed(Outcome.STATUS, f"more than {MOST_REDIRECTS} redirects")

    def close(self) -> None:
        """Close connections that nobody uses."""
        self._manager.clear()

    @contextmanager
    def _asked(self, target: str, held: Origin | None, partial: Partial) -> Iterator[BaseHTTPResponse]:
        headers = dict(self._headers)
        if held is not None:
            headers |= {"Range": f"bytes={partial.length()}-", "If-Range": held.validator}
        response = self._manager.request(
            "GET",
            target,
            headers=headers,
            redirect=False,
            retries=False,
            preload_content=False,
            timeout=Timeout(connect=min(_CONNECT_SECONDS, self._seconds), read=min(_SILENCE_SECONDS, self._seconds)),
            pool_timeout=self._seconds,
        )
        try:
            yield response
        finally:
            # Both do nothing to a connection whose answer has been read to its end: that one is kept.
            response.close()
            response.release_conn()

    def _receive(self, response: BaseHTTPResponse, target: str, held: Origin | None, partial: Partial) -> Arrived:
        length = _whole_number(response.headers.get("Content-Length"))
        encoded = response.headers.get("Content-Encoding", "identity").strip().lower() not in ("identity", "")
        start = 0
        match response.status:
            case 200:
                pass
            case 206 if held is not None:
                start = partial.length()
                if encoded or held.url != target or _first_byte(response) != start:
                    partial.discard()
                    raise Failed(Outcome.CUT, "the rest that came does not fit to what was there", again=True)
            case 416 if held is not None:
                partial.discard()
                raise Failed(Outcome.CUT, "the origin has no such rest", again=True)
            case status:
                _drain(response)
                raise _refusal(status, response.headers.get("Retry-After"))
        if start + (length or 0) > self._most_bytes:
            raise self._too_large(start + (length or 0))
        origin = Origin(target, "" if encoded else _validator(response))
        with partial.go_on() if start else partial.begin(origin) as file:
            while chunk := response.read1(_CHUNK, decode_content=encoded):
                partial.append(file, chunk)
                start += len(chunk)
                if start > self._most_bytes:
                    raise self._too_large(start)
        if response.length_remaining:
            raise Failed(Outcome.CUT, f"{response.length_remaining} bytes are missing", again=True)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Arrived(kind, length is not None or "chunked" in response.headers.get("Transfer-Encoding", "").lower())

    def _too_large(self, count: int) -> Failed:
        return Failed(Outcome.TOO_LARGE, f"{count} bytes or more, more than {self._most_bytes}")


@contextmanager
def _told_as_failures() -> Iterator[None]:
    """Every way in which an exchange can go wrong, as `Failed`."""
    try:
        yield
    except (ConnectTimeoutError, NewConnectionError) as error:
        detail = str(error).partition(": ")[2] or str(error)
        raise Failed(Outcome.NO_CONNECTION, _line(detail), again=True, reached=False) from error
    except EmptyPoolError as error:
        raise Failed(Outcome.TIMED_OUT, "no connection to the host became free", again=True) from error
    except ReadTimeoutError as error:
        raise Failed(Outcome.TIMED_OUT, f"nothing came for {_SILENCE_SECONDS:g} s", again=True) from error
    except SSLError as error:
        raise Failed(Outcome.NO_CONNECTION, _line(error), again="certificate" not in str(error).lower()) from error
    except LocationValueError as error:
        raise Failed(Outcome.ADDRESS, _line(error)) from error
    except (HTTPError, OSError) as error:
        # urllib3 puts what happened behind what it made of it.
        cause = error.args[-1] if error.args and isinstance(error.args[-1], Exception) else error
        raise Failed(Outcome.CUT, _line(f"{type(cause).__name__}: {cause}"), again=True) from error
    except ValueError as error:  # http.client's own, for addresses and headers that cannot be
        raise Failed(Outcome.ADDRESS, _line(error)) from error


def _drain(response: BaseHTTPResponse) -> None:
    """Read what is left of a short answer that nobody wants, so that its connection can be used again."""
    if response.length_remaining is not None and response.length_remaining <= _CHUNK:
        response.drain_conn()


def _line(error: object) -> str:
    return " ".join(str(error).split())[:200]


def _joined(target: str, onward: str) -> str:
    # Servers write bytes that are UTF-8 in truth, and http.client reads all headers as Latin-1 (RFC 9112, 5.5).
    try:
        onward = onward.encode("latin-1").decode("utf-8")
        return urljoin(target, onward)
    except ValueError as error:
        raise Failed(Outcome.ADDRESS, f"redirected to what is no address: {_line(error)}") from error


def _refusal(status: int, retry_after: str | None) -> Failed:
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    again = status in _FOR_NOW or status >= 500
    return Failed(Outcome.STATUS, f"{status}{phrase}", again=again, wait=_seconds(retry_after) if again else None)


def _seconds(retry_after: str | None) -> float | None:
    """What `Retry-After` asks for, seconds from now (RFC 9110, 10.2.3)."""
    if retry_after is None:
        return None
    count = _whole_number(retry_after)
    if count is not None:
        return float(count)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError, TypeError):
        return None


def _whole_number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,15}", text.strip()) else None


def _first_byte(response: BaseHTTPResponse) -> int | None:
    found = re.match(r"bytes ([0-9]{1,15})-", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _validator(response: BaseHTTPResponse) -> str:
    etag = response.headers.get("ETag", "")
    return etag if re.fullmatch(r'"[\x21\x23-\x7e]*"', etag) else response.headers.get("Last-Modified", "")
