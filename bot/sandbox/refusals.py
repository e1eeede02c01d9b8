"""How the stand-in refuses a call: Telegram's error code and its words."""

from __future__ import annotations

from bot.errors import AmparoError


class ApiError(AmparoError):
    """A Bot API call is refused.

    ``description`` is Telegram's own text (telegram-bot-api, Client.cpp), as bots match on it.
    """

    def __init__(self, code: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after


class PeopleError(AmparoError):
    """A person of the stand-in asked for something a Telegram client would not offer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def bad_request(reason: str) -> ApiError:
    """400 with Telegram's prefix; the first letter is lowered as Telegram does, codes in capitals stay."""
    if not reason[1:2].isupper() and reason[1:2] != "_":
        reason = reason[:1].lower() + reason[1:]
    return ApiError(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> ApiError:
    return ApiError(403, f"Forbidden: {reason}")


def conflict(reason: str) -> ApiError:
    return ApiError(409, f"Conflict: {reason}")


def too_many_requests(seconds: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
