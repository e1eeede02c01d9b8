"""Which updates may wait a moment for the next one."""

from __future__ import annotations

from typing import Any

import pytest

from bot.chat.raw import SHORT, incoming
from bot.core.reading import FlagHit


class Scan:
    """Sees one word."""

    def __init__(self, word: str = "") -> None:
        self._word = word

    def scan(self, text: str) -> tuple[FlagHit, ...]:
        return (FlagHit("violence", 1.0),) if self._word and self._word in text else ()


def update(text: str, **more: Any) -> dict[str, Any]:
    message = {"chat": {"id": 5, "type": "private"}, "text": text, **more}
    return {"update_id": 1, "message": message}


@pytest.mark.parametrize(
    ("raw", "plain", "patient"),
    [
        (update("hola"), True, True),
        (update("x" * (SHORT + 1)), True, False),  # complete in itself
        (update("me pega"), True, False),  # the patterns see it
        (update("me quiere ver"), True, False),  # only the model sees it
        (update("/menu"), False, False),
        (update("hola", forward_origin={"type": "hidden_user"}), False, False),
        (update("hola", chat={"id": -5, "type": "group"}), False, False),
        ({"update_id": 1, "callback_query": {"data": "/menu"}}, False, False),
        (
            {"update_id": 1, "edited_message": {"chat": {"id": 5, "type": "private"}, "text": "hola"}},
            False,
            False,
        ),
        ({"update_id": 1, "message": {"chat": {"id": 5, "type": "private"}, "text": ["hola"]}}, False, False),
    ],
)
def test_only_a_short_new_text_without_danger_waits(raw: Any, plain: bool, patient: bool) -> None:
    stored = incoming(raw, Scan("pega"), Scan("ver"))
    assert stored is not None
    assert (stored.plain, stored.patient) == (plain, patient)
