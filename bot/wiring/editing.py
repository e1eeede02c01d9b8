"""What an editor asks of the content: previews, comparisons, old facts, links, reviews."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from bot.content import links, preview, report, review_writer
from bot.content.findings import Finding, Severity
from bot.content.library import read_responses
from bot.content.model import Responses
from bot.content.phrasebook import Phrasebook
from bot.content.preview import Scene
from bot.content.report import Fact, Progress, Row
from bot.core.clock import SystemClock
from bot.core.effects import Audience
from bot.core.taxonomy import COUNTRIES, LANGUAGES, ROLES
from bot.errors import ContentError
from bot.settings import Settings
from bot.wiring import parts


def table(settings: Settings, topic: str, languages: Sequence[str]) -> tuple[tuple[str, ...], list[Row]]:
    """The languages (all where none is named) and the texts of a topic in them, side by side."""
    responses = _responses(settings)
    codes = tuple(languages) or tuple(responses.texts)
    return codes, report.side_by_side(responses, topic, codes)


def scenes(
    settings: Settings, name: str, language: str, country: str, role: str
) -> tuple[list[Scene], datetime]:
    """What a person is shown on an intent or a danger flag. Raises `ContentError` on an unknown name."""
    for value, known, what in (
        (language, LANGUAGES, "--lang"),
        (country, ("", *COUNTRIES), "--country"),
        (role, ("", *ROLES), "--audience"),
    ):
        if value not in known:
            raise ContentError(f"{what} must be one of: {', '.join(filter(None, known))}")
    now = SystemClock().now()
    book = Phrasebook(_responses(settings), today=now.date)
    return list(preview.scenes(book, name, Audience(language, country, role), now)), now


def old_facts(settings: Settings) -> tuple[list[Fact], date | None]:
    """The facts not checked for a year, and the day on which the next one becomes so."""
    responses, today = _responses(settings), _today()
    return report.stale(responses, today), report.next_stale(responses, today)


def try_links(settings: Settings, tell: parts.Progress) -> list[dict[str, Any]]:
    """Every address of the content, tried. Raises `ContentError` where there is no network."""

    found = links.all_links(_responses(settings))

    async def work() -> list[links.Tried]:
        async with links.client() as http:
            if await links.no_network(found, http):
                raise ContentError(
                    "no address could be reached: without a network nothing is known of the links"
                )
            return await links.try_links(found, http, tell)

    return [item.as_dict() for item in asyncio.run(work())]


def progress(settings: Settings) -> list[Progress]:
    """How far each language is."""
    responses = _responses(settings)
    return report.progress(responses, Phrasebook(responses).offered_languages())


def progress_table(settings: Settings) -> str:
    """The same as the table of ``responses/README.md``."""
    return report.markdown(progress(settings))


def review(settings: Settings, names: Sequence[str], language: str, by: str, on: date | None) -> list[str]:
    """Record that ``by`` read texts as they are now; the names recorded.

    Raises `ContentError` on an unknown name, a language or a day that cannot be; then nothing was written.
    """
    day = on or _today()
    if day > _today():
        raise ContentError("--on must not lie in the future")
    items = {item.name: item for item in _responses(settings).reviews() if item.language == language}
    unknown = [name for name in names if name not in items]
    if unknown:
        known = ", ".join(items) or "none: --lang must be one of " + ", ".join(LANGUAGES)
        raise ContentError(f"“{unknown[0]}” is no text in “{language}”; texts: {known}")
    # From below: a review that is written moves the lines behind it.
    for item in sorted((items[name] for name in set(names)), key=lambda item: -item.line):
        review_writer.record(settings.responses_dir, item, by, day)
    return list(names)


def _responses(settings: Settings) -> Responses:
    findings: list[Finding] = []
    responses = read_responses(settings.responses_dir, findings)
    errors = [item for item in findings if item.severity is Severity.ERROR]
    if errors:
        raise ContentError(f"the texts have {len(errors)} errors; run “amparo check” first\n{errors[0]}")
    return responses


def _today() -> date:
    return SystemClock().now().date()
