"""Turns through the action server: what comes back, what is kept, and what happens when something fails."""

from __future__ import annotations

from bot.actions.names import ANSWER, COMMANDS, DELIVER, SLOTS
from bot.actions.replies import SESSION_EVENTS, paper_path
from bot.core.effects import Audience, Phrase, Say
from bot.core.handout import Document
from tests.rasa_talk import RasaTalk
from tests.unit.actions.conftest import Plain
from tests.unit.actions.test_calls import DANGER, MARK


def phrase(talk: RasaTalk, key: str) -> str:
    (message,) = talk.book.render(Say((Phrase(key),)), Audience("es"), talk.clock.now())
    return message.html


async def test_danger_opens_a_case_whose_reference_comes_back_in_a_slot(talk: RasaTalk) -> None:
    said = await talk.say(DANGER)
    (row,) = await talk.queue()
    tracker = talk.trackers[talk.person()]
    assert said[0].text
    assert tracker.slots["amparo_case"] == row.reference
    assert tracker.slots["amparo_language"] == "es"
    assert set(tracker.slots) == set(SLOTS)


async def test_a_call_that_comes_twice_is_answered_once(talk: RasaTalk) -> None:
    await talk.say(DANGER)
    tracker = talk.trackers[talk.person()]
    while tracker.events[-1]["event"] != "user":
        tracker.events.pop()
    again = await talk.call(tracker)
    assert again["responses"] == []
    assert len(await talk.queue()) == 1


async def test_every_turn_ends_by_listening(talk: RasaTalk) -> None:
    await talk.say("hola")
    tracker = talk.trackers[talk.person()]
    tracker.said("hola otra vez", {}, {})
    answer = await talk.call(tracker)
    assert answer["events"][-1] == {"event": "followup", "name": "action_listen"}


async def test_a_long_tracker_begins_a_new_session_that_keeps_the_slots(talk: RasaTalk) -> None:
    await talk.say("hola")
    tracker = talk.trackers[talk.person()]
    tracker.events = [{"event": "action", "name": "action_listen"}] * SESSION_EVENTS
    tracker.said("hola otra vez", {}, {})
    events = (await talk.call(tracker))["events"]
    assert [event["event"] for event in events[:2]] == ["action", "session_started"]
    assert {"event": "slot", "name": "amparo_language", "value": "es"} in events[2:]


async def test_a_program_gets_an_object_and_other_channels_do_not(talk: RasaTalk) -> None:
    await talk.say("hola")
    tracker = talk.trackers[talk.person()]
    tracker.said(DANGER, {}, {})
    custom = (await talk.call(tracker))["responses"][-1]["custom"]["amparo"]
    assert custom["case"]["priority"] == "urgent"
    assert custom["messages"][0]["kind"] == "safety"
    tracker.channel = "telegram"
    tracker.said("hola", {}, {})
    assert all(not response["custom"] for response in (await talk.call(tracker))["responses"])


async def test_rasas_intent_counts_and_its_buttons_come_back(talk: RasaTalk) -> None:
    talk.person()
    tracker = talk.trackers[1]
    ranking = [{"name": "bullying.victim", "confidence": 0.9}]
    tracker.said("lo molestan en la escuela", {"intent": ranking[0], "intent_ranking": ranking}, {})
    tracker.take(await talk.call(tracker))
    assert tracker.slots["amparo_topic"] == "bullying/victim"
    assert tracker.events[-1]["data"]["buttons"]


async def test_danger_in_the_words_goes_before_a_teams_own_story(talk: RasaTalk) -> None:
    for name in COMMANDS:
        talk.person(name)
        tracker = talk.trackers[talk.names[name]]
        tracker.said(DANGER, {}, {"language": "es"})
        tracker.take(await talk.call(tracker, name))
    assert len(await talk.queue()) == len(COMMANDS)


async def test_a_slot_filled_by_a_form_is_taken_until_the_person_says_otherwise(talk: RasaTalk) -> None:
    talk.person()
    tracker = talk.trackers[1]
    tracker.slots = {"amparo_country": "py", "amparo_role": "teacher", "amparo_language": "nonsense"}
    await talk.say("hola")
    assert tracker.slots["amparo_country"] == "py"
    assert tracker.slots["amparo_role"] == "teacher"
    await talk.say('/inform{"country":"cr"}')
    tracker.slots["amparo_country"] = "py"
    await talk.say("hola")
    assert tracker.slots["amparo_country"] == "cr"


async def test_delete_erases_and_empties_the_slots(talk: RasaTalk) -> None:
    await talk.say('/inform{"country":"cr"}')
    await talk.say("/delete")
    tracker = talk.trackers[talk.person()]
    assert tracker.slots["amparo_country"] is None
    await talk.say("hola")
    assert tracker.slots["amparo_country"] is None


async def test_danger_behind_a_slash_is_read_whichever_action_answers(talk: RasaTalk) -> None:
    for name, text, action in (
        ("Rosa", "/help\nme quiero matar", "action_amparo"),
        ("Luz", "/me_quiero_matar", "action_amparo"),
        ("Ana", "/help me quiero matar", "action_amparo_menu"),
    ):
        tracker = talk.trackers[talk.person(name)]
        tracker.said(text, {}, {"language": "es"})
        await talk.call(tracker, action)
    assert [row.priority.name for row in await talk.queue()] == ["EMERGENCY"] * 3


async def test_leaving_is_honest_about_what_rasa_cannot_take_back(talk: RasaTalk) -> None:
    await talk.say("hola")
    (said,) = await talk.say("/exit")
    assert said.text == phrase(talk, "everyday.exit_kept")


async def test_a_turn_that_fails_twice_is_answered_by_the_safety_text(talk: RasaTalk, reader: Plain) -> None:
    reader.broken = True
    talk.person()
    tracker = talk.trackers[1]
    tracker.said(f"hola {MARK}", {}, {"language": "es"})
    (said,) = tracker.take(await talk.call(tracker))
    assert said.text == phrase(talk, "safety.fallback")
    (letter,) = await talk.store.service.dead_letters(talk.staff)
    assert MARK not in repr(letter)
    assert letter.code not in ("", "unnamed")  # staff see what kind of fault it was
    reader.broken = False
    assert await talk.say("hola")


async def test_the_database_away_still_brings_the_safety_text(talk: RasaTalk) -> None:
    talk.person()
    await talk.store.database.close()
    tracker = talk.trackers[1]
    tracker.said(DANGER, {}, {"language": "es"})
    (said,) = tracker.take(await talk.call(tracker, ANSWER))
    assert said.text == phrase(talk, "safety.fallback")


async def test_on_a_channel_that_only_answers_staffs_words_wait_for_the_next_message(talk: RasaTalk) -> None:
    await talk.say(DANGER)
    tracker = talk.trackers[talk.person()]
    tracker.channel = "rest"
    for event in tracker.events:
        event["input_channel"] = "rest"
    service = talk.store.service
    reference = await service.take_next(talk.staff)
    assert reference
    tracker.said("EXTERNAL: EXTERNAL_amparo", {}, {"is_external": True})
    assert (await talk.call(tracker, DELIVER))["responses"] == []
    said = await talk.say("hola")
    assert any("Ana" in message.text for message in said)


async def test_a_lesson_card_is_fetched_as_a_file_and_kept_out_of_the_tracker(talk: RasaTalk) -> None:
    card = talk.book.lesson_cards("es")[0].id
    path = paper_path(Document(card, "es", "cr"))
    response = await talk.http.get(path)
    assert response.status_code == 200
    assert response.content.startswith(b"%PDF-")
    for wrong in ("/papers/es/nothing.pdf", "/papers/xx/a.pdf", "/papers/es/../x.pdf", "/papers/"):
        assert (await talk.http.get(wrong)).status_code == 404
