"""Settings: one table; an error names the setting and never its value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, bind, read_settings
from bot.wiring.alerting import mailer_of
from tests.clock import FixedClock

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"AMPARO_{name}".upper(), raising=False)


def test_everything_has_a_default_and_a_description() -> None:
    settings = read_settings()
    assert settings.telegram_token is None
    assert settings.database.startswith("sqlite:///")
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AMPARO_TELEGRAM_TOKEN", "not-a-token-SECRET"),
        ("AMPARO_TELEGRAM_API", "ftp://SECRET"),
        ("AMPARO_CONSOLE_BIND", "SECRET"),
        ("AMPARO_CONSOLE_BIND", "127.0.0.1:99999"),
        ("AMPARO_WORKERS", "SECRET"),
        ("AMPARO_LOG_LEVEL", "SECRET"),
        ("AMPARO_LOG_FORMAT", "SECRET"),
    ],
)
def test_a_wrong_value_is_named_but_not_shown(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name) as caught:
        read_settings()
    assert "SECRET" not in str(caught.value)
    assert "99999" not in str(caught.value)


def test_secrets_do_not_show_in_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMPARO_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("AMPARO_DATABASE_URL", "postgresql://u:hush@h/d")
    shown = repr(read_settings())
    assert TOKEN not in shown
    assert "hush" not in shown


def test_a_file_of_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("AMPARO_WORKERS=7\n", "utf-8")
    monkeypatch.setenv("AMPARO_ENV_FILE", str(file))
    assert read_settings().workers == 7
    monkeypatch.setenv("AMPARO_ENV_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match="AMPARO_ENV_FILE"):
        read_settings()


def test_bind_understands_ipv6() -> None:
    assert bind("[::1]:8600") == ("::1", 8600)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"smtp_host": "mail.example.org"}, "AMPARO_SMTP_FROM"),
        (
            {"smtp_host": "mail.example.org", "smtp_from": "a@example.org", "smtp_security": "none"},
            "AMPARO_SMTP_SECURITY",
        ),
        ({"smtp_security": "perhaps"}, "AMPARO_SMTP_SECURITY"),
        ({"smtp_from": "nobody"}, "AMPARO_SMTP_FROM"),
        ({"smtp_port": 0}, "AMPARO_SMTP_PORT"),
    ],
)
def test_a_mail_server_that_cannot_be_used_is_named_at_the_start(given: dict[str, Any], wrong: str) -> None:
    with pytest.raises(SettingsError, match=wrong):
        mailer_of(read_settings(**given), FixedClock())


def test_a_mail_server_of_this_machine_may_do_without_tls() -> None:
    given = {"smtp_host": "localhost", "smtp_security": "none", "smtp_from": "amparo@example.org"}
    assert mailer_of(read_settings(**given), FixedClock()) is not None
    assert mailer_of(read_settings(), FixedClock()) is None
