"""Every error Amparo raises on purpose.

AmparoError
├── SettingsError        a setting is missing or malformed (names the setting, never its value)
├── AccountError         a staff account's name or password is not acceptable
├── ContentError         intents/ or responses/ cannot be used; carries findings
├── ModelError           a trained model is missing, damaged or foreign
├── MatcherUnavailable   the matcher cannot answer now; the pattern layer still can
├── RemoteFailed         a Rasa server that was to be asked does not answer as it should
├── NotReadYet           a text must be read before the turn's transaction, which would wait for it
├── StoreError           the database refused or is away
│   ├── StoreUnavailable     cannot be reached; try again later
│   ├── NotFound             no such thing, or not for this reader
│   ├── NotAllowed           the role does not allow it
│   ├── Conflict             somebody else changed it first
│   │   ├── Outdated             the person wrote something that the sender has not seen
│   │   ├── Unsure               after a long silence somebody else may have the phone
│   │   └── SecondNeeded         an emergency is closed by two, or with a reason
│   ├── SignInRefused        unknown account or wrong password
│   ├── TooManyTries         too many failed sign-ins; wait
│   ├── AuditError           an act cannot be written into the audit trail, and so must not be
│   ├── BackupError          a backup cannot be made, read or restored; nothing was changed
│   └── KeyringError         a key is missing or does not fit the data
├── UpdateError          an update cannot be understood; it goes to the dead letters
├── DeliveryError        a message did not get through
│   ├── DeliveryRetry        not accepted; try again after ``retry_after`` seconds
│   ├── DeliveryUncertain    perhaps delivered, perhaps not
│   ├── DeliveryUnreachable  this person cannot be written to (blocked, deleted)
│   └── DeliveryRejected     refused for good (malformed)
├── HandoutError         a page for printing could not be set
└── ChatError            Telegram refused at start-up (wrong token, webhook in use)

Adapters turn their library's errors into these at the border, with ``raise ... from``.
Messages never hold words of people or secrets.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable


class AmparoError(Exception):
    """Something in Amparo went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__class__.__doc__ or "").strip())


class WrongField(ValueError):
    """What somebody wrote into a field is not acceptable; ``field`` names it, the text says why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class SettingsError(AmparoError):
    """A setting is missing or malformed."""


class AccountError(AmparoError):
    """A staff account's name or password is not acceptable."""


class ContentError(AmparoError):
    """The content in intents/ or responses/ cannot be used."""


class ModelError(AmparoError):
    """The trained model is missing, damaged or was made by something else."""


class MatcherUnavailable(AmparoError):
    """The matcher cannot answer now."""


class RemoteFailed(AmparoError):
    """A Rasa server does not answer as it should."""


class NotReadYet(AmparoError):
    """A text must be read outside of the transaction first; await ``prepare``, then begin the turn anew."""

    def __init__(self, prepare: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.prepare = prepare


class StoreError(AmparoError):
    """The database refused."""


class StoreUnavailable(StoreError):
    """The database cannot be reached."""


class NotFound(StoreError):
    """There is no such thing, or it is not for this reader."""


class NotAllowed(StoreError):
    """The role does not allow this."""


class Conflict(StoreError):
    """Somebody else changed it first."""


class Outdated(Conflict):
    """The person wrote something new in between."""


class Unsure(Conflict):
    """After a long silence the sender must say that it is still the same person, or ask first."""


class SecondNeeded(Conflict):
    """A second person has not looked at this emergency; who closes it alone gives a reason."""


class SignInRefused(StoreError):
    """There is no such account, or the password is wrong."""


class TooManyTries(StoreError):
    """Too many failed sign-ins; try again later."""


class AuditError(StoreError):
    """This cannot be written into the audit trail."""


class BackupError(StoreError):
    """A backup cannot be made, read or restored; nothing was changed."""


class KeyringError(StoreError):
    """An encryption key is missing or does not fit the data."""


class TogetherError(AmparoError):
    """One of several texts that were to be read together cannot be understood; each now goes alone."""


class UpdateError(AmparoError):
    """An update cannot be understood."""


class DeliveryError(AmparoError):
    """A message did not get through."""


class DeliveryRetry(DeliveryError):
    """Not accepted; to be tried again."""

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DeliveryUncertain(DeliveryError):
    """Perhaps delivered, perhaps not."""


class DeliveryUnreachable(DeliveryError):
    """This person cannot be written to."""


class DeliveryRejected(DeliveryError):
    """Refused for good."""


class HandoutError(AmparoError):
    """A page for printing could not be set."""


class ChatError(AmparoError):
    """Telegram refused at start-up."""


def code_of(error: Exception) -> str:
    """A short name of an error in lower case, such as ``update_error``: nothing of what it says."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()
