"""Picks and words the services of a country. Only what is checked, sure enough and fresh is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from bot.content.markup import escape, from_content
from bot.content.model import Country, Provenance, Responses, Service

SHOWN_FOR = timedelta(days=730)
"""After 24 months without a check an entry is no longer shown."""

STALE_AFTER = timedelta(days=365)
"""After 12 months without a check `amparo check` warns."""

WORLDWIDE = ("child_helpline_international", "find_a_helpline")
"""Directories that lead to a helpline in any country, shown where nothing nearer is known."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Words = Callable[..., str]
"""``words(key, **params)``: an everyday phrase as Telegram HTML."""


def showable(provenance: Provenance, today: date) -> bool:
    """Whether a fact may be shown: high or medium confidence, with a source, checked within 24 months."""
    fresh = provenance.checked is not None and today - provenance.checked <= SHOWN_FOR
    sourced = provenance.source.startswith(("https://", "http://"))
    return fresh and sourced and provenance.confidence in ("high", "medium")


def pick(
    country: Country | None,
    kinds: Iterable[str],
    limit: int,
    today: date,
    *,
    always: bool = False,
    open_at: datetime | None = None,
) -> list[Service]:
    """The best ``limit`` services of each kind, in the order of the kinds; no number twice.

    ``always``: those open day and night come before others of their kind. ``open_at`` (a moment in the
    country's zone) leaves out what is closed then, and puts unknown hours last.
    """
    if country is None:
        return []
    chosen: list[Service] = []
    for kind in kinds:
        fitting = [s for s in country.services if s.kind == kind and showable(s.provenance, today)]
        if open_at is not None:
            states = {s.id: is_open(s, open_at) for s in fitting}
            fitting = [s for s in fitting if states[s.id] is not False]
            fitting.sort(key=lambda service: states[service.id] is None)
        elif always:
            fitting.sort(key=lambda service: not service.always)
        taken = {s.number for s in chosen if s.number}
        chosen += [s for s in fitting if s.number not in taken][:limit]
    return chosen


def is_open(service: Service, local: datetime) -> bool | None:
    """Whether somebody answers at a moment, told in the country's zone; None where the hours are not known.

    An emergency number is always answered.
    """
    if service.always or service.kind == "emergency":
        return True
    if not service.hours:
        return None
    return any(_within(item, local) for item in service.hours)


def _within(hours: str, local: datetime) -> bool:
    """``mon-fri 07:30-16:00``; a span of days may go over Sunday, one of hours over midnight."""
    days, _, clock = hours.partition(" ")
    first, _, last = days.partition("-")
    begin, _, end = clock.partition("-")
    now = f"{local:%H:%M}"
    day, yesterday = local.weekday(), (local.weekday() - 1) % 7
    if begin < end:
        return _on(first, last or first, day) and begin <= now < end
    after = _on(first, last or first, day) and now >= begin
    return after or (_on(first, last or first, yesterday) and now < end)


def _on(first: str, last: str, day: int) -> bool:
    return (day - _DAYS.index(first)) % 7 <= (_DAYS.index(last) - _DAYS.index(first)) % 7


def has_kind(country: Country | None, kind: str, today: date) -> bool:
    """Whether a service of a kind can be shown for the country."""
    return country is not None and any(
        s.kind == kind and showable(s.provenance, today) for s in country.services
    )


def worldwide(responses: Responses, ids: Iterable[str], today: date) -> list[Service]:
    """Worldwide services by id; the directories of helplines where no id is known."""
    wanted = tuple(ids)
    by_id = {s.id: s for s in responses.worldwide if showable(s.provenance, today)}
    found = [by_id[i] for i in wanted if i in by_id]
    return found or [by_id[i] for i in WORLDWIDE if i in by_id]


def describe(
    service: Service, language: str, fallback: tuple[str, ...], words: Words, *, when: bool = False
) -> str:
    """A service in a few lines of Telegram HTML: number first, then who and when.

    ``when``: the hour matters, so that unknown hours are said to be unknown.
    """
    about = _in_language(service.about, language, fallback)
    lines = [_head(service, about)]
    if service.whatsapp:
        lines.append(words("contact_whatsapp", number=service.whatsapp))
    if service.web:
        lines.append(escape(service.web))
    details = _details(service, words)
    if when and is_hour_unknown(service):
        details.insert(0, words("contact_hours_unknown"))
    if details:
        lines.append(" · ".join(details))
    for table in (service.who_text, service.limits):
        text = _in_language(table, language, fallback)
        if text:
            lines.append(from_content(text))
    if service.provenance.confidence == "medium":
        unsure = "contact_unsure" if service.number or service.whatsapp else "contact_unsure_web"
        lines.append(f"<i>{words(unsure)}</i>")
    return "\n".join(lines)


def is_hour_unknown(service: Service) -> bool:
    """Whether nothing tells when somebody answers."""
    return not (service.always or service.hours or service.kind == "emergency")


def _head(service: Service, about: str) -> str:
    number, name = escape(service.number), escape(service.name)
    named = not number or name.split()[:1] == [number]
    head = f"<b>{name}</b>" if named else f"<b>{number}</b> · {name}"
    return f"{head}\n{escape(about)}" if about else head


def _details(service: Service, words: Words) -> list[str]:
    found = []
    if service.always:
        found.append(words("contact_hours_always"))
    elif service.hours:
        spoken = ", ".join(_hours(item, words) for item in service.hours)
        found.append(words("contact_hours", hours=spoken))
    if service.cost == "free":
        found.append(words("contact_free"))
    if "children" in service.who:
        found.append(words("contact_children"))
    return found


def _hours(item: str, words: Words) -> str:
    """``mon-fri 07:30-16:00`` with the days in the person's language."""
    days, _, clock = item.partition(" ")
    spoken = "-".join(words(day) if day in _DAYS else day for day in days.split("-"))
    return f"{spoken} {clock}".strip()


def _in_language(texts: object, language: str, fallback: tuple[str, ...]) -> str:
    table = texts if isinstance(texts, dict) else {}
    return next((table[code] for code in (language, *fallback, "en", "es") if table.get(code)), "")
