"""What the dialogue does with single messages and presses."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import pytest

from bot.content.phrasebook import Phrasebook
from bot.core.case import CaseState, CaseView
from bot.core.dialogue import step
from bot.core.effects import (
    ConfirmCase,
    Effect,
    Forget,
    Guidance,
    Kind,
    MarkUnreachable,
    OpenCase,
    Part,
    Phrase,
    RaiseCase,
    Safety,
    SafetyPart,
    Say,
    Services,
    Wipe,
)
from bot.core.events import Blocked, Commanded, InGroup, Media, Pressed, SentMedia
from bot.core.reading import EntityHit, Evidence, FlagHit
from bot.core.state import State
from bot.core.taxonomy import Priority
from tests.unit.core.conftest import NOW, SaidMaker

E = TypeVar("E", bound=Effect)


def of(effects: tuple[Effect, ...], kind: type[E]) -> list[E]:
    return [effect for effect in effects if isinstance(effect, kind)]


def keys(effects: tuple[Effect, ...]) -> list[str]:
    return [block.key for say in of(effects, Say) for block in say.blocks if isinstance(block, Phrase)]


def blocks(effects: tuple[Effect, ...], kind: type) -> list[object]:
    return [block for say in of(effects, Say) for block in say.blocks if isinstance(block, kind)]


def case(state: CaseState = CaseState.NEW, *flags: str, priority: Priority = Priority.URGENT) -> CaseView:
    return CaseView("AB-12", state, priority, frozenset(flags), 1, "Ana")


def remembered(state: State) -> State:
    """The state without the clock of the flood limit."""
    return replace(state, hour=0, flood_minute=0, flood_count=0, moment=None)


def pressed(payload: str) -> Pressed:
    return Pressed(NOW, "es", payload=payload)


def test_an_emergency_as_the_very_first_message_is_answered_before_any_question(
    book: Phrasebook, said: SaidMaker
) -> None:
    state, effects = step(
        State(), said("no la encuentro", "abuse/missing_or_meeting", flags=("imminent_danger",)), book
    )
    opened = of(effects, OpenCase)
    assert [case.priority for case in opened] == [Priority.EMERGENCY]
    first = of(effects, Say)[0]
    assert first.kind is Kind.SAFETY
    assert first.blocks[0] == Phrase("safety.call_now_unknown", {})
    assert any(b.payload == '/inform{"country":"cr"}' for row in first.buttons for b in row)
    assert state.path == "emergency"


def test_with_the_country_known_the_numbers_come_first(book: Phrasebook, said: SaidMaker) -> None:
    event = said("se va a ver con el del chat ahora", "abuse/missing_or_meeting", flags=("imminent_danger",))
    _, effects = step(State(country="cr", language="es"), event, book)
    first = of(effects, Say)[0]
    assert first.blocks[:2] == (Phrase("safety.call_now", {}), Services(("emergency",), 2))
    assert first.buttons == ()


def test_a_country_without_a_checked_number_gets_ways_to_help_and_no_foreign_number(
    book: Phrasebook, said: SaidMaker
) -> None:
    _, effects = step(State(country="td", language="es"), said("ayuda", flags=("imminent_danger",)), book)
    assert "safety.call_now_none" in keys(effects)
    assert Services(("emergency",), 2) not in blocks(effects, Services)


def test_urgent_asks_back_with_three_choices_and_opens_an_unconfirmed_case(
    book: Phrasebook, said: SaidMaker
) -> None:
    event = said("un señor le pide fotos", "abuse/grooming", flags=("sexual_harm",))
    state, effects = step(State(country="cr"), event, book)
    assert [(c.priority, c.confirmed) for c in of(effects, OpenCase)] == [(Priority.URGENT, None)]
    choices = [b.payload for row in of(effects, Say)[-1].buttons for b in row]
    assert choices == [f'/safety{{"a":"{a}","n":"1"}}' for a in ("person", "info", "wrong")]
    assert (state.path, state.stage) == ("urgent", "asked")


def test_a_child_who_writes_about_bullying_gets_own_words_and_the_child_helpline(
    book: Phrasebook, said: SaidMaker
) -> None:
    event = said("en mi salon me molestan", "bullying/victim", flags=("child_user",))
    state, effects = step(State(country="cr"), event, book)
    assert state.role == "child"
    assert Guidance("bullying/victim", Part.FIRST) in blocks(effects, Guidance)
    assert Services(("child_helpline",), 1, always=True) in blocks(effects, Services)


def test_a_guess_at_a_child_does_not_overturn_what_a_mother_said(book: Phrasebook, said: SaidMaker) -> None:
    told = said("tengo 12 y me molestan", "bullying/victim", flags=("child_user",))
    assert told.reading is not None
    guess = FlagHit("child_user", 0.99, (Evidence(0, 4, "model:linear"),))
    guessed = replace(told, reading=replace(told.reading, flags=(guess,)))
    after, effects = step(State(country="cr", role="parent"), guessed, book)
    assert after.role == "parent"
    assert of(effects, OpenCase) == []
    assert step(State(country="cr"), guessed, book)[0].role == "child"
    assert step(State(country="cr", role="parent"), told, book)[0].role == "child"


def test_the_next_turns_stay_in_the_path(book: Phrasebook, said: SaidMaker) -> None:
    state = State(
        language="es", country="cr", path="urgent", path_flag="sexual_harm", incident=1, stage="person"
    )
    state = replace(state, case=case(CaseState.NEW, "sexual_harm"))
    after, effects = step(state, said("está aquí conmigo", "greet"), book)
    assert keys(effects) == ["safety.added_off"]
    assert after.path == "urgent"


def test_new_danger_in_the_path_is_answered_and_raises_the_case(book: Phrasebook, said: SaidMaker) -> None:
    state = State(language="es", country="cr", path="urgent", path_flag="sexual_harm", incident=1)
    state = replace(state, case=case(CaseState.NEW, "sexual_harm"))
    after, effects = step(
        state, said("dice que se quiere morir", "abuse/self_harm", flags=("self_harm",)), book
    )
    assert of(effects, RaiseCase) == [RaiseCase(Priority.EMERGENCY, ("self_harm",))]
    assert not of(effects, OpenCase)
    assert after.path == "emergency"
    assert any(isinstance(b, Safety) and b.flag == "self_harm" for b in blocks(effects, Safety))


def test_a_member_of_staff_silences_the_bot_except_for_new_danger(book: Phrasebook, said: SaidMaker) -> None:
    held = case(CaseState.CLAIMED, "sexual_harm")
    state = State(language="es", country="cr", incident=1, path="urgent", case=held)
    assert step(state, said("gracias", "thanks"), book)[1] == ()
    _, again = step(state, said("le pidió más fotos", "abuse/grooming", flags=("sexual_harm",)), book)
    assert not of(again, Say)
    _, fresh = step(state, said("le pegó", "abuse/disclosure", flags=("violence",)), book)
    assert of(fresh, Say)


def test_a_false_alarm_is_corrected_in_one_tap_and_leads_back_to_the_topic(book: Phrasebook) -> None:
    state = State(
        language="es", country="cr", path="urgent", path_flag="violence", incident=1, topic="bullying/victim"
    )
    after, effects = step(replace(state, case=case()), pressed('/safety{"a":"wrong","n":"1"}'), book)
    assert of(effects, ConfirmCase) == [ConfirmCase("wrong")]
    assert "safety.corrected" in keys(effects)
    assert Guidance("bullying/victim", Part.FIRST) in blocks(effects, Guidance)
    assert after.path == ""


@pytest.mark.parametrize(
    ("text", "intent", "closes"),
    [
        ("no", "deny", True),
        ("¡Nahániri!", "out_of_scope", True),
        ("hapana.", "deny", True),
        ("no sé", "deny", False),
        ("no me deja", "deny", False),
        ("stop", "deny", False),
        ("reka", "deny", False),
    ],
)
def test_only_a_bare_no_takes_an_alarm_back(
    book: Phrasebook, said: SaidMaker, text: str, intent: str, closes: bool
) -> None:
    state = State(language="es", country="cr", path="urgent", stage="asked", incident=1, case=case())
    _, effects = step(state, said(text, intent), book)
    assert (ConfirmCase("wrong") in effects) is closes


def test_a_button_of_an_earlier_incident_changes_nothing(book: Phrasebook) -> None:
    current = replace(case(), incident=2)
    state = State(language="es", incident=2, path="urgent", path_flag="violence", case=current)
    after, effects = step(state, pressed('/safety{"a":"wrong","n":"1"}'), book)
    assert keys(effects) == ["everyday.old_button"]
    assert remembered(after) == state


@pytest.mark.parametrize(
    "payload",
    [
        *("", "/nonsense", '/part{"i":"abuse/unknown","p":"more"}', '/inform{"country":"xx"}'),
        *("/abuse/unknown", '/topic{"t":"abuse/unknown"}'),
    ],
)
def test_foreign_buttons_say_so_and_offer_the_numbers(book: Phrasebook, payload: str) -> None:
    state = State(language="es")
    after, effects = step(state, pressed(payload), book)
    assert keys(effects) == ["everyday.old_button"]
    assert remembered(after) == state


def test_the_safe_word_shows_the_numbers_in_any_state(book: Phrasebook, said: SaidMaker) -> None:
    for state in (State(), State(country="cr", misses=1), State(country="cr", awaiting="delete")):
        _, effects = step(state, said("Anparo"), book)
        assert keys(effects)[0] == "safety.safe_word_shown"


def test_two_misses_offer_a_person(book: Phrasebook, said: SaidMaker) -> None:
    state, effects = step(State(greeted=True), said("asdf qwer", confidence=0.1), book)
    assert keys(effects) == ["everyday.unsure"]
    _, effects = step(state, said("zxcv", confidence=0.1), book)
    assert keys(effects) == ["everyday.miss_again"]


def test_a_tapped_language_stays_and_a_read_one_follows_the_writer(book: Phrasebook, said: SaidMaker) -> None:
    english = said("my son is bullied", "bullying/victim", language="en", client="es")
    assert step(State(language="es"), english, book)[0].language == "en"
    assert step(State(language="es", language_chosen=True), english, book)[0].language == "es"


def test_one_word_does_not_change_the_language(book: Phrasebook, said: SaidMaker) -> None:
    assert step(State(language="es"), said("facebook", language="en"), book)[0].language == "es"


def test_an_unoffered_client_language_gets_its_declared_fallback(book: Phrasebook) -> None:
    start = Commanded(NOW, "de-DE", name="start")
    assert step(State(), start, book)[0].language == "en"


def test_a_deep_link_presets_country_and_role_and_keeps_nothing_else(book: Phrasebook) -> None:
    state, _ = step(State(), Commanded(NOW, "es", name="start", argument="cr_teacher_school12"), book)
    assert (state.country, state.role) == ("cr", "teacher")
    assert "school12" not in str(state)


def test_danger_behind_start_is_answered(book: Phrasebook, said: SaidMaker) -> None:
    reading = said("mi hija no aparece", "abuse/missing_or_meeting", flags=("imminent_danger",)).reading
    event = Commanded(NOW, "es", name="start", argument="mi hija no aparece", reading=reading)
    assert of(step(State(), event, book)[1], OpenCase)


def test_delete_erases_and_keeps_only_what_help_needs(book: Phrasebook) -> None:
    state = State(language="es", country="cr", topic="abuse/grooming", path="urgent", incident=1, case=case())
    after, effects = step(state, Commanded(NOW, "es", name="delete"), book)
    assert of(effects, Forget)
    assert "everyday.delete_done_open_case" in keys(effects)
    assert (after.country, after.topic, after.incident) == ("", "", 1)


def test_asking_for_a_person_opens_a_routine_case_once(book: Phrasebook, said: SaidMaker) -> None:
    event = said("quiero hablar con una persona", "human", flags=("human_requested",))
    state, effects = step(State(), event, book)
    assert [(c.priority, c.confirmed) for c in of(effects, OpenCase)] == [(Priority.ROUTINE, True)]
    _, again = step(replace(state, case=case(priority=Priority.ROUTINE)), event, book)
    assert not of(again, OpenCase)


def test_photos_are_refused_kindly_and_a_caption_is_read(book: Phrasebook, said: SaidMaker) -> None:
    assert keys(step(State(), SentMedia(NOW, "es", media=Media.PHOTO), book)[1]) == ["everyday.media_photo"]
    reading = said("me amenaza", flags=("violence",)).reading
    _, effects = step(
        State(), SentMedia(NOW, "es", media=Media.PHOTO, caption="me amenaza", reading=reading), book
    )
    assert of(effects, OpenCase)


def test_groups_get_one_invitation_and_then_silence(book: Phrasebook) -> None:
    state, effects = step(State(), InGroup(NOW, "es"), book)
    assert keys(effects) == ["everyday.group_invite"]
    assert step(state, InGroup(NOW, "es"), book)[1] == ()


def test_a_blocked_bot_is_noted(book: Phrasebook) -> None:
    assert step(State(), Blocked(NOW), book)[1] == (MarkUnreachable(True),)


def test_an_edited_message_is_read_again_for_danger_and_else_left_alone(
    book: Phrasebook, said: SaidMaker
) -> None:
    state = State(language="es", topic="bullying/victim")
    assert step(state, said("lo molestan", "bullying/victim", edited=True), book)[1] == ()
    assert of(step(state, said("lo van a matar", flags=("violence",), edited=True), book)[1], OpenCase)


def test_a_pupil_who_says_my_class_is_no_teacher(book: Phrasebook, said: SaidMaker) -> None:
    event = said("boys in my class hit me", "bullying/victim", flags=("child_user", "violence"))
    reading = event.reading
    assert reading is not None
    event = replace(event, reading=replace(reading, entities=(EntityHit("audience", "teacher", 0, 1),)))
    assert step(State(language="en"), event, book)[0].role == "child"


def test_a_correction_leads_back_to_the_topic_before_the_alarm(book: Phrasebook, said: SaidMaker) -> None:
    state = State(language="es", country="cr", topic="bullying/victim", greeted=True)
    event = said("le pegó en el videojuego", "abuse/harmful_content", flags=("violence",))
    state, _ = step(state, event, book)
    state = replace(state, case=case())
    _, effects = step(state, pressed('/safety{"a":"wrong","n":"1"}'), book)
    assert Guidance("bullying/victim", Part.FIRST) in blocks(effects, Guidance)


def test_who_holds_the_case_decides_on_a_correction(book: Phrasebook) -> None:
    state = State(language="es", path="urgent", incident=1, case=case(CaseState.CLAIMED))
    _, effects = step(state, pressed('/safety{"a":"wrong","n":"1"}'), book)
    assert keys(effects) == ["safety.corrected_held"]


def test_own_conduct_gets_own_words_and_no_blame(book: Phrasebook, said: SaidMaker) -> None:
    event = said("me asustan mis pensamientos", "abuse/own_behaviour", flags=("sexual_harm",))
    _, effects = step(State(language="es", country="cr"), event, book)
    assert Guidance("abuse/own_behaviour", Part.FIRST) in blocks(effects, Guidance)
    assert not blocks(effects, Safety)
    unsure = said("me pegan", "abuse/own_behaviour", flags=("violence",), confidence=0.3)
    assert blocks(step(State(language="es"), unsure, book)[1], Safety)


def test_a_country_named_in_words_is_taken(book: Phrasebook, said: SaidMaker) -> None:
    event = said("ahora estamos en panamá", "change_country", entities={"country": "pa"})
    assert step(State(language="es", country="cr"), event, book)[0].country == "pa"


def test_a_short_addition_keeps_the_topic(book: Phrasebook, said: SaidMaker) -> None:
    state = State(language="es", topic="bullying/victim", part="first")
    more = said("y si sigue?", "affirm", entities={"followup": "next"})
    after, effects = step(state, more, book)
    assert Guidance("bullying/victim", Part.MORE) in blocks(effects, Guidance)
    _, effects = step(after, more, book)
    assert blocks(effects, Services)
    tiktok = said("en tiktok", "out_of_scope", confidence=0.3, entities={"platform": "tiktok"})
    assert "everyday.platform_heading" in keys(step(state, tiktok, book)[1])
    other = said("hackearon su cuenta", "identity_theft/hacked_account", entities={"platform": "tiktok"})
    assert step(state, other, book)[0].topic == "identity_theft/hacked_account"


def test_a_topic_of_days_ago_is_not_followed_up(book: Phrasebook, said: SaidMaker) -> None:
    state = State(language="es", topic="bullying/victim", hour=int(NOW.timestamp()) // 3600 - 48)
    after, effects = step(state, said("y si sigue?", "affirm", entities={"followup": "next"}), book)
    assert after.topic == ""
    assert keys(effects) == ["everyday.menu"]


def test_a_third_miss_says_nothing_of_not_understanding(book: Phrasebook, said: SaidMaker) -> None:
    state = State(language="es", greeted=True)
    seen = []
    for _ in range(4):
        state, effects = step(state, said("asdf", confidence=0.1), book)
        seen += keys(effects)
    assert seen == ["everyday.unsure", "everyday.miss_again", "everyday.menu", "everyday.menu"]


def test_a_yes_erases_only_right_after_the_question(book: Phrasebook, said: SaidMaker) -> None:
    state, _ = step(State(language="es"), said("borra todo", "delete_data"), book)
    assert of(step(state, said("sí", "affirm"), book)[1], Forget)
    state, _ = step(state, said("hola", "greet"), book)
    assert not of(step(state, said("sí", "affirm"), book)[1], Forget)


def test_leaving_wipes_first_and_keeps_the_case(book: Phrasebook) -> None:
    state = State(language="es", topic="abuse/grooming", path="urgent", incident=1, case=case())
    after, effects = step(state, Commanded(NOW, "es", name="exit"), book)
    assert isinstance(effects[0], Wipe)
    assert keys(effects) == ["everyday.exit_done"]
    assert (after.topic, after.path) == ("", "urgent")


def test_forwarded_words_say_nothing_of_the_writer(book: Phrasebook, said: SaidMaker) -> None:
    event = replace(
        said("me pegan en mi clase", "human", flags=("child_user", "human_requested"), language="en"),
        forwarded=True,
    )
    after, effects = step(State(language="es"), event, book)
    assert (after.language, after.role) == ("es", "")
    assert keys(effects) == ["everyday.forwarded"]
    danger = replace(said("me pegan", flags=("violence", "child_user")), forwarded=True)
    assert [c.flags for c in of(step(State(language="es"), danger, book)[1], OpenCase)] == [("violence",)]


def test_a_flood_is_told_once_and_then_met_with_silence(book: Phrasebook, said: SaidMaker) -> None:
    state, told = State(language="es", greeted=True), []
    for _ in range(20):
        state, effects = step(state, said("hola", "greet"), book)
        told.append(keys(effects))
    assert told.count(["everyday.greet"]) == 15
    assert told[15:] == [["everyday.slow_down"], [], [], [], []]


def test_thirty_taps_in_a_minute_are_answered(book: Phrasebook) -> None:
    state = State(language="es")
    for _ in range(30):
        state, effects = step(state, pressed("/menu"), book)
        assert keys(effects) == ["everyday.menu"]
    assert keys(step(state, pressed("/menu"), book)[1]) == ["everyday.slow_down"]
    assert keys(step(state, pressed("/numbers"), book)[1])[0] == "safety.safe_word_shown"


def test_in_the_path_a_question_brings_the_kind_words_and_steps_again(
    book: Phrasebook, said: SaidMaker
) -> None:
    state = State(language="es", path="urgent", path_flag="violence", incident=1, case=case())
    _, effects = step(state, said("¿hice mal?"), book)
    assert blocks(effects, Safety) == [
        Safety("violence", SafetyPart.ACKNOWLEDGE),
        Safety("violence", SafetyPart.STEPS),
    ]
    assert keys(effects) == ["safety.added_off"]
    assert blocks(step(state, said("está en su cuarto"), book)[1], Safety) == []


def test_a_graver_danger_gets_its_text_though_the_case_has_the_flag(
    book: Phrasebook, said: SaidMaker
) -> None:
    own = said("vi cosas y me odio", "abuse/own_behaviour", flags=("self_harm",))
    state, effects = step(State(language="es"), own, book)
    assert blocks(effects, Safety) == []
    state = replace(state, case=case(CaseState.NEW, "self_harm", priority=Priority.EMERGENCY))
    wants_to_die = said("no quiero vivir con esto", "abuse/self_harm", flags=("self_harm",))
    state, effects = step(state, wants_to_die, book)
    assert Safety("self_harm", SafetyPart.STEPS) in blocks(effects, Safety)
    assert blocks(step(state, wants_to_die, book)[1], Safety) == []


def test_a_few_words_of_another_tongue_do_not_change_the_language_in_the_path(
    book: Phrasebook, said: SaidMaker
) -> None:
    state = State(language="fr", path="urgent", path_flag="violence", incident=1, case=case())
    event = said("niko kinshasa rd congo", language="sw")
    assert event.reading is not None
    unsure = replace(event, reading=replace(event.reading, language_confidence=0.78))
    assert step(state, unsure, book)[0].language == "fr"
    assert step(state, event, book)[0].language == "sw"
    assert step(State(language="fr"), unsure, book)[0].language == "sw"


def test_a_doubtful_guess_does_not_speak_over_the_staff_and_raises_the_case(
    book: Phrasebook, said: SaidMaker
) -> None:
    held = case(CaseState.CLAIMED, "sexual_harm")
    state = State(language="es", country="cr", incident=1, path="urgent", case=held)
    event = said("sí, está en el aula", flags=("imminent_danger",))
    assert event.reading is not None
    doubtful = replace(event.reading, flags=(FlagHit("imminent_danger", 0.12),))
    _, effects = step(state, replace(event, reading=doubtful), book)
    assert (of(effects, Say), [effect.flags for effect in of(effects, RaiseCase)]) == (
        [],
        [("imminent_danger",)],
    )
    _, effects = step(state, event, book)
    assert Safety("imminent_danger", SafetyPart.STEPS) in blocks(effects, Safety)
