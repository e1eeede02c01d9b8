"""Cards and sheets as they are read: in the chat as Telegram HTML, on paper as a `Handout`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from bot.content import directory
from bot.content.lesson_model import FamilySheet, Lesson, Lessons
from bot.content.markup import escape, from_content, strip
from bot.content.model import Responses, Service
from bot.core.effects import Audience
from bot.core.handout import FAMILY, Document, Handout, HelpLine, Section, StepLine
from bot.core.lessons import AGE_BANDS, CardFacts
from bot.core.taxonomy import GUIDANCE_TOPICS
from bot.errors import ContentError

Found = TypeVar("Found")
Words = Callable[..., str]
"""``words(key, **params)``: a phrase as Telegram HTML; the key as the dialogue names it."""

HELP_KINDS = (("child_helpline", 2), ("emergency", 1), ("child_protection", 1))
"""Kinds of service on a sheet, and how many of each at most."""


class LessonPages:
    """Lesson material for one audience on one day."""

    def __init__(
        self,
        responses: Responses,
        codes: Sequence[str],
        audience: Audience,
        today: date,
        words: Words,
    ) -> None:
        self._responses = responses
        self._codes = codes
        self._audience = audience
        self._today = today
        self._words = words

    def part(self, part: str, name: str) -> list[str]:
        """The paragraphs of a `LessonText`."""
        match part:
            case "card":
                return self.card(name)
            case "more":
                return self.more(name)
            case "sheet":
                return self.sheet(name)
            case _:
                return self.tip(name)

    def card(self, name: str) -> list[str]:
        """The first message of a card: enough to teach from."""
        card = self._card(name)
        return [
            f"<b>{from_content(card.title)}</b>\n{self._head(card)}{self._draft(card.reviewed)}",
            "\n".join(
                [
                    self._line("goal", card.goal),
                    self._line("group", card.group),
                    self._line("materials", "; ".join(card.materials)),
                ]
            ),
            self._list("before", card.before),
            self._list("steps", (self._step(card, at) for at in range(len(card.steps))), numbered=True),
            self._list("questions", card.questions),
            f"{self._line('key_message', card.key_message)}\n{self._line('check', card.check)}",
            self._list("safeguarding", card.safeguarding),
        ]

    def more(self, name: str) -> list[str]:
        """The second message of a card."""
        card = self._card(name)
        return [
            f"<b>{from_content(card.title)}</b>",
            self._line("closing", card.closing),
            self._list("do_not", card.do_not),
            self._line("big_class", card.big_class),
            self._list("adaptations", card.adaptations),
            self._line("follow_up", card.follow_up),
            self._line("family", card.family),
        ]

    def sheet(self, topic: str) -> list[str]:
        """A family sheet, to be forwarded as it is, with whom to call."""
        sheet = self._sheet(topic)
        found = self._services()
        return [
            f"<b>{from_content(sheet.title)}</b>\n{from_content(sheet.intro)}{self._draft(sheet.reviewed)}",
            self._list("sheet_do", sheet.do),
            self._list("sheet_say", (self._quote(line) for line in sheet.say)),
            self._list("sheet_avoid", sheet.avoid),
            self._list("sheet_if", map(from_content, sheet.if_it_happens), numbered=True),
            self._list("sheet_agree", sheet.agree),
            from_content(sheet.closing),
            "\n".join([f"<b>{self._help_heading()}</b>", *map(self._call, found)]),
        ]

    def tip(self, name: str) -> list[str]:
        """The idea of the week that belongs to a card."""
        return [f"<b>{self._say('weekly_heading')}</b>", from_content(self._card(name).tip)]

    def listed(self, names: Iterable[str]) -> list[str]:
        """Cards to choose from, one a line."""
        cards = [self._card(name) for name in names]
        return ["\n".join(f"• <b>{from_content(card.title)}</b>\n  {self._head(card)}" for card in cards)]

    def title(self, name: str) -> str:
        """The title of a card, as a button shows it."""
        return self._card(name).title

    def handout(self, document: Document) -> Handout:
        """A card or a sheet for paper. Raises `ContentError` where there is none of that name."""
        if document.name.startswith(FAMILY):
            return self._sheet_page(self._sheet(document.name.removeprefix(FAMILY)))
        return self._card_page(self._card(document.name))

    def _card_page(self, card: Lesson) -> Handout:
        ages = self._plain("ages", ages=card.ages)
        minutes = self._plain("step_minutes", minutes=str(card.minutes))
        return self._page(
            title=strip(card.title),
            topic=card.topic,
            facts=(ages, minutes),
            lead=(
                self._section("goal", [card.goal]),
                self._section("group", [card.group]),
                self._section("materials", card.materials, "list"),
            ),
            before=self._section("before", card.before, "ticks"),
            steps=tuple(
                StepLine(
                    self._plain("step_minutes", minutes=str(step.minutes)),
                    strip(step.do),
                    strip(self._quote(step.say)) if step.say else "",
                )
                for step in card.steps
            ),
            middle=(
                self._section("questions", card.questions, "numbers"),
                self._section("check", [card.check]),
                self._section("closing", [card.closing]),
            ),
            key=self._section("key_message", [card.key_message]),
            guard=self._section("safeguarding", card.safeguarding, "list"),
            last=(
                self._section("do_not", card.do_not, "list"),
                self._section("big_class", [card.big_class]),
                self._section("adaptations", card.adaptations, "list"),
                self._section("follow_up", [card.follow_up]),
            ),
            tear_off=self._section("family", [card.family]),
            reviewed=card.reviewed,
            version=card.version,
            sources=card.sources,
        )

    def _sheet_page(self, sheet: FamilySheet) -> Handout:
        return self._page(
            title=strip(sheet.title),
            topic=sheet.topic,
            facts=(self._plain("sheet_head"),),
            lead=(Section("", (strip(sheet.intro),)),),
            before=None,
            steps=(),
            middle=(
                self._section("sheet_do", sheet.do, "ticks"),
                self._section("sheet_avoid", sheet.avoid, "list"),
                self._section("sheet_say", [self._quote(line) for line in sheet.say], "quotes"),
                self._section("sheet_agree", sheet.agree, "ticks"),
            ),
            key=Section("", (strip(sheet.closing),)),
            guard=self._section("sheet_if", sheet.if_it_happens, "numbers"),
            last=(),
            tear_off=None,
            reviewed=sheet.reviewed,
            version=sheet.version,
            sources=sheet.sources,
        )

    def _page(
        self, *, topic: str, reviewed: bool, version: str, sources: tuple[str, ...], **parts: object
    ) -> Handout:
        found = self._services()
        checked = min((s.provenance.checked for s in found if s.provenance.checked), default=None)
        titles = [self._responses.sources[name]["title"] for name in sources]
        page = self._plain("page", page="\ue000", pages="\ue001")
        return Handout(
            language=self._audience.language,
            topic=strip(self._words(f"buttons.topic_{topic}")),
            steps_heading=self._plain("steps"),
            help_heading=strip(self._help_heading()),
            help=tuple(map(self._help_line, found)),
            help_checked="" if checked is None else self._plain("help_checked", date=checked.isoformat()),
            draft="" if reviewed else self._plain("draft"),
            made_with=self._plain("made_with"),
            sources=f"{self._plain('sources')}: {' · '.join(titles)}",
            version=version,
            page=page.replace("\ue000", "{page}").replace("\ue001", "{pages}"),
            **parts,  # type: ignore[arg-type]
        )

    def _services(self) -> list[Service]:
        country = self._responses.countries.get(self._audience.country)
        found: dict[str, Service] = {}
        for kind, most in HELP_KINDS:
            for service in directory.pick(country, (kind,), most, self._today):
                found.setdefault(service.number or service.web, service)
        return list(found.values()) or directory.worldwide(self._responses, (), self._today)

    def _help_heading(self) -> str:
        country = self._audience.country
        if country not in self._responses.countries:
            return self._say("help_heading_unknown")
        return self._say("help_heading", country=f"country:{country}")

    def _help_line(self, service: Service) -> HelpLine:
        """The number as dialled, or the address; then whose it is, with hours, cost and doubt."""
        first, *rest = directory.describe(
            service, self._audience.language, tuple(self._codes[1:]), self._everyday
        ).split("\n")
        number = service.number or service.whatsapp or service.web
        head = strip(first)
        name = "" if head == number else head.removeprefix(f"{number} · ")
        shown = (number, name, service.web if service.number else "")
        details = [strip(line) for line in rest if strip(line) not in shown]
        return HelpLine(number, name, "\n".join(details))

    def _call(self, service: Service) -> str:
        """A service in one line, for a message that is forwarded."""
        line = self._help_line(service)
        whose = line.name or line.details.partition("\n")[0]
        return f"<b>{escape(line.number)}</b>" + (f" · {escape(whose)}" if whose else "")

    def _everyday(self, key: str, **params: str) -> str:
        return self._words(f"everyday.{key}", **params)

    def _card(self, name: str) -> Lesson:
        return self._first(lambda lessons: lessons.cards.get(name), name)

    def _sheet(self, topic: str) -> FamilySheet:
        return self._first(lambda lessons: lessons.sheets.get(topic), topic)

    def _first(self, get: Callable[[Lessons], Found | None], name: str) -> Found:
        for code in self._codes:
            lessons = self._responses.lessons.get(code)
            found = None if lessons is None else get(lessons)
            if found is not None:
                return found
        raise ContentError(f"there is no lesson “{name}” in any language")

    def _head(self, card: Lesson) -> str:
        return self._say("card_head", ages=card.ages, minutes=str(card.minutes))

    def _draft(self, reviewed: bool) -> str:
        return "" if reviewed else f"\n<i>{self._say('draft')}</i>"

    def _step(self, card: Lesson, at: int) -> str:
        step = card.steps[at]
        minutes = self._say("step_minutes", minutes=str(step.minutes))
        said = f"\n<i>{from_content(self._quote(step.say))}</i>" if step.say else ""
        return f"<b>{minutes}</b> {from_content(step.do)}{said}"

    def _quote(self, text: str) -> str:
        return self._plain("quote", text=text)

    def _line(self, key: str, text: str) -> str:
        heading = self._say(key)
        stop = "" if heading.endswith("?") else ":"
        return f"<b>{heading}{stop}</b> {from_content(text)}"

    def _list(self, key: str, lines: Iterable[str], *, numbered: bool = False) -> str:
        """A heading with its lines; numbered lines are HTML already, others are texts of a file."""
        marked = (
            f"{at}. {line}" if numbered else f"• {from_content(line)}" for at, line in enumerate(lines, 1)
        )
        return "\n".join([f"<b>{self._say(key)}</b>", *marked])

    def _section(self, key: str, lines: Iterable[str], style: str = "text") -> Section:
        return Section(self._plain(key), tuple(strip(line) for line in lines), style)

    def _say(self, key: str, **params: str) -> str:
        return self._words(f"lessons.{key}", **params)

    def _plain(self, key: str, **params: str) -> str:
        return strip(self._say(key, **params))


def card_facts(lessons: Mapping[str, Lessons], codes: Sequence[str]) -> tuple[CardFacts, ...]:
    """The cards that can be shown to readers of the first code, by topic and age."""
    names = [f"{topic}_{ages}" for topic in GUIDANCE_TOPICS for ages in AGE_BANDS]
    known = [lessons[code].cards for code in codes if code in lessons]
    first = (next((cards[name] for cards in known if name in cards), None) for name in names)
    return tuple(card.facts for card in first if card is not None)
