"""The API by which a helpline's own system can do all of its work."""

from bot.console.api.app import create_api
from bot.console.api.gate import Rates

__all__ = ["Rates", "create_api"]
