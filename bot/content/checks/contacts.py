"""Contacts: of use, sourced, sure enough and fresh."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.content.directory import SHOWN_FOR, STALE_AFTER, showable
from bot.content.findings import Finding, Severity
from bot.content.library import Library
from bot.content.model import Country, Provenance, Service

_NUMBER = re.compile(r"[+*#(]?[0-9][0-9 ()#*-]{1,20}")
_HOURS = re.compile(
    r"(?:mon|tue|wed|thu|fri|sat|sun)(?:-(?:mon|tue|wed|thu|fri|sat|sun))? "
    r"(?:[01]\d|2[0-4]):[0-5]\d-(?:[01]\d|2[0-4]):[0-5]\d"
)
_ABOUT = 90


def check(library: Library, today: date) -> Iterator[Finding]:
    seen: set[str] = set()
    for country in library.responses.countries.values():
        yield from _country(country)
        for service in country.services:
            yield from _service(service, today, seen)
    for service in library.responses.worldwide:
        yield from _service(service, today, seen)


def _country(country: Country) -> Iterator[Finding]:
    file = f"responses/contacts/{country.code}.yml"
    try:
        ZoneInfo(country.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        yield Finding(file, 0, "timezone", f"“{country.timezone}” is not a time zone such as America/Bogota")
    kinds = {service.kind for service in country.services}
    if "emergency" not in kinds and "emergency" not in country.gaps:
        message = "no emergency number: people here are sent to the nearest police or health post"
        yield Finding(file, 0, "no-emergency", message, Severity.WARNING)
    for kind in sorted(kinds & set(country.gaps)):
        message = f"“{kind}” stands under “gaps” although there is one; take it out there"
        yield Finding(file, 0, "gap-filled", message)


def _service(service: Service, today: date, seen: set[str]) -> Iterator[Finding]:
    if service.id in seen:
        yield Finding(service.file, service.line, "twice", f"the id “{service.id}” stands twice")
    seen.add(service.id)
    yield from _reachable(service)
    yield from age_findings(service.provenance, service.id, service.file, service.line, today)
    for item in service.hours:
        if not _HOURS.fullmatch(item):
            message = f"“{item}” must look like “mon-fri 07:30-16:00”"
            yield Finding(service.file, service.line, "hours", message)
    for code, text in service.about.items():
        if len(text) > _ABOUT:
            message = f"“about” in {code} has {len(text)} characters; at most {_ABOUT}"
            yield Finding(service.file, service.line, "about-length", message)


def _reachable(service: Service) -> Iterator[Finding]:
    if not (service.number or service.whatsapp or service.web):
        message = f"“{service.id}” has no number, WhatsApp or address, so it helps nobody"
        yield Finding(service.file, service.line, "no-way", message)
    for number in (service.number, service.whatsapp):
        if number and not _NUMBER.fullmatch(number):
            message = f"“{number}” is not a number as dialled (digits, spaces, hyphens)"
            yield Finding(service.file, service.line, "number", message)
    parts = urlsplit(service.web)
    if service.web and ((parts.scheme not in {"https", "http"}) or "." not in parts.netloc):
        yield Finding(service.file, service.line, "web", f"“{service.web}” is not an address")


def age_findings(facts: Provenance, name: str, file: str, line: int, today: date) -> Iterator[Finding]:
    """What is wrong with the age, the source or the confidence of a fact."""
    age = None if facts.checked is None else today - facts.checked
    if age is not None and age.days < 0:
        yield Finding(file, line, "date", f"“{name}” was checked in the future")
    elif not showable(facts, today):
        months = SHOWN_FOR.days // 30
        message = f"“{name}” is not shown: low confidence, no source, or not checked for {months} months"
        yield Finding(file, line, "not-shown", message, Severity.WARNING)
    elif age is not None and age > STALE_AFTER:
        message = f"“{name}” was last checked on {facts.checked}; check it again and set the new date"
        yield Finding(file, line, "stale", message, Severity.WARNING)
