"""What a Rasa project and the action server must agree on."""

from __future__ import annotations

from collections.abc import Mapping

RASA = -1
"""Stands where the bot's id stands for Telegram; Telegram's ids are positive."""

ANSWER = "action_amparo"
"""Runs the dialogue on what the person wrote or pressed."""
DELIVER = "action_amparo_deliver"
"""Hands over what waits for the person: what staff wrote, above all."""

COMMANDS: Mapping[str, str] = {
    "action_amparo_menu": "menu",
    "action_amparo_contacts": "numbers",
    "action_amparo_person": "person",
    "action_amparo_case_status": "case",
    "action_amparo_lessons": "tips",
    "action_amparo_delete": "delete",
}
"""Actions for a team's own stories, and the command that each one is; the person's words are read as well."""

ACTIONS = (ANSWER, DELIVER, *COMMANDS)

DELIVERY_INTENT = "EXTERNAL_amparo"
"""Triggered through Rasa's API when something waits for a person."""
UNAVAILABLE = "utter_amparo_unavailable"
"""What Rasa says by itself when the action server does not answer."""

SLOTS: Mapping[str, str] = {
    "amparo_language": "language",
    "amparo_country": "country",
    "amparo_role": "role",
    "amparo_topic": "topic",
    "amparo_path": "path",
    "amparo_case": "",
}
"""Slots that mirror the remembered state, and its field; the case's reference comes from the turn."""

PRESETS = ("amparo_language", "amparo_country", "amparo_role")
"""Slots that a team's own forms may fill before Amparo knows better."""

RASA_SLOTS = frozenset({"requested_slot", "session_started_metadata", "return_value", "context"})
"""Slots that Rasa adds to every domain by itself."""

ASKING_CHANNELS = frozenset({"rest", "cmdline"})
"""Channels on which Rasa can only answer: what comes later waits for the person's next message."""
JSON_CHANNELS = frozenset({"rest", "callback", "socketio"})
"""Channels whose client is a program, which may want more than text and buttons."""
