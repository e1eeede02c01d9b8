"""While somebody of the staff has the chat the bot steps back, and what protects stays in reach."""

from __future__ import annotations

import pytest

from bot.content.phrasebook import Phrasebook
from bot.core.case import CaseState
from bot.core.contact import SafeContact
from bot.core.dialogue import step
from bot.core.effects import ConfirmCase, Effect, OpenCase, Phrase, RaiseCase, Say, Weekly, Wipe
from bot.core.events import Commanded
from bot.core.state import State
from tests.unit.core.conftest import NOW
from tests.unit.core.test_dialogue import case, keys, of, pressed

HELD = State(
    language="es",
    topic="bullying/victim",
    greeted=True,
    weekly=True,
    path="urgent",
    path_flag="violence",
    incident=1,
    case=case(CaseState.CLAIMED, "violence"),
    on_duty=True,
    contact=SafeContact("any"),
)

ORDINARY = [
    "/menu",
    '/topic{"t":"abuse"}',
    "/bullying/victim",
    '/part{"i":"bullying/victim","p":"more"}',
    '/who{"i":"bullying/victim"}',
    '/platform{"i":"bullying/victim"}',
    '/ans{"i":"bullying/victim","a":"calm"}',
    "/tips",
    '/lesson{"c":"bullying_6-9"}',
    '/family{"t":"abuse"}',
    "/weekly",
    '/helped{"a":"no"}',
    "/something_else",
    "/human",
    "nonsense",
]


def told_who_is_there(effects: tuple[Effect, ...]) -> bool:
    """One message, which says who is there and offers nothing but the numbers."""
    (message,) = of(effects, Say)
    names = [b.params.get("staff") for b in message.blocks if isinstance(b, Phrase)]
    payloads = [button.payload for row in message.buttons for button in row]
    return keys(effects) == ["everyday.person_here"] and names == ["Ana"] and payloads == ["/numbers"]


@pytest.mark.parametrize("payload", ORDINARY)
def test_an_ordinary_button_is_not_answered_over_the_counsellor(payload: str, book: Phrasebook) -> None:
    after, effects = step(HELD, pressed(payload), book)
    assert told_who_is_there(effects)
    assert (after.topic, after.path) == (HELD.topic, HELD.path)


@pytest.mark.parametrize("name", ["menu", "start", "tips", "weekly", "role", "person", "nothing"])
def test_neither_is_an_ordinary_command(name: str, book: Phrasebook) -> None:
    assert told_who_is_there(step(HELD, Commanded(NOW, "es", name=name), book)[1])


def test_numbers_privacy_leaving_and_erasing_stay(book: Phrasebook) -> None:
    assert "safety.safe_word_shown" in keys(step(HELD, pressed("/numbers"), book)[1])
    assert "everyday.privacy" in keys(step(HELD, pressed("/privacy"), book)[1])
    assert of(step(HELD, pressed("/exit"), book)[1], Wipe) == [Wipe()]
    assert "everyday.delete_why" in keys(step(HELD, pressed('/delete{"a":"yes"}'), book)[1])
    assert of(step(HELD, pressed('/weekly{"a":"off"}'), book)[1], Weekly) == [Weekly(False)]
    for payload in ("/privacy", "/case_status", "/help"):
        (message,) = of(step(HELD, pressed(payload), book)[1], Say)
        assert "/menu" not in [button.payload for row in message.buttons for button in row]


def test_a_tap_that_tells_of_danger_is_answered_and_raises_the_case(book: Phrasebook) -> None:
    answers = book.guidance_answers("bullying/victim")
    grave = next(item["id"] for item in answers if item["goes"] == "danger" and item["flag"] == "self_harm")
    _, effects = step(HELD, pressed(f'/ans{{"i":"bullying/victim","a":"{grave}"}}'), book)
    assert of(effects, RaiseCase) + of(effects, OpenCase)
    assert "everyday.person_here" not in keys(effects)


def test_the_country_is_noted_with_its_numbers_and_no_topic(book: Phrasebook) -> None:
    after, effects = step(HELD, pressed('/inform{"country":"cr"}'), book)
    assert after.country == "cr"
    assert "safety.call_now" in keys(effects)
    assert all(
        not button.payload.startswith("/part") for e in of(effects, Say) for r in e.buttons for button in r
    )


def test_role_and_language_are_noted(book: Phrasebook) -> None:
    after, effects = step(HELD, pressed('/inform{"role":"teacher"}'), book)
    assert after.role == "teacher"
    assert told_who_is_there(effects)
    after, effects = step(HELD, pressed('/inform{"language":"fr"}'), book)
    assert (after.language, after.language_chosen) == ("fr", True)
    assert keys(effects) == ["everyday.language_set", "everyday.person_here"]


def test_who_wants_only_information_is_not_taken_from_the_counsellor(book: Phrasebook) -> None:
    after, effects = step(HELD, pressed('/safety{"a":"info","n":"1"}'), book)
    assert of(effects, ConfirmCase) == [ConfirmCase("information")]
    assert keys(effects) == ["everyday.person_here"]
    assert after.path == "urgent"


def test_a_link_presets_the_country_without_a_welcome(book: Phrasebook) -> None:
    event = Commanded(NOW, "es", name="start", argument="cr_teacher")
    after, effects = step(HELD, event, book)
    assert (after.country, after.role) == ("cr", "teacher")
    assert told_who_is_there(effects)
