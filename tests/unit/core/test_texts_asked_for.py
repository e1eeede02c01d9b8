"""Any text the program asks for exists, and no text waits that nobody asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import time
from itertools import product
from pathlib import Path

from bot.chat.profile import presentations
from bot.content.model import Texts
from bot.content.phrasebook import Phrasebook
from bot.content.required import ALL_KEYS
from bot.core.case import CaseState, CaseView
from bot.core.contact import CHOICES, OPENINGS, SafeContact
from bot.core.dialogue import step
from bot.core.dialogue.classroom import tip
from bot.core.dialogue.everyday import HANDLERS
from bot.core.dialogue.flood import MOST
from bot.core.dialogue.guidance import TOPIC_INTENTS
from bot.core.dialogue.person import how_long, knock, nobody_came
from bot.core.effects import Audience, Phrase, Say, Services
from bot.core.events import AnyEvent, Commanded, InGroup, Media, Pressed, SentMedia
from bot.core.handout import Document
from bot.core.helplines import Helpline, Hours
from bot.core.reading import Reading
from bot.core.state import State
from bot.core.taxonomy import COUNTRIES, DANGER_FLAGS, ROLES, Priority
from bot.core.turn import fallback
from tests.unit.core.conftest import NOW, SaidMaker

ROOT = Path(__file__).parents[3]
COMMANDS = (
    "start",
    "menu",
    "language",
    "country",
    "role",
    "privacy",
    "case",
    "person",
    "help",
    "delete",
    "numbers",
    "exit",
    "tips",
    "weekly",
)
WEEKDAYS = {f"everyday.{day}" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
"""Opening hours may name any of them, whichever the directory names today."""

PAYLOADS = (
    *("/menu", "/numbers", "/human", "/who", "/something_else", "/change_language", "/change_country", "/x"),
    *(f'/safety{{"a":"{a}","n":"1"}}' for a in ("person", "info", "wrong", "safe", "unsafe")),
    *(
        '/inform{"country":"cr"}',
        '/inform{"country":"other"}',
        '/inform{"language":"es"}',
        '/delete{"a":"no"}',
    ),
    *(f'/inform{{"role":"{role}"}}' for role in ROLES),
    *(f'/part{{"i":"bullying/victim","p":"{part}"}}' for part in ("more", "say", "avoid", "first")),
    *(f'/contact{{"w":"{when}"}}' for when in CHOICES),
    *(f'/contact{{"s":"{words}"}}' for words in (*OPENINGS, "plain")),
    *("/contact_when", "/exit", '/knock{"a":"yes"}', '/knock{"a":"no"}'),
    *('/helped{"a":"yes"}', '/helped{"a":"no"}'),
    *('/platform{"i":"bullying/victim"}', '/topic{"t":"abuse"}'),
    *(
        f'/platform{{"i":"{intent}","p":"whatsapp"}}'
        for intents in TOPIC_INTENTS.values()
        for intent in intents
    ),
    *(
        f'/platform{{"i":"{intent}","p":"facebook"}}'
        for intents in TOPIC_INTENTS.values()
        for intent in intents
    ),
    *(
        f'/platform{{"i":"{intent}","p":"tiktok"}}'
        for intents in TOPIC_INTENTS.values()
        for intent in intents
    ),
    '/platform{"i":"parental_controls","p":"tiktok"}',
    *('/tips{"a":"6-9"}', '/lesson{"c":"bullying_6-9"}', '/lesson{"c":"bullying_6-9","d":"pdf"}'),
    *('/family{"t":"abuse"}', '/family{"t":"abuse","d":"pdf"}', '/ans{"i":"classroom_tips","a":"lesson"}'),
    *('/weekly{"a":"on"}', '/weekly{"a":"off"}'),
)


class Recorder(Phrasebook):
    """Keeps every key that was looked up."""

    asked: set[str]

    def find(self, language: str, key: str, get: Callable[[Texts], object | None]) -> object:
        self.asked.add(key)
        return super().find(language, key, get)


def _events(said: SaidMaker) -> Iterator[AnyEvent]:
    for intent in (*HANDLERS, "bullying/victim"):
        yield said("uno dos tres", intent)
        yield said("uno dos tres", intent, confidence=0.1)
    for flag in (*DANGER_FLAGS, "child_user", "human_requested"):
        yield said("uno dos tres", "bullying/victim", flags=(flag,))
    yield said("amparo")
    yield said("bullying, 10 min", "classroom_tips", entities={"topic": "bullying"})
    yield said("no", "deny")
    yield replace(said("uno dos tres", "bullying/victim"), reading=_several(said))
    yield replace(said("uno dos tres"), forwarded=True)
    yield from (Pressed(NOW, "es", payload=payload) for payload in PAYLOADS)
    yield from (Commanded(NOW, "es", name=name) for name in COMMANDS)
    yield from (SentMedia(NOW, "es", media=media) for media in Media)
    yield InGroup(NOW, "es")


def _several(said: SaidMaker) -> Reading | None:
    reading = said("uno dos tres", "bullying/victim").reading
    return None if reading is None else replace(reading, also=("identity_theft/scam",))


def _flooded() -> State:
    minute = int(NOW.timestamp()) // 60
    return State(language="es", flood_minute=minute, flood_count=MOST)


def _states() -> Iterator[State]:
    yield _flooded()
    yield State(language="es", topic="bullying/victim")
    cases = [None, CaseView("A", CaseState.NEW, Priority.URGENT, frozenset({"violence"}), 1, knocked=True)]
    cases += [
        replace(case, state=state)
        for case in cases
        if case
        for state in (CaseState.CLAIMED, CaseState.CLOSED)
    ]
    for case, duty, country, role in product(
        cases, (True, False), ("", "cr", "td"), ("", "child", "teacher")
    ):
        for misses, path, noted in ((0, "", False), (1, "urgent", False), (0, "urgent", True)):
            yield State(
                language="es",
                greeted=bool(misses),
                country=country,
                role=role,
                topic="bullying/victim" if misses else "",
                misses=misses,
                path=path,
                path_flag="violence" if path else "",
                noted=noted,
                incident=1 if case else 0,
                case=case,
                on_duty=duty,
                contact=SafeContact("any"),
                helplines=(Helpline(1, "one", "One", hours=Hours({0: ((time(8), time(16)),)})),),
                weekly=bool(misses),
            )


def test_texts_asked_for_are_those_required(book: Phrasebook, said: SaidMaker) -> None:
    recorder = Recorder(book.responses)
    recorder.asked = set()
    for state, event in product(_states(), list(_events(said))):
        after, effects = step(state, event, recorder)
        for effect in effects:
            if isinstance(effect, Say):
                recorder.render(effect, after.audience, NOW)
    for country in COUNTRIES:
        kinds = tuple({service.kind for service in book.responses.countries[country].services})
        recorder.render(Say((Services(kinds, 9),)), Audience("es", country), NOW)
    recorder.render(
        Say((Phrase("safety.back_at", {"when": f"time:{NOW.isoformat()}"}),)), Audience("es", "cr"), NOW
    )
    fallback(recorder, "es", NOW)
    presentations(recorder, NOW)
    for effect in step(State(language="es", wipes=False), Commanded(NOW, "es", name="exit"), recorder)[1]:
        if isinstance(effect, Say):
            recorder.render(effect, Audience("es"), NOW)
    for minutes in (90, 300):
        slow = Helpline(1, "one", "One", waits={Priority.URGENT: (minutes,) * 24})
        waiting = State(language="es", helplines=(slow,), on_duty=True, moment=NOW)
        recorder.render(Say(tuple(how_long(waiting, Priority.URGENT))), Audience("es"), NOW)
    recorder.render(knock(OPENINGS[0]), Audience("es"), NOW)
    recorder.render(nobody_came("cr"), Audience("es", "cr"), NOW)
    recorder.render(tip(recorder.lesson_cards("es")[0]), Audience("es"), NOW)
    for document, country in product(("bullying_6-9", "family_abuse"), ("", "cr")):
        recorder.handout(Document(document, "es", country), NOW)
    files = ("everyday.", "safety.", "buttons.", "lessons.")
    asked = {key for key in recorder.asked if key.startswith(files)}
    # The notices that staff's work sends, asked for by the helpline.
    helpline = "\n".join(path.read_text("utf-8") for path in (ROOT / "bot" / "helpline").glob("*.py"))
    notices = r'"(?:everyday\.)?(staff_joined|staff_left|staff_released|staff_signature)"'
    asked |= {f"everyday.{name}" for name in re.findall(notices, helpline)}
    assert asked - ALL_KEYS == set()
    assert ALL_KEYS - asked - WEEKDAYS == set()
