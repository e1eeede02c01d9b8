"""Reads the facts that stand once: contacts, platforms, worldwide services, sources, languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from bot.content import yamlfile
from bot.content.cursor import Cursor
from bot.content.findings import Finding, Severity
from bot.content.model import (
    KINDS,
    PLATFORM_ACTIONS,
    Country,
    GuidanceFacts,
    Language,
    Platform,
    PlatformAction,
    Provenance,
    Service,
)
from bot.content.review import Reviewable, read_reviews
from bot.content.yamlfile import Items, Table, Text, Value
from bot.core.taxonomy import COUNTRIES, DANGER_FLAGS, LANGUAGES, is_guidance


def open_file(root: Path, relative: str, findings: list[Finding]) -> Cursor | None:
    """A file below ``responses/`` (named ``responses/…`` in findings), or None."""
    table, problems = yamlfile.read(root / relative, f"responses/{relative}")
    findings += problems
    return None if table is None else Cursor(f"responses/{relative}", table, findings)


def read_languages(root: Path, findings: list[Finding]) -> tuple[tuple[Language, ...], str]:
    """The languages in the order they are offered, and the safe word."""
    cursor = open_file(root, "languages.yml", findings)
    if cursor is None:
        return (), ""
    languages = []
    for entry in cursor.children("languages", needed=True):
        code = entry.text("code", needed=True, among=LANGUAGES)
        name = entry.text("name", needed=True)
        languages.append(Language(code, name, entry.texts("fallback")))
        entry.finish()
    safe_word = cursor.text("safe_word", needed=True)
    if not (safe_word.isascii() and safe_word.isalpha() and safe_word.islower()):
        message = "the safe word must be one word of plain small letters, so that anybody can type it"
        cursor.note(cursor.line_of("safe_word"), "safe-word", message)
    cursor.finish()
    return tuple(languages), safe_word


def read_guidance_facts(root: Path, findings: list[Finding]) -> dict[str, GuidanceFacts]:
    """``guidance.yml`` by intent."""
    cursor = open_file(root, "guidance.yml", findings)
    if cursor is None:
        return {}
    found: dict[str, GuidanceFacts] = {}
    for entry in cursor.children("guidance", needed=True):
        facts = _guidance_facts(entry)
        if facts.intent in found:
            entry.note(entry.line, "twice", f"“{facts.intent}” stands twice")
        if facts.intent:
            found[facts.intent] = facts
    cursor.finish()
    return found


def _guidance_facts(entry: Cursor) -> GuidanceFacts:
    intent = entry.text("intent", needed=True)
    if intent and not is_guidance(intent):
        entry.note(entry.line, "unknown-intent", f"“{intent}” is not an intent with guidance")
    facts = GuidanceFacts(
        intent=intent,
        contacts=_among(entry, "contacts", KINDS),
        services=entry.texts("services"),
        platform=_among(entry, "platform", PLATFORM_ACTIONS),
        answers=tuple(_answer(item) for item in entry.children("answers", needed=True)),
        related=entry.texts("related"),
        sources=entry.texts("sources"),
        line=entry.line,
    )
    entry.finish()
    return facts


def _answer(item: Cursor) -> Mapping[str, str]:
    goes = item.text("goes", needed=True)
    known = ("danger", "more", "say", "who", "person", "lessons")
    if goes and goes not in known and not is_guidance(goes.removeprefix("intent:")):
        item.note(
            item.line_of("goes"), "unknown-value", f"“{goes}” leads nowhere; use one of {', '.join(known)}"
        )
    flag = item.text("flag", needed=goes == "danger", among=DANGER_FLAGS)
    answer = {"id": item.text("id", needed=True), "goes": goes}
    item.finish()
    return {**answer, "flag": flag} if flag else answer


def read_countries(root: Path, findings: list[Finding]) -> dict[str, Country]:
    """``contacts/<country>.yml`` for every country."""
    found = {}
    for code in COUNTRIES:
        cursor = open_file(root, f"contacts/{code}.yml", findings)
        if cursor is None:
            continue
        cursor.text("country", needed=True, among=(code,))
        services = tuple(service(entry, kinds=KINDS) for entry in cursor.children("services", needed=True))
        found[code] = Country(
            code=code,
            name=cursor.table_of_texts("name", needed=True),
            languages=cursor.texts("languages", needed=True),
            timezone=cursor.text("timezone", needed=True),
            services=services,
            reviews=read_reviews(cursor, f"contacts/{code}", _service_words(cursor)),
            gaps=_among(cursor, "gaps", KINDS),
        )
        cursor.finish(("laws",))
    return found


def read_worldwide(root: Path, findings: list[Finding]) -> tuple[tuple[Service, ...], tuple[Reviewable, ...]]:
    """``services.yml``: services that can be used from any country, and the reviews of their words."""
    cursor = open_file(root, "services.yml", findings)
    if cursor is None:
        return (), ()
    found = tuple(service(entry, kinds=()) for entry in cursor.children("services", needed=True))
    reviews = read_reviews(cursor, "services", _service_words(cursor))
    cursor.finish()
    return found, reviews


def _service_words(cursor: Cursor) -> dict[str, Value]:
    """The words of a file of services, by language: what a translator answers for."""
    return _by_language(
        (f"{entry.text('id')}.{key}", entry.table.items.get(key))
        for entry in cursor.children("services")
        for key in ("about", "who", "limits")
    )


def _by_language(tables: Iterable[tuple[str, Value | None]]) -> dict[str, Value]:
    """Tables with one key a language, as one table for each language."""
    found: dict[str, dict[str, Value]] = {}
    for name, table in tables:
        for code, value in table.items.items() if isinstance(table, Table) else ():
            if code in LANGUAGES:
                found.setdefault(code, {})[name] = value
    return {code: Table(values) for code, values in found.items()}


def service(entry: Cursor, kinds: tuple[str, ...]) -> Service:
    """One service; ``kinds`` empty where the file has none (worldwide)."""
    hours_value = entry.raw("hours")
    always = isinstance(hours_value, Text) and hours_value.value == "always"
    hours = entry.texts("hours") if isinstance(hours_value, Items) else ()
    if isinstance(hours_value, Text) and not always:
        entry.note(hours_value.line, "hours", "“hours” is “always” or a list such as “mon-fri 07:30-16:00”")
    found = Service(
        id=entry.text("id", needed=True),
        kind=entry.text("kind", needed=True, among=kinds) if kinds else "worldwide",
        name=entry.text("name", needed=True),
        about=entry.table_of_texts("about", needed=True),
        provenance=provenance(entry),
        number=_number(entry, "number"),
        whatsapp=_number(entry, "whatsapp"),
        web=entry.text("web"),
        always=always,
        hours=hours,
        cost=entry.text("cost", among=("free", "paid")),
        languages=entry.texts("languages"),
        who=entry.texts("who") if kinds else (),
        who_text={} if kinds else entry.table_of_texts("who"),
        limits=entry.table_of_texts("limits"),
        file=entry.file,
        line=entry.line,
    )
    entry.finish(("note",))
    return found


def _number(entry: Cursor, key: str) -> str:
    """A number as dialled. It is refused without quotation marks: other programs would take the zero in front away."""
    value = entry.raw(key)
    if isinstance(value, Text) and not value.quoted:
        entry.note(value.line, "number-quotes", f'put “{key}” between quotation marks: "{value.value}"')
    return entry.text(key)


def provenance(entry: Cursor) -> Provenance:
    """Source, date and confidence of a fact."""
    checked: date | None = None
    written = entry.text("checked", needed=True)
    try:
        checked = date.fromisoformat(written) if written else None
    except ValueError:
        entry.note(entry.line_of("checked"), "date", f"“{written}” is not a day like 2026-11-01")
    return Provenance(
        source=entry.text("source", needed=True),
        source_date=entry.text("source_date"),
        checked=checked,
        confidence=entry.text("confidence", needed=True, among=("high", "medium", "low")),
    )


def read_platforms(root: Path, findings: list[Finding]) -> dict[str, Platform]:
    """``platforms.yml`` by id."""
    cursor = open_file(root, "platforms.yml", findings)
    if cursor is None:
        return {}
    found = {}
    for entry in cursor.children("platforms", needed=True):
        name, identity = entry.text("name", needed=True), entry.text("id", needed=True)
        actions = {item.action: item for item in _actions(entry)}
        words = _by_language(
            (item.text("action"), item.table.items.get("steps")) for item in entry.children("actions")
        )
        reviews = read_reviews(entry, f"platforms/{identity}", words)
        entry.finish(("minimum_age", "note"))
        if identity in found:
            entry.note(entry.line, "twice", f"the platform “{identity}” stands twice")
        found[identity] = Platform(identity, name, actions, reviews, entry.file, entry.line)
    cursor.finish()
    return found


def _actions(entry: Cursor) -> Iterator[PlatformAction]:
    for item in entry.children("actions", needed=True):
        action = item.text("action", needed=True, among=PLATFORM_ACTIONS)
        steps_table = item.child("steps", needed=True)
        steps = {}
        if steps_table is not None:
            steps = {code: steps_table.texts(code) for code in steps_table.table.items}
        yield PlatformAction(action, steps, item.text("web"), provenance(item), item.line)
        item.finish(("note",))


def read_sources(root: Path, findings: list[Finding]) -> dict[str, Mapping[str, str]]:
    """``sources.yml``: where guidance comes from, by id."""
    cursor = open_file(root, "sources.yml", findings)
    if cursor is None:
        return {}
    found: dict[str, Mapping[str, str]] = {}
    for entry in cursor.children("sources", needed=True):
        fields = {key: entry.text(key) for key in ("id", "title", "url", "date", "seen", "note")}
        entry.finish()
        if fields["id"] in found:
            entry.note(entry.line, "twice", f"the source “{fields['id']}” stands twice", Severity.WARNING)
        found[fields["id"]] = fields
    cursor.finish()
    return found


def _among(entry: Cursor, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    values = entry.texts(key)
    for value in values:
        if value not in known:
            entry.note(entry.line_of(key), "unknown-value", f"“{value}” is not one of: {', '.join(known)}")
    return tuple(value for value in values if value in known)
