"""The conversation of a case as entries: days, events, talk, and the bot's messages folded together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby, pairwise

from bot.console.catalogue import Catalogue
from bot.console.clocks import moment_of
from bot.console.pages import Entry, Mark, Piece, Reason, Talk
from bot.core.case import Author, DeliveryState, Line, Spot
from bot.core.taxonomy import IMMINENT_DANGER, SELF_HARM, SEXUAL_HARM, VIOLENCE

NOT_DELIVERED = frozenset(
    {DeliveryState.UNCERTAIN, DeliveryState.UNREACHABLE, DeliveryState.REJECTED, DeliveryState.CANCELLED}
)


def pieces(text: str, spots: Sequence[Spot]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """A text cut where evidence begins and ends, each stretch with the flags it spoke for.

    Joined they are the text again, whatever the places say: those outside of it are cut to it.
    """
    size = len(text)
    inside = [(min(max(s.start, 0), size), min(s.end, size), s.flag) for s in spots]
    cuts = sorted({0, size, *(p for start, end, _ in inside if start < end for p in (start, end))})
    found = []
    for start, end in pairwise(cuts):
        flags = dict.fromkeys(flag for s, e, flag in inside if s <= start and end <= e)
        found.append((text[start:end], tuple(flags)))
    return tuple(found)


def timeline(words: Catalogue, lines: Sequence[Line], now: datetime) -> tuple[Entry, ...]:
    """The entries, oldest first."""
    entries: list[Entry] = []
    for day, of_day in groupby(lines, key=lambda line: _day(words, line.at)):
        lines_of_day = list(of_day)
        at = lines_of_day[0].at
        entries.append(Entry("day", f"day-{day}", words.day(at), moment_of(words, at, now), (), ""))
        entries.extend(_of_day(words, lines_of_day, now))
    return tuple(entries)


def reasons(words: Catalogue, flags: Iterable[str], lines: Sequence[Line]) -> tuple[Reason, ...]:
    """Each flag of a case with the words that raised it, none twice, newest last, at most five."""
    found = []
    for flag in flags:
        quotes = dict.fromkeys(
            quote
            for line in lines
            for spot in line.spots
            if spot.flag == flag and (quote := " ".join(line.text[max(spot.start, 0) : spot.end].split()))
        )
        found.append(Reason(flag_word(words, flag), tuple(quotes)[-5:]))
    return tuple(found)


def flag_word(words: Catalogue, flag: str) -> str:
    """A flag in plain words; a name that is not known stays as it is."""
    return words.t(f"flag.{flag}") if words.known(f"flag.{flag}") else flag


def _day(words: Catalogue, at: datetime) -> date:
    return at.astimezone(words.zone).date()


def _of_day(words: Catalogue, lines: Sequence[Line], now: datetime) -> Iterable[Entry]:
    for is_bot, run in groupby(lines, key=lambda line: line.author is Author.BOT):
        if is_bot:
            yield _fold(words, list(run), now)
        else:
            for line in run:
                yield _event(words, line, now) if line.author is Author.SYSTEM else _single(words, line, now)


def _fold(words: Catalogue, lines: Sequence[Line], now: datetime) -> Entry:
    missed = sum(line.delivery in NOT_DELIVERED for line in lines)
    return Entry(
        kind="bot",
        key=f"bot-{lines[0].id}",
        words=words.t("case.bot_said", n=len(lines)),
        at=moment_of(words, lines[0].at, now),
        talks=tuple(_talk(words, line, now) for line in lines),
        trouble=words.t("case.not_delivered", n=missed) if missed else "",
    )


def _event(words: Catalogue, line: Line, now: datetime) -> Entry:
    key = f"event.{line.key}"
    said = words.t(key if words.known(key) else "event.other", name=line.staff)
    return Entry("event", f"line-{line.id}", said, moment_of(words, line.at, now), (), "")


def _single(words: Catalogue, line: Line, now: datetime) -> Entry:
    return Entry(
        "talk", f"line-{line.id}", "", moment_of(words, line.at, now), (_talk(words, line, now),), ""
    )


def _talk(words: Catalogue, line: Line, now: datetime) -> Talk:
    return Talk(
        id=line.id,
        author=line.author.value,
        who=_who(words, line),
        at=moment_of(words, line.at, now),
        pieces=tuple(
            Piece(text, _evidence(words, flags)) for text, flags in pieces(line.text, line.spots) if text
        ),
        flags=tuple(flag_word(words, flag) for flag in line.flags),
        edited=line.edited,
        delivery=_delivery(words, line, now),
        veil=_veil(words, line),
    )


VEILED = frozenset({SEXUAL_HARM, VIOLENCE})
NEVER_VEILED = frozenset({IMMINENT_DANGER, SELF_HARM})
"""What threatens a life is read at once; what only hurts to read waits until it is asked for."""


def _veil(words: Catalogue, line: Line) -> str:
    flags = frozenset(line.flags)
    if line.author is not Author.PERSON or not flags & VEILED or flags & NEVER_VEILED or not line.text:
        return ""
    names = ", ".join(flag_word(words, flag) for flag in line.flags if flag in VEILED)
    return words.t("veil.hidden", n=max(1, len(line.text) // 60 + 1), flags=names)


def _delivery(words: Catalogue, line: Line, now: datetime) -> Mark | None:
    """A message that is held back says until when."""
    if line.delivery is DeliveryState.HELD and line.goes_at is not None:
        return Mark("held", words.t("delivery.held_until", time=words.moment(line.goes_at, now)))
    return delivery_mark(words, line.delivery)


def _evidence(words: Catalogue, flags: Sequence[str]) -> str:
    if not flags:
        return ""
    return words.t("case.evidence", flags=", ".join(flag_word(words, flag) for flag in flags))


def _who(words: Catalogue, line: Line) -> str:
    match line.author:
        case Author.PERSON:
            return words.t("case.family")
        case Author.BOT:
            return words.t("case.bot")
        case Author.NOTE:
            return words.t("case.note", name=line.staff)
        case _:
            return words.t("case.staff", name=line.staff)


def delivery_mark(words: Catalogue, state: DeliveryState | None) -> Mark | None:
    """Where a message stands. Telegram never says that a bot's message was read, so neither do we."""
    return None if state is None else Mark(state.value, words.t(f"delivery.{state.value}"))
