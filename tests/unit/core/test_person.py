"""A person at any time: how long it takes, when they may write, and whether it helped."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.content.phrasebook import Phrasebook
from bot.core.case import CaseState
from bot.core.contact import SafeContact
from bot.core.dialogue import step
from bot.core.effects import Count, OpenCase, Phrase, Release, Say, SetContact
from bot.core.events import Commanded
from bot.core.helplines import Helpline, Hours
from bot.core.state import State
from bot.core.taxonomy import Priority
from tests.unit.core.conftest import NOW, SaidMaker
from tests.unit.core.test_dialogue import case, keys, of, pressed

OFFICE = Hours({day: ((time(8), time(16)),) for day in range(5)})
HELPLINE = Helpline(2, "cr", "CR", countries=("cr",), hours=OFFICE, zone="America/Costa_Rica")
DEFAULT = Helpline(1, "default", "Default")
SAN_JOSE = ZoneInfo("America/Costa_Rica")


def at(day: int, hour: int) -> datetime:
    """An hour in Costa Rica; the 24th is a Tuesday."""
    return datetime(2026, 11, day, hour, tzinfo=SAN_JOSE)


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        (at(24, 6), at(24, 8)),  # Tuesday, before work
        (at(24, 17), at(25, 8)),
        (at(27, 16), at(30, 8)),  # over the weekend
    ],
)
def test_a_helpline_says_when_it_opens_next(local: datetime, expected: datetime) -> None:
    opens = HELPLINE.next_opening(local.astimezone(UTC))
    assert opens == expected


def test_at_work_the_helplines_own_aim_is_said_and_off_duty_when_it_is_back(
    book: Phrasebook, said: SaidMaker
) -> None:
    state = State(language="es", country="cr", helplines=(DEFAULT, HELPLINE))
    event = said("me pegan", "abuse/disclosure", flags=("violence",))
    at_work = step(replace(state, on_duty=True), event, book)[1]
    assert Phrase("safety.aim", {"minutes": "60"}) in _phrases(at_work)
    off = step(state, event, book)[1]
    opens = HELPLINE.next_opening(NOW)
    assert opens is not None
    assert Phrase("safety.back_at", {"when": f"time:{opens.isoformat()}"}) in _phrases(off)


def _phrases(effects: tuple[object, ...]) -> list[Phrase]:
    return [b for e in effects if isinstance(e, Say) for b in e.blocks if isinstance(b, Phrase)]


def test_without_hours_nothing_is_promised(book: Phrasebook, said: SaidMaker) -> None:
    event = said("me pegan", "abuse/disclosure", flags=("violence",))
    effects = step(State(language="es", helplines=(DEFAULT,)), event, book)[1]
    assert not {"safety.back_at", "safety.aim"} & set(keys(effects))


def test_a_child_who_asks_for_a_person_does_not_wait_till_tomorrow(book: Phrasebook, said: SaidMaker) -> None:
    event = said("quiero hablar con alguien", "human", flags=("human_requested", "child_user"))
    _, effects = step(State(language="es"), event, book)
    assert [c.priority for c in of(effects, OpenCase)] == [Priority.URGENT]


@pytest.mark.parametrize(
    ("contact", "local", "expected"),
    [
        (SafeContact("any"), at(24, 23), at(24, 23)),
        (SafeContact("morning"), at(24, 9), at(24, 9)),
        (SafeContact("morning"), at(24, 12), at(25, 8)),
        (SafeContact("evening"), at(24, 3), at(24, 17)),
        (SafeContact("no"), at(24, 9), None),
    ],
)
def test_when_the_helpline_may_write(
    contact: SafeContact, local: datetime, expected: datetime | None
) -> None:
    opens = contact.opens(local, SAN_JOSE)
    assert opens == expected


def test_hours_without_a_country_let_nothing_out() -> None:
    assert SafeContact("morning").opens(NOW, None) is None


def test_the_time_to_write_is_asked_once_and_set_by_tap(book: Phrasebook) -> None:
    state = State(language="es", country="cr", path="urgent", incident=1, case=case())
    after, effects = step(state, pressed('/safety{"a":"person","n":"1"}'), book)
    assert "everyday.contact_ask" in keys(effects)
    after, effects = step(after, pressed('/contact{"w":"morning"}'), book)
    assert of(effects, SetContact) == [SetContact(SafeContact("morning"))]
    after, effects = step(after, pressed('/contact{"s":"go_on"}'), book)
    assert of(effects, SetContact) == [SetContact(SafeContact("morning", "go_on"))]
    _, effects = step(after, pressed('/safety{"a":"person","n":"1"}'), book)
    assert "everyday.contact_ask" not in keys(effects)


def test_only_a_yes_to_the_neutral_words_opens(book: Phrasebook, said: SaidMaker) -> None:
    held = replace(case(CaseState.CLAIMED), knocked=True)
    state = State(language="es", incident=1, case=held, contact=SafeContact("any", "go_on"))
    assert of(step(state, said("ahora no", "deny"), book)[1], Release) == []
    assert step(state, said("quién habla"), book)[1] == ()
    assert of(step(state, said("sí, dime", "affirm"), book)[1], Release) == [Release()]
    assert of(step(state, pressed('/knock{"a":"no"}'), book)[1], Release) == []
    assert step(state, pressed('/knock{"a":"yes"}'), book)[1] == (Release(),)
    danger = said("me pegan", "abuse/disclosure", flags=("violence",))
    assert of(step(state, danger, book)[1], Release) == [Release()]


def test_who_is_not_to_be_written_to_opens_with_any_word(book: Phrasebook, said: SaidMaker) -> None:
    held = replace(case(CaseState.CLAIMED), knocked=True)
    state = State(language="es", incident=1, case=held, contact=SafeContact("no"))
    assert of(step(state, said("ya puedo hablar"), book)[1], Release) == [Release()]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (0, Phrase("safety.aim", {"minutes": "60"})),
        (40, Phrase("safety.aim", {"minutes": "60"})),  # quicker than the aim: nothing is promised of it
        (81, Phrase("safety.aim_lately", {"minutes": "85"})),
        (121, Phrase("safety.aim_lately_hours", {"hours": "3"})),
    ],
)
def test_the_slower_of_aim_and_what_was_measured_at_this_hour_is_said(
    minutes: int, expected: Phrase, book: Phrasebook, said: SaidMaker
) -> None:
    hours = tuple(minutes if hour == NOW.hour else 1 for hour in range(24))
    line = replace(DEFAULT, waits={Priority.URGENT: hours})
    state = State(language="es", country="cr", helplines=(line,), on_duty=True)
    effects = step(state, said("me pegan", "abuse/disclosure", flags=("violence",)), book)[1]
    assert expected in _phrases(effects)


def test_whether_it_helped_is_asked_once_a_topic_and_counted_without_the_person(
    book: Phrasebook, said: SaidMaker
) -> None:
    state = State(language="es", topic="bullying/victim", greeted=True)
    state, effects = step(state, said("gracias", "thanks"), book)
    assert "everyday.helped_ask" in keys(effects)
    after, effects = step(state, said("no", "deny"), book)
    assert of(effects, Count) == [Count("helped_no")]
    assert "everyday.helped_ask" not in keys(step(after, said("gracias", "thanks"), book)[1])


def test_a_campaign_is_counted_and_not_kept(book: Phrasebook) -> None:
    event = Commanded(NOW, "es", name="start", argument="cr_teacher_school12")
    state, effects = step(State(), event, book)
    assert of(effects, Count) == [Count("campaign:school12")]
    assert "school12" not in str(state)


@pytest.mark.parametrize(
    ("country", "hour", "at_work", "there"),
    [
        ("cr", 9, {2}, True),
        ("cr", 9, {1}, False),  # the case goes to the country's own helpline, where nobody is
        ("cr", 20, {1}, True),  # that one is closed, so the default one has it
        ("", 9, {2}, False),
    ],
)
def test_on_duty_is_who_would_get_the_case(
    book: Phrasebook, said: SaidMaker, country: str, hour: int, at_work: set[int], there: bool
) -> None:
    state = State(language="es", country=country, helplines=(DEFAULT, HELPLINE), at_work=frozenset(at_work))
    event = replace(said("me pegan", "abuse/disclosure", flags=("violence",)), at=at(24, hour))
    key = "safety.case_opened_duty" if there else "safety.case_opened_off"
    assert key in keys(step(state, event, book)[1])
