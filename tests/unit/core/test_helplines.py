"""Whom a helpline is there for, and when."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from bot.core.helplines import Helpline, Hours

WEEK = Hours({0: ((time(8), time(12)), (time(20), time(0))), 1: ((time(0), time(6)),)})


@pytest.mark.parametrize(
    ("at", "there"),
    [
        ((23, 8, 0), True),
        ((23, 11, 59), True),
        ((23, 12, 0), False),
        ((23, 23, 59), True),
        ((24, 0, 0), True),
        ((24, 6, 0), False),
        ((25, 9, 0), False),
    ],
)
def test_hours_are_those_of_its_own_zone(at: tuple[int, int, int], there: bool) -> None:
    day, hour, minute = at  # 23 November 2026 is a Monday
    line = Helpline(1, "uno", "Uno", hours=WEEK, zone="UTC")
    assert line.open_at(datetime(2026, 11, day, hour, minute, tzinfo=UTC)) is there


def test_a_zone_moves_the_hours() -> None:
    monday_noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert not Helpline(1, "uno", "Uno", hours=WEEK, zone="UTC").open_at(monday_noon)
    assert Helpline(1, "uno", "Uno", hours=WEEK, zone="America/Costa_Rica").open_at(
        monday_noon.replace(hour=14)
    )


@pytest.mark.parametrize(
    ("countries", "languages", "covers"),
    [
        ((), (), True),
        (("cr",), (), True),
        (("pa",), (), False),
        (("cr",), ("en",), False),
        ((), ("es",), True),
    ],
)
def test_empty_means_all(countries: tuple[str, ...], languages: tuple[str, ...], covers: bool) -> None:
    assert Helpline(1, "uno", "Uno", countries, languages).covers("cr", "es") is covers
