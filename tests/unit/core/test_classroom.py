"""Lessons by topic, age and minutes; sheets to forward; a tip a week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.phrasebook import Phrasebook
from bot.core.dialogue import step
from bot.core.dialogue.classroom import Query, query_of
from bot.core.effects import Effect, LessonList, LessonText, Say, Weekly
from bot.core.events import Commanded, Pressed
from bot.core.lessons import band_of, in_school_hours, next_tip, tip_after, tip_card
from bot.core.state import State
from tests.unit.core.conftest import NOW, SaidMaker

TEACHER = State(language="es", role="teacher", role_chosen=True, country="cr", greeted=True)
FIRST = datetime(2026, 1, 1)  # noqa: DTZ001 - Hypothesis adds the zone
LAST = datetime(2030, 1, 1)  # noqa: DTZ001
ASUNCION = ZoneInfo("America/Asuncion")


def shown(effects: tuple[Effect, ...]) -> list[str]:
    """The lessons in effects: ``card:…`` where one is shown, names where a choice is offered."""
    found: list[str] = []
    for block in (block for effect in effects if isinstance(effect, Say) for block in effect.blocks):
        if isinstance(block, LessonText):
            found.append(f"{block.part}:{block.name}")
        if isinstance(block, LessonList):
            found += block.names
    return found


@pytest.mark.parametrize(
    ("text", "entities", "query"),
    [
        ("actividad sobre ciberacoso", {"topic": "bullying"}, Query("bullying")),
        ("clase para quinto grado", {"grade": "10"}, Query("", "10-12")),
        ("mis alumnos tienen 14 años, 40 minutos", {"age": "14"}, Query("", "13-15", 40)),
        ("lesson about scams, 30 min", {"topic": "identity_theft"}, Query("identity_theft", "", 30)),
        ("somo la dakika 15", {}, Query("", "", 15)),
        ("isomo ry'iminota 45", {}, Query("", "", 45)),
        ("hace 100 minutos", {}, Query()),  # three digits are no lesson
        ("una actividad", {"age": "unknown"}, Query()),
    ],
)
def test_what_was_asked_for(text: str, entities: dict[str, str], query: Query, said: SaidMaker) -> None:
    reading = said(text, "classroom_tips", entities=entities).reading
    assert reading is not None
    assert query_of(reading) == query


def test_topic_and_grade_bring_the_one_card(book: Phrasebook, said: SaidMaker) -> None:
    event = said("actividad de quinto", "classroom_tips", entities={"topic": "bullying", "grade": "10"})
    _, effects = step(TEACHER, event, book)
    assert shown(effects) == ["card:bullying_10-12", "more:bullying_10-12"]


def test_a_lesson_is_found_though_the_intent_is_the_topics_own(book: Phrasebook, said: SaidMaker) -> None:
    entities = {"lesson": "lesson", "grade": "15"}
    _, effects = step(TEACHER, said("a lesson on scams", "identity_theft/scam", entities=entities), book)
    assert shown(effects)[0] == "card:identity_theft_13-15"


def test_a_short_message_after_a_lesson_goes_on_with_lessons(book: Phrasebook, said: SaidMaker) -> None:
    after, _ = step(TEACHER, Pressed(NOW, "es", payload='/lesson{"c":"bullying_6-9"}'), book)
    event = said("y para 14 años", "out_of_scope", confidence=0.3, entities={"age": "14"})
    assert [name.rpartition("_")[2] for name in shown(step(after, event, book)[1])] == ["13-15"] * 4
    assert not shown(step(TEACHER, event, book)[1])  # outside of it an age is no wish for a lesson


def test_only_the_age_brings_a_choice_of_all_topics(book: Phrasebook, said: SaidMaker) -> None:
    _, effects = step(TEACHER, said("algo para 7 años", "classroom_tips", entities={"age": "7"}), book)
    assert [name.rpartition("_")[2] for name in shown(effects)] == ["6-9"] * 4


def test_too_little_time_brings_the_nearest_and_says_so(book: Phrasebook, said: SaidMaker) -> None:
    entities = {"topic": "abuse", "age": "14"}
    after, effects = step(TEACHER, said("abuso, 14 años, 10 min", "classroom_tips", entities=entities), book)
    assert shown(effects) == ["abuse_13-15"]
    (message,) = (e for e in effects if isinstance(e, Say))
    assert "No tengo justo eso" in book.render(message, after.audience, NOW)[0].html


def test_danger_goes_before_lessons(book: Phrasebook, said: SaidMaker) -> None:
    event = said("clase de abuso", "classroom_tips", flags=("sexual_harm",), entities={"topic": "abuse"})
    state, effects = step(TEACHER, event, book)
    assert state.path == "urgent"
    assert not shown(effects)


def test_pdf_button_sends_the_document_of_the_persons_country(book: Phrasebook) -> None:
    press = Pressed(NOW, "es", payload='/lesson{"c":"bullying_6-9","d":"pdf"}')
    after, (effect,) = step(TEACHER, press, book)
    assert isinstance(effect, Say)
    (message,) = book.render(effect, after.audience, NOW)
    assert message.document is not None
    assert (message.document.name, message.document.country) == ("bullying_6-9", "cr")
    assert len(message.html) <= 1024  # a caption


@pytest.mark.parametrize(
    "payload",
    [
        '/lesson{"c":"../etc/passwd","d":"pdf"}',
        '/lesson{"c":"family_abuse","d":"pdf"}',
        '/family{"t":"other","d":"pdf"}',
        '/tips{"t":"other"}',
        '/tips{"a":"7-9"}',
        "/lesson",
        "/family",
    ],
)
def test_a_payload_of_nobodys_making_sends_no_document(payload: str, book: Phrasebook) -> None:
    _, effects = step(TEACHER, Pressed(NOW, "es", payload=payload), book)
    assert all(isinstance(effect, Say) and not effect.document for effect in effects)
    assert not shown(effects)


def test_family_sheet_is_a_message_of_its_own(book: Phrasebook) -> None:
    _, effects = step(TEACHER, Pressed(NOW, "es", payload='/family{"t":"abuse"}'), book)
    sheet = effects[0]
    assert isinstance(sheet, Say)
    assert not sheet.buttons
    (message,) = book.render(sheet, TEACHER.audience, NOW)
    assert "1147" in message.html  # the helpline of Costa Rica


def test_weekly_begins_and_ends_by_tap(book: Phrasebook) -> None:
    asked, effects = step(TEACHER, Commanded(NOW, "es", name="weekly"), book)
    assert not any(isinstance(effect, Weekly) for effect in effects)
    on, effects = step(asked, Pressed(NOW, "es", payload='/weekly{"a":"on"}'), book)
    assert (on.weekly, Weekly(True) in effects) == (True, True)
    off, effects = step(on, Pressed(NOW, "es", payload='/weekly{"a":"off"}'), book)
    assert (off.weekly, Weekly(False) in effects) == (False, True)


@pytest.mark.parametrize(
    ("age", "band"), [(3, "6-9"), (9, "6-9"), (10, "10-12"), (12, "10-12"), (15, "13-15"), (19, "16-18")]
)
def test_band_of_an_age(age: int, band: str) -> None:
    assert band_of(age) == band


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 11, 23, 10, tzinfo=UTC), datetime(2026, 11, 23, 12, tzinfo=UTC)),  # Monday before 9
        (datetime(2026, 11, 23, 18, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)),  # later that day
        (datetime(2026, 11, 27, 18, tzinfo=UTC), datetime(2026, 11, 30, 12, tzinfo=UTC)),  # Friday evening
        (datetime(2026, 11, 29, 2, tzinfo=UTC), datetime(2026, 11, 30, 12, tzinfo=UTC)),  # at the weekend
    ],
)
def test_the_first_tip_comes_on_the_next_school_morning(now: datetime, due: datetime) -> None:
    assert next_tip(now, ASUNCION) == due


@given(
    now=st.datetimes(FIRST, LAST, timezones=st.just(UTC)),
    zone=st.sampled_from([ASUNCION, ZoneInfo("Africa/Dar_es_Salaam"), ZoneInfo("America/Bogota"), None]),
    late=st.timedeltas(timedelta(0), timedelta(days=40)),
)
def test_every_tip_falls_into_school_hours(now: datetime, zone: ZoneInfo | None, late: timedelta) -> None:
    due = next_tip(now, zone)
    assert now < due <= now + timedelta(days=4)
    after = tip_after(due, due + late, zone)
    assert after > due + late
    assert in_school_hours(due, zone)
    assert in_school_hours(after, zone)


def test_sixteen_weeks_bring_sixteen_tips(book: Phrasebook) -> None:
    cards = book.lesson_cards("es")
    seen = [tip_card(cards, number) for number in range(16)]
    assert len(set(seen)) == 16
    topics = [card.topic for card in seen if card]
    assert all(one != other for one, other in pairwise(topics))
