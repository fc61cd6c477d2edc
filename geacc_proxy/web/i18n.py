"""Languages: texts from catalogues, dates and numbers as people write them, and the direction of reading.

Catalogues are gettext's text files, `locales/LANGUAGE/LC_MESSAGES/messages.po`, read when a language is first asked
for. `tools/messages.py` collects the texts. English is in the code.

    _("Saved.")                                   the text in the language of the page that is being made
    _("{name} is paused", name=device.title)      with a value
    ngettext("{n} picture", "{n} pictures", n)    one or many; {n} is the number as people write it
    html_("<b>{name}</b> asks", name=name)        a text with markup; values are escaped
"""

from __future__ import annotations

import gettext as catalogues
import io
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from babel import Locale, UnknownLocaleError, dates, negotiate_locale, numbers
from markupsafe import Markup

from geacc_proxy.home.deeds import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geacc_proxy.home.documents import Deed

LOCALES = Path(__file__).parent / "locales"
_CATALOGUE = Path("LC_MESSAGES") / "messages.po"
ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Language:
    """A language that pages can be in.

    Attributes:
        locale: how it writes dates and numbers.
        texts: its catalogue.
        zone: of the clock on the wall; None for the system's.
    """

    locale: Locale
    texts: catalogues.NullTranslations = field(default_factory=catalogues.NullTranslations, repr=False)
    zone: tzinfo | None = None

    @property
    def tag(self) -> str:
        """As HTML's `lang` has it (RFC 5646)."""
        return str(self.locale).replace("_", "-")

    @property
    def direction(self) -> str:
        """As HTML's `dir` has it: `ltr` or `rtl`."""
        return str(self.locale.text_direction)

    @property
    def name(self) -> str:
        """What its speakers call it."""
        return str(self.locale.display_name).capitalize()

    def on_wall(self, moment: datetime) -> datetime:
        """The moment on the clock on the wall."""
        return moment.astimezone(self.zone)


_ENGLISH = Language(Locale(ENGLISH))
_current: ContextVar[Language] = ContextVar("language", default=_ENGLISH)


class Languages:
    """The languages that there are catalogues for, and English.

    Attributes:
        codes: theirs, sorted, such as `("de", "en", "es")`.
    """

    def __init__(self, folder: Path = LOCALES) -> None:
        self._folder = folder
        self._read: dict[str, Language] = {ENGLISH: _ENGLISH}
        self._reading = threading.Lock()
        found = {file.parent.parent.name for file in folder.glob(f"*/{_CATALOGUE.as_posix()}")}
        self.codes = tuple(sorted(found | {ENGLISH}))

    def choose(self, wanted: str, accepted: str) -> str:
        """The code of the language for a page.

        Args:
            wanted: a code that a parent has chosen; empty for none.
            accepted: the browser's `Accept-Language`.
        """
        if wanted in self.codes:
            return wanted
        return negotiate_locale(_by_weight(accepted), self.codes, sep="-") or ENGLISH

    def locale(self, code: str, accepted: str) -> Locale:
        """How to write dates and numbers: as where the browser's person lives, if that is told (`en-GB`)."""
        for tag in _by_weight(accepted):
            if tag.lower().startswith(f"{code.lower()}-"):
                return _locale(tag, _locale(code))
        return _locale(code)

    def is_read(self, code: str) -> bool:
        """Whether `get` returns at once."""
        return code in self._read

    def get(self, code: str) -> Language:
        """The language with a code of `codes`; blocks at its first use, for the catalogue is read then."""
        with self._reading:
            if code not in self._read:
                self._read[code] = Language(_locale(code), _catalogue(self._folder / code / _CATALOGUE))
            return self._read[code]

    def names(self) -> dict[str, str]:
        """By code, what its speakers call it."""
        return {code: Language(_locale(code)).name for code in self.codes}


def current() -> Language:
    """The language of the page that is being made."""
    return _current.get()


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Make pages in this language within the block."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


def _(text: str, /, **values: object) -> str:
    """The text in the language of the page, with its {places} filled."""
    return _filled(_current.get().texts.gettext(text) if text else "", values)


def ngettext(one: str, many: str, n: int, /, **values: object) -> str:
    """The text for one or for many, with {n} and other {places} filled."""
    return _filled(_current.get().texts.ngettext(one, many, n), {"n": number(n), **values})


def html_(text: str, /, **values: object) -> Markup:
    """A text with markup of its own, in the language of the page; values are escaped."""
    return Markup(_current.get().texts.gettext(text)).format(**values)  # noqa: S704  (our own text)


def deed_text(deed: Deed) -> str:
    """A line of the audit trail in the language of the page."""
    return sentence(deed, _)


def number(value: float, decimals: int = 0) -> str:
    """12345 as `12,345`."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(numbers.format_decimal(value, format=pattern, locale=_current.get().locale))


def percent(share: float, decimals: int = 0) -> str:
    """0.125 as `13%`, or with more digits where there are decimals."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "") + "%"
    standard = str(_current.get().locale.percent_formats[None].pattern)
    if "\xa0%" in standard:
        pattern = pattern.replace("%", "\xa0%")
    return str(numbers.format_percent(share, format=pattern, locale=_current.get().locale))


def moment(value: datetime | None) -> str:
    """Day and time on the wall: `31 Jan 2026, 18:30`; empty for None."""
    if value is None:
        return ""
    pattern = str(_current.get().locale.datetime_formats["medium"])
    return pattern.replace("'", "").replace("{1}", day(value)).replace("{0}", clock(value))


def clock(value: datetime | time | None) -> str:
    """Time on the wall: `18:30`; empty for None."""
    if value is None:
        return ""
    language = _current.get()
    shown = language.on_wall(value).time() if isinstance(value, datetime) and value.tzinfo else value
    return str(dates.format_time(shown, "short", locale=language.locale))


def day(value: datetime | date | None, form: str = "medium") -> str:
    """The day: `31 Jan 2026`; empty for None.

    Args:
        value: the day, or a moment of it.
        form: a width (`medium`, `full`), or what is to be in it, as CLDR's skeletons have it (`MMMEEEEd`); each
            language has its own order.
    """
    if value is None:
        return ""
    language = _current.get()
    if isinstance(value, datetime):
        value = language.on_wall(value).date()
    if form in ("short", "medium", "long", "full"):
        return str(dates.format_date(value, form, locale=language.locale))
    midnight = datetime(value.year, value.month, value.day)
    return str(dates.format_skeleton(form, midnight, locale=language.locale))


def weekday(index: int, width: Literal["wide", "abbreviated"] = "wide") -> str:
    """The name of a weekday, Monday being 0; `width` may be `abbreviated`."""
    return str(dates.get_day_names(width, "stand-alone", _current.get().locale)[index])


def ago(value: datetime | None, now: datetime) -> str:
    """How long ago: `5 minutes ago`; `never` for None."""
    if value is None:
        return _("never")
    passed = value - now
    if abs(passed) < timedelta(minutes=1):
        return _("just now")
    return str(dates.format_timedelta(passed, locale=_current.get().locale, add_direction=True))


def minutes(value: int) -> str:
    """A length of time: `1 hr, 30 min`."""
    locale = _current.get().locale
    hours, rest = divmod(value, 60)
    parts = [dates.format_timedelta(timedelta(hours=hours), "hour", 100, locale=locale, format="short")] * bool(hours)
    if rest or not hours:
        parts.append(dates.format_timedelta(timedelta(minutes=rest), "minute", 100, locale=locale, format="short"))
    return " ".join(parts)


def _filled(text: str, values: Mapping[str, object]) -> str:
    return text.format(**values) if values else text


def _by_weight(header: str) -> list[str]:
    """The languages of an `Accept-Language` header, the most wanted first (RFC 9110, 12.5.4)."""
    found: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:500].split(",")):
        tag, _sep, weight = part.partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if quality > 0 and tag.strip().replace("-", "").isalnum():
            found.append((-quality, place, tag.strip()))
    return [tag for _quality, _place, tag in sorted(found)]


def _locale(code: str, otherwise: Locale = _ENGLISH.locale) -> Locale:
    try:
        return Locale.parse(code, sep="-" if "-" in code else "_")
    except (ValueError, UnknownLocaleError):
        return otherwise


def _catalogue(file: Path) -> catalogues.NullTranslations:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with file.open("rb") as stream:
        catalog = read_po(stream)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)
