"""Safe search: what a request to a search engine must say so that the engine leaves out what is for adults.

Every engine has a switch in the address, in a cookie or in a header. It is set here in the request itself, whatever the
child has set; how each engine names it, and what that cannot reach, stands in docs/safe-search.md. The engines' other
way, a name in the DNS such as `forcesafesearch.google.com`, is one for those who answer the DNS: the browser goes on
asking for `www.google.com`, only at another address. A proxy that is asked for `www.google.com` connects to just that.

Sources:
    Google: https://www.chromium.org/developers/design-documents/safesearch/ (`safe=active` and `ssui=on`; all others of
        these names are removed), https://support.google.com/websearch/answer/186669.
    Bing: https://help.bing.microsoft.com/#apex/18/en-US/10003/0 (`adlt=strict`); the cookie as searx sends it:
        https://github.com/searx/searx/blob/master/searx/engines/bing_images.py.
    DuckDuckGo: https://duckduckgo.com/duckduckgo-help-pages/settings/params (`kp=1`); its image, video and news data,
        and the cookie, have `p`: https://github.com/searxng/searxng/blob/master/searx/engines/duckduckgo_extra.py.
        `!safeoff` among the words: https://github.com/duckduckgo/duckduckgo-documentation.
    Brave: a cookie, https://github.com/searxng/searxng/blob/master/searx/engines/brave.py.
    Yandex: https://yandex.com/support/search/beware/adult-filter.html; `fyandex=1` and `family=yes` as filters append
        them, https://github.com/serv-inc/safe-search/blob/main/addon/background.js; the cookie that switches it off,
        https://github.com/searxng/searxng/blob/master/searx/engines/yandex.py.
    Ecosia: its cookie of settings, https://github.com/serv-inc/safe-search/tree/main/meta/cookie/ecosia.
    YouTube: https://support.google.com/a/answer/6214622, and the same header as Chromium sends it:
        https://source.chromium.org/chromium/chromium/src/+/main:components/safe_search_api/safe_search_util.cc.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote_plus, unquote_plus

_COUNTRY = r"(?:[a-z]{2,3}|com?\.[a-z]{2})"
"""What stands after `google.` and `yandex.`: a country, three letters, or `co.uk` and the like."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be another than the child's browser has sent.

    Attributes:
        target: path and query; the same as before where nothing in it was wrong.
        headers: name and value of each header to set, in place of all of that name.
        form: the body of a form, where one was given.
    """

    target: str
    headers: tuple[tuple[str, str], ...] = ()
    form: str | None = None


def enforce(host: str, target: str, *, cookie: str = "", form: str | None = None) -> Change | None:
    """What a request must say so that a search is safe.

    Args:
        host: whom it goes to, ASCII, without port.
        target: path and query as they are sent.
        cookie: the `Cookie` header; several of them joined by `; `.
        form: the body, where it is `application/x-www-form-urlencoded`; None for any other and for none.

    Returns:
        What is to change; None where the request is right as it is, or goes to no search engine. Parameters and cookies
        that do not matter stay byte for byte and in order. A change of a change is None, but for YouTube, whose header
        is always set.
    """
    name = host.lower().removesuffix(".")
    engine = next((engine for engine in _ENGINES if engine.hosts.fullmatch(name)), None)
    if engine is None:
        return None
    path, mark, query = target.partition("#")[0].partition("?")  # a fragment would hide what is put behind it
    searching = engine.is_search(path, query, form or "")
    asked = _enforced(query, engine, add=searching)
    posted = None if form is None else _enforced(form, engine, add=searching)
    headers = engine.headers
    if (kept := engine.cookies(cookie)) != cookie:
        headers = (("Cookie", kept), *headers)
    fixed = f"{path}{'?' if asked else mark}{asked}"
    if not headers and posted == form and asked == query:
        return None
    return Change(fixed, headers, posted)


@dataclass(frozen=True, slots=True)
class _Cookie:
    """A cookie that holds the switch.

    Attributes:
        name: of the cookie.
        safe: makes a value a safe one.
        added: the value where there is no such cookie; empty if none is needed then.
    """

    name: str
    safe: Callable[[str], str]
    added: str = ""


@dataclass(frozen=True, slots=True)
class _Engine:
    """A search engine.

    Attributes:
        hosts: of what it answers at.
        parameters: name and safe value. One that is there with another value is put right wherever it is; one that is
            missing is added to a search.
        paths: of searches that may say nothing of what is searched for, lower case, no slash at the end.
        terms: names of the parameter that holds what is searched for: with one, it is a search, whatever the path.
        command: what a child may write among the words to switch the filter off.
        cookie: that holds the switch.
        headers: that are always set.
    """

    hosts: re.Pattern[str]
    parameters: tuple[tuple[str, str], ...] = ()
    paths: re.Pattern[str] = re.compile(r"(?!)")
    terms: frozenset[str] = frozenset({"q"})
    command: re.Pattern[str] | None = None
    cookie: _Cookie | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def is_search(self, path: str, query: str, form: str) -> bool:
        """Whether the engine would look something up."""
        plain = posixpath.normpath(_decoded(path))
        if self.paths.fullmatch(f"/{plain.strip('/')}"):
            return True
        return any(_name(piece) in self.terms for piece in (*_SEPARATORS.split(query), *_SEPARATORS.split(form)))

    def cookies(self, header: str) -> str:
        """The `Cookie` header with the switch as it must be."""
        if self.cookie is None:
            return header
        pieces, found = header.split(";"), False
        for place, piece in enumerate(pieces):
            name, _, value = piece.partition("=")
            if name.strip().lower() == self.cookie.name.lower():
                found = True
                pieces[place] = f"{name}={self.cookie.safe(value)}"
        kept = ";".join(pieces)
        if found or not self.cookie.added:
            return kept
        added = f"{self.cookie.name}={self.cookie.added}"
        return f"{kept}; {added}" if kept.strip() else added


_SEPARATORS = re.compile(r"[&;]")
"""Some servers take a semicolon for an ampersand, as HTML 4 advised (appendix B.2.2)."""


def _enforced(query: str, engine: _Engine, *, add: bool) -> str:
    """A query with each of an engine's parameters once and right; or as it came, where it needs none and has none."""
    missing = dict(engine.parameters)
    kept: list[tuple[str, str]] = []
    for separator, piece in _pieces(query):
        name = _name(piece)
        key = next((key for key, _ in engine.parameters if name == key or name.startswith(f"{key}[")), None)
        if key is None:
            kept.append((separator, _without_command(piece, engine)))
        elif piece == f"{key}={missing.get(key)}":
            del missing[key]
            kept.append((separator, piece))
        else:
            add = True
    # What parted the first from one before it goes with that one.
    text = "".join(separator + piece for separator, piece in kept)[len(kept[0][0]) if kept else 0 :]
    if add:
        for name, value in missing.items():
            text += f"{'' if not text or text.endswith('&') else '&'}{name}={value}"
    return text


def _pieces(query: str) -> list[tuple[str, str]]:
    """Each parameter with the separator before it, empty for the first."""
    if not query:
        return []
    parts = re.split(r"([&;])", query)
    return list(zip(["", *parts[1::2]], parts[::2], strict=True))


def _name(piece: str) -> str:
    return _decoded(piece.partition("=")[0]).strip()


def _decoded(text: str) -> str:
    """In lower case, with percent signs undone as often as somebody along the way might do it."""
    for _ in range(3):
        text = unquote_plus(text)
    return text.lower()


def _without_command(piece: str, engine: _Engine) -> str:
    """A parameter without the command that switches the filter off."""
    if engine.command is None or _name(piece) not in engine.terms:
        return piece
    name, _, value = piece.partition("=")
    words = unquote_plus(value)
    left = engine.command.sub(" ", words)
    return piece if left == words else f"{name}={quote_plus(left.strip())}"


def _pair(separator: str, key: str, value: str) -> Callable[[str], str]:
    """Sets one key in a cookie that holds many, each `key=value`."""

    right = f"{key}={value}"

    def safe(whole: str) -> str:
        pieces = whole.split(separator) if whole else []
        fixed = [right if _name(piece).strip('"') == key.lower() else piece for piece in pieces]
        return separator.join(fixed if right in fixed else [*fixed, right])

    return safe


def _constant(value: str) -> Callable[[str], str]:
    return lambda _: value


def _without_family(value: str) -> str:
    """Yandex's cookie of settings, `expiry.name.value#…`, without what it says of the filter."""
    blocks = value.split("#")
    return "#".join(block for block in blocks if not re.search(r"\.sp\..*family", _decoded(block)))


_ENGINES = (
    _Engine(
        re.compile(rf"(?:(?:www|images?|video|news|lens|cse|ipv[46]|encrypted)\.)?google\.{_COUNTRY}"),
        parameters=(("safe", "active"), ("ssui", "on")),
        paths=re.compile(r"/(?:webhp|search|images?|imghp|imgres|videohp|async/.*|searchbyimage.*|custom|cse)?"),
        terms=frozenset({"q", "as_q", "as_epq", "as_oq"}),
    ),
    _Engine(
        re.compile(r"(?:[a-z0-9-]+\.)*bing\.(?:com|net)"),
        parameters=(("adlt", "strict"),),
        paths=re.compile(r"/(?:search|images|videos|news)(?:/.*)?"),
        cookie=_Cookie("SRCHHPGUSR", _pair("&", "ADLT", "STRICT"), "ADLT=STRICT"),
    ),
    _Engine(
        re.compile(r"(?:(?:www|start|html|lite|safe|noai|links)\.)?duckduckgo\.com"),
        parameters=(("kp", "1"), ("p", "1")),
        paths=re.compile(r"/(?:html|lite)?|/[a-z]+\.js"),
        command=re.compile(r"(?<!\S)(?:!safeoff|safeoff!)(?!\S)", re.IGNORECASE),
        cookie=_Cookie("p", _constant("1"), "1"),
    ),
    _Engine(
        re.compile(r"(?:(?:forcesafe\.)?search|safesearch)\.brave\.com"),
        parameters=(("safesearch", "strict"),),
        paths=re.compile(r"/(?:search|images|videos|news|goggles|ask|api)(?:/.*)?"),
        cookie=_Cookie("safesearch", _constant("strict"), "strict"),
    ),
    _Engine(
        re.compile(rf"(?:[a-z0-9-]+\.)*(?:yandex\.{_COUNTRY}|ya\.ru|xn--d1acpjx3f\.xn--p1ai)"),
        parameters=(("family", "yes"), ("fyandex", "1")),
        paths=re.compile(r"/(?:search|images|video|yandsearch|touchsearch|padsearch|msearch)(?:/.*)?"),
        terms=frozenset({"text"}),
        cookie=_Cookie("yp", _without_family),
    ),
    _Engine(
        re.compile(r"(?:[a-z0-9-]+\.)*ecosia\.org"),
        cookie=_Cookie("ECFG", _pair(":", "f", "y"), "f=y"),
    ),
    _Engine(
        re.compile(r"(?:[a-z0-9-]+\.)*youtube(?:-nocookie)?\.com|youtubei?\.googleapis\.com"),
        headers=(("YouTube-Restrict", "Strict"),),
    ),
)
