"""The console's own words, one file a language, and what Babel knows of dates, languages and countries.

``locales/<language>.json`` holds flat keys. A value is a text, or texts by plural form (``one``,
``other``) chosen by the placeholder ``n``. A test holds the files equal to one another and to the code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from functools import cache
from pathlib import Path

from babel import Locale
from babel.core import get_global, negotiate_locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal, format_percent

LANGUAGES = ("es", "en", "fr")
DEFAULT = "en"
FOLDER = Path(__file__).parent / "locales"

_REGIONS = {"en": "en_GB"}
"""Day before month, as in all countries of the helpline."""

Texts = Mapping[str, str | Mapping[str, str]]


class Catalogue:
    """The words of one language. ``zone`` is the zone of the server's clock as staff see it."""

    def __init__(self, language: str, texts: Texts, zone: tzinfo) -> None:
        self.language = language
        self.zone = zone
        self._texts = texts
        self._locale = Locale.parse(_REGIONS.get(language, language))

    def t(self, key: str, **values: str | int) -> str:
        """A text with its placeholders filled. Raises KeyError for an unknown key or a missing value."""
        text = self._texts[key]
        if not isinstance(text, str):
            form = self._locale.plural_form(int(values["n"]))
            text = text.get(form) or text["other"]
        return text.format_map(values) if values else text

    def known(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._texts

    def under(self, prefix: str) -> dict[str, str]:
        """All plain texts whose key begins with ``prefix``, without it."""
        return {
            key.removeprefix(prefix): text
            for key, text in self._texts.items()
            if key.startswith(prefix) and isinstance(text, str)
        }

    def tongue(self, code: str) -> str:
        """The name of a language; the code itself where it is unknown."""
        return str(self._locale.languages.get(code, code))

    def country(self, code: str) -> str:
        """The name of a country by its two letters; the code itself where it is unknown."""
        return str(self._locale.territories.get(code.upper(), code.upper()))

    def clock(self, moment: datetime) -> str:
        """``14:05`` on the server's clock."""
        return format_time(moment.astimezone(self.zone), "HH:mm", locale=self._locale)

    def date(self, day: date) -> str:
        """``2 March 2026``."""
        return format_date(day, "long", locale=self._locale)

    def number(self, value: float) -> str:
        """A number as the language writes it."""
        return str(format_decimal(value, locale=self._locale))

    def percent(self, share: float) -> str:
        """``12 %`` as the language writes it."""
        return str(format_percent(share, locale=self._locale))

    def day(self, moment: datetime) -> str:
        """``Monday, 2 March 2026``."""
        return format_date(moment.astimezone(self.zone).date(), "full", locale=self._locale)

    def moment(self, moment: datetime, now: datetime) -> str:
        """The time; with the day where it is not ``now``'s."""
        here, today = moment.astimezone(self.zone), now.astimezone(self.zone)
        if here.date() == today.date():
            return self.clock(moment)
        skeleton = "d MMM HH:mm" if here.year == today.year else "d MMM y HH:mm"
        return format_datetime(here, skeleton, locale=self._locale)

    def zone_name(self, moment: datetime) -> str:
        """The short name of the server's zone, such as UTC."""
        return moment.astimezone(self.zone).tzname() or ""


@cache
def texts_of(language: str) -> Texts:
    """The file of a language as written."""
    texts: Texts = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))
    return texts


def load(zone: tzinfo) -> Mapping[str, Catalogue]:
    """The catalogues of all languages of the console."""
    return {language: Catalogue(language, texts_of(language), zone) for language in LANGUAGES}


def choose(chosen: str | None, accept: str) -> str:
    """The language of the switch, else the first of the browser's ``Accept-Language`` that is offered."""
    if chosen in LANGUAGES:
        return str(chosen)
    wanted = [part.partition(";")[0].strip() for part in accept[:200].split(",")]
    plain = [code for code in wanted if code.replace("-", "").isalnum() and code.isascii()]
    return negotiate_locale(plain, LANGUAGES, sep="-") or _by_prefix(plain)


def _by_prefix(codes: Sequence[str]) -> str:
    """``es-PY`` speaks ``es``; who asks for none of ours gets English."""
    return next((code[:2].lower() for code in codes if code[:2].lower() in LANGUAGES), DEFAULT)


def zones_of(country: str) -> tuple[str, ...]:
    """The time zones of a country, as named in the time zone database."""
    return tuple(get_global("territory_zones").get(country.upper(), ()))
