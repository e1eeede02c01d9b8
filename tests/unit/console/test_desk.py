"""The queue and the cases as staff work with them, over a real store."""

from __future__ import annotations

import asyncio
import re
from typing import Any, cast

import pytest

from bot.console import create_app
from bot.console.desk import units
from bot.core.case import CaseState
from bot.core.effects import Audience
from bot.core.taxonomy import Priority
from bot.errors import StoreUnavailable
from bot.helpline.service import LONGEST_REPLY, MANY_HARD, HelplineService
from tests.unit.console.stage import Case, Stage, Visit

EVIL = '<script>alert(1)</script>"><img src=x>'


async def held(stage: Stage, visit: Visit, chat: int = 1, text: str = "help") -> str:
    """A case that the visitor has just taken, its page open."""
    reference = await stage.opens(chat, Case(text))
    await visit.open(f"/cases/{reference}")
    await visit.press(f"/cases/{reference}/claim")
    return reference


def order(page: str) -> list[str]:
    return re.findall(r'data-reference="([^"]+)"', page)


async def state_of(stage: Stage, reference: str) -> CaseState:
    return (await stage.store.service.case(await stage.member("luis"), reference)).row.state


async def test_the_queue_goes_by_priority_then_due_time(stage: Stage, ana: Visit) -> None:
    routine = await stage.opens(1, Case("a", priority=Priority.ROUTINE))
    late = await stage.opens(2, Case("b"))
    stage.clock.advance(minutes=1)
    later = await stage.opens(3, Case("c"))
    grave = await stage.opens(4, Case("d", priority=Priority.EMERGENCY))
    page = await ana.open("/queue")
    assert order(page) == [grave, late, later, routine]
    assert "1 emergency waits and nobody has it" in page


async def test_the_list_shows_nothing_that_was_written(stage: Stage, ana: Visit) -> None:
    await stage.opens(1, Case("he beats her every day", {"violence": "beats her"}))
    page = await ana.open("/queue")
    assert "beats" not in page
    assert "Violence" in page


async def test_cases_that_are_not_shown_are_counted(stage: Stage, ana: Visit) -> None:
    for chat in range(1, 53):
        await stage.opens(chat, Case("x", priority=Priority.EMERGENCY, said=()))
    page = await ana.open("/queue")
    assert "2 cases not shown" in page
    assert "2 emergencies not shown" in page
    more = re.search(r'href="(/queue\?view=open&amp;after=[^"]+)"', page)
    assert more is not None
    assert len(order(await ana.open(more[1].replace("&amp;", "&")))) == 2


@pytest.mark.parametrize("query", ["view=all", "after=x", "view=closed&after=9.9.9.9"])
async def test_a_view_that_is_not_there_is_a_bad_request(ana: Visit, query: str) -> None:
    await ana.open(f"/queue?{query}")
    assert ana.page.status_code == 400


async def test_take_next_pressed_twice_takes_one(stage: Stage, ana: Visit) -> None:
    for chat in (1, 2):
        await stage.opens(chat, Case("x"))
    await ana.open("/queue")
    form = ana.form("/queue/next")
    first, second = await asyncio.gather(ana.post("/queue/next", form), ana.post("/queue/next", form))
    assert first.headers["location"] == second.headers["location"]
    assert len(order(await ana.open("/queue?view=mine"))) == 1


async def test_who_took_many_hard_cases_is_told_that_lighter_ones_come_first(
    stage: Stage, ana: Visit
) -> None:
    for chat in range(MANY_HARD):
        assert "hard cases" not in await ana.open("/queue")
        await stage.opens(chat + 1, Case("he is here", {"imminent_danger": "here"}, Priority.EMERGENCY))
        await ana.open("/queue")
        await ana.press("/queue/next")
    assert f"You took {MANY_HARD} hard cases within eight hours" in await ana.open("/queue")


async def test_take_next_with_nobody_waiting_says_so(ana: Visit) -> None:
    await ana.open("/queue")
    assert "Nobody is waiting" in await ana.press("/queue/next")


async def test_a_case_shows_evidence_escaped_and_underlined(stage: Stage, ana: Visit) -> None:
    reference = await stage.opens(1, Case(f"he beats her {EVIL}", {"violence": "beats her"}))
    page = await ana.open(f"/cases/{reference}")
    assert '<mark title="Raised the flag: Violence">beats her</mark>' in page
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "The bot said 1 message" in page


async def test_only_the_holder_has_an_answer_box(stage: Stage, ana: Visit, luis: Visit) -> None:
    reference = await held(stage, ana)
    assert 'id="reply"' in ana.page.text
    page = await luis.open(f"/cases/{reference}")
    assert 'id="reply"' not in page
    assert "Ana has this case" in page
    assert 'id="note"' in page


async def test_two_who_claim_at_once(stage: Stage, ana: Visit, luis: Visit) -> None:
    reference = await stage.opens(1, Case("help"))
    for visit in (ana, luis):
        await visit.open(f"/cases/{reference}")
    await ana.press(f"/cases/{reference}/claim")
    page = await luis.press(f"/cases/{reference}/claim")
    assert "changed by somebody else" in page
    assert "Ana has this case" in page


async def test_a_reply_reaches_the_outbox_once(stage: Stage, ana: Visit) -> None:
    reference = await held(stage, ana)
    await stage.world.deliver()
    form = {**ana.form(f"/cases/{reference}/reply"), "text": "I am here & listening"}
    for _ in range(2):
        assert "done=replied" in (await ana.post(f"/cases/{reference}/reply", form)).headers["location"]
    sent = await stage.world.deliver()
    assert [text for _, text in sent] == ["I am here &amp; listening\n\n— es everyday.staff_signature Ana"]
    page = await ana.open(f"/cases/{reference}")
    assert "Taken by Telegram" in page
    assert "We wrote last" in page


async def test_what_came_meanwhile_stops_a_reply_and_keeps_it(stage: Stage, ana: Visit) -> None:
    reference = await held(stage, ana)
    form = ana.form(f"/cases/{reference}/reply")
    await stage.says(1, "wait, he is back")
    answer = await ana.post(f"/cases/{reference}/reply", {**form, "text": "Good night"})
    assert "problem=newer" in answer.headers["location"]
    page = await ana.open(answer.headers["location"])
    assert "Something new came while you were writing" in page
    assert ">Good night</textarea>" in page
    assert (
        "done=replied" in (await ana.send(f"/cases/{reference}/reply", text="Go out now")).headers["location"]
    )


@pytest.mark.parametrize(
    ("text", "said"), [("a" * (LONGEST_REPLY + 1), "yours has 3501"), ("  \n ", "There is no text yet")]
)
async def test_a_reply_too_long_or_empty_is_not_sent(stage: Stage, ana: Visit, text: str, said: str) -> None:
    reference = await held(stage, ana)
    await stage.world.deliver()
    page = await ana.press(f"/cases/{reference}/reply", text=text)
    assert said in page
    assert await stage.world.deliver() == []


async def test_a_text_of_100_kb_is_given_back(stage: Stage, ana: Visit) -> None:
    reference = await held(stage, ana)
    page = await ana.press(f"/cases/{reference}/reply", text="ñ" * 50_000)
    assert ana.page.status_code == 413
    assert "ñ" * 50_000 in page


async def test_a_reply_after_the_case_was_lost_is_offered_as_a_note(
    stage: Stage, ana: Visit, luis: Visit
) -> None:
    reference = await held(stage, ana)
    stage.clock.advance(minutes=16)
    await stage.store.service.sweep(stage.clock.now())
    await luis.open("/queue")
    await luis.press("/queue/next")
    page = await ana.press(f"/cases/{reference}/reply", text="I had more to say")
    assert ana.page.status_code == 409
    assert "I had more to say</textarea>" in page
    assert "/claim" not in page  # Luis has it
    await ana.press(f"/cases/{reference}/note", text="I had more to say")
    assert "I had more to say" in (await luis.open(f"/cases/{reference}"))


async def test_the_draft_is_kept_on_the_server_and_goes_with_the_case(
    stage: Stage, ana: Visit, luis: Visit
) -> None:
    reference = await held(stage, ana)
    fields = {**ana.form(f"/cases/{reference}/reply"), "text": "Half a thought"}
    answer = await ana.post(f"/cases/{reference}/draft", fields)
    assert "Draft saved" in await ana.open(answer.headers["location"])
    await ana.press(f"/cases/{reference}/release", text="Please call back")
    await luis.open(f"/cases/{reference}")
    page = await luis.press(f"/cases/{reference}/claim")
    assert ">Half a thought</textarea>" in page
    assert "Please call back" in page


async def test_script_saves_a_draft_without_a_page(stage: Stage, ana: Visit) -> None:
    reference = await held(stage, ana)
    fields = {**ana.form(f"/cases/{reference}/reply"), "text": "Half"}
    answer = await ana.post(f"/cases/{reference}/draft", fields, **{"x-live": "1"})
    assert answer.json() == {"saved": "Draft saved 12:00"}
    stage.clock.advance(minutes=20)
    assert (await ana.post(f"/cases/{reference}/draft", fields, **{"x-live": "1"})).status_code == 409


async def test_a_heartbeat_keeps_the_lease(stage: Stage, ana: Visit) -> None:
    reference = await held(stage, ana)
    fields = ana.form(f"/cases/{reference}/reply")
    for _ in range(3):
        stage.clock.advance(minutes=10)
        assert (await ana.post(f"/cases/{reference}/heartbeat", fields)).status_code == 200
    assert await state_of(stage, reference) is CaseState.CLAIMED


async def test_a_note_pressed_twice_is_one_note_and_never_sent(stage: Stage, ana: Visit) -> None:
    reference = await held(stage, ana)
    await stage.world.deliver()
    form = {**ana.form(f"/cases/{reference}/note"), "text": "Mother sounds calm"}
    for _ in range(2):
        await ana.post(f"/cases/{reference}/note", form)
    assert (await ana.open(f"/cases/{reference}")).count("Mother sounds calm") == 1
    assert await stage.world.deliver() == []


async def test_an_empty_note_is_refused(stage: Stage, luis: Visit) -> None:
    reference = await stage.opens(1, Case("help"))
    await luis.open(f"/cases/{reference}")
    assert "There is no text yet" in await luis.press(f"/cases/{reference}/note", text=" ")


async def test_closing_needs_an_outcome(stage: Stage, ana: Visit) -> None:
    reference = await held(stage, ana)
    await stage.world.deliver()
    assert "Choose how the case ended" in await ana.press(f"/cases/{reference}/close", text="done")
    assert await state_of(stage, reference) is CaseState.CLAIMED
    page = await ana.press(f"/cases/{reference}/close", outcome="referred", text="To the police", tell="1")
    assert "This case is closed" in page
    assert [text for _, text in await stage.world.deliver()] == ["es everyday.staff_left"]
    assert reference in await ana.open("/queue?view=closed")


async def test_an_unknown_case_is_not_found(ana: Visit) -> None:
    await ana.open("/cases/ZZZZ-ZZZZ")
    assert ana.page.status_code == 404
    await ana.open("/cases/../../etc/passwd")
    assert ana.page.status_code == 404


@pytest.mark.parametrize("field", [{"seen": "x"}, {"seen": "-1"}, {"token": "a b"}, {"token": ""}])
async def test_forged_fields_are_refused(stage: Stage, ana: Visit, field: dict[str, str]) -> None:
    reference = await held(stage, ana)
    answer = await ana.send(f"/cases/{reference}/reply", text="hello", **field)
    assert answer.status_code == 400
    assert "hello" not in answer.text


async def test_undelivered_messages_and_a_blocked_bot_are_seen(stage: Stage, ana: Visit) -> None:
    reference = await held(stage, ana)
    for item in await stage.world.claim():
        await stage.store.outbox.unreachable(item.id)
    page = await ana.open(f"/cases/{reference}")
    assert "This person cannot be written to" in page
    assert "1 not delivered" in page


async def test_the_details_say_who_writes_in_plain_words(stage: Stage, ana: Visit) -> None:
    audience = Audience("gn", "py", "teacher")
    reference = await stage.opens(1, Case("help", audience=audience, intent="abuse/grooming", confirmed=True))
    page = await ana.open(f"/cases/{reference}")
    for words in (
        "Guarani",
        "Paraguay",
        "Teacher",
        "Adult approaches a child",
        "Yes, wants a person",
        "09:00",
    ):
        assert words in page


class Breakable:
    """The service, whose database can be taken away."""

    def __init__(self, service: HelplineService) -> None:
        self._service = service
        self.away = False

    def __getattr__(self, name: str) -> Any:
        work = getattr(self._service, name)

        async def perhaps(*args: Any, **kwargs: Any) -> Any:
            if self.away:
                raise StoreUnavailable
            return await work(*args, **kwargs)

        return perhaps


async def test_without_the_database_the_text_is_not_lost(stage: Stage) -> None:
    service = Breakable(stage.store.service)
    app = create_app(
        service=cast(HelplineService, service),
        staff=stage.world.accounts,
        stats=stage.store.stats,
        clock=stage.clock,
    )
    ana = Visit(app)
    await ana.sign_in()
    reference = await held(stage, ana)
    service.away = True
    page = await ana.press(f"/cases/{reference}/reply", text="Stay with her")
    assert ana.page.status_code == 503
    assert "Stay with her</textarea>" in page
    service.away = False
    page = await ana.press(f"/cases/{reference}/reply", text="Stay with her")
    assert "Your message is on its way" in page
    await ana.close()


def test_length_is_counted_as_telegram_counts() -> None:
    assert units("a") == 1
    assert units("😀") == 2
