"""A local stand-in for Telegram: its Bot API with Telegram's rules, and a chat page to write as people."""

from bot.sandbox.app import create_app

__all__ = ["create_app"]
