"""Alerts reach whoever must know, also after a crash or an hour without a network, and tell nothing of people."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, select
from standardwebhooks.webhooks import Webhook

from bot.core.case import LEASE
from bot.core.closing import Closing
from bot.core.helplines import DEFAULT
from bot.core.outcome import Outcome
from bot.core.ports import IncomingUpdate
from bot.core.taxonomy import Priority
from bot.errors import NotAllowed, NotFound
from bot.helpline.alert_queue import AGAIN_IF_LOST, GIVE_UP, WAITS
from bot.helpline.alert_sender import AlertSender
from bot.helpline.alerts import CALLS, DEAD_LETTER, EVENTS, STANDSTILL
from bot.helpline.helplines import HelplineForm
from bot.helpline.retention import Periods
from bot.helpline.service import StaffMember, Wanted
from bot.helpline.webhooks import AlertFailed, Poster
from bot.helpline.work_tables import alert_receivers, alerts
from tests.contract.world import MOTHER, TEACHER, World

HOOK, LEAD, GROUP = "https://hooks.example.org/in?key=hush", "lead@helpline.example", "-1001234567890"
EVERY = Wanted((HOOK,), (LEAD,), (GROUP,), "es")
WORDS = "he beats me at night"


class Posts(httpx.AsyncBaseTransport):
    """The receivers' servers: what came in, and what each host answers (200 where nothing is said)."""

    def __init__(self) -> None:
        self.came: list[tuple[Mapping[str, str], bytes]] = []
        self.answers: dict[str, int] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.came.append((request.headers, await request.aread()))
        return httpx.Response(self.answers.get(request.headers["host"], 200))

    def events(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.came]


@dataclass
class Mails:
    """A mail server that takes everything, until it is said to be down."""

    came: list[tuple[str, str, str, str]] = field(default_factory=list)
    down: bool = False

    async def send(self, to: str, subject: str, text: str, message_id: str) -> None:
        if self.down:
            raise AlertFailed("ConnectionRefusedError")
        self.came.append((to, subject, text, message_id))


def words(language: str, zone: str, event: str, content: Mapping[str, Any]) -> tuple[str, str]:
    return f"{language} {event}", f"{zone} {json.dumps(content, sort_keys=True)}"


async def lookup(host: str, port: int) -> Sequence[str]:
    return ["93.184.216.34"]


@dataclass
class Outside:
    """The world outside of the console, and a sender to it; a new one is what a restart gives."""

    world: World
    posts: Posts = field(default_factory=Posts)
    mails: Mails = field(default_factory=Mails)

    def sender(self) -> AlertSender:
        store = self.world.store
        return AlertSender(
            store.database,
            store.keyring,
            self.world.clock,
            words=words,
            poster=Poster(lookup=lookup, transport=self.posts),
            mailer=self.mails,
            delivery=store.delivery,
        )

    async def send(self) -> int:
        """Everything that is due now is tried."""
        sender = self.sender()
        return sum([await sender.send_due(channel) for channel in ("webhook", "email", "telegram")])


@pytest.fixture
def outside(world: World) -> Outside:
    return Outside(world)


async def admin(world: World, helpline: str = DEFAULT) -> StaffMember:
    login = f"admin.{helpline}"
    return await world.accounts.add(login, "Admin", "correct horse battery", "administrator", helpline)


async def set_up(world: World, wanted: Wanted = EVERY) -> StaffMember:
    member = await admin(world)
    await world.store.service.set_receivers(member, DEFAULT, wanted)
    return member


async def rows(world: World) -> list[tuple[str, str, str, int]]:
    def read(connection: Connection) -> list[tuple[str, str, str, int]]:
        query = select(alerts.c.channel, alerts.c.event, alerts.c.state, alerts.c.attempts)
        found = connection.execute(query.order_by(alerts.c.id))
        return [(row.channel, row.event, row.state, row.attempts) for row in found]

    return await world.store.database.read(read)


async def test_an_emergency_reaches_every_receiver_once_and_tells_no_words(
    world: World, outside: Outside
) -> None:
    member = await set_up(world)
    reference = await world.opens(MOTHER, Priority.EMERGENCY, text=WORDS)
    assert await outside.send() == 3
    (secret,) = [one.secret for one in (await world.store.service.receivers(member, DEFAULT)).of("webhook")]
    ((headers, body),) = outside.posts.came
    told = json.loads(body)
    assert told["type"] == "opened"
    assert told["data"] == {
        "helpline": DEFAULT,
        "case": reference,
        "priority": "emergency",
        "state": "new",
        "language": "es",
        "country": "cr",
        "due_at": (world.clock.now() + timedelta(minutes=5)).isoformat(),
        "outcome": None,
    }
    stamp = headers["webhook-timestamp"]
    signed = Webhook(secret).sign(headers["webhook-id"], world.clock.now(), body.decode())
    assert (headers["webhook-signature"], stamp) == (signed, str(int(world.clock.now().timestamp())))
    ((to, subject, text, _),) = outside.mails.came
    assert (to, subject) == (LEAD, "es emergency")
    gone = dict(await world.deliver())
    assert "es emergency" in gone[int(GROUP)]
    for told_to in (body.decode(), text, gone[int(GROUP)]):
        assert WORDS not in told_to
        assert str(MOTHER) not in told_to
    world.clock.advance(seconds=5)
    assert await outside.send() == 1  # the group: Telegram took it
    world.clock.advance(days=1)
    await outside.send()
    assert len(outside.posts.came) == len(outside.mails.came) == 1
    assert {state for _, _, state, _ in await rows(world)} == {"sent"}


async def test_people_are_called_for_what_cannot_wait_and_programs_hear_of_everything(
    world: World, outside: Outside
) -> None:
    await set_up(world, Wanted((HOOK,), (LEAD,)))
    ana = await world.staff()
    reference = await world.opens(MOTHER)
    await world.store.service.claim(ana, reference)
    await world.store.service.save_draft(ana, reference, WORDS)
    await world.store.service.note(ana, reference, WORDS)
    await world.store.service.call_help(ana, reference)
    await world.deliver()
    world.clock.advance(minutes=LEASE / timedelta(minutes=1))
    await world.store.service.sweep(world.clock.now())
    while await outside.send():
        pass
    heard = outside.posts.events()
    assert {"opened", "claimed", "help_asked", "lapsed"} <= set(heard) <= set(EVENTS)
    assert heard.count("line") == 1  # the note; the first line came with "opened"
    called = [subject.removeprefix("en ") for _, subject, _, _ in outside.mails.came]
    assert called == ["help_asked", "lapsed"]
    assert set(called) <= CALLS
    assert WORDS not in str(outside.posts.came) + str(outside.mails.came)


async def test_what_is_overdue_calls_the_lead_and_calls_again(world: World, outside: Outside) -> None:
    await set_up(world, Wanted(email=(LEAD,)))
    await world.opens(MOTHER, Priority.URGENT)
    await world.deliver()
    for minutes in (60, 0, 30, 600):
        world.clock.advance(minutes=minutes)
        await world.store.service.sweep(world.clock.now())
        await outside.send()
    assert [subject for _, subject, _, _ in outside.mails.came] == ["en overdue", "en overdue_again"]


async def test_danger_to_life_calls_until_somebody_has_answered(world: World, outside: Outside) -> None:
    await set_up(world, Wanted(email=(LEAD,)))
    ana, service = await world.staff(), world.store.service
    reference = await world.opens(MOTHER, Priority.EMERGENCY)
    await world.deliver()

    async def passes(minutes: float) -> int:
        """How many calls that much time brings."""
        before = len(outside.mails.came)
        for _ in range(round(minutes * 2)):
            world.clock.advance(seconds=30)
            await service.sweep(world.clock.now())
        await outside.send()
        return len(outside.mails.came) - before

    assert await passes(4.5) == 1  # that it came
    assert [await passes(m) for m in (1, 5, 10, 15, 15)] == [1, 1, 1, 1, 1]
    world.clock.advance(hours=2)  # nothing ran meanwhile: one call, not four
    assert await passes(1) == 1
    await service.claim(ana, reference)
    await service.reply(ana, reference, "I am here", seen=99, token="t")
    await world.deliver()
    assert await passes(10) == 0


async def test_closing_an_emergency_alone_is_told(world: World, outside: Outside) -> None:
    await set_up(world, Wanted(email=(LEAD,)))
    ana = await world.staff()
    reference = await world.opens(MOTHER, Priority.EMERGENCY)
    await world.store.service.claim(ana, reference)
    await world.store.service.close(
        ana, reference, Closing(Outcome.SUPPORTED, tell=False, note="alone tonight", alone=True)
    )
    await outside.send()
    assert [subject for _, subject, _, _ in outside.mails.came] == ["en emergency", "en closed_alone"]


async def test_a_failure_is_tried_again_from_the_rows_until_it_gets_through(
    world: World, outside: Outside
) -> None:
    await set_up(world, Wanted((HOOK,), (LEAD,)))
    await world.opens(MOTHER, Priority.EMERGENCY)
    outside.posts.answers["hooks.example.org"] = 503
    outside.mails.down = True
    await outside.send()
    assert await outside.send() == 0
    world.clock.advance(seconds=WAITS[0].total_seconds())
    outside.mails.down = False
    await outside.send()  # a new sender each time, as after a restart
    world.clock.advance(seconds=WAITS[1].total_seconds())
    outside.posts.answers.clear()
    await outside.send()
    assert await rows(world) == [("webhook", "opened", "sent", 3), ("email", "emergency", "sent", 2)]
    ids = {headers["webhook-id"] for headers, _ in outside.posts.came}
    assert (len(outside.posts.came), len(ids)) == (3, 1)


async def test_it_is_given_up_in_the_end_and_that_shows(world: World, outside: Outside) -> None:
    member = await set_up(world, Wanted((HOOK,)))
    await world.opens(MOTHER)
    outside.posts.answers["hooks.example.org"] = 302
    for wait in (*WAITS, timedelta(0)):
        assert await outside.send() == 1
        world.clock.advance(seconds=wait.total_seconds())
    assert await outside.send() == 0
    assert await rows(world) == [("webhook", "opened", "failed", len(WAITS) + 1)]
    (seen,) = await world.store.service.sent_alerts(member, DEFAULT)
    assert (seen.state, seen.error, seen.address, seen.event) == ("failed", "status_302", HOOK, "opened")
    numbers = await world.store.stats.numbers()
    assert (numbers.alerts_queued, numbers.alerts_failed) == (0, 1)


async def test_what_is_a_day_old_is_news_no_longer(world: World, outside: Outside) -> None:
    await set_up(world, Wanted((HOOK,)))
    await world.opens(MOTHER)
    outside.posts.answers["hooks.example.org"] = 500
    world.clock.advance(seconds=GIVE_UP.total_seconds())
    await outside.send()
    assert await rows(world) == [("webhook", "opened", "failed", 1)]


async def test_a_process_that_dies_while_it_sends_loses_nothing(world: World, outside: Outside) -> None:
    await set_up(world, Wanted((HOOK,)))
    await world.opens(MOTHER)

    class Hangs(Posts):
        reached = asyncio.Event()

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.reached.set()
            await asyncio.Event().wait()
            raise AssertionError("never answered")

    living, outside.posts = outside.posts, Hangs()
    sending = asyncio.create_task(outside.send())
    await Hangs.reached.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    outside.posts = living
    assert await outside.send() == 0
    assert (await world.store.stats.numbers()).alerts_queued == 1
    world.clock.advance(seconds=AGAIN_IF_LOST.total_seconds())
    assert (await world.store.stats.numbers()).alerts_oldest == AGAIN_IF_LOST.total_seconds()
    await outside.send()
    assert await rows(world) == [("webhook", "opened", "sent", 2)]


async def test_a_dead_receiver_holds_up_nobody_else(world: World, outside: Outside) -> None:
    dead = "https://dead.example.org/"
    await set_up(world, Wanted((dead, HOOK)))
    outside.posts.answers["dead.example.org"] = 500
    for chat in range(100, 125):
        await world.opens(chat)
    for _ in range(3):
        await outside.send()
    assert len([1 for headers, _ in outside.posts.came if headers["host"] == "hooks.example.org"]) == 25
    tried = len(outside.posts.came)
    world.clock.advance(seconds=WAITS[0].total_seconds())
    await world.opens(MOTHER)
    await outside.send()
    hosts = [headers["host"] for headers, _ in outside.posts.came[tried:]]
    assert "hooks.example.org" in hosts


async def test_a_group_hears_again_where_it_is_not_known_whether_it_heard(
    world: World, outside: Outside
) -> None:
    await set_up(world, Wanted(telegram=(GROUP,)))
    await world.opens(MOTHER, Priority.EMERGENCY)
    await outside.send()
    (mine,) = [one for one in await world.claim() if one.chat_id == int(GROUP)]
    await world.store.outbox.uncertain(mine.id)
    world.clock.advance(seconds=5)
    await outside.send()
    world.clock.advance(seconds=WAITS[0].total_seconds())
    gone = await world.deliver()
    assert [chat for chat, _ in gone if chat == int(GROUP)] == [int(GROUP)]
    await outside.send()
    assert await rows(world) == [("telegram", "emergency", "sent", 1)]


async def test_a_group_that_refuses_is_a_failure_that_shows(world: World, outside: Outside) -> None:
    member = await set_up(world, Wanted(telegram=(GROUP,)))
    await world.opens(MOTHER, Priority.EMERGENCY)
    await outside.send()
    for wait in (5, *(w.total_seconds() for w in WAITS)):
        for one in await world.claim():
            if one.chat_id == int(GROUP):
                await world.store.outbox.rejected(one.id, "chat_not_found")
        world.clock.advance(seconds=wait)
        await outside.send()
    (seen,) = await world.store.service.sent_alerts(member, DEFAULT)
    assert (seen.state, seen.error) == ("queued", "rejected")


async def test_before_any_bot_ran_a_group_cannot_be_told(world: World, outside: Outside) -> None:
    member = await set_up(world, Wanted(telegram=(GROUP,)))
    assert await world.store.service.test_receivers(member, DEFAULT) == 1
    await outside.send()
    (seen,) = await world.store.service.sent_alerts(member, DEFAULT)
    assert (seen.state, seen.error) == ("queued", "no_bot_yet")


async def test_a_test_goes_to_all_and_is_about_no_case(world: World, outside: Outside) -> None:
    member = await set_up(world)
    assert await world.store.service.test_receivers(member, DEFAULT) == 3
    await outside.send()
    assert json.loads(outside.posts.came[0][1])["data"] == {"helpline": DEFAULT}
    assert outside.mails.came[0][1] == "es test"
    page = await world.store.service.audit.page(await auditor(world))
    assert [row.what for row in page.rows][1:3] == ["receivers_tested", "receivers_set"]
    assert HOOK not in str(page)
    assert LEAD not in str(page)


async def auditor(world: World) -> StaffMember:
    return await world.accounts.add("aud", "Aud", "correct horse battery", "auditor")


async def test_a_receiver_that_was_taken_out_gets_nothing_more(world: World, outside: Outside) -> None:
    member = await set_up(world, Wanted((HOOK,), (LEAD,)))
    await world.opens(MOTHER, Priority.EMERGENCY)
    await world.store.service.set_receivers(member, DEFAULT, Wanted(email=(LEAD,)))
    await outside.send()
    assert outside.posts.came == []
    assert await rows(world) == [("webhook", "opened", "failed", 1), ("email", "emergency", "sent", 1)]


async def test_addresses_and_secrets_are_kept_encrypted_and_a_known_webhook_keeps_its_secret(
    world: World,
) -> None:
    member = await set_up(world)
    service = world.store.service
    before = await service.receivers(member, DEFAULT)
    assert before.as_wanted() == EVERY
    other = "https://other.example.org/"
    await service.set_receivers(member, DEFAULT, Wanted((other, HOOK), (LEAD, LEAD, " ")))
    after = await service.receivers(member, DEFAULT)
    secrets = {one.address: one.secret for one in after.of("webhook")}
    assert secrets[HOOK] == before.of("webhook")[0].secret
    assert secrets[other] != secrets[HOOK]
    assert [one.address for one in after.of("email")] == [LEAD]

    def stored(connection: Connection) -> str:
        found = [*connection.execute(select(alert_receivers)), *connection.execute(select(alerts))]
        return repr([tuple(row) for row in found])

    await world.opens(MOTHER, Priority.EMERGENCY)
    kept = await world.store.database.read(stored)
    assert not [text for text in (HOOK, "hooks.example", LEAD, "whsec_", secrets[HOOK]) if text in kept]


@pytest.mark.parametrize(
    "wrong",
    [
        Wanted(("http://hooks.example.org/",)),
        Wanted(("ftp://hooks.example.org/",)),
        Wanted(("https://user:pass@hooks.example.org/",)),
        Wanted(("https://127.0.0.1/",)),
        Wanted(("https://[::1]/",)),
        Wanted(("https://localhost/",)),
        Wanted(("https:///x",)),
        Wanted(("https://h:99999/",)),
        Wanted(("https://exämple.org/",)),
        Wanted((f"https://h/{'x' * 400}",)),
        Wanted(("javascript:alert(1)",)),
        Wanted(email=("lead",)),
        Wanted(email=("a@b.org\nBcc: x@y.org",)),
        Wanted(email=("<a@b.org>",)),
        Wanted(telegram=("@group",)),
        Wanted(telegram=("9" * 40,)),
        Wanted(email=tuple(f"a{n}@b.org" for n in range(21))),
        Wanted(language="gn"),
    ],
)
async def test_nonsense_is_refused_and_changes_nothing(world: World, wrong: Wanted) -> None:
    member = await set_up(world)
    with pytest.raises(ValueError, match=r"webhook|e-mail|group|receivers"):
        await world.store.service.set_receivers(member, DEFAULT, wrong)
    assert (await world.store.service.receivers(member, DEFAULT)).as_wanted() == EVERY


async def test_only_administrators_and_only_of_their_own_helpline(world: World, outside: Outside) -> None:
    await set_up(world)
    await world.store.helplines.add("uno", HelplineForm(name="Uno"))
    service, ana, eva = world.store.service, await world.staff(), await admin(world, "uno")
    for who, code, error in ((ana, DEFAULT, NotAllowed), (eva, DEFAULT, NotFound), (eva, "dos", NotFound)):
        for call in (service.receivers, service.test_receivers, service.sent_alerts):
            with pytest.raises(error):
                await call(who, code)
        with pytest.raises(error):
            await service.set_receivers(who, code, Wanted())
    await service.set_receivers(eva, "uno", Wanted(email=("eva@uno.example",)))
    await world.opens(MOTHER, Priority.EMERGENCY)
    await outside.send()
    assert [to for to, *_ in outside.mails.came] == ["eva@uno.example"]


async def test_what_became_of_alerts_is_forgotten_after_a_month(world: World, outside: Outside) -> None:
    await set_up(world, Wanted(email=(LEAD,)))
    await world.opens(MOTHER, Priority.EMERGENCY)
    await outside.send()
    world.clock.advance(days=Periods().alerts.days)
    await world.opens(TEACHER, Priority.EMERGENCY)
    await world.store.retention.purge(world.clock.now())
    assert [state for _, _, state, _ in await rows(world)] == ["queued"]


async def test_a_group_is_told_by_the_bot_that_talks_on_telegram(world: World, outside: Outside) -> None:
    """A Rasa server's chats (bot -1) have no groups, even where they are the newest."""
    await set_up(world, Wanted(telegram=(GROUP,)))
    await world.opens(MOTHER, Priority.EMERGENCY)
    raw = json.dumps({"update_id": 1, "text": "x"})
    await world.store.inbox.store(-1, [IncomingUpdate(1, raw, "rosa", ())])
    async with world.store.turns.next(-1) as unit:
        assert unit is not None
        await unit.load()
    await outside.send()
    assert int(GROUP) in [one.chat_id for one in await world.claim()]


async def test_a_message_that_cannot_be_handled_is_told_to_whoever_runs_this_once_an_hour(
    world: World, outside: Outside
) -> None:
    await set_up(world, Wanted(email=(LEAD,)))
    for minutes in (0, 1, 60):
        world.clock.advance(minutes=minutes)
        number = await world.arrive(MOTHER, WORDS)
        await world.store.turns.failed(number, "bad_update", final=True)
        await outside.send()
    assert [subject for _, subject, *_ in outside.mails.came] == [f"en {DEAD_LETTER}"] * 2
    assert WORDS not in str(outside.mails.came)


async def test_messages_that_stand_still_call_whoever_runs_this(world: World, outside: Outside) -> None:
    await set_up(world, Wanted(email=(LEAD,)))
    await world.queues(TEACHER, "an answer")
    for minutes in (9, 1, 1):
        world.clock.advance(minutes=minutes)
        await world.store.service.sweep(world.clock.now())
        await outside.send()
    assert [subject for _, subject, *_ in outside.mails.came] == [f"en {STANDSTILL}"]
    await world.deliver()
    world.clock.advance(hours=2)
    await world.store.service.sweep(world.clock.now())
    await world.arrive(MOTHER, WORDS)
    world.clock.advance(minutes=10)
    await world.store.service.sweep(world.clock.now())
    await outside.send()
    assert [subject for _, subject, *_ in outside.mails.came] == [f"en {STANDSTILL}"] * 2
    assert WORDS not in str(outside.mails.came)
