"""Words, icons, templates and page data hold together: nothing missing, nothing left over."""

from __future__ import annotations

import dataclasses
import re
import string
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from jinja2 import nodes

from bot.console import (
    account,
    admin_helplines,
    admin_staff,
    exports,
    figures,
    finding,
    icons,
    pages,
    render,
    sections,
    sheet_page,
    sheets,
    workpages,
)
from bot.console.catalogue import LANGUAGES, Texts, choose, load, texts_of
from bot.console.desk import DONE
from bot.console.present import SCRIPT_WORDS, VIEWS
from bot.console.shortcuts import SHORTCUTS
from bot.core.access import Role
from bot.core.case import CaseState, DeliveryState, Outcome
from bot.core.closing import CATEGORIES, CODES, REFERRALS
from bot.core.contact import OPENINGS
from bot.core.taxonomy import FLAGS, GUIDANCE_TOPICS, ROLES
from bot.helpline import team_load
from bot.helpline.alerts import CALLS, DEAD_LETTER, STANDSTILL, TEST
from bot.helpline.service import PURPOSES

CONSOLE = Path(render.__file__).parent
TEMPLATES = sorted(render.FOLDER.glob("*.html"))
SOURCES = sorted(CONSOLE.glob("*.py"))
INTENTS = Path(__file__).parents[3] / "intents" / "taxonomy.yml"
ENGLISH = texts_of("en")


def forms(texts: Texts, key: str) -> Iterator[str]:
    value = texts[key]
    yield from [value] if isinstance(value, str) else value.values()


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_holes(language: str) -> None:
    texts = texts_of(language)
    assert list(texts) == list(ENGLISH)
    for key in ENGLISH:
        expected = set.union(*(holes(form) for form in forms(ENGLISH, key)))
        for form in forms(texts, key):
            assert holes(form) == expected, key
            assert form.strip() == form != "", key


def spoken_of() -> set[str]:
    """Words of the trail and of alerts whose name the helpline really writes."""
    names = {key.removeprefix("trail.") for key in ENGLISH if key.startswith("trail.")}
    assert AUDITED - {"line"} <= names
    decided = {"export_approved", "export_refused"}  # put together there from the state
    return {f"trail.{name}" for name in names if f'"{name}"' in HELPLINE or name in decided}


def used_keys() -> set[str]:
    """Keys written out in templates, script and code, and those that are put together from names."""
    sources = [*TEMPLATES, *SOURCES, CONSOLE / "static" / "console.js"]
    written = set(
        re.findall(r'["`]([a-z_]+\.[a-z_./]+)["`]', "\n".join(p.read_text("utf-8") for p in sources))
    )
    made = {f"flag.{flag}" for flag in FLAGS} | {f"role.{role}" for role in ("", *ROLES)}
    made |= {f"state.{state}" for state in CaseState} | {f"delivery.{state}" for state in DeliveryState}
    made |= {f"outcome.{outcome}" for outcome in Outcome} | {f"done.{name}" for name in DONE}
    made |= {f"priority.{kind}" for kind in ("emergency", "urgent", "routine")}
    made |= {f"help.{act}" for act in SHORTCUTS}
    made |= {f"queue.{view}" for view in VIEWS}
    made |= {f"queue.empty_{name}" for name in ("open", "open_more", "mine", "mine_more", "closed")}
    made |= {"queue.empty_overdue", "queue.empty_overdue_more"}
    made |= {f"chi.{top}" for top in CATEGORIES} | {f"chi.{code}" for code in CODES}
    made |= {f"referral.{name}" for name in REFERRALS}
    made |= {f"contact.neutral_{name}" for name in OPENINGS}
    made |= {f"contact.{name}" for name in ("unasked", "any", "morning", "afternoon", "evening", "no")}
    made |= {f"offer.{name}" for name in ("to_me", "to_other")}
    made |= {f"insert.{name}" for name in ("knock", "steps", "more", "say", "avoid", "services")}
    made |= {f"live.{name}" for name in ("live", "behind", "offline", "signed_out")}
    made |= {f"staff_role.{role}" for role in Role} | {f"account.{name}" for name in account.DONE}
    made |= {f"exports.purpose_{name}" for name in PURPOSES}
    made |= {f"exports.state_{name}" for name in ("asked", "approved", "refused", "fetched", "expired")}
    made |= {f"exports.done_{name}" for name in exports.DONE}
    made |= {f"exports.wrong_{name}" for name in exports.PROBLEMS}
    made |= {f"account.wrong_{name}" for name in account.PROBLEMS}
    made |= {f"alert.{name}" for name in (*CALLS, TEST, DEAD_LETTER, STANDSTILL)}
    made |= {f"alert.about_{name}" for name in (TEST, DEAD_LETTER, STANDSTILL)}
    made |= {f"nav.{name}" for name in SECTIONS} | {f"admin.{name}" for name, _ in sections.ADMIN}
    made |= {f"admin.{name}" for name in ADMIN_HEADS} | {f"admin.act_{act}" for act in admin_staff.ACTS}
    made |= {f"admin.{name}{end}" for name in ("email", "telegram", "webhooks") for end in ("", "_hint")}
    made |= {f"search.{name}" for name in (*finding.NAMES, *finding._SHOWN)} - {"search.topics"}
    made |= {f"figures.{name}" for name in FIGURE_HEADS} | {f"topic.{name}" for name in GUIDANCE_TOPICS}
    made |= {f"wrong.{name}" for name in sheet_page.WRONG} | spoken_of()
    made |= {f"day.{day}" for day in admin_helplines.DAYS} | {"content.place", "content.what"}
    made |= {f"care.talk_{answer}" for answer in ("open", "yes", "no")} | {"care.say_yes", "care.say_no"}
    made |= {f"channel.{name}" for name in ("webhook", "email", "telegram")}
    made |= {f"alert_state.{name}" for name in ("queued", "sent", "failed")}
    made |= {f"event.{name}" for name in EVENTS} | {"nav.queue", "nav.mine"}
    made |= {f"intent.{name}" for name in re.findall(r"^  ([a-z_/]+):", INTENTS.read_text("utf-8"), re.M)}
    return (written | made) - {f"intent.{flag}" for flag in FLAGS}


SECTIONS = (
    "queue",
    "mine",
    "search",
    "figures",
    "shift",
    "care",
    "exports",
    "audit",
    "admin",
    "system",
    "help",
)
ADMIN_HEADS = (
    *("name", "code", "countries", "languages", "state", "login", "role", "helpline", "second_factor"),
    *(
        "text_code",
        "at",
        "event",
        "case",
        "channel",
        "target",
        "attempts",
        "cause",
        "number",
        "who",
        "detail",
    ),
)
FIGURE_HEADS = (
    *figures._NUMBERS,
    "late",
    "priority",
    "hour",
    "name",
    "flag",
    "outcome",
    "category",
    "answer",
    "what",
    *(f"care_{name}" for name in ("taken", "hard", "full", *team_load._ACTS.values())),
)


HELPLINE = "\n".join(path.read_text("utf-8") for path in sorted(CONSOLE.parent.glob("helpline/*.py")))
NOTED = r'(?:note_account|add_event|trail\.Entry|_note)\([^"]{0,90}"([a-z_]+)"'
AUDITED = {*re.findall(NOTED, HELPLINE), "helpline_added", "helpline_changed", "account_locked"}


EVENTS = (
    "opened",
    "raised",
    "confirmed_person",
    "confirmed_information",
    "confirmed_wrong",
    "claimed",
    "released",
    "lapsed",
    "closed",
    "unreachable",
    "reachable",
    "erased",
    "other",
    *("reopened", "follow_up", "overdue", "overdue_again", "offered", "accepted", "refused"),
    *("offer_withdrawn", "taken_over", "help_asked", "second", "merged", "parted", "passed_on"),
    *("contact_set", "nobody_came", "dead_letter", "judged_raised", "judged_lowered"),
)


def test_every_text_is_used_and_every_used_text_is_there() -> None:
    used = used_keys()
    assert set(ENGLISH) - used == set()
    prefixes = {key.partition(".")[0] for key in ENGLISH}
    asked = {key for key in used if key.partition(".")[0] in prefixes and not key.endswith((".html", "."))}
    assert {key for key in asked if key not in ENGLISH} <= set(SCRIPT_WORDS)


def attributes(tree: nodes.Template) -> set[str]:
    return {node.attr for node in tree.find_all(nodes.Getattr)}


def test_templates_use_what_pages_have_and_nothing_else() -> None:
    declared = {
        field.name
        for kind in (*vars(pages).values(), *vars(workpages).values(), *vars(sheets).values())
        if dataclasses.is_dataclass(kind) and isinstance(kind, type)
        for field in dataclasses.fields(kind)
    }
    environment = render.environment(load(UTC)["en"])
    used = set.union(*(attributes(environment.parse(path.read_text("utf-8"))) for path in TEMPLATES))
    assert used - declared - {"first", "index"} == set()
    assert declared - used == set()


def test_every_page_has_its_template() -> None:
    kinds = set(pages.Page.__args__)
    assert set(render.TEMPLATES) == kinds
    assert all((render.FOLDER / name).is_file() for name in render.TEMPLATES.values())


def test_every_icon_is_used_and_a_wrong_name_is_an_error() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in [*TEMPLATES, *SOURCES] if path.name != "icons.py")
    marks = {*CaseState, *DeliveryState, "person", "bot", "staff", "note"}
    for name in icons.NAMES:
        assert name in marks or f'"{name}"' in sources, name
    for mark in marks:
        assert "<svg" in icons.icon(str(mark))
    with pytest.raises(KeyError):
        icons.icon("nothing")


@pytest.mark.parametrize(
    ("cookie", "accept", "language"),
    [
        ("fr", "es", "fr"),  # the switch wins
        ("xx", "es", "es"),
        (None, "es-PY,es;q=0.9,en;q=0.8", "es"),
        (None, "fr-TD", "fr"),
        (None, "rw,sw", "en"),
        (None, "", "en"),
        (None, "*;q=0, \x00\xff, " + "a" * 9000, "en"),
    ],
)
def test_the_language_is_chosen(cookie: str | None, accept: str, language: str) -> None:
    assert choose(cookie, accept) == language
