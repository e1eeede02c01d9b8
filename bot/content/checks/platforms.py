"""Platforms: steps in every language that is spoken, and facts that are sourced, sure and fresh."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

from bot.content.checks.contacts import age_findings
from bot.content.findings import Finding, Severity
from bot.content.library import Library
from bot.content.model import Platform, PlatformAction

_LONGEST_STEPS = 900


def check(library: Library, today: date) -> Iterator[Finding]:
    spoken = [texts.code for texts in library.responses.texts.values() if texts.safety]
    for platform in library.responses.platforms.values():
        for action in platform.actions.values():
            name = f"{action.action} on {platform.name}"
            yield from age_findings(action.provenance, name, platform.file, action.line, today)
            yield from _steps(platform, action, name, spoken)


def _steps(platform: Platform, action: PlatformAction, name: str, spoken: list[str]) -> Iterator[Finding]:
    for code in spoken:
        steps = action.steps.get(code, ())
        if not steps:
            message = f"{name} has no steps in {code}; people read them in another language"
            yield Finding(platform.file, action.line, "missing-steps", message, Severity.WARNING)
        elif len(steps) != len(action.steps.get("es", ())):
            message = f"{name} has {len(steps)} steps in {code} and another number in es"
            yield Finding(platform.file, action.line, "other-steps", message, Severity.WARNING)
        if sum(map(len, steps)) > _LONGEST_STEPS:
            message = f"{name} in {code} is longer than {_LONGEST_STEPS} characters; shorten it"
            yield Finding(platform.file, action.line, "steps-length", message)
    parts = urlsplit(action.web)
    if action.web and (parts.scheme not in {"https", "http"} or "." not in parts.netloc):
        yield Finding(platform.file, action.line, "web", f"“{action.web}” is not an address")
