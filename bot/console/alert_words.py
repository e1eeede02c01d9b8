"""What people read of an alert, by e-mail or in the staff's Telegram group: nothing that a person wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.console.catalogue import Catalogue, texts_of

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""An e-mail may be read on another day: its times name the day."""

Words = Callable[[str, str, str, Mapping[str, Any]], tuple[str, str]]


def alert_words(public_url: str = "") -> Words:
    """Makes subject and text of an alert from its language, the helpline's zone, the event and its codes.

    Args:
        public_url: where staff reach the console; without it the text holds no address.
    """

    def words(language: str, zone: str, event: str, content: Mapping[str, Any]) -> tuple[str, str]:
        own = Catalogue(language, texts_of(language), ZoneInfo(zone))
        what = own.t(f"alert.{event}")
        if "case" not in content:
            return own.t("alert.subject", what=what), own.t(f"alert.about_{event}", what=what)
        due = datetime.fromisoformat(content["due_at"])
        text = own.t(
            "alert.about_case",
            what=what,
            case=content["case"],
            priority=own.t(f"priority.{content['priority']}"),
            due=f"{own.moment(due, _LONG_AGO)} ({zone})",
        )
        link = f"{public_url}/cases/{content['case']}" if public_url else ""
        subject = own.t("alert.subject_case", what=what, case=content["case"])
        return subject, "\n\n".join(part for part in (text, link, own.t("alert.nothing_told")) if part)

    return words
