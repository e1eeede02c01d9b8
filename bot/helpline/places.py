"""Where each encrypted text belongs. A ciphertext only opens at the place it was made for."""

from __future__ import annotations


def inbox_raw(bot_id: int, update_id: int) -> str:
    """An update as it came."""
    return f"inbox.raw:{bot_id}:{update_id}"


def chat_id(chat_key: bytes) -> str:
    """A chat's id, beside its key."""
    return f"chat_id:{chat_key.hex()}"


def conversation_state(chat_key: bytes) -> str:
    """What the dialogue remembers of a chat."""
    return f"conversations.state:{chat_key.hex()}"


def transcript_body(chat_key: bytes, token: str) -> str:
    """A kept line of a chat without a case."""
    return f"transcript.body:{chat_key.hex()}:{token}"


def outbox_payload(token: str) -> str:
    """A message on its way out."""
    return f"outbox.payload:{token}"


def case_key(reference: str) -> str:
    """The wrapped data key of a case."""
    return f"cases.data_key:{reference}"


def case_draft(reference: str) -> str:
    """The unsent reply of a case's holder."""
    return f"cases.draft:{reference}"


def line_body(reference: str, token: str) -> str:
    """A line of a case."""
    return f"case_lines.body:{reference}:{token}"


def staff_totp(staff_id: int) -> str:
    """The secret of an account's one-time codes."""
    return f"staff.totp:{staff_id}"


def staff_avoids(staff_id: int) -> str:
    """What somebody of the staff keeps away from."""
    return f"staff.avoids:{staff_id}"


def alert_receiver(token: str) -> str:
    """Where alerts of a helpline go to."""
    return f"alert_receivers.sealed:{token}"
