"""The Bot API's methods, but getUpdates and webhooks: parameters in, Telegram's result out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.sandbox.hub import Sandbox
from bot.sandbox.keyboard import Keyboard, parse_markup
from bot.sandbox.markup import parse
from bot.sandbox.model import Message
from bot.sandbox.params import Params, Upload, too_large
from bot.sandbox.profile import FIELDS
from bot.sandbox.refusals import bad_request
from bot.sandbox.text import Formatted, Json

Method = Callable[[Sandbox, Params], Any]

MAX_RAW_TEXT = 1 << 15
"""Bytes of text before entities are parsed."""

MAX_FILE = 50 * 1024 * 1024

ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
        "cancel",
    }
)


def _get_me(sandbox: Sandbox, _: Params) -> Json:
    able = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
    return {**sandbox.world.bot_user(), **able}


def _send_message(sandbox: Sandbox, params: Params) -> Json:
    body = _body(params, "text", "message text is empty")
    keyboard = _keyboard(params)
    chat_id = sandbox.bot.writable(params.values.get("chat_id"))
    message = sandbox.bot.send_text(
        chat_id, body, keyboard, _reply_to(sandbox, params, chat_id), sandbox.now()
    )
    return sandbox.world.shown(message)


def _edit_text(sandbox: Sandbox, params: Params) -> Json:
    body = _body(params, "text", "message text is empty")
    chat_id, message_id = _target(sandbox, params)
    message = sandbox.bot.edit_text(chat_id, message_id, body, _keyboard(params), sandbox.now())
    return sandbox.world.shown(message)


def _edit_keyboard(sandbox: Sandbox, params: Params) -> Json:
    chat_id, message_id = _target(sandbox, params)
    message = sandbox.bot.edit_keyboard(chat_id, message_id, _keyboard(params), sandbox.now())
    return sandbox.world.shown(message)


def _delete(sandbox: Sandbox, params: Params) -> bool:
    chat_id, message_id = _target(sandbox, params)
    sandbox.bot.delete(chat_id, message_id, sandbox.now())
    return True


def _delete_many(sandbox: Sandbox, params: Params) -> bool:
    ids = params.json("message_ids", "message identifiers")
    if not isinstance(ids, list):
        raise bad_request("message identifiers are not specified")
    if len(ids) > 100:
        raise bad_request("too many message identifiers specified")
    if not all(isinstance(value, int) and not isinstance(value, bool) and value > 0 for value in ids):
        raise bad_request("invalid message identifier specified")
    sandbox.bot.delete_many(sandbox.bot.writable(params.values.get("chat_id")), ids, sandbox.now())
    return True


def _action(sandbox: Sandbox, params: Params) -> bool:
    action = params.text("action").lower()
    if action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    sandbox.bot.act(sandbox.bot.writable(params.values.get("chat_id")), action)
    return True


def _answer_press(sandbox: Sandbox, params: Params) -> bool:
    press_id, text = params.text("callback_query_id"), params.text("text")
    sandbox.bot.answer_press(press_id, text, params.flag("show_alert"), sandbox.now())
    return True


def _send_document(sandbox: Sandbox, params: Params) -> Json:
    caption = _body(params, "caption")
    keyboard = _keyboard(params)
    chat_id = sandbox.bot.writable(params.values.get("chat_id"))
    reply_to = _reply_to(sandbox, params, chat_id)
    document = _document(sandbox, params)
    message = sandbox.bot.send_document(chat_id, document, caption, keyboard, reply_to, sandbox.now())
    return sandbox.world.shown(message)


def _document(sandbox: Sandbox, params: Params) -> Json:
    """The uploaded file, stored; or an earlier one of the bot's, named by its id."""
    given = params.text("document")
    upload = params.files.get(
        given.removeprefix("attach://") if given.startswith("attach://") else "document"
    )
    if upload is not None:
        return _stored(sandbox, upload)
    if not given or given.startswith("attach://"):
        raise bad_request("there is no document in the request")
    for chat_id in [*sandbox.world.humans, *sandbox.world.groups]:
        for message in sandbox.world.messages(chat_id):
            document: Json = message.content.get("document", {})
            if document.get("file_id") == given and message.sender_id == sandbox.world.bot_id:
                return document
    raise bad_request("wrong file identifier/HTTP URL specified")


def _stored(sandbox: Sandbox, upload: Upload) -> Json:
    if not upload.data:
        raise bad_request("file must be non-empty")
    if len(upload.data) > MAX_FILE:
        raise too_large()
    number = sandbox.world.random.getrandbits(96)
    file_id = f"file-{number:024x}"
    sandbox.storage.save_file(file_id, upload.data)
    return {
        "file_id": file_id,
        "file_unique_id": f"{number & 0xFFFFFFFFFFFF:012x}",
        "file_name": upload.name,
        "mime_type": upload.mime,
        "file_size": len(upload.data),
    }


def _set_commands(sandbox: Sandbox, params: Params) -> bool:
    commands, scope = params.json("commands", "commands"), params.json("scope", "BotCommandScope")
    sandbox.world.profile.set_commands(commands, scope, params.text("language_code"))
    return True


def _get_commands(sandbox: Sandbox, params: Params) -> list[Json]:
    scope = params.json("scope", "BotCommandScope")
    return sandbox.world.profile.commands(scope, params.text("language_code"))


def _delete_commands(sandbox: Sandbox, params: Params) -> bool:
    scope = params.json("scope", "BotCommandScope")
    sandbox.world.profile.set_commands([], scope, params.text("language_code"))
    return True


def _setter(field: str) -> Method:
    def method(sandbox: Sandbox, params: Params) -> bool:
        sandbox.world.profile.set_text(field, params.text(field), params.text("language_code"))
        return True

    return method


def _getter(field: str) -> Method:
    def method(sandbox: Sandbox, params: Params) -> Json:
        return {field: sandbox.world.profile.text(field, params.text("language_code"))}

    return method


def _get_chat(sandbox: Sandbox, params: Params) -> Json:
    chat_id = sandbox.bot.chat_id(params.values.get("chat_id"))
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"),
        False,
    )
    always = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}
    return {**sandbox.world.chat(chat_id), **always}


def _leave(sandbox: Sandbox, params: Params) -> bool:
    sandbox.bot.leave(sandbox.bot.writable(params.values.get("chat_id")))
    return True


def _body(params: Params, field: str, empty: str = "") -> Formatted:
    """Text or caption with its entities; ``empty`` is the refusal of an empty one."""
    raw = params.text(field)
    if not raw and empty:
        raise bad_request(empty)
    if len(raw.encode()) > MAX_RAW_TEXT:
        raise bad_request("text is too long")
    if params.values.get("entities") or params.values.get("caption_entities"):
        raise bad_request("this stand-in takes parse_mode, not entities")
    return parse(raw, params.text("parse_mode"))


def _keyboard(params: Params) -> Keyboard | None:
    return parse_markup(params.json("reply_markup", "reply keyboard markup"))


def _target(sandbox: Sandbox, params: Params) -> tuple[int, int]:
    message_id = params.integer("message_id")
    if message_id <= 0:
        raise bad_request("message identifier is not specified")
    return sandbox.bot.writable(params.values.get("chat_id")), message_id


def _reply_to(sandbox: Sandbox, params: Params, chat_id: int) -> int:
    """The message replied to, 0 for none; one that is gone may be allowed to be left out."""
    given = params.json("reply_parameters", "reply parameters")
    if given is None:
        given = {"message_id": params.integer("reply_to_message_id")}
    if not isinstance(given, dict) or not isinstance(given.get("message_id"), int):
        raise bad_request("object expected as reply parameters")
    message: Message | None = sandbox.world.message(chat_id, given["message_id"])
    if message is None and (
        given.get("allow_sending_without_reply") or params.flag("allow_sending_without_reply")
    ):
        return 0
    return int(given["message_id"])


METHODS: dict[str, Method] = {
    "getme": _get_me,
    "sendmessage": _send_message,
    "editmessagetext": _edit_text,
    "editmessagereplymarkup": _edit_keyboard,
    "deletemessage": _delete,
    "deletemessages": _delete_many,
    "sendchataction": _action,
    "answercallbackquery": _answer_press,
    "senddocument": _send_document,
    "setmycommands": _set_commands,
    "getmycommands": _get_commands,
    "deletemycommands": _delete_commands,
    "getchat": _get_chat,
    "leavechat": _leave,
    **{f"setmy{field.replace('_', '')}": _setter(field) for field in FIELDS},
    **{f"getmy{field.replace('_', '')}": _getter(field) for field in FIELDS},
}
"""By name in small letters: Telegram does not care about case."""
