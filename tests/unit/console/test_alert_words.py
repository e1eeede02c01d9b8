"""What an alert says to people: what happened, which case, until when, where to look; in their language."""

from __future__ import annotations

import pytest

from bot.console.alert_words import alert_words
from bot.console.catalogue import LANGUAGES
from bot.helpline.alerts import CALLS, DEAD_LETTER, STANDSTILL, TEST

CASE = {
    "helpline": "default",
    "case": "K7MB-4QX2",
    "priority": "emergency",
    "due_at": "2026-03-02T12:05:00+00:00",
    "language": "gn",
    "country": "py",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_has_words_in_every_language(language: str) -> None:
    words = alert_words("https://console.example.org")
    subjects = {words(language, "UTC", event, CASE)[0] for event in CALLS}
    assert len(subjects) == len(CALLS)
    for event in CALLS:
        subject, text = words(language, "America/Asuncion", event, CASE)
        assert "K7MB-4QX2" in subject
        assert "https://console.example.org/cases/K7MB-4QX2" in text
        assert "9:05" in text  # three hours behind UTC
        assert "\n" not in subject
    for event in (TEST, DEAD_LETTER, STANDSTILL):
        subject, text = words(language, "UTC", event, {"helpline": "default"})
        assert "Amparo" in subject
        assert "case" not in text.lower().split()


def test_without_a_public_address_there_is_no_link() -> None:
    _, text = alert_words()("en", "UTC", "overdue", CASE)
    assert "http" not in text
    assert "2 Mar 2026 12:05 (UTC)" in text
