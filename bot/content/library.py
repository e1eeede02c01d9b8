"""Loads all content at once, with every finding; what is usable is used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.content import facts
from bot.content.findings import Finding, Severity
from bot.content.lessons import read_lessons
from bot.content.model import Responses
from bot.content.nlu import read_taxonomy, read_training_data
from bot.content.texts import read_texts
from bot.core.nlu import TrainingData
from bot.core.taxonomy import Taxonomy
from bot.errors import ContentError


@dataclass(frozen=True, slots=True)
class Library:
    """The content as read, and what was wrong with it."""

    taxonomy: Taxonomy
    training: TrainingData
    responses: Responses
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)


def load(intents: Path, responses: Path) -> Library:
    """Read both folders. Never raises on bad content: see ``findings``."""
    findings: list[Finding] = []
    taxonomy = read_taxonomy(intents, findings)
    training = read_training_data(intents, findings)
    loaded = read_responses(responses, findings)
    return Library(taxonomy, training, loaded, tuple(findings))


def read_responses(root: Path, findings: list[Finding]) -> Responses:
    """Everything in ``responses/``."""
    languages, safe_word = facts.read_languages(root, findings)
    worldwide, worldwide_reviews = facts.read_worldwide(root, findings)
    return Responses(
        languages=languages,
        safe_word=safe_word,
        texts={item.code: read_texts(root, item.code, findings) for item in languages if item.code},
        facts=facts.read_guidance_facts(root, findings),
        countries=facts.read_countries(root, findings),
        platforms=facts.read_platforms(root, findings),
        worldwide=worldwide,
        sources=facts.read_sources(root, findings),
        worldwide_reviews=worldwide_reviews,
        lessons={item.code: read_lessons(root, item.code, findings) for item in languages if item.code},
    )


def load_or_raise(intents: Path, responses: Path) -> Library:
    """The content for a running bot. Raises `ContentError` naming the first errors."""
    library = load(intents, responses)
    if library.errors:
        shown = "\n".join(str(finding) for finding in library.errors[:10])
        raise ContentError(f"the content has {len(library.errors)} errors; run “amparo check”\n{shown}")
    return library
