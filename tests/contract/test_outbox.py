"""Messages go out once, per chat in order, the gravest first, and the truth about each is kept."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from bot.core.case import Author, DeliveryState
from bot.core.effects import Kind, Message, RenderedButton
from bot.core.handout import Document
from bot.core.ports import OutgoingMessage, TurnUnit
from bot.helpline import open_store
from bot.helpline.outbox import SAFETY_TRIES
from bot.helpline.tables import outbox
from tests.conftest import KEY, PEPPER
from tests.contract.world import BOT, MOTHER, TEACHER, KeyRenderer, World


def html(claimed: Sequence[OutgoingMessage]) -> list[str]:
    return [item.message.html for item in claimed]


async def texts(world: World) -> list[str]:
    return html(await world.claim())


async def states(world: World) -> list[str]:
    def stored(connection: Connection) -> list[str]:
        return list(connection.execute(select(outbox.c.state).order_by(outbox.c.id)).scalars())

    return await world.store.database.read(stored)


async def test_a_message_keeps_its_buttons(world: World) -> None:
    message = Message("<b>a</b>", ((RenderedButton("yes", "/yes"), RenderedButton("no", "/no")),))

    async def doing(unit: TurnUnit) -> None:
        await unit.say(message, Kind.ANSWER)

    await world.talk(MOTHER, doing)
    (claimed,) = await world.claim()
    assert (claimed.chat_id, claimed.kind, claimed.attempts) == (MOTHER, Kind.ANSWER, 1)
    assert claimed.message == message


async def test_a_message_keeps_which_file_goes_with_it(world: World) -> None:
    message = Message("here it is", document=Document("bullying_6-9", "gn", "py"))

    async def doing(unit: TurnUnit) -> None:
        await unit.say(message, Kind.ANSWER)

    await world.talk(MOTHER, doing)
    (claimed,) = await world.claim()
    assert claimed.message == message


async def test_one_message_of_a_chat_is_in_the_air(world: World) -> None:
    await world.queues(MOTHER, "one", "two")
    (first,) = await world.claim()
    assert await world.claim() == []
    await world.store.outbox.sent(first.id, 1)
    assert await texts(world) == ["two"]


async def test_a_message_is_claimed_once(world: World) -> None:
    await world.queues(MOTHER, "one")
    assert await texts(world) == ["one"]
    assert await texts(world) == []


async def test_another_bots_messages_stay(world: World) -> None:
    await world.queues(MOTHER, "one")
    assert await world.store.outbox.claim(BOT + 1, 30) == []


async def test_the_gravest_kind_goes_first(world: World) -> None:
    await world.queues(1, "answer", kind=Kind.ANSWER)
    await world.queues(2, "notice", kind=Kind.NOTICE)
    await world.queues(3, "staff", kind=Kind.STAFF)
    await world.queues(4, "safety", kind=Kind.SAFETY)
    await world.queues(5, "later answer", kind=Kind.ANSWER)
    assert await texts(world) == ["safety", "notice", "staff", "answer", "later answer"]


async def test_a_limit_takes_the_gravest(world: World) -> None:
    await world.queues(1, "answer")
    await world.queues(2, "safety", kind=Kind.SAFETY)
    assert html(await world.claim(limit=1)) == ["safety"]


async def test_a_safety_text_hastens_what_is_before_it(world: World) -> None:
    await world.queues(1, "staff", kind=Kind.STAFF)
    await world.queues(2, "answer")
    await world.queues(2, "safety", kind=Kind.SAFETY)
    assert await texts(world) == ["answer", "staff"]


async def test_a_safety_text_hastens_its_own_turn(world: World) -> None:
    await world.queues(1, "staff", kind=Kind.STAFF)

    async def doing(unit: TurnUnit) -> None:
        await unit.say(Message("answer"), Kind.ANSWER)
        await unit.say(Message("safety"), Kind.SAFETY)

    await world.talk(2, doing)
    assert await texts(world) == ["answer", "staff"]


async def test_a_retry_holds_back_its_chat_only(world: World) -> None:
    await world.queues(MOTHER, "one", "two")
    await world.queues(TEACHER, "other")
    first, _ = await world.claim()
    await world.store.outbox.retry(first.id, 5)
    assert await texts(world) == []
    world.clock.advance(seconds=5)
    (again,) = await world.claim()
    assert (again.message.html, again.attempts) == ("one", 2)


async def test_a_retry_in_the_past_is_due_now(world: World) -> None:
    await world.queues(MOTHER, "one")
    (first,) = await world.claim()
    await world.store.outbox.retry(first.id, -3)
    assert await texts(world) == ["one"]


async def test_an_uncertain_answer_stays_and_the_chat_goes_on(world: World) -> None:
    await world.queues(MOTHER, "one", "two")
    (first,) = await world.claim()
    await world.store.outbox.uncertain(first.id)
    assert await texts(world) == ["two"]
    assert await states(world) == ["uncertain", "sending"]


async def test_an_uncertain_safety_text_goes_out_again_but_not_for_ever(world: World) -> None:
    await world.queues(MOTHER, "numbers", kind=Kind.SAFETY)
    for _ in range(SAFETY_TRIES):
        (item,) = await world.claim()
        await world.store.outbox.uncertain(item.id)
        world.clock.advance(seconds=5)
    assert await world.claim() == []
    assert await states(world) == ["uncertain"]


async def test_an_answer_of_telegram_that_comes_late_counts(world: World) -> None:
    await world.queues(MOTHER, "numbers", kind=Kind.SAFETY)
    (item,) = await world.claim()
    await world.store.outbox.uncertain(item.id)
    await world.store.outbox.sent(item.id, 9)
    world.clock.advance(seconds=60)
    assert await world.claim() == []
    assert await states(world) == ["sent"]


async def test_a_settled_message_stays_settled(world: World) -> None:
    await world.queues(MOTHER, "one")
    (item,) = await world.claim()
    await world.store.outbox.sent(item.id, 9)
    await world.store.outbox.retry(item.id, 0)
    await world.store.outbox.uncertain(item.id)
    await world.store.outbox.rejected(item.id, "late")
    assert await states(world) == ["sent"]
    assert await world.claim() == []


async def test_a_rejected_message_lets_the_next_go(world: World) -> None:
    await world.queues(MOTHER, "one", "two")
    (first,) = await world.claim()
    await world.store.outbox.rejected(first.id, "BadRequest: the words were bad")
    assert await texts(world) == ["two"]

    def error(connection: Connection) -> str | None:
        return connection.execute(select(outbox.c.error).where(outbox.c.id == first.id)).scalar()

    assert await world.store.database.read(error) == "unnamed"


async def test_nobody_is_written_to_who_cannot_be(world: World) -> None:
    reference = await world.opens(MOTHER)
    await world.queues(MOTHER, "waiting")
    (first,) = await world.claim()
    await world.store.outbox.unreachable(first.id)
    await world.queues(MOTHER, "later")
    assert await world.claim() == []
    assert await states(world) == ["unreachable"] * 3
    ana = await world.staff()
    found = await world.store.service.case(ana, reference)
    assert found.row.unreachable
    assert [line.key for line in found.lines if line.author is Author.SYSTEM] == ["opened", "unreachable"]
    assert {line.delivery for line in found.lines if line.author is Author.BOT} == {DeliveryState.UNREACHABLE}


async def test_a_person_who_comes_back_is_written_to(world: World) -> None:
    async def blocks(unit: TurnUnit) -> None:
        await unit.mark_unreachable(True)

    async def returns(unit: TurnUnit) -> None:
        await unit.mark_unreachable(False)
        await unit.say(Message("welcome"), Kind.ANSWER)

    await world.queues(MOTHER, "lost")
    await world.talk(MOTHER, blocks)
    await world.queues(MOTHER, "lost too")
    assert await world.claim() == []
    await world.talk(MOTHER, returns)
    assert await texts(world) == ["welcome"]


async def test_after_a_crash_safety_goes_again_and_the_rest_is_uncertain(
    world: World, database_url: str
) -> None:
    await world.queues(1, "numbers", kind=Kind.SAFETY)
    await world.queues(2, "answer")
    await world.queues(3, "staff", kind=Kind.STAFF)
    assert len(await world.claim()) == 3
    await world.store.close()
    after = await open_store(
        database_url, keys=[KEY], pepper=PEPPER, clock=world.clock, renderer=KeyRenderer()
    )
    await after.outbox.recover(BOT)
    assert html(await after.outbox.claim(BOT, 30)) == ["numbers"]
    await after.close()


async def test_at_its_own_start_a_process_settles_what_it_sent_before(world: World) -> None:
    await world.queues(MOTHER, "answer")
    await world.claim()
    await world.store.outbox.recover(BOT)
    assert await states(world) == ["uncertain"]


async def test_a_late_message_of_the_turn_before_does_not_overtake(world: World) -> None:
    for number in range(5):
        await world.queues(MOTHER, f"{number}a", f"{number}b")
    assert [text for _, text in await world.deliver()] == [f"{n}{c}" for n in range(5) for c in "ab"]


async def test_a_bell_wakes_the_delivery(world: World) -> None:
    assert await world.claim() == []
    await world.queues(MOTHER, "one")
    await world.store.outbox.wait(3600)
    assert await texts(world) == ["one"]
    await world.store.outbox.wait(0)
