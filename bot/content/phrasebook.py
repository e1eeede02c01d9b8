"""Turns blocks into words: the only place where a sentence reaches a person from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bot.content import directory
from bot.content.lesson_page import LessonPages, card_facts
from bot.content.markup import MAX_LENGTH, escape, from_content, length, strip
from bot.content.model import GuidanceText, Responses, SafetyText, Texts
from bot.content.required import SAFETY_KEYS
from bot.content.review import REVIEWED
from bot.core.dialogue.commands import COMMANDS
from bot.core.effects import (
    Audience,
    Block,
    Button,
    CommandList,
    Guidance,
    LessonList,
    LessonText,
    Message,
    Part,
    Phrase,
    PlatformHelp,
    RenderedButton,
    Safety,
    SafetyPart,
    Say,
    Services,
)
from bot.core.handout import Document, Handout
from bot.core.lessons import CardFacts
from bot.core.taxonomy import DANGER_FLAGS, LANGUAGES, ROLES
from bot.errors import ContentError

_SLOT = re.compile(r"\{([a-z_]+)\}")
_KIN = {"pt": "es", "gl": "es", "ca": "es", "wo": "fr", "ln": "fr", "lg": "sw"}
"""Where a client's language is not ours: one that its speakers most often read too."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Missed = Callable[[str, str, str], None]
"""Called with key, language wanted and language found, so that tests see an unexpected fallback."""


class Phrasebook:
    """A `Renderer` over ``responses/``."""

    def __init__(
        self, responses: Responses, missed: Missed | None = None, today: Callable[[], date] | None = None
    ) -> None:
        """``today`` lets `has_service` leave out what is too old to be shown."""
        self._responses = responses
        self._missed = missed
        self._today = today
        self._offered = tuple(item.code for item in responses.languages if self._complete(item.code))
        if not self._offered:
            raise ContentError("no language has complete safety texts, so none can be offered")

    # ContentFacts

    def safe_word(self) -> str:
        return self._responses.safe_word

    def draft(self, language: str) -> bool:
        texts = self._responses.texts.get(language)
        if texts is None:
            return True
        return any(item.review.state != REVIEWED for item in texts.reviews)

    def offered_languages(self) -> tuple[str, ...]:
        return self._offered

    def closest_language(self, code: str) -> str:
        short = code.lower().replace("_", "-").split("-")[0]
        short = _KIN.get(short, short)
        wanted = [short, *self._fallback(short), "en"]
        return next((item for item in wanted if item in self._offered), self._offered[0])

    def guidance_answers(self, intent: str) -> Sequence[Mapping[str, str]]:
        facts = self._responses.facts.get(intent)
        return facts.answers if facts else ()

    def guidance_facts(self, intent: str) -> Mapping[str, tuple[str, ...]]:
        facts = self._responses.facts.get(intent)
        if facts is None:
            return {"contacts": (), "services": (), "platform": (), "related": ()}
        return {
            "contacts": facts.contacts,
            "services": facts.services,
            "platform": facts.platform,
            "related": facts.related,
        }

    def platforms(self, actions: Sequence[str]) -> tuple[str, ...]:
        wanted = set(actions)
        return tuple(key for key, item in self._responses.platforms.items() if wanted & set(item.actions))

    def has_service(self, country: str, kind: str) -> bool:
        item = self._responses.countries.get(country)
        if item is None:
            return False
        fitting = (s for s in item.services if s.kind == kind)
        return any(self._today is None or directory.showable(s.provenance, self._today()) for s in fitting)

    def timezone(self, country: str) -> ZoneInfo | None:
        item = self._responses.countries.get(country)
        return ZoneInfo(item.timezone) if item else None

    def lesson_cards(self, language: str) -> tuple[CardFacts, ...]:
        return card_facts(self._responses.lessons, (language, *self._fallback(language)))

    # Renderer

    def render(self, say: Say, audience: Audience, now: datetime) -> tuple[Message, ...]:
        """The message in words; more than one where Telegram's 4096 characters do not hold it."""
        page = _Page(self, audience, now)
        paragraphs = [text for block in say.blocks for text in page.words(block) if text]
        texts = _fit(paragraphs)
        buttons = tuple(tuple(page.button(item) for item in row) for row in say.buttons)
        document = Document(say.document, audience.language, audience.country) if say.document else None
        return (*(Message(text) for text in texts[:-1]), Message(texts[-1], buttons, document))

    def handout(self, document: Document, now: datetime) -> Handout:
        """What stands on a printed page. Raises `ContentError` where there is none of that name."""
        audience = Audience(document.language, document.country)
        return _Page(self, audience, now).lessons.handout(document)

    @property
    def responses(self) -> Responses:
        return self._responses

    def find(self, language: str, key: str, get: Callable[[Texts], object | None]) -> object:
        """``get`` of the first language that has it: the wanted one, then its fallbacks."""
        for code in (language, *self._fallback(language), *self._offered):
            texts = self._responses.texts.get(code)
            found = None if texts is None else get(texts)
            if found is not None:
                if code != language and self._missed is not None:
                    self._missed(key, language, code)
                return found
        raise ContentError(f"the text “{key}” exists in no language")

    def fallback(self, language: str) -> tuple[str, ...]:
        """The languages tried where a text is missing in this one."""
        return self._fallback(language)

    def _fallback(self, language: str) -> tuple[str, ...]:
        item = self._responses.language(language)
        return item.fallback if item else ()

    def _complete(self, code: str) -> bool:
        texts = self._responses.texts.get(code)
        if texts is None or code not in LANGUAGES:
            return False
        flags = all(
            flag in texts.safety and set(texts.safety[flag].roles) == set(ROLES) for flag in DANGER_FLAGS
        )
        return flags and set(texts.phrases) >= SAFETY_KEYS


class _Page:
    """Words for one audience at one moment."""

    def __init__(self, book: Phrasebook, audience: Audience, now: datetime) -> None:
        self._book = book
        self._audience = audience
        self._now = now
        self._today = now.date()

    def words(self, block: Block) -> list[str]:
        """The paragraphs of a block as Telegram HTML."""
        match block:
            case Phrase():
                return [self.phrase(block.key, block.params)]
            case Guidance():
                return self._guidance(block)
            case Safety():
                return self._safety(block)
            case Services():
                return self._services(block)
            case PlatformHelp():
                return self._platform(block)
            case CommandList():
                listed = (f"/{name} {self.phrase(f'everyday.cmd_{name}', {})}" for name in COMMANDS)
                return ["\n".join(listed)]
            case LessonText():
                return self.lessons.part(block.part, block.name)
            case LessonList():
                return self.lessons.listed(block.names)

    @property
    def lessons(self) -> LessonPages:
        """Lesson cards and sheets for this audience."""
        codes = (self._audience.language, *self._book.fallback(self._audience.language))
        return LessonPages(self._book.responses, codes, self._audience, self._today, self._lesson_words)

    def _lesson_words(self, key: str, **params: str) -> str:
        return self.phrase(key, params)

    def phrase(self, key: str, params: Mapping[str, str]) -> str:
        found = self._book.find(self._audience.language, key, lambda texts: texts.phrases.get(key))
        text = from_content(found.for_role(self._audience.role))  # type: ignore[attr-defined]
        values = {name: escape(self._name(value)) for name, value in params.items()}
        values.setdefault("safe_word", self._book.responses.safe_word)
        return _SLOT.sub(lambda match: values.get(match.group(1), ""), text)

    def button(self, item: Button) -> RenderedButton:
        return RenderedButton(self._label(item.label), item.payload)

    def _label(self, label: str) -> str:
        if label.startswith("answer:"):
            _, intent, answer = label.split(":")
            return self._guidance_text(intent).answers.get(answer, answer)
        if ":" in label:
            return self._name(label)
        found = self._book.find(self._audience.language, label, lambda texts: texts.phrases.get(label))
        return str(found.for_role(self._audience.role))  # type: ignore[attr-defined]

    def _name(self, value: str) -> str:
        """``country:cr`` as the country's name in the person's language; other values as they are."""
        kind, _, key = value.partition(":")
        responses = self._book.responses
        if kind == "country" and key in responses.countries:
            names = responses.countries[key].name
            language = self._audience.language
            codes = (language, *self._book.fallback(language), "en")
            return next((names[code] for code in codes if code in names), key)
        if kind == "time":
            return self._hour(key)
        if kind == "now":
            return f"{self._now.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        if kind == "language":
            item = responses.language(key)
            return item.name if item else key
        if kind == "platform" and key in responses.platforms:
            return responses.platforms[key].name
        if kind == "lesson":
            return self.lessons.title(key)
        if kind == "ages":
            return strip(self.phrase("lessons.ages", {"ages": key}))
        if kind == "topic":
            found = self._book.find(self._audience.language, value, lambda texts: texts.guidance.get(key))
            return str(found.title)  # type: ignore[attr-defined]
        return value

    def _hour(self, moment: str) -> str:
        """Weekday and hour in the person's country, or in UTC where it is not known."""
        zone = self._book.timezone(self._audience.country)
        local = datetime.fromisoformat(moment).astimezone(zone or UTC)
        day = self.phrase(f"everyday.{_WEEKDAYS[local.weekday()]}", {})
        return f"{day} {local:%H:%M}" if zone else f"{day} {local:%H:%M} UTC"

    def _guidance_text(self, intent: str) -> GuidanceText:
        found = self._book.find(self._audience.language, intent, lambda texts: texts.guidance.get(intent))
        roles: Mapping[str, GuidanceText] = found.roles  # type: ignore[attr-defined]
        return roles.get(self._audience.role) or roles["parent"]

    def _guidance(self, block: Guidance) -> list[str]:
        text = self._guidance_text(block.intent)
        match block.part:
            case Part.FIRST:
                title = escape(self._name(f"topic:{block.intent}"))
                return [f"<b>{title}</b>\n{from_content(text.acknowledge)}", _numbered(text.steps)]
            case Part.QUESTION:
                return [f"<b>{from_content(text.question)}</b>"]
            case Part.MORE:
                return [_listed(text.more)]
            case Part.SAY:
                return [_listed(text.say)]
            case Part.AVOID:
                return [_listed(text.avoid)]

    def _safety(self, block: Safety) -> list[str]:
        found = self._book.find(
            self._audience.language, f"safety:{block.flag}", lambda texts: texts.safety.get(block.flag)
        )
        roles: Mapping[str, SafetyText] = found.roles  # type: ignore[attr-defined]
        text = roles.get(self._audience.role) or roles["parent"]
        match block.part:
            case SafetyPart.ACKNOWLEDGE:
                return [from_content(text.acknowledge)]
            case SafetyPart.STEPS:
                return [_numbered(text.steps)]
            case SafetyPart.QUESTION:
                return [f"<b>{from_content(text.question)}</b>"] if text.question else []

    def _services(self, block: Services) -> list[str]:
        responses = self._book.responses
        country = responses.countries.get(self._audience.country)
        at = self._now.astimezone(ZoneInfo(country.timezone)) if country and block.open_now else None
        found = directory.pick(
            country, block.kinds, block.limit, self._today, always=block.always, open_at=at
        )
        wanted = block.worldwide
        if not found and block.kinds and "emergency" not in block.kinds:
            found = directory.pick(country, ("emergency",), 1, self._today)
        if "child_helpline" in block.kinds and not directory.has_kind(country, "child_helpline", self._today):
            wanted = wanted or directory.WORLDWIDE[:1]  # a website against crime is nobody to talk to
        extra = directory.worldwide(responses, wanted, self._today) if wanted or not found else []
        language = self._audience.language
        fallback = self._book.fallback(language)
        here = [
            directory.describe(item, language, fallback, self._everyday, when=block.open_now)
            for item in found
        ]
        return [*here, *(directory.describe(item, language, fallback, self._everyday) for item in extra)]

    def _platform(self, block: PlatformHelp) -> list[str]:
        platform = self._book.responses.platforms.get(block.platform)
        if platform is None:
            return []
        found = []
        for action in block.actions:
            item = platform.actions.get(action)
            if item is None or not directory.showable(item.provenance, self._today):
                continue
            steps = self._steps(item.steps)
            if steps:
                heading = self.phrase(f"buttons.action_{action}", {})
                web = f"\n{escape(item.web)}" if item.web else ""
                found.append(f"<b>{heading}</b>\n{_numbered(steps)}{web}")
        return found

    def _steps(self, steps: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        language = self._audience.language
        codes = (language, *self._book.fallback(language), "en")
        return next((steps[code] for code in codes if steps.get(code)), ())

    def _everyday(self, key: str, **params: str) -> str:
        return self.phrase(f"everyday.{key}", params)


def _numbered(steps: Iterable[str]) -> str:
    return "\n".join(f"{number}. {from_content(step)}" for number, step in enumerate(steps, 1))


def _listed(items: Iterable[str]) -> str:
    return "\n".join(f"• {from_content(item)}" for item in items)


def _fit(paragraphs: Sequence[str]) -> list[str]:
    """Paragraphs joined into as few messages as Telegram's limit allows."""
    texts: list[str] = []
    for paragraph in paragraphs or ("…",):
        joined = f"{texts[-1]}\n\n{paragraph}" if texts else paragraph
        if texts and length(joined) <= MAX_LENGTH:
            texts[-1] = joined
        else:
            texts.append(paragraph)
    return texts
