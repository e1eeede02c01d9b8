"""What sends alerts, over the settings: webhooks, e-mail, the staff's Telegram group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.console.alert_words import alert_words
from bot.core.ports import Clock
from bot.errors import SettingsError
from bot.helpline import Store
from bot.helpline.alert_sender import AlertSender
from bot.helpline.mailer import MailServer, SmtpMailer
from bot.helpline.webhooks import Poster
from bot.settings import Settings

_HERE = ("localhost", "127.0.0.1", "::1")


@asynccontextmanager
async def alert_sender(settings: Settings, store: Store, clock: Clock) -> AsyncIterator[AlertSender]:
    """The sender of alerts, to be run; its connections end with the block. Raises `SettingsError`."""
    mailer = mailer_of(settings, clock)
    poster = Poster(inside=settings.webhooks_inside)
    try:
        yield AlertSender(
            store.database,
            store.keyring,
            clock,
            words=alert_words(settings.public_url),
            poster=poster,
            mailer=mailer,
            delivery=store.delivery,
        )
    finally:
        await poster.close()


def mailer_of(settings: Settings, clock: Clock) -> SmtpMailer | None:
    """The mailer of the settings. Raises `SettingsError` where they do not fit together."""
    if not settings.smtp_host:
        return None
    if not settings.smtp_from:
        raise SettingsError("AMPARO_SMTP_HOST needs AMPARO_SMTP_FROM")
    if settings.smtp_security == "none" and settings.smtp_host not in _HERE:
        raise SettingsError("AMPARO_SMTP_SECURITY may be none only where AMPARO_SMTP_HOST is this machine")
    password = settings.smtp_password
    server = MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_from,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password="" if password is None else password.get_secret_value(),
    )
    return SmtpMailer(server, clock)
