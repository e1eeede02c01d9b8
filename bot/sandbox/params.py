"""Parameters of a Bot API call, from the query, JSON, a form or multipart; the body wins over the query."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from bot.sandbox.refusals import ApiError, bad_request

MAX_BODY = 52 * 1024 * 1024
"""Telegram takes files up to 50 MB."""

_MAX_PARTS = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart body."""

    name: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters by name: text from forms, any JSON value from a JSON body. Getters raise `ApiError`."""

    values: Mapping[str, Any]
    files: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        if value is None:
            return default
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0, low: int = -(2**63), high: int = 2**63 - 1) -> int:
        """The number, drawn into its limits; what is no number counts as the default, as at Telegram."""
        try:
            value = int(str(self.values.get(name, default)).strip() or default)
        except ValueError:
            value = default
        return max(low, min(value, high))

    def flag(self, name: str) -> bool:
        return str(self.values.get(name, "")).strip().lower() in ("true", "yes", "1")

    def json(self, name: str, what: str) -> Any:
        """A JSON value, None where absent; ``what`` names it in the refusal."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return value
        return parse_json(value, f"can't parse {what} JSON object")

    @property
    def chat_id(self) -> int | None:
        try:
            return int(self.values["chat_id"])
        except (KeyError, TypeError, ValueError, OverflowError):
            return None


async def read_params(request: Request) -> Params:
    """Read a call's parameters. Raises `ApiError` where the body is malformed or too large."""
    values: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST":
        return Params(values)
    if kind == "application/json":
        values |= await _json_body(request)
        return Params(values)
    if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return await _form(request, values)
    return Params(values)


def parse_json(raw: str | bytes, refusal: str) -> Any:
    """Any JSON value. Halves of surrogate pairs, which no database takes, are refused as malformed."""
    try:
        parsed = json.loads(raw)
        json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise bad_request(refusal) from None
    return parsed


async def _json_body(request: Request) -> dict[str, Any]:
    body = await request.body()
    if not body:
        return {}
    parsed = parse_json(body, "can't parse JSON object")
    if not isinstance(parsed, dict):
        raise bad_request("JSON object expected as request")
    return parsed


async def _form(request: Request, values: dict[str, Any]) -> Params:
    files: dict[str, Upload] = {}
    async with request.form(max_files=20, max_fields=_MAX_PARTS, max_part_size=256 * 1024) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                mime = value.content_type or "application/octet-stream"
                files[name] = Upload(value.filename or "file", mime, await value.read())
            else:
                values[name] = value
    return Params(values, files)


def too_large() -> ApiError:
    return ApiError(413, "Request Entity Too Large")
