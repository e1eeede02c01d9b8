"""Everything that is named exists: intents, services, sources, answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bot.content.findings import Finding
from bot.content.library import Library
from bot.core.dialogue.payloads import build

_FILE = "responses/guidance.yml"


def check(library: Library, _: date) -> Iterator[Finding]:
    yield from _facts(library)
    yield from _answers(library)


def _facts(library: Library) -> Iterator[Finding]:
    worldwide = {item.id for item in library.responses.worldwide}
    for facts in library.responses.facts.values():
        for service in facts.services:
            if service not in worldwide:
                yield Finding(_FILE, facts.line, "unknown-service", f"“{service}” is not in services.yml")
        for source in facts.sources:
            if source not in library.responses.sources:
                yield Finding(_FILE, facts.line, "unknown-source", f"“{source}” is not in sources.yml")
        leads = [item["goes"].removeprefix("intent:") for item in facts.answers if ":" in item["goes"]]
        for intent in (*facts.related, *leads):
            if intent not in library.responses.facts:
                yield Finding(
                    _FILE, facts.line, "unknown-intent", f"“{intent}” is not an intent with guidance"
                )
        for item in facts.answers:
            if not _fits(facts.intent, item["id"]):
                message = f"the answer id “{item['id']}” is too long for a button; shorten it"
                yield Finding(_FILE, facts.line, "answer-id", message)


def _answers(library: Library) -> Iterator[Finding]:
    for texts in library.responses.texts.values():
        for entry in texts.guidance.values():
            facts = library.responses.facts.get(entry.intent)
            wanted = {item["id"] for item in facts.answers} if facts else set()
            for role, text in entry.roles.items():
                if set(text.answers) != wanted:
                    message = f"the answers of {entry.intent} for {role} must be {sorted(wanted)}, as in guidance.yml"
                    yield Finding(entry.file, text.line, "answers", message)


def _fits(intent: str, answer: str) -> bool:
    try:
        build("ans", i=intent, a=answer)
    except ValueError:
        return False
    return True
