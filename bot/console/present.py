"""From what the service hands out to what a page shows, in one language at one moment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.console.catalogue import Catalogue, zones_of
from bot.console.clocks import due_clock, iso, moment_of
from bot.console.pages import (
    CaseList,
    CasePage,
    Count,
    Frame,
    LanguageChoice,
    Mark,
    Row,
    Shell,
    Tab,
)
from bot.console.sections import sections
from bot.console.shortcuts import commands
from bot.console.timeline import flag_word, reasons, timeline
from bot.console.workpages import CaseWork
from bot.core.access import Permission
from bot.core.case import CaseDetail, CaseState, QueueRow
from bot.core.taxonomy import GUIDANCE_SINGLES, GUIDANCE_TOPICS, Priority
from bot.helpline.service import COUNT_UP_TO, LONGEST_REPLY, MANY_HARD, CareNow, QueuePage, StaffMember

VIEWS = ("open", "mine", "overdue", "closed")
LANGUAGE_NAMES = {"es": "Español", "en": "English", "fr": "Français"}
PRIORITY_KINDS = {Priority.EMERGENCY: "emergency", Priority.URGENT: "urgent", Priority.ROUTINE: "routine"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, in what words, when; ``csrf`` goes into the forms, ``here`` is the page's address."""

    words: Catalogue
    now: datetime
    csrf: str
    here: str

    def shell(self, title: str) -> Shell:
        """What every page has."""
        words = self.words
        choices = tuple(
            LanguageChoice(code, name, code == words.language) for code, name in LANGUAGE_NAMES.items()
        )
        return Shell(words.language, title, self.csrf, self.here, choices)

    def frame(
        self, member: StaffMember, place: str, seq: int, waiting: QueuePage, notice: Mark | None
    ) -> Frame:
        """What surrounds a page; ``waiting`` is the first page of the open cases."""
        words, found = self.words, emergencies(waiting)
        time = words.t("app.server_time", time=words.clock(self.now), zone=words.zone_name(self.now))
        return Frame(
            place=place,
            sections=sections(words, member),
            commands=commands(words),
            searches=member.may(Permission.QUEUE_SEE),
            signed_in_as=words.t("app.signed_in_as", name=member.name),
            server_time=time,
            now=iso(self.now),
            seq=seq,
            emergencies=found,
            alarm=words.t("alarm.waiting", n=len(found)) if found else "",
            words=script_words(words),
            notice=notice,
        )


def emergencies(page: QueuePage) -> tuple[str, ...]:
    """The emergencies of a page that nobody has."""
    return tuple(
        row.reference
        for row in page.rows
        if row.priority is Priority.EMERGENCY and row.state is CaseState.NEW
    )


SCRIPT_WORDS = (
    *("live.", "clock.", "alarm.", "reply.draft", "reply.length", "app.server_time", "case.new"),
    "lease.",
)


def script_words(words: Catalogue) -> str:
    """The texts that the script needs, as JSON."""
    chosen = {prefix + rest: text for prefix in SCRIPT_WORDS for rest, text in words.under(prefix).items()}
    return json.dumps(chosen, ensure_ascii=False, sort_keys=True)


def priority_mark(words: Catalogue, priority: Priority) -> Mark:
    """Icon and word of a priority."""
    kind = PRIORITY_KINDS[priority]
    return Mark(kind, words.t(f"priority.{kind}"))


def state_mark(words: Catalogue, state: CaseState) -> Mark:
    """Icon and word of a case's state."""
    return Mark(state.value, words.t(f"state.{state.value}"))


def topic_word(words: Catalogue, intent: str) -> str:
    """An intent in plain words; a name that is not known stays as it is."""
    return words.t(f"intent.{intent}") if words.known(f"intent.{intent}") else intent


def topic_options(words: Catalogue) -> list[tuple[str, str]]:
    """Topics, each followed by what belongs to it, to choose from."""
    intents, found = words.under("intent."), []
    for topic in GUIDANCE_TOPICS:
        found.append((topic, words.t(f"topic.{topic}")))
        own = [(name, f"– {word}") for name, word in intents.items() if name.startswith(f"{topic}/")]
        found += own
    return [*found, *((name, words.t(f"intent.{name}")) for name in GUIDANCE_SINGLES)]


def row_of(words: Catalogue, row: QueueRow, now: datetime, *, mine: bool, view: str, chosen: str) -> Row:
    """A case as the list shows it; ``mine``: the reader has it."""
    return Row(
        reference=row.reference,
        address=case_address(row.reference, view) + "#latest",
        priority=priority_mark(words, row.priority),
        state=state_mark(words, row.state),
        clock=due_clock(words, row, now),
        language=words.tongue(row.language),
        country=words.country(row.country) if row.country else "",
        topic=topic_word(words, row.intent),
        reasons=tuple(flag_word(words, flag) for flag in row.flags),
        holder=_holder(words, row, mine),
        mine=mine,
        chosen=row.reference == chosen,
        unreachable=words.t("delivery.unreachable") if row.unreachable else "",
        returned=words.t("state.returned") if row.returned and row.state is CaseState.NEW else "",
        help_asked=words.t("help_call.row") if row.help_asked else "",
        offered=words.t("offer.row", name=row.offered_to) if row.offered_to else "",
    )


def _holder(words: Catalogue, row: QueueRow, mine: bool) -> str:
    if not row.holder:
        return words.t("queue.free")
    return words.t("queue.held_by_me") if mine else words.t("queue.held_by", name=row.holder)


def case_address(reference: str, view: str = "open") -> str:
    """Where a case is; the view keeps the list beside it as it was."""
    return f"/cases/{reference}" + ("" if view == "open" else f"?view={view}")


def list_of(
    reader: Reader, member: StaffMember, page: QueuePage, *, view: str, after: str = "", chosen: str = ""
) -> CaseList:
    """The list pane."""
    words = reader.words
    return CaseList(
        view=view,
        tabs=tuple(Tab(words.t(f"queue.{name}"), f"/queue?view={name}", name == view) for name in VIEWS),
        counts=tuple(
            Count(priority_mark(words, priority), counted(page.counts.get(priority, 0)))
            for priority in sorted(Priority, reverse=True)
        ),
        rows=tuple(
            row_of(words, row, reader.now, mine=row.holder == member.name, view=view, chosen=chosen)
            for row in page.rows
        ),
        empty=words.t(f"queue.empty_{view}"),
        empty_more="" if view == "closed" else words.t(f"queue.empty_{view}_more"),
        hidden=words.t("queue.hidden", n=page.hidden) if page.hidden else "",
        grave=_grave(words, page, view, after),
        more="" if page.after is None else f"/queue?{urlencode({'view': view, 'after': page.after})}",
        first=f"/queue?view={view}" if after else "",
        care=_care(words, page.care),
    )


def _care(words: Catalogue, care: CareNow | None) -> tuple[str, ...]:
    """What concerns the reader, a line each; mostly nothing."""
    if care is None:
        return ()
    lines = []
    if care.break_until is not None:
        lines.append(words.t("care.break_until", time=words.clock(care.break_until)))
    if care.asked_by:
        lines.append(words.t("care.asks", names=", ".join(care.asked_by)))
    if care.after_emergency:
        lines.append(words.t("care.after"))
    if care.resting:
        who = (words.t("care.rests", name=name, time=words.clock(until)) for name, until in care.resting)
        lines.append(words.t("care.resting", who=", ".join(who)))
    if care.hard:
        lines.append(words.t("queue.dose" if care.hard >= MANY_HARD else "care.dose_short", n=care.hard))
    return tuple(lines)


def _grave(words: Catalogue, page: QueuePage, view: str, after: str) -> str:
    """How many open emergencies this page keeps from sight; of closed cases none are missed."""
    if view == "closed" or after:
        return ""
    shown = sum(row.priority is Priority.EMERGENCY for row in page.rows)
    missing = page.counts.get(Priority.EMERGENCY, 0) - shown
    return words.t("queue.hidden_emergencies", n=missing) if missing > 0 else ""


def counted(number: int) -> str:
    """A count as shown; counting stops at `COUNT_UP_TO`."""
    return f"{COUNT_UP_TO}+" if number >= COUNT_UP_TO else str(number)


@dataclass(frozen=True, slots=True)
class CaseExtras:
    """What a case page shows beside the case: its pane, why a draft was not sent, tokens."""

    pane: str
    problem: str
    token: str
    next_token: str
    work: CaseWork


def case_page(
    reader: Reader,
    frame: Frame,
    detail: CaseDetail,
    beside: CaseList,
    extras: CaseExtras,
) -> CasePage:
    """A case, opened."""
    words, now, row = reader.words, reader.now, detail.row
    return CasePage(
        shell=reader.shell(words.t("case.title", reference=row.reference)),
        frame=frame,
        list=beside,
        reference=row.reference,
        pane=extras.pane,
        row=row_of(words, row, now, mine=detail.mine, view=beside.view, chosen=row.reference),
        entries=timeline(words, detail.lines, now),
        reasons=reasons(words, row.flags, detail.lines),
        role=words.t(f"role.{row.role}") if words.known(f"role.{row.role}") else row.role,
        time_there=time_there(words, row.country, now),
        confirmed=words.t(_CONFIRMED[row.confirmed]),
        opened=moment_of(words, row.opened_at, now),
        last=moment_of(words, row.last_at, now),
        compose=compose_of(detail),
        holder=row.holder,
        draft=detail.draft,
        draft_problem=extras.problem,
        seen=detail.last_line,
        token=extras.token,
        next_token=extras.next_token,
        limit=LONGEST_REPLY,
        work=extras.work,
    )


_CONFIRMED: Mapping[bool | None, str] = {True: "confirmed.yes", False: "confirmed.no", None: "confirmed.open"}


def compose_of(detail: CaseDetail) -> str:
    """What the reader may do with the case: reply, claim, other (somebody has it) or closed."""
    if detail.row.state is CaseState.CLOSED:
        return "closed"
    if detail.mine:
        return "reply"
    return "claim" if detail.row.state is CaseState.NEW else "other"


def time_there(words: Catalogue, country: str, now: datetime) -> str:
    """What the clocks of a country show; several where it has several zones, empty where unknown."""
    times = set()
    for name in zones_of(country):
        try:
            times.add(now.astimezone(ZoneInfo(name)).strftime("%H:%M"))
        except ZoneInfoNotFoundError:
            continue
    return " / ".join(sorted(times))
