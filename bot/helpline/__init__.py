"""The helpline's store: what came in, what goes out, the queue of cases and the staff who work on it.

`open_store` makes everything from an address and keys; nothing else of this package needs to be known.
"""

from __future__ import annotations

from bot.helpline.store import Store, open_store

__all__ = ["Store", "open_store"]
