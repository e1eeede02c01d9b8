"""Errors of the database drivers turned into ours, at the border."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import Conflict, StoreError, StoreUnavailable

# PostgreSQL's SQLSTATE classes and codes: connection, transaction rolled back (deadlock), out of
# resources, operator intervention, lock not available.
_AWAY = ("08", "40", "53", "57", "55P03", "25P03")


@contextmanager
def translated() -> Iterator[None]:
    """Turn what a driver raises into `StoreUnavailable`, `Conflict` or `StoreError`."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict("the row exists already or what it belongs to is gone") from error
    except (PoolTimeout, OSError, TimeoutError) as error:
        raise StoreUnavailable from error
    except DBAPIError as error:
        raise (StoreUnavailable() if _away(error) else StoreError()) from error
    except SQLAlchemyError as error:
        raise StoreError from error


def _away(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None) or ""
    if state:
        return str(state).startswith(_AWAY)
    return isinstance(error, OperationalError) or type(error) is DBAPIError or "closed" in str(error.orig)
