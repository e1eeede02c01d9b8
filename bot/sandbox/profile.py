"""What the bot says about itself: name, descriptions, commands, each by language and commands also by scope."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.sandbox.journal import Journal
from bot.sandbox.refusals import bad_request
from bot.sandbox.text import Json

FIELDS = {"name": 64, "description": 512, "short_description": 120}
"""The longest text of each, in characters."""

MAX_COMMANDS = 100
_COMMAND = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
_LANGUAGE = re.compile(r"([a-z]{2})?", re.ASCII)
_PLAIN_SCOPES = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators")


class Profile:
    """The bot's profile."""

    def __init__(self, journal: Journal, name: str) -> None:
        self._journal = journal
        self._name = name
        self._texts: dict[str, str] = {}
        self._commands: dict[str, list[Json]] = {}

    def restore(self, row: Json | None) -> None:
        if row:
            self._texts = row["texts"]
            self._commands = row["commands"]

    def text(self, field: str, language: str = "") -> str:
        """The text a person with this client language sees."""
        own = self._texts.get(f"{field}:{_checked(language)}") or self._texts.get(f"{field}:")
        return own or (self._name if field == "name" else "")

    def set_text(self, field: str, value: str, language: str) -> None:
        """Set, or with an empty ``value`` take back. Raises `ApiError`."""
        if len(value) > FIELDS[field]:
            raise bad_request(f"bot {field.replace('_', ' ')} is too long")
        self._texts[f"{field}:{_checked(language)}"] = value
        self._keep()

    def commands(self, scope: Any, language: str) -> list[Json]:
        """The commands set for exactly this scope and language."""
        return self._commands.get(_key(scope, language), [])

    def set_commands(self, commands: Any, scope: Any, language: str) -> None:
        """Set them, or with an empty list take them back. Raises `ApiError`."""
        key = _key(scope, language)
        checked = [_command(command) for command in _listed(commands)]
        if len(checked) > MAX_COMMANDS:
            raise bad_request("too many commands specified")
        if checked:
            self._commands[key] = checked
        else:
            self._commands.pop(key, None)
        self._keep()

    def commands_for(self, person_id: int, language: str) -> list[Json]:
        """What a person sees in a private chat: the nearest scope first, own language before none.

        Source: https://core.telegram.org/bots/api#determining-list-of-commands
        """
        code = language[:2].lower()
        code = code if _LANGUAGE.fullmatch(code) else ""
        scopes: Sequence[Json] = (
            {"type": "chat", "chat_id": person_id},
            {"type": "all_private_chats"},
            {"type": "default"},
        )
        for scope in scopes:
            for tried in (code, "") if code else ("",):
                if found := self.commands(scope, tried):
                    return found
        return []

    def _keep(self) -> None:
        row = {"texts": dict(self._texts), "commands": dict(self._commands)}
        self._journal.keep("profile", "bot", row)
        self._journal.tell("profile")


def _checked(language: str) -> str:
    if not _LANGUAGE.fullmatch(language):
        raise bad_request("invalid language code specified")
    return language


def _key(scope: Any, language: str) -> str:
    scope = {"type": "default"} if scope is None else scope
    if not isinstance(scope, dict):
        raise bad_request("can't parse BotCommandScope: BotCommandScope must be an Object")
    kind = scope.get("type")
    if kind in _PLAIN_SCOPES:
        return f"{kind}:{_checked(language)}"
    if kind not in ("chat", "chat_administrators", "chat_member"):
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    if scope.get("chat_id") in (None, ""):
        raise bad_request("can't parse BotCommandScope: Empty chat_id specified")
    return f"{kind}/{scope['chat_id']}/{scope.get('user_id', '')}:{_checked(language)}"


def _listed(commands: Any) -> list[Any]:
    if commands is None:
        return []
    if not isinstance(commands, list):
        raise bad_request("expected an Array of BotCommand")
    return commands


def _command(command: Any) -> Json:
    if not isinstance(command, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name, description = command.get("command"), command.get("description")
    if not isinstance(name, str) or not isinstance(description, str):
        raise bad_request("can't parse BotCommand: command and description must be of type String")
    if not _COMMAND.fullmatch(name.removeprefix("/")):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name.removeprefix("/"), "description": description}
