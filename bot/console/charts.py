"""Charts as drawings: bars side by side, or one below the other where their names are long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.console.sheets import Chart, Colour, Label, Rect

_WIDE = 360
_HIGH, _BASE, _TOP = 150, 130, 18
_ROW, _BAR = 34, 10
_LONGEST = 44


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its name, its size (0 or more, in any unit), what is written on it.

    ``late`` gives it the colour of what needs a look; ``soft`` is a second part behind the first.
    """

    name: str
    size: float
    words: str = ""
    late: bool = False
    soft: float = 0.0


def columns(title: str, bars: Sequence[Bar], every: int = 1) -> Chart:
    """Bars side by side over their names, of which each ``every``-th is written."""
    top = max((bar.size for bar in bars), default=0.0) or 1.0
    step = _WIDE / max(len(bars), 1)
    rects, labels = [Rect(0, _BASE, _WIDE, 1, "line")], []
    for place, bar in enumerate(bars):
        high = (_BASE - _TOP) * bar.size / top
        middle = round(place * step + step / 2, 1)
        if bar.size:
            rects.append(
                Rect(
                    round(place * step + step * 0.15, 1),
                    round(_BASE - high, 1),
                    round(step * 0.7, 1),
                    round(high, 1),
                    "late" if bar.late else "plain",
                )
            )
        if place % every == 0:
            labels.append(Label(middle, _BASE + 15, bar.name, "middle"))
        if bar.words:
            labels.append(Label(middle, round(_BASE - high - 5, 1), bar.words, "middle"))
    return Chart(title, _WIDE, _HIGH, tuple(rects), tuple(labels))


def lines(title: str, bars: Sequence[Bar], *colours: Colour) -> Chart:
    """Bars one below the other, each under its name; ``colours`` says what they mean."""
    top = max((bar.size + bar.soft for bar in bars), default=0.0) or 1.0
    rects, labels = [], []
    for place, bar in enumerate(bars):
        y = place * _ROW
        labels.append(Label(0, y + 13, _short(bar.name)))
        labels.append(Label(_WIDE, y + 13, bar.words, "end"))
        wide, more = round(_WIDE * bar.size / top, 1), round(_WIDE * bar.soft / top, 1)
        rects.append(Rect(0, y + 19, _WIDE, _BAR, "ground"))
        rects.append(Rect(0, y + 19, wide, _BAR, "late" if bar.late else "plain"))
        if more:
            rects.append(Rect(wide, y + 19, more, _BAR, "soft"))
    return Chart(title, _WIDE, max(len(bars), 1) * _ROW, tuple(rects), tuple(labels), colours)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
