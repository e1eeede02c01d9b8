"""Logs hold no token and no words of people, whoever writes them."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from bot.log import configure, redact

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
WORDS = "mi hija no aparece"


@pytest.fixture(params=["text", "json"])
def logs(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    configure("debug", request.param)
    return capsys


def test_tokens_are_taken_out_of_every_record(logs: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("somelib").warning("POST https://api.telegram.org/bot%s/getMe", TOKEN)
    structlog.get_logger().warning("event", url=f"/bot{TOKEN}/x")
    shown = logs.readouterr().err
    assert TOKEN not in shown
    assert shown.count("[token]") == 2


def test_an_exception_shows_its_type_and_place_and_not_its_words(logs: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError(WORDS)
    except ValueError:
        logging.getLogger("lib").exception("failed")
        structlog.get_logger().exception("x")
    shown = logs.readouterr().err
    assert WORDS not in shown
    assert shown.count("ValueError") == 2
    assert "test_log.py" in shown


def test_a_record_that_cannot_be_formatted_shows_nothing(logs: pytest.CaptureFixture[str]) -> None:
    record = logging.LogRecord("lib", logging.WARNING, "file.py", 1, "%d", (WORDS,), None)
    logging.getLogger().handlers[0].handle(record)
    assert logs.readouterr().err == ""


@pytest.mark.parametrize(
    "name", ["httpx", "httpcore", "telegram.ext.Application", "telegram.Bot", "aiosqlite"]
)
def test_chatty_libraries_are_quiet(logs: pytest.CaptureFixture[str], name: str) -> None:
    logging.getLogger(name).info("body: %s", WORDS)
    logging.getLogger(name).warning("body: %s", WORDS)
    assert WORDS not in logs.readouterr().err


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    structlog.get_logger().info("case_opened", case="AB-12")
    entry = json.loads(capsys.readouterr().err)
    assert (entry["event"], entry["case"], entry["level"]) == ("case_opened", "AB-12", "info")


def test_redact_leaves_ordinary_numbers() -> None:
    assert redact("case 123456 at 12:30") == "case 123456 at 12:30"
