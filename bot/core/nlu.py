"""The data a matcher is trained from, once read from ``intents/``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """One example message. ``writer`` groups examples by the same hand, for cross-validation."""

    text: str
    intent: str
    language: str = ""
    flags: tuple[str, ...] = ()
    writer: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class FlagRule:
    """Word patterns that raise a flag, those that cancel it, and messages that prove both.

    A rule that is not ``alone`` fires on calm messages too, so it is believed only where the
    learned layer does not clearly say otherwise.
    """

    id: str
    flag: str
    language: str
    patterns: tuple[str, ...]
    unless: tuple[str, ...] = ()
    fires: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    alone: bool = True
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class EntityForms:
    """The ways people write one value of an entity; ``language`` is empty where all share them."""

    entity: str
    value: str
    forms: tuple[str, ...]
    language: str = ""


@dataclass(frozen=True, slots=True)
class TrainingData:
    """All that ``amparo train`` needs."""

    examples: tuple[Example, ...]
    rules: tuple[FlagRule, ...] = ()
    entities: tuple[EntityForms, ...] = ()
