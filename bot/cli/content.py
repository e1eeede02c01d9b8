"""Commands for editors: check in its forms, and review."""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.panel import Panel
from rich.table import Column, Table
from rich.text import Text

from bot.cli.show import err, out, plain_errors, progress_bar, show_findings
from bot.log import configure
from bot.settings import Settings, read_settings

_PHONE_WIDTH = 64
_COLOURS = {"ok": "green", "look": "yellow", "broken": "red", "unreachable": "red"}

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
TableOf = Annotated[
    str,
    typer.Option(
        "--table",
        help="Languages side by side: a topic, safety, everyday, buttons, lessons, or a lesson such as bullying_6-9.",
    ),
]
Preview = Annotated[
    str,
    typer.Option(
        help="All a person would see on an intent, a danger flag, or of a lesson (family_bullying: a sheet)."
    ),
]
Lang = Annotated[str, typer.Option(help="For --preview one language; for --table some, with commas.")]
Country = Annotated[str, typer.Option(help="For --preview: a country's code; empty for unknown.")]
AudienceOf = Annotated[str, typer.Option("--audience", help="For --preview: parent, teacher or child.")]
Stale = Annotated[bool, typer.Option("--stale", help="Facts that nobody checked for a year.")]
Links = Annotated[bool, typer.Option("--links", help="Try every address (needs a network).")]
Markdown = Annotated[
    bool, typer.Option("--markdown", help="With --review: the table for responses/README.md.")
]
Review = Annotated[bool, typer.Option("--review", help="How far each language and its review are.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the program."""
    app.command()(check)
    app.command()(review)


def check(
    as_json: AsJson = False,
    table: TableOf = "",
    preview: Preview = "",
    lang: Lang = "",
    country: Country = "",
    audience: AudienceOf = "",
    stale: Stale = False,
    links: Links = False,
    review: Review = False,
    markdown: Markdown = False,
) -> None:
    """Check intents/ and responses/; all findings at once, exit status 1 where something is wrong."""
    with plain_errors():
        settings = read_settings()
        configure(settings.log_level, settings.log_format)
        if table:
            _side_by_side(settings, table, lang, as_json)
        elif preview:
            _preview(settings, preview, lang or "es", country, audience, as_json)
        elif stale:
            _old(settings, as_json)
        elif links:
            _links(settings, as_json)
        elif review:
            _progress(settings, as_json, markdown)
        else:
            _findings(settings, as_json)


def review(
    names: Annotated[
        list[str], typer.Argument(help="Intent, danger flag, everyday, safety, platforms/whatsapp …")
    ],
    lang: Annotated[str, typer.Option(help="The language that was read.")],
    by: Annotated[str, typer.Option(help="Who read it: a name or an office.")],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day; today by default.")
    ] = None,
) -> None:
    """Record that a specialist and native speaker read texts as they are now."""
    from bot.wiring import editing

    with plain_errors():
        done = editing.review(read_settings(), names, lang, by, None if on is None else on.date())
        out.print(f"Recorded as reviewed in {lang}: {', '.join(done)}", highlight=False, markup=False)


def _findings(settings: Settings, as_json: bool) -> None:
    from bot.wiring.content import all_findings

    findings = all_findings(settings)
    if as_json:
        _json([finding.as_dict() for finding in findings])
    else:
        show_findings(findings)
    if any(finding.severity == "error" for finding in findings):
        sys.exit(1)


def _side_by_side(settings: Settings, topic: str, lang: str, as_json: bool) -> None:
    from bot.wiring import editing

    codes, rows = editing.table(settings, topic, [code.strip() for code in lang.split(",") if code.strip()])
    if as_json:
        _json([{"name": row.name, **dict(zip(codes, row.texts, strict=True))} for row in rows])
        return
    shown = Table("text", *codes, show_lines=True, title=topic)
    for row in rows:
        shown.add_row(Text(row.name), *(Text(text or "—", "red" if not text else "") for text in row.texts))
    out.print(shown)


def _preview(settings: Settings, name: str, lang: str, country: str, audience: str, as_json: bool) -> None:
    from bot.wiring import editing

    scenes, _ = editing.scenes(settings, name, lang, country, audience)
    if as_json:
        _json(
            [
                {
                    "scene": scene.title,
                    "messages": [
                        {"html": m.html, "buttons": [[b.label for b in row] for row in m.buttons]}
                        for m in scene.messages
                    ],
                }
                for scene in scenes
            ]
        )
        return
    for scene in scenes:
        out.print(f"[bold cyan]{escape(scene.title)}[/]", highlight=False)
        for message in scene.messages:
            width = min(_PHONE_WIDTH, out.width)
            out.print(Panel(Text.from_markup(_telegram(message.html)), width=width), highlight=False)
            for row in message.buttons:
                labels = "  ".join(f"[reverse] {escape(button.label)} [/]" for button in row)
                out.print(f"  {labels}", highlight=False, soft_wrap=True)
        out.print()


def _telegram(text: str) -> str:
    """Telegram's HTML as rich's markup: bold and italic, everything else as it is written."""
    pieces = re.split(r"(</?[bi]>)", text)
    return "".join(
        piece.replace("<", "[").replace(">", "]")
        if re.fullmatch(r"</?[bi]>", piece)
        else escape(html.unescape(piece))
        for piece in pieces
    )


def _old(settings: Settings, as_json: bool) -> None:
    from bot.wiring import editing

    facts, next_day = editing.old_facts(settings)
    if as_json:
        _json([fact.as_dict() for fact in facts])
        return
    table = Table("fact", "where", "checked", "days", "shown to people")
    for fact in facts:
        shown = "yes" if fact.shown else "[red]no, older than 24 months[/]"
        table.add_row(
            escape(fact.name), f"{fact.file}:{fact.line}", str(fact.checked or "never"), str(fact.days), shown
        )
    if facts:
        out.print(table, highlight=False)
    later = f"; the next one falls due on {next_day}" if next_day else ""
    out.print(f"{len(facts)} facts were not checked for 12 months{later}", highlight=False)


def _links(settings: Settings, as_json: bool) -> None:
    from bot.wiring import editing

    with progress_bar("Trying links") as progress:
        tried = editing.try_links(settings, progress)
    if as_json:
        _json(tried)
    else:
        _show_links(tried)
    if any(item["result"] == "broken" for item in tried):
        sys.exit(1)


def _show_links(tried: Sequence[dict[str, Any]]) -> None:
    for item in tried:
        if item["result"] != "ok":
            seen = "people see it" if item["shown"] else "a source"
            colour = _COLOURS[item["result"]]
            where = f"{item['file']}:{item['line']}: [{colour}]{item['result']}[/]"
            text = f"{where} {escape(item['url'])} ({item['detail']}, {seen})"
            out.print(text, highlight=False, soft_wrap=True)
    counts = {name: sum(item["result"] == name for item in tried) for name in _COLOURS}
    err.print(", ".join(f"{count} {name}" for name, count in counts.items()), highlight=False)


def _progress(settings: Settings, as_json: bool, markdown: bool) -> None:
    from bot.wiring import editing

    if markdown:
        out.print(editing.progress_table(settings), highlight=False, markup=False, soft_wrap=True)
        return
    rows = [row.as_dict() for row in editing.progress(settings)]
    if as_json:
        _json(rows)
        return
    codes = (row["language"] for row in rows)
    table = Table(Column("", no_wrap=True), *codes, title="Texts and their review")
    for name, cells in _measures(rows):
        table.add_row(name, *cells)
    out.print(table, highlight=False)


def _measures(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    yield "offered to people", ["yes" if row["offered"] else "[red]no[/]" for row in rows]
    for name in ("guidance", "safety", "phrases", "platform_steps", "cards", "sheets"):
        yield name.replace("_", " "), [str(row[name]) for row in rows]
    for role in ("parent", "teacher", "child"):
        yield f"texts for {role}", [str(row["audiences"][role]) for row in rows]
    for name, title in (("draft", "draft"), ("reviewed", "reviewed"), ("outdated", "changed since review")):
        yield title, [str(row[name]) for row in rows]


def _json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))  # noqa: T201
