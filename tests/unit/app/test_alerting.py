"""A test alert goes from the console's call to the mail server of the settings, by the loop itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.core.clock import SystemClock
from bot.core.helplines import DEFAULT
from bot.helpline import Store, open_store
from bot.helpline.service import Wanted
from bot.helpline.staff import StaffAccounts
from bot.settings import Settings
from bot.wiring.alerting import alert_sender
from tests.conftest import KEY, PEPPER
from tests.contract.world import CHEAP, KeyRenderer


class Box:
    """Keeps what is handed in."""

    def __init__(self) -> None:
        self.came = asyncio.Event()
        self.content = b""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.content = envelope.content
        self.came.set()
        return "250 OK"


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    store = await open_store(
        database_url, keys=[KEY], pepper=PEPPER, clock=SystemClock(), renderer=KeyRenderer()
    )
    yield store
    await store.close()


async def test_a_test_alert_arrives_by_the_loop_that_bot_and_console_run(store: Store) -> None:
    clock, box = SystemClock(), Box()
    admin = await StaffAccounts(store.database, store.keyring, clock, CHEAP).add(
        "admin", "Admin", "correct horse battery", "administrator"
    )
    await store.service.set_receivers(admin, DEFAULT, Wanted(email=("lead@helpline.example",), language="es"))
    await store.service.test_receivers(admin, DEFAULT)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "localhost", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        mail = {"smtp_host": "localhost", "smtp_port": port, "smtp_security": "none"}
        settings = Settings(**mail, smtp_from="amparo@helpline.example")
        async with alert_sender(settings, store, clock) as sender:
            running = asyncio.create_task(sender.run())
            async with asyncio.timeout(20):
                await box.came.wait()
                while (await store.stats.numbers()).alerts_queued:  # the row tells  # noqa: ASYNC110
                    await asyncio.sleep(0)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert b"To: lead@helpline.example" in box.content
    (sent,) = await store.service.sent_alerts(admin, DEFAULT)
    assert (sent.state, sent.event, sent.address) == ("sent", "test", "lead@helpline.example")
