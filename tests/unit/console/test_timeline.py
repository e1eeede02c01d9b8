"""The conversation as entries, and evidence cut out of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.catalogue import Catalogue, load
from bot.console.clocks import due_clock, duration, level_of
from bot.console.timeline import pieces, reasons, timeline
from bot.core.case import Author, CaseState, DeliveryState, Line, QueueRow, Spot
from bot.core.taxonomy import Priority

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WORDS: Catalogue = load(UTC)["en"]

spots = st.builds(
    Spot, st.integers(-3, 30), st.integers(-3, 30), st.sampled_from(["violence", "self_harm"]), st.just("r")
)


@given(st.text(max_size=25), st.lists(spots, max_size=5))
def test_pieces_joined_are_the_text_and_each_spot_is_marked(text: str, found: list[Spot]) -> None:
    cut = pieces(text, found)
    assert "".join(piece for piece, _ in cut) == text
    at = 0
    for piece, flags in cut:
        for place in range(at, at + len(piece)):
            assert set(flags) == {s.flag for s in found if s.start <= place < s.end}
        at += len(piece)


def line(number: int, author: Author, text: str = "x", **more: object) -> Line:
    return Line(number, author, NOW + timedelta(minutes=number), text, **more)  # type: ignore[arg-type]


def test_messages_of_the_bot_in_a_row_are_folded_and_say_what_was_not_delivered() -> None:
    lines = [
        line(1, Author.PERSON),
        line(2, Author.BOT, delivery=DeliveryState.SENT),
        line(3, Author.BOT, delivery=DeliveryState.UNCERTAIN),
        line(4, Author.SYSTEM, key="claimed", staff="Ana"),
        line(5, Author.BOT),
    ]
    entries = timeline(WORDS, lines, NOW)
    assert [entry.kind for entry in entries] == ["day", "talk", "bot", "event", "bot"]
    assert entries[2].words == "The bot said 2 messages"
    assert entries[2].trouble == "1 not delivered"
    assert entries[3].words == "Ana took the case"


def test_each_day_has_its_divider_and_an_unknown_event_a_word() -> None:
    lines = [line(1, Author.PERSON), Line(2, Author.SYSTEM, NOW + timedelta(days=1), key="what_is_this")]
    entries = timeline(WORDS, lines, NOW)
    assert [entry.words for entry in entries if entry.kind != "talk"] == [
        "Monday, 2 March 2026",
        "Tuesday, 3 March 2026",
        "Something was changed",
    ]


def test_reasons_quote_each_word_once() -> None:
    hit = (Spot(0, 5, "violence", "r"),)
    lines = [line(1, Author.PERSON, "beats her", spots=hit), line(2, Author.PERSON, "beats him", spots=hit)]
    found = reasons(WORDS, ("violence", "human_requested"), lines)
    assert [(reason.flag, reason.quotes) for reason in found] == [
        ("Violence", ("beats",)),
        ("Asks for a person", ()),
    ]


@pytest.mark.parametrize(
    ("left", "level"),
    [
        (timedelta(minutes=5), "calm"),
        (timedelta(minutes=2, seconds=31), "calm"),
        (timedelta(minutes=2, seconds=30), "soon"),  # half of five minutes
        (timedelta(seconds=46), "soon"),
        (timedelta(seconds=45), "late"),  # 15 %
        (timedelta(minutes=-4), "late"),
    ],
)
def test_levels(left: timedelta, level: str) -> None:
    assert level_of(left, timedelta(minutes=5)) == level


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=59), "under 1 min"),
        (timedelta(minutes=-4), "4 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(days=3, hours=1), "3 d 1 h"),
    ],
)
def test_durations(length: timedelta, words: str) -> None:
    assert duration(WORDS, length) == words


def row(state: CaseState, due: datetime) -> QueueRow:
    return QueueRow(
        "A", state, Priority.EMERGENCY, (), "human", "en", "", "", None, NOW, due, NOW, "", False, 1
    )


@pytest.mark.parametrize(
    ("state", "words", "level", "running"),
    [
        (CaseState.NEW, "4 min late", "late", True),
        (CaseState.CLAIMED, "4 min late", "late", True),  # taken, but nobody has answered
        (CaseState.WAITING_US, "4 min late", "late", True),
        (CaseState.WAITING_PERSON, "Clock paused", "paused", False),
        (CaseState.CLOSED, "Ended 12:00", "stopped", False),
    ],
)
def test_the_clock_runs_while_we_owe(state: CaseState, words: str, level: str, running: bool) -> None:
    clock = due_clock(WORDS, row(state, NOW - timedelta(minutes=4)), NOW)
    assert (clock.words, clock.level, clock.due is not None) == (words, level, running)
