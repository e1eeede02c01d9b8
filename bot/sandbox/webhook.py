"""Webhooks: updates are posted one after another until each is taken."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import structlog

from bot.sandbox.hub import Sandbox, until
from bot.sandbox.params import Params
from bot.sandbox.refusals import ApiError, bad_request
from bot.sandbox.text import Json
from bot.sandbox.updates import DEFAULT_KINDS
from bot.sandbox.world import stamp

log = structlog.get_logger()

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
_SECRET = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LONGEST_PAUSE = 60.0
_IDLE = 3600.0


class Webhook:
    """Sets, reports and serves the webhook. ``transport`` is given by tests."""

    def __init__(self, sandbox: Sandbox, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._sandbox = sandbox
        self._transport = transport
        self._task: asyncio.Task[None] | None = None

    def set(self, params: Params) -> str:
        """Set or, with an empty url, take away. Returns Telegram's remark. Raises `ApiError`."""
        world, url, secret = self._sandbox.world, params.text("url"), params.text("secret_token")
        if url:
            _check(url, secret)
        world.updates.allow(params.values.get("allowed_updates"))
        if params.flag("drop_pending_updates"):
            world.updates.forget_all()
        was = world.webhook.get("url", "")
        connections = params.integer("max_connections", 40, 1, 100)
        world.keep_webhook({"url": url, "secret": secret, "max_connections": connections} if url else {})
        if url:
            self.start()
            return "Webhook is already set" if url == was else "Webhook was set"
        return "Webhook was deleted" if was else "Webhook is already deleted"

    def info(self) -> Json:
        world = self._sandbox.world
        hook = world.webhook
        told: Json = {
            "url": hook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": world.updates.pending,
        }
        if hook:
            told["max_connections"] = hook["max_connections"]
        if "error_date" in hook:
            told["last_error_date"] = hook["error_date"]
            told["last_error_message"] = hook["error"]
        if world.updates.allowed != DEFAULT_KINDS:
            told["allowed_updates"] = sorted(world.updates.allowed)
        return told

    def start(self) -> None:
        """Deliver in the background, if a webhook is set; a second call changes nothing."""
        if self._sandbox.world.webhook and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        failures = 0
        with self._sandbox.sleeper() as event:
            while self._sandbox.world.webhook:
                taken = await self.deliver()
                if taken:
                    failures = 0
                elif taken is None:
                    await until(event, _IDLE)
                else:
                    failures += 1
                    await asyncio.sleep(min(_LONGEST_PAUSE, 2.0 ** min(failures, 10) / 4))

    async def deliver(self) -> bool | None:
        """Post the oldest update once: whether it was taken; None where there is nothing to post."""
        sandbox = self._sandbox
        hook, update = sandbox.world.webhook, sandbox.world.updates.first(sandbox.now())
        if update is None or not hook:
            return None
        failure = await self._post(hook, update)
        if failure:
            log.warning("webhook_failed", reason=failure)
            if sandbox.world.webhook is hook:
                error = {"error_date": stamp(sandbox.now()), "error": failure}
                sandbox.world.keep_webhook({**hook, **error})
        else:
            sandbox.world.confirm(sandbox.world.updates.forget([update["update_id"]]))
        sandbox.commit()
        return not failure

    async def _post(self, hook: Json, update: Json) -> str:
        headers = {SECRET_HEADER: hook["secret"]} if hook["secret"] else {}
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=60.0) as client:
                answer = await client.post(hook["url"], json=update, headers=headers)
        except httpx.HTTPError as error:
            return f"Connection failed ({type(error).__name__})"
        return "" if answer.is_success else f"Wrong response from the webhook: {answer.status_code}"


def _check(url: str, secret: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise bad_request("invalid webhook URL specified") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_request("invalid webhook URL specified")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ApiError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
