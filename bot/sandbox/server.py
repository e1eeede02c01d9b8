"""The Bot API over HTTP: ``/bot<token>/<method>``, GET and POST, with faults where they are asked for."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.errors import StoreUnavailable
from bot.sandbox.faults import Fault
from bot.sandbox.guard import BodyTooLarge, limited
from bot.sandbox.hub import Sandbox
from bot.sandbox.methods import METHODS
from bot.sandbox.params import MAX_BODY, Params, read_params, too_large
from bot.sandbox.polling import Polling
from bot.sandbox.refusals import ApiError, conflict, too_many_requests
from bot.sandbox.webhook import Webhook

log = structlog.get_logger()


class BotApi:
    """The routes of the Bot API."""

    def __init__(self, sandbox: Sandbox, webhook: Webhook) -> None:
        self._sandbox = sandbox
        self._webhook = webhook
        self._polling = Polling(sandbox)

    def route(self) -> Route:
        return Route("/bot{token}/{method}", self.answer, methods=["GET", "POST"])

    async def answer(self, request: Request) -> Response:
        """One call: read, recorded, carried out, stored, answered; refusals in Telegram's form."""
        method = request.path_params["method"]
        try:
            self._sandbox.authorise(request.path_params["token"])
            params = await read_params(limited(request, MAX_BODY))
            self._sandbox.called(method, params.values)
            fault = self._sandbox.faults.strike(method, params.chat_id)
            return await self._with_fault(fault, request, method, params)
        except ApiError as error:
            return refusal(error)
        except BodyTooLarge:
            return refusal(too_large())
        except StoreUnavailable:
            log.error("sandbox_not_stored", method=method)
            return refusal(ApiError(500, "Internal Server Error"))

    async def _with_fault(
        self, fault: Fault | None, request: Request, method: str, params: Params
    ) -> Response:
        match fault.kind if fault else None:
            case None:
                return await self._carry_out(method, params)
            case "delay":
                answer = await self._carry_out(method, params)
                await asyncio.sleep(fault.seconds if fault else 0)
                return answer
            case "silence":
                await self._carry_out(method, params)
                return _Silence(request)
            case "refused":
                return _Broken()
        assert fault is not None
        if fault.kind == "too_many_requests":
            raise too_many_requests(fault.retry_after)
        if fault.kind == "rejected":
            raise ApiError(fault.code, fault.description)
        return Response("<html><body>Bad Gateway</body></html>", fault.code, media_type="text/html")

    async def _carry_out(self, method: str, params: Params) -> Response:
        try:
            result, remark = await self._result(method.lower(), params)
        finally:
            self._sandbox.commit()
        return JSONResponse({"ok": True, "result": result} | ({"description": remark} if remark else {}))

    async def _result(self, name: str, params: Params) -> tuple[Any, str]:
        match name:
            case "getupdates":
                return await self._polling.get_updates(params), ""
            case "setwebhook" | "deletewebhook":
                values = params if name == "setwebhook" else Params({**params.values, "url": ""})
                remark = self._webhook.set(values)
                if self._sandbox.world.webhook:
                    self._polling.end(conflict("terminated by setWebhook request"))
                return True, remark
            case "getwebhookinfo":
                return self._webhook.info(), ""
        handler = METHODS.get(name)
        if handler is None:
            raise ApiError(404, "Not Found")
        return handler(self._sandbox, params), ""


def refusal(error: ApiError) -> Response:
    """An error in Telegram's form."""
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    headers = {}
    if error.retry_after is not None:
        body["parameters"] = {"retry_after": error.retry_after}
        headers["Retry-After"] = str(error.retry_after)
    return JSONResponse(body, error.code, headers)


class _Silence(Response):
    """No answer until the other side hangs up."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._request = request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


class _Broken(Response):
    """An answer that breaks off before its body: the nearest to a refused connection a server can come."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"1"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 502, "headers": headers})
