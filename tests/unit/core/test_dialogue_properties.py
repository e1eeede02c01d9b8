"""Properties of the dialogue: no order of events leaves danger unanswered or a person stuck."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content.markup import MAX_LENGTH, length
from bot.content.phrasebook import Phrasebook
from bot.core.case import CaseState, CaseView
from bot.core.dialogue import step
from bot.core.dialogue.payloads import MAX_BYTES
from bot.core.effects import ConfirmCase, Effect, Kind, OpenCase, RaiseCase, Say
from bot.core.events import AnyEvent, Blocked, Commanded, InGroup, Media, Pressed, Said, SentMedia, Unblocked
from bot.core.reading import FlagHit, Ranked, Reading
from bot.core.state import State
from bot.core.taxonomy import COUNTRIES, DANGER_FLAGS, FLAGS, LANGUAGES, ROLES, Priority
from tests.unit.core.conftest import NOW

INTENTS = (
    *("bullying/victim", "abuse/grooming", "abuse/self_harm", "abuse/own_behaviour", "identity_theft/scam"),
    *(
        "parental_controls",
        "classroom_tips",
        "human",
        "case_status",
        "privacy",
        "delete_data",
        "change_language",
    ),
    *("change_country", "greet", "help", "thanks", "goodbye", "affirm", "deny", "out_of_scope", "made_up"),
)
PAYLOADS = (
    *('/safety{"a":"person","n":"1"}', '/safety{"a":"info","n":"1"}', '/safety{"a":"wrong","n":"1"}'),
    *('/safety{"a":"safe","n":"2"}', '/safety{"a":"unsafe","n":"1"}', "/numbers", "/menu", "/human", "/who"),
    *(
        '/inform{"country":"td"}',
        '/inform{"country":"other"}',
        '/inform{"role":"child"}',
        '/inform{"language":"en"}',
    ),
    *(
        "/bullying/victim",
        '/topic{"t":"abuse"}',
        '/part{"i":"abuse/grooming","p":"say"}',
        '/delete{"a":"yes"}',
    ),
    *('/ans{"i":"bullying/victim","a":"threat"}', '/platform{"i":"abuse/grooming","p":"whatsapp"}', "/x", ""),
)
COMMANDS = (
    "start",
    "delete",
    "menu",
    "language",
    "country",
    "role",
    "privacy",
    "case",
    "person",
    "help",
    "zzz",
)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    flags = draw(st.sets(st.sampled_from(FLAGS), max_size=3))
    intent = draw(st.sampled_from(INTENTS))
    return Reading(
        text=draw(st.sampled_from(["sí", "no", "no sé qué hacer con esto", "amparo", "x"])),
        language=draw(st.sampled_from([*LANGUAGES, "und"])),
        language_confidence=draw(st.sampled_from([0.0, 0.9])),
        ranking=(Ranked(intent, draw(st.sampled_from([0.1, 0.9]))), Ranked("abuse/grooming", 0.05)),
        flags=tuple(FlagHit(name, 1.0) for name in sorted(flags)),
        words=draw(st.sampled_from([1, 2, 6])),
    )


CLIENTS = st.sampled_from(["", "es", "sw", "de", "??"])
EVENTS: st.SearchStrategy[AnyEvent] = st.one_of(
    st.builds(Said, st.just(NOW), CLIENTS, text=st.just("…"), reading=readings(), edited=st.booleans()),
    st.builds(Pressed, st.just(NOW), CLIENTS, payload=st.sampled_from(PAYLOADS)),
    st.builds(
        Commanded, st.just(NOW), CLIENTS, name=st.sampled_from(COMMANDS), reading=st.none() | readings()
    ),
    st.builds(SentMedia, st.just(NOW), CLIENTS, media=st.sampled_from(Media), reading=st.none() | readings()),
    st.sampled_from([Blocked(NOW), Unblocked(NOW), InGroup(NOW)]),
)


class World:
    """What a store would keep: the newest case, and whether staff hold it."""

    def __init__(self) -> None:
        self.case: CaseView | None = None

    def apply(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            match effect, self.case:
                case OpenCase(), None | CaseView(state=CaseState.CLOSED):
                    self.case = CaseView(
                        "A", CaseState.NEW, effect.priority, frozenset(effect.flags), effect.incident
                    )
                case RaiseCase(), CaseView() as held:
                    priority = max(held.priority, effect.priority)
                    self.case = replace(held, priority=priority, flags=held.flags | set(effect.flags))
                case ConfirmCase(answer="wrong"), CaseView(state=CaseState.NEW) as held:
                    self.case = replace(held, state=CaseState.CLOSED)


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENTS, max_size=8), st.booleans(), st.data())
def test_every_danger_is_in_a_case_and_answered_or_with_a_person(
    book: Phrasebook, events: list[AnyEvent], on_duty: bool, data: st.DataObject
) -> None:
    state, world = State(), World()
    for event in events:
        before = world.case
        state = replace(state, case=world.case, on_duty=on_duty)
        state, effects = step(state, event, book)
        world.apply(effects)
        _within_limits(book, state, effects)
        reading = getattr(event, "reading", None)
        danger = reading.flag_names & set(DANGER_FLAGS) if reading is not None else set()
        if danger:
            assert world.case is not None
            assert world.case.open
            assert danger <= world.case.flags
            held = before is not None and before.held
            assert held or any(isinstance(e, Say) for e in effects)
            if before is None or not before.open:
                assert any(isinstance(e, Say) and e.kind is Kind.SAFETY for e in effects)
        if before is not None and before.open and world.case is not None and world.case.open:
            assert world.case.priority >= before.priority
        if world.case is not None and world.case.state is CaseState.NEW and data.draw(st.booleans()):
            world.case = replace(world.case, state=CaseState.CLAIMED, holder="Ana")


def _within_limits(book: Phrasebook, state: State, effects: tuple[Effect, ...]) -> None:
    for effect in effects:
        if isinstance(effect, Say):
            for message in book.render(effect, state.audience, NOW):
                assert 0 < length(message.html) <= MAX_LENGTH
                assert all(len(b.payload.encode()) <= MAX_BYTES for row in message.buttons for b in row)
                assert all(b.label for row in message.buttons for b in row)


STATES = st.builds(
    State,
    language=st.sampled_from(["es", "en"]),
    country=st.sampled_from(["", *COUNTRIES]),
    role=st.sampled_from(["", *ROLES]),
    topic=st.sampled_from(["", "bullying/victim", "classroom_tips"]),
    awaiting=st.sampled_from(["", "delete"]),
    misses=st.integers(0, 3),
    path=st.sampled_from(["", "urgent", "emergency"]),
    path_flag=st.sampled_from(["", *DANGER_FLAGS]),
    incident=st.integers(0, 2),
    case=st.none() | st.just(CaseView("A", CaseState.NEW, Priority.URGENT, frozenset({"violence"}), 1)),
)


@given(STATES)
def test_every_state_has_a_way_out(book: Phrasebook, state: State) -> None:
    """The menu button and the numbers work everywhere, and /delete leaves nothing of the talk."""
    for payload in ("/menu", "/numbers"):
        assert any(
            isinstance(e, Say) and e.buttons for e in step(state, Pressed(NOW, payload=payload), book)[1]
        )
    bare, _ = step(state, Commanded(NOW, name="delete"), book)
    assert (bare.topic, bare.country, bare.role, bare.misses) == ("", "", "", 0)
