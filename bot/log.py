"""Logs: structured, without words of people and without the token.

The token is part of Telegram's addresses, so the redaction sits on the handler, where the
libraries' own records pass too. Libraries that log bodies or addresses are kept quiet.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, TextIO

import structlog

_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{20,}", re.ASCII)
_CHATTY = (
    "httpx",
    "rasa_sdk",
    "sanic",
    "httpcore",
    "telegram",
    "telegram.ext",
    "aiosqlite",
    "aiosmtplib",
    "asyncio",
    "alembic",
    "uvicorn.access",
)


def redact(text: str) -> str:
    """The text with anything that looks like a bot token taken out."""
    return _TOKEN.sub("[token]", text)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to whatever standard error is now: a progress bar or a test may put its own there."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _: TextIO) -> None:
        raise AttributeError("the stream is always standard error")

    def handleError(self, _: logging.LogRecord) -> None:
        """Silent: Python's own report would print the message and its arguments."""


class _Redacting(logging.Formatter):
    """Formats with structlog, then takes tokens out; a traceback keeps its places, not its message."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return redact(self._inner.format(record))


def configure(level: str = "info", form: str = "text") -> None:
    """Set up logging for the process, to standard error."""
    renderer: Any = structlog.processors.JSONRenderer()
    if form == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_message,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer)
    handler = _Stderr()
    handler.setFormatter(_Redacting(formatter))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)


def _without_message(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """An exception's text may quote a person: only its type and its place in the code are logged."""
    record = event.get("_record")
    info = event.pop("exc_info", None) or (record.exc_info if record is not None else None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if record is not None:
        record.exc_info = None
        record.exc_text = None
    if isinstance(info, tuple) and info[0] is not None:
        event["error"] = info[0].__name__
        event["at"] = _place(info[2])
    return event


def _place(trace: Any) -> str:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    code = trace.tb_frame.f_code
    return f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}"
