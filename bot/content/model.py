"""What ``responses/`` holds, once read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from bot.content.forbidden import Rule
from bot.content.lesson_model import Lessons
from bot.content.review import Review, Reviewable

KINDS = (
    "emergency",
    "child_helpline",
    "child_protection",
    "report_online_crime",
    "crisis_line",
    "data_protection",
    "consumer",
)
PLATFORM_ACTIONS = (
    "report_message",
    "report_profile",
    "report_impersonation",
    "hacked_account",
    "block",
    "parental_tools",
    "ad_controls",
)


@dataclass(frozen=True, slots=True)
class GuidanceText:
    """Guidance for one role."""

    acknowledge: str
    steps: tuple[str, ...]
    question: str
    answers: Mapping[str, str]
    more: tuple[str, ...]
    say: tuple[str, ...]
    avoid: tuple[str, ...]
    line: int = 0
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each text."""


@dataclass(frozen=True, slots=True)
class GuidanceEntry:
    """Guidance on an intent in one language; ``roles`` holds at least ``parent``."""

    intent: str
    title: str
    review: Review
    roles: Mapping[str, GuidanceText]
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class SafetyText:
    """The safety text for a flag and role."""

    acknowledge: str
    steps: tuple[str, ...]
    question: str
    line: int = 0
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SafetyEntry:
    flag: str
    review: Review
    roles: Mapping[str, SafetyText]
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class PhraseText:
    """A phrase; ``variants`` by role, ``default`` always there."""

    variants: Mapping[str, str]
    file: str = ""
    line: int = 0

    def for_role(self, role: str) -> str:
        return self.variants.get(role) or self.variants["default"]


@dataclass(frozen=True, slots=True)
class Language:
    """A language's own name and the languages tried in turn where a text is missing in it."""

    code: str
    name: str
    fallback: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of one language."""

    code: str
    guidance: Mapping[str, GuidanceEntry] = field(default_factory=dict)
    safety: Mapping[str, SafetyEntry] = field(default_factory=dict)
    phrases: Mapping[str, PhraseText] = field(default_factory=dict)
    """Keys as the dialogue uses them: ``everyday.greet``, ``safety.call_now``, ``buttons.more``."""
    reviews: tuple[Reviewable, ...] = ()
    forbidden: tuple[Rule, ...] = ()
    """What must not be said in this language."""
    missing_files: tuple[str, ...] = ()
    """Names of the language's files that are not there, such as ``abuse`` or ``lessons/words``."""


@dataclass(frozen=True, slots=True)
class GuidanceFacts:
    """What hangs on an intent whatever the language."""

    intent: str
    contacts: tuple[str, ...]
    services: tuple[str, ...]
    platform: tuple[str, ...]
    answers: tuple[Mapping[str, str], ...]
    related: tuple[str, ...]
    sources: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a fact comes from, when it was checked and how sure it is."""

    source: str
    source_date: str
    checked: date | None
    confidence: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service people can turn to. ``number`` is text, as dialled."""

    id: str
    kind: str
    name: str
    about: Mapping[str, str]
    provenance: Provenance
    number: str = ""
    whatsapp: str = ""
    web: str = ""
    always: bool = False
    hours: tuple[str, ...] = ()
    """Opening hours such as ``mon-fri 07:30-16:00``; empty when unknown."""
    cost: str = ""
    languages: tuple[str, ...] = ()
    who: tuple[str, ...] = ()
    who_text: Mapping[str, str] = field(default_factory=dict)
    """For worldwide services: who may use it, in words."""
    limits: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Country:
    """A country's directory, best service first within each kind."""

    code: str
    name: Mapping[str, str]
    languages: tuple[str, ...]
    timezone: str
    services: tuple[Service, ...]
    reviews: tuple[Reviewable, ...] = ()
    gaps: tuple[str, ...] = ()
    """Kinds for which nothing could be found that is sure enough; the question stands in OPEN_QUESTIONS.md."""


@dataclass(frozen=True, slots=True)
class PlatformAction:
    action: str
    steps: Mapping[str, tuple[str, ...]]
    web: str
    provenance: Provenance
    line: int = 0


@dataclass(frozen=True, slots=True)
class Platform:
    id: str
    name: str
    actions: Mapping[str, PlatformAction]
    reviews: tuple[Reviewable, ...] = ()
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Responses:
    """Everything in ``responses/``."""

    languages: tuple[Language, ...]
    safe_word: str
    texts: Mapping[str, Texts]
    facts: Mapping[str, GuidanceFacts]
    countries: Mapping[str, Country]
    platforms: Mapping[str, Platform]
    worldwide: tuple[Service, ...]
    sources: Mapping[str, Mapping[str, str]]
    worldwide_reviews: tuple[Reviewable, ...] = ()
    lessons: Mapping[str, Lessons] = field(default_factory=dict)
    """Lesson cards and family sheets by language."""

    def language(self, code: str) -> Language | None:
        return next((item for item in self.languages if item.code == code), None)

    def reviews(self) -> Iterator[Reviewable]:
        """Every text that is reviewed as a whole."""
        for texts in self.texts.values():
            yield from texts.reviews
        for country in self.countries.values():
            yield from country.reviews
        for platform in self.platforms.values():
            yield from platform.reviews
        yield from self.worldwide_reviews
        for lessons in self.lessons.values():
            yield from lessons.reviews
