"""The staff's pages: sign-in, queue, cases, system, help. They work without script; script makes them live."""

from bot.console.app import create_app

__all__ = ["create_app"]
