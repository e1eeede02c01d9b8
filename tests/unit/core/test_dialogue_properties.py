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
from bot.core.effects import ConfirmCase, Effect, Forget, Kind, OpenCase, Phrase, RaiseCase, Say
from bot.core.events import AnyEvent, Blocked, Commanded, InGroup, Media, Pressed, Said, SentMedia, Unblocked
from bot.core.reading import FlagHit, Ranked, Reading
from bot.core.state import State, dump
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


@given(STATES)
def test_delete_from_any_state_leaves_nothing_of_the_talk(book: Phrasebook, state: State) -> None:
    """What stays is the language and, with an open case, its place and when the helpline may write."""
    bare, effects = step(state, Commanded(NOW, name="delete"), book)
    assert any(isinstance(effect, Forget) for effect in effects)
    kept = set(dump(bare)) - {"language", "hour", "flood_minute", "flood_count"}
    assert kept <= ({"incident", "path", "path_flag", "stage"} if state.case is not None else set())


@given(STATES, st.integers(0, 60), st.sampled_from(DANGER_FLAGS))
def test_no_flood_hides_danger(book: Phrasebook, state: State, count: int, flag: str) -> None:
    flooded = replace(state, flood_minute=int(NOW.timestamp()) // 60, flood_count=count)
    reading = Reading("ayuda", "es", 0.9, (Ranked("out_of_scope", 0.9),), (FlagHit(flag, 1.0),), words=1)
    _, effects = step(flooded, Said(NOW, "es", text="ayuda", reading=reading), book)
    assert any(isinstance(effect, OpenCase | RaiseCase) for effect in effects)
    assert any(isinstance(effect, Say) for effect in effects)


WORD = "amparo"


@st.composite
def near_safe_words(draw: st.DrawFn) -> str:
    """The safe word with at most one typing mistake, in any case, perhaps with a mark behind it."""
    at = draw(st.integers(0, len(WORD) - 1))
    letter = draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    swapped = WORD[:at] + WORD[at + 1 : at + 2] + WORD[at] + WORD[at + 2 :]
    mistakes = [
        WORD,
        WORD[:at] + WORD[at + 1 :],
        WORD[:at] + letter + WORD[at:],
        WORD[:at] + letter + WORD[at + 1 :],
    ]
    word = draw(st.sampled_from([*mistakes, swapped]))
    return draw(st.sampled_from([word, word.upper(), word.capitalize(), f"{word}!", f" {word} "]))


@given(STATES, near_safe_words(), st.sampled_from(LANGUAGES), st.booleans())
def test_the_safe_word_with_one_mistake_brings_the_numbers_in_any_state(
    book: Phrasebook, state: State, text: str, language: str, held: bool
) -> None:
    case = state.case
    if case is not None and held:
        case = replace(case, state=CaseState.CLAIMED, holder="Ana")
    state = replace(
        state, language=language, case=case, flood_count=99, flood_minute=int(NOW.timestamp()) // 60
    )
    reading = Reading(text, language, 0.3, (Ranked("out_of_scope", 0.2),), words=1)
    _, effects = step(state, Said(NOW, language, text=text, reading=reading), book)
    (said,) = [effect for effect in effects if isinstance(effect, Say)]
    assert said.blocks[0] == Phrase("safety.safe_word_shown")
    assert said.kind is Kind.SAFETY


@given(STATES, EVENTS)
def test_at_most_one_question_at_a_time(book: Phrasebook, state: State, event: AnyEvent) -> None:
    after, effects = step(replace(state, language="en"), event, book)
    audience = replace(after.audience, language="en")
    texts = [m.html for e in effects if isinstance(e, Say) for m in book.render(e, audience, NOW)]
    assert sum(text.removesuffix("</b>").endswith("?") for text in texts) <= 1


@given(STATES, EVENTS)
def test_the_path_shows_no_menu_and_asks_for_no_rating(
    book: Phrasebook, state: State, event: AnyEvent
) -> None:
    case = CaseView("A", CaseState.NEW, Priority.URGENT, frozenset({"violence"}), 1)
    state = replace(state, path="urgent", path_flag="violence", incident=1, case=case, awaiting="")
    if isinstance(event, Pressed | Commanded | Blocked | Unblocked | InGroup):
        return  # what the person taps or commands, the person gets
    _, effects = step(state, event, book)
    for said in (effect for effect in effects if isinstance(effect, Say)):
        payloads = {button.payload for row in said.buttons for button in row}
        assert "/menu" not in payloads
        assert not any(payload.startswith(("/topic", "/helped")) for payload in payloads)
