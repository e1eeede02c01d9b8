"""What must not be said, as data: ``responses/<language>/forbidden.yml``.

A line of ``any`` is looked for in the words alone, without capitals, accents or punctuation: ``word*`` takes any
ending, ``(a|b)`` one of these, ``..`` up to three words between. A place that a line of ``unless`` covers too is
allowed: "it is your fault" is blame, "it is not your fault" is not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from bot.content.cursor import Cursor
from bot.core.veil import VEILED, veils

KINDS = ("blame", "secrecy", "promise", "delete_evidence", "method", "fear")
PARTS = ("title", "acknowledgement", "step", "question", "answer", "more", "say", "avoid", "safety", "phrase")

_GAP = r"(?:\w+ ){0,3}"
_PIECE = re.compile(r"\([^()]*\)|\S+")


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must not be said.

    ``parts`` and ``intents`` (a name, or ``bullying/*``) say where it is looked for; empty means everywhere.
    ``fires`` and ``silent`` are sentences that must and must not be found.
    """

    id: str
    kind: str
    why: str
    any: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    parts: tuple[str, ...]
    intents: tuple[str, ...]
    fires: tuple[str, ...]
    silent: tuple[str, ...]
    file: str
    line: int
    veiled: frozenset[str] = frozenset()
    """Words that no file spells out (``amparo veil`` makes them); they need no proof."""

    def found(self, text: str) -> str:
        """The forbidden words in a text (a veiled one as it stands in the file), or nothing."""
        plain = normal(text)
        if self.veiled:
            hidden = self.veiled.intersection(form for word in plain.split() for form in veils(word))
            if hidden:
                return min(hidden)
        allowed = [match.span() for pattern in self.unless for match in pattern.finditer(plain)]
        for pattern in self.any:
            for match in pattern.finditer(plain):
                if not any(start < match.end() and match.start() < end for start, end in allowed):
                    return match.group().strip()
        return ""

    def concerns(self, part: str, intent: str) -> bool:
        """Whether the rule is meant for this part of a text on this intent."""
        here = not self.parts or part in self.parts
        topic = intent.partition("/")[0]
        return here and (not self.intents or intent in self.intents or f"{topic}/*" in self.intents)


def read(cursor: Cursor) -> tuple[Rule, ...]:
    """The rules of a file."""
    rules = tuple(_rule(entry) for entry in cursor.children("rules", needed=True))
    cursor.finish()
    return rules


def _rule(entry: Cursor) -> Rule:
    parts = entry.texts("parts")
    for part in parts:
        if part not in PARTS:
            message = f"“{part}” is no part of a text; use some of: {', '.join(PARTS)}"
            entry.note(entry.line_of("parts"), "unknown-value", message)
    rule = Rule(
        id=entry.text("id", needed=True),
        kind=entry.text("kind", needed=True, among=KINDS),
        why=entry.text("why", needed=True),
        any=tuple(_patterns(entry, "any", needed=not entry.has("veiled"))),
        unless=tuple(_patterns(entry, "unless")),
        parts=parts,
        intents=entry.texts("intents"),
        fires=entry.texts("fires", needed=entry.has("any")),
        silent=entry.texts("silent"),
        file=entry.file,
        line=entry.line,
        veiled=frozenset(_veiled(entry)),
    )
    entry.finish()
    return rule


def _veiled(entry: Cursor) -> Iterator[str]:
    for form in entry.texts("veiled"):
        if VEILED.fullmatch(form):
            yield form
        else:
            message = "a veiled word looks like “#0123456789”; “amparo veil WORD” prints it"
            entry.note(entry.line_of("veiled"), "veiled", message)


def _patterns(entry: Cursor, key: str, *, needed: bool = False) -> Iterator[re.Pattern[str]]:
    for line in entry.texts(key, needed=needed):
        try:
            yield _compile(line)
        except ValueError:
            entry.note(entry.line_of(key), "pattern", f"“{line}” cannot be read; see responses/README.md")


def _compile(line: str) -> re.Pattern[str]:
    """Raises `ValueError` where the line holds nothing, an open bracket, or a star without a word."""
    if line.count("(") != line.count(")") or re.search(r"\([^()]*\(|(?<!\S)\*|\)\*", line):
        raise ValueError
    built = "".join(_piece(piece) for piece in _PIECE.findall(line))
    if not built.replace(_GAP, ""):
        raise ValueError
    return re.compile(rf"(?<!\w){built}")


def _piece(piece: str) -> str:
    if piece == "..":
        return _GAP
    choices = piece.strip("()").split("|")
    return f"(?:{'|'.join(filter(None, map(_choice, choices)))})"


def _choice(words: str) -> str:
    """One or more words, each closed by the space that `normal` puts behind it."""
    return "".join(map(_word, normal(words, keep="*").split()))


def _word(word: str) -> str:
    ending = r"\w*" if word.endswith("*") else ""
    return f"{re.escape(word.rstrip('*'))}{ending} "


def normal(text: str, keep: str = "") -> str:
    """Small letters without accents, one space behind each word; the end of a sentence is ``.``, no word."""
    plain = unicodedata.normalize("NFD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"[.!?:;…]+", " . " if not keep else " ", plain)
    return re.sub(rf"[^\w.{re.escape(keep)}]+", " ", plain).strip() + " "
