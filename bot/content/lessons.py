"""Reads lesson cards and family sheets from ``responses/<lang>/lessons/``."""

from __future__ import annotations

from pathlib import Path

from bot.content import yamlfile
from bot.content.cursor import Cursor
from bot.content.findings import Finding
from bot.content.lesson_model import FamilySheet, Lesson, Lessons, LessonStep
from bot.content.review import REVIEWED, Reviewable, read_review
from bot.core.lessons import AGE_BANDS, LESSON_MINUTES
from bot.core.taxonomy import GUIDANCE_TOPICS

FAMILY = "family_"
WORDS = "words"
"""Headings and phrases around the cards: read with the other texts of a language."""
REFUSED = "refused"
REFUSED_IN = ("materials", "questions")


def read_lessons(responses: Path, code: str, findings: list[Finding]) -> Lessons:
    """The lesson cards and family sheets of language ``code``; no folder is a language not yet begun."""
    cards: dict[str, Lesson] = {}
    sheets: dict[str, FamilySheet] = {}
    refused: dict[str, tuple[str, ...]] = {}
    reviews: list[Reviewable] = []
    for path in sorted((responses / code / "lessons").glob("*.yml")):
        cursor = None if path.stem == WORDS else _open(path, code, findings)
        if cursor is None:
            continue
        if path.stem == REFUSED:
            refused = _refused(cursor)
            continue
        review = read_review(cursor, path.stem, code)
        reviews.append(review)
        if path.stem.startswith(FAMILY):
            sheet = _sheet(cursor, review)
            _named(cursor, path.stem, f"{FAMILY}{sheet.topic}")
            sheets[sheet.topic] = sheet
        else:
            card = _card(cursor, review)
            _named(cursor, path.stem, card.id)
            cards[card.id] = card
    return Lessons(cards, sheets, refused, tuple(reviews))


def _open(path: Path, code: str, findings: list[Finding]) -> Cursor | None:
    file = f"responses/{code}/lessons/{path.name}"
    table, problems = yamlfile.read(path, file)
    findings += problems
    if table is None:
        return None
    cursor = Cursor(file, table, findings)
    cursor.text("language", needed=True, among=(code,))
    return cursor


def _named(cursor: Cursor, name: str, wanted: str) -> None:
    if name != wanted:
        message = f"the file is called “{name}.yml” but holds “{wanted}”; make both the same"
        cursor.note(cursor.line, "lesson-name", message)


def _refused(cursor: Cursor) -> dict[str, tuple[str, ...]]:
    found = {name: cursor.texts(name, needed=True) for name in REFUSED_IN}
    cursor.finish()
    return found


def _card(cursor: Cursor, review: Reviewable) -> Lesson:
    card = Lesson(
        topic=cursor.text("topic", needed=True, among=GUIDANCE_TOPICS),
        ages=cursor.text("ages", needed=True, among=AGE_BANDS),
        version=cursor.text("version", needed=True),
        reviewed=review.review.state == REVIEWED,
        minutes=_minutes(cursor, tuple(map(str, LESSON_MINUTES))),
        title=cursor.text("title", needed=True),
        goal=cursor.text("goal", needed=True),
        group=cursor.text("group", needed=True),
        materials=cursor.texts("materials"),
        before=cursor.texts("before", needed=True),
        steps=tuple(_step(child) for child in cursor.children("steps", needed=True)),
        questions=cursor.texts("questions", needed=True),
        key_message=cursor.text("key_message", needed=True),
        check=cursor.text("check", needed=True),
        closing=cursor.text("closing", needed=True),
        safeguarding=cursor.texts("safeguarding", needed=True),
        do_not=cursor.texts("do_not", needed=True),
        big_class=cursor.text("big_class", needed=True),
        adaptations=cursor.texts("adaptations", needed=True),
        follow_up=cursor.text("follow_up", needed=True),
        family=cursor.text("family", needed=True),
        tip=cursor.text("tip", needed=True),
        sources=cursor.texts("sources", needed=True),
        file=cursor.file,
        lines=cursor.lines(),
    )
    cursor.finish()
    return card


def _step(cursor: Cursor) -> LessonStep:
    step = LessonStep(_minutes(cursor), cursor.text("do", needed=True), cursor.text("say"))
    cursor.finish()
    return step


def _minutes(cursor: Cursor, among: tuple[str, ...] = ()) -> int:
    text = cursor.text("minutes", needed=True, among=among)
    if text and not (text.isascii() and text.isdecimal() and 1 <= int(text[:3]) <= 90):
        cursor.note(cursor.line_of("minutes"), "type", "“minutes” must be a number from 1 to 90")
        return 0
    return int(text or 0)


def _sheet(cursor: Cursor, review: Reviewable) -> FamilySheet:
    sheet = FamilySheet(
        topic=cursor.text("topic", needed=True, among=GUIDANCE_TOPICS),
        version=cursor.text("version", needed=True),
        reviewed=review.review.state == REVIEWED,
        title=cursor.text("title", needed=True),
        intro=cursor.text("intro", needed=True),
        do=cursor.texts("do", needed=True),
        say=cursor.texts("say", needed=True),
        avoid=cursor.texts("avoid", needed=True),
        if_it_happens=cursor.texts("if_it_happens", needed=True),
        agree=cursor.texts("agree", needed=True),
        closing=cursor.text("closing", needed=True),
        sources=cursor.texts("sources", needed=True),
        file=cursor.file,
        lines=cursor.lines(),
    )
    cursor.finish()
    return sheet
