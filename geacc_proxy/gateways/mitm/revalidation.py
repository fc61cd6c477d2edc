"""Copies in browsers' caches: shown only while the decision on them stands.

What was shown goes on with `no-cache` in the place of the origin's permission to use it unasked, so that the browser
asks at each load, and what a parent releases or a new rule hides changes at once. So that the web stays as quick as it
was, most of these questions are answered here: 304, while the origin's permission lasts and the decision is the same.
Later the question goes on to the origin with the origin's own validators.

A picture gets an entity tag of ours, made of the digest of its bytes. A browser that names it has the very bytes that
were judged, whatever the origin, or a copy from before the proxy came, may call by one name.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass, replace
from email.utils import formatdate
from enum import Enum
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cachetools import LRUCache
from mitmproxy.http import Headers, Response

from geacc_proxy.gateways.mitm.freshness import asked_each_time, born, directives, fresh_until, used_unasked, wants_news
from geacc_proxy.gateways.mitm.requests import Intent, ask_anew, is_conditional, reads_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from mitmproxy.http import Request

    from geacc_proxy.gateways.mitm.addresses import Addresses
    from geacc_proxy.verdict import Context

SHELF_SIZE = 20_000
"""Copies that are remembered; about 1.5 KB each."""
_CACHING = frozenset(["cache-control", "pragma", "expires", "last-modified", "date", "age", "etag", "vary"])
_LONGEST = 1_000  # characters of one of these headers; longer ones are no work of honest origins
_TAG = re.compile(r'(?:W/)?("[^"]*")')
_OURS = "geacc-"


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture of a copy, and what was done with it.

    Attributes:
        digest: of its bytes.
        content_type: as declared.
        shown: whether the copy has it, and not a placeholder in its place.
    """

    digest: str
    content_type: str
    shown: bool


@dataclass(frozen=True, slots=True)
class Copy:
    """A response that a browser may keep.

    Attributes:
        url: hash of its address.
        etag: what the browser knows it by.
        said: what the origin said of keeping it, by lower-case name.
        asked: hash of the request's headers by which the origin chose; None where it may have chosen by anything.
        came: when, seconds since the epoch.
        pictures: what it shows and hides; empty for a text without any.
    """

    url: int
    etag: str
    said: Mapping[str, str]
    asked: int | None
    came: float
    pictures: tuple[Seen, ...] = ()


class _Question(Enum):
    """What has become of a request's conditions, where no copy is behind them."""

    STRIPPED = "dropped: whatever the browser has, it is not to be used"
    ANSWERED = "answered here"


class Revalidation:
    """Answers browsers that ask whether their copies are still good."""

    def __init__(
        self,
        recall: Callable[[str, Context], bool | None],
        addresses: Addresses,
        *,
        texts: bool = False,
        clock: Callable[[], float] = time.time,
        size: int = SHELF_SIZE,
    ) -> None:
        """Make an empty shelf.

        Args:
            recall: whether the picture with a digest would be shown today; None where its verdict is not known.
            addresses: which are known to bring no pictures.
            texts: whether texts are filtered; if not, scripts and style sheets may use any copy.
            clock: seconds since the epoch.
            size: copies to remember.
        """
        self._recall = recall
        self._addresses = addresses
        self._texts = texts
        self._clock = clock
        self._shelf: LRUCache[tuple[int, str], Copy] = LRUCache(size)
        self._questions: WeakKeyDictionary[Request, Copy | _Question] = WeakKeyDictionary()

    def asks(
        self, request: Request, headers: dict[bytes, bytes], kind: Intent, context: Callable[[str], Context]
    ) -> Response | None:
        """Look at a request's conditions, and change or drop them where they must not reach the origin as they are.

        Args:
            request: its headers are changed in place.
            headers: the same, as `folded` gives them.
            kind: what it may bring.
            context: who asks, given the declared type of a picture.

        Returns:
            The answer, 304, where the origin need not be asked.
        """
        if b"if-match" in headers:
            self._name_as_the_origin_does(request)
        if request.method != "GET" or not is_conditional(headers):
            return None
        copy = self._copy_of(request)
        if copy is not None:
            if self._stands(copy, context):
                return self._confirm(request, headers, copy)
        elif kind is Intent.OPEN or (kind is Intent.BLIND and self._texts and reads_text(_destination(headers))):
            if self._addresses.is_harmless(request.pretty_url):
                return None
        elif kind is Intent.BLIND:
            return None
        self._strip(request)
        return None

    def passing(self, request: Request, response: Response, name: str = "") -> Copy | None:
        """A response that holds pictures, or may hold some, is about to go on: say in its headers how it may be kept.

        Args:
            request: what was asked.
            response: its headers are changed in place.
            name: for a picture, the digest of its bytes. For a text nothing: an entity tag that a script may know is
                left to it where the browser would ask at each load anyway.

        Returns:
            What to give to `delivered` once it has gone on whole; None where nobody can ask for it again.
        """
        if request.method != "GET":
            return None
        headers = response.headers
        said = _said(headers)
        now = self._clock()
        if "no-store" in directives(said.get("cache-control", "")):
            return None
        unasked = used_unasked(said, now)
        if name or unasked:
            _ask_each_time(headers)
        if response.status_code != 200 or not (unasked or "etag" in said or "last-modified" in said):
            return None
        etag = "" if name or unasked else said.get("etag", "")
        if not etag:
            etag = headers["etag"] = f'W/"{_OURS}{name or secrets.token_hex(8)}"'
        return Copy(hash(request.pretty_url), etag, said, _asked(request, said), now)

    def delivered(
        self, copy: Copy | None, pictures: Iterable[tuple[str, str]], context: Callable[[str], Context]
    ) -> None:
        """The response has gone on whole.

        Args:
            copy: as `passing` gave it.
            pictures: digest and declared type of each picture that was judged in it, shown or hidden.
            context: who asked, given the declared type of a picture.
        """
        if copy is None:
            return
        seen = []
        for digest, content_type in dict.fromkeys(pictures):
            shown = self._recall(digest, context(content_type))
            if shown is None:
                return
            seen.append(Seen(digest, content_type, shown))
        self._put(replace(copy, pictures=tuple(seen)))

    def unchanged(self, request: Request, response: Response) -> None:
        """A 304 is about to go on: have it speak of the copy as the browser knows it.

        A 304 to a request whose conditions were dropped is none: it would bring a copy to the screen that is not to
        be used. It becomes an error.
        """
        question = self._questions.pop(request, None)
        if question is _Question.STRIPPED:
            response.status_code, response.reason = 502, "Bad Gateway"
            response.headers = Headers(cache_control="no-store", content_length="0")
        elif isinstance(question, Copy):
            news = _said(response.headers)
            # An Age or a Date that is not said again is that of the former answer: out of date.
            former = {name: value for name, value in question.said.items() if name not in ("age", "date")}
            copy = replace(question, said={**former, **news}, came=self._clock())
            self._put(copy)
            self._describe(response.headers, copy)

    def _stands(self, copy: Copy, context: Callable[[str], Context]) -> bool:
        return all(self._recall(seen.digest, context(seen.content_type)) is seen.shown for seen in copy.pictures)

    def _confirm(self, request: Request, headers: dict[bytes, bytes], copy: Copy) -> Response | None:
        same_choice = copy.asked is not None and copy.asked == _asked(request, copy.said)
        now = self._clock()
        if same_choice and not wants_news(headers) and fresh_until(copy.said, copy.came) > now:
            self._questions[request] = _Question.ANSWERED
            return self._not_modified(copy, now)
        etag = copy.said.get("etag", "")
        # Of what the origin chose by other headers the time of its last change tells nothing.
        changed = copy.said.get("last-modified", "") if same_choice else ""
        self._strip(request)
        if etag:
            request.headers["if-none-match"] = etag
        if changed:
            request.headers["if-modified-since"] = changed
        if etag or changed:
            self._questions[request] = copy
        return None

    def _not_modified(self, copy: Copy, now: float) -> Response:
        headers = Headers(date=formatdate(now, usegmt=True), age=str(max(0, int(now - born(copy.said, copy.came)))))
        if "vary" in copy.said:
            headers["vary"] = copy.said["vary"]
        self._describe(headers, copy)
        return Response(b"HTTP/1.1", 304, b"Not Modified", headers, b"", None, now, now)

    def _describe(self, headers: Headers, copy: Copy) -> None:
        headers["etag"] = copy.etag
        for name in ("cache-control", "expires"):
            if name in copy.said:
                headers[name] = copy.said[name]
        if copy.pictures:
            _ask_each_time(headers)

    def _copy_of(self, request: Request) -> Copy | None:
        """The copy that the browser has, by the first of its entity tags that is known (weak comparison)."""
        url = hash(request.pretty_url)
        known = (self._shelf.get((url, tag)) for tag in _tags(request.headers.get("if-none-match", "")))
        return next((copy for copy in known if copy is not None), None)

    def _put(self, copy: Copy) -> None:
        self._shelf[copy.url, _tags(copy.etag)[0]] = copy

    def _strip(self, request: Request) -> None:
        ask_anew(request.headers)
        self._questions[request] = _Question.STRIPPED

    def _name_as_the_origin_does(self, request: Request) -> None:
        """A script that changes what it has read names it by our tag; the origin knows it by its own."""
        url = hash(request.pretty_url)

        def origin_tag(ours: re.Match[str]) -> str:
            copy = self._shelf.get((url, ours[1]))
            return copy.said.get("etag", ours[0]) if copy is not None else ours[0]

        request.headers["if-match"] = _TAG.sub(origin_tag, request.headers["if-match"])


def _said(headers: Headers) -> dict[str, str]:
    said = _values(headers, _CACHING)
    return {name: value for name, value in said.items() if len(value) <= _LONGEST}


def _asked(request: Request, said: Mapping[str, str]) -> int | None:
    names = {name.strip().lower() for name in said.get("vary", "").split(",")} - {""}
    if "*" in names:
        return None
    # Many origins forget to say that what they allow depends on who asks.
    return hash(tuple(sorted(_values(request.headers, names | {"origin"}).items())))


def _values(headers: Headers, names: Collection[str]) -> dict[str, str]:
    """Values by lower-case name, in one pass; of a name that comes twice, both."""
    values: dict[str, str] = {}
    for raw_name, raw_value in headers.fields:
        name = raw_name.decode("latin-1").lower()
        if name in names:
            value = raw_value.decode("utf-8", "surrogateescape")
            values[name] = f"{values[name]}, {value}" if name in values else value
    return values


def _tags(value: str) -> list[str]:
    """Entity tags without what tells weak from strong; one that lacks its quotes as it is."""
    return _TAG.findall(value) or [value.strip()]


def _ask_each_time(headers: Headers) -> None:
    headers["cache-control"] = asked_each_time(headers.get("cache-control", ""))
    headers.pop("expires", None)


def _destination(headers: dict[bytes, bytes]) -> bytes:
    return headers.get(b"sec-fetch-dest", b"")
