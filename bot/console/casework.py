"""What belongs to a case beside its talk, in the reader's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.console.catalogue import Catalogue
from bot.console.clocks import duration, iso
from bot.console.timeline import flag_word
from bot.console.workpages import CaseWork, Choice, ClosingForm, ContactBox, Fact, Insert, Top
from bot.core.access import Permission
from bot.core.case import CaseDetail, CaseState
from bot.core.closing import CATEGORIES, REFERRALS, SUGGESTED, Closing
from bot.core.outcome import Outcome
from bot.core.taxonomy import Priority
from bot.helpline.service import STRANGER, Helpline, Material, StaffMember


@dataclass(frozen=True, slots=True)
class Around:
    """What the page needs of the world around a case."""

    colleagues: Sequence[StaffMember] = ()
    helplines: Sequence[Helpline] = ()
    material: Sequence[Material] = ()


def case_work(
    words: Catalogue, member: StaffMember, detail: CaseDetail, around: Around, now: datetime
) -> CaseWork:
    """The working parts of a case page for this reader."""
    row, mine = detail.row, detail.mine
    is_open = row.state is not CaseState.CLOSED
    lead, works = member.may(Permission.CASE_ASSIGN), member.may(Permission.CASE_WORK)
    held = is_open and row.state is not CaseState.NEW
    return CaseWork(
        contact=_contact(words, detail, now),
        silence=_silence(words, detail, now) if mine else "",
        readers=words.t("case.readers", names=", ".join(detail.readers)) if detail.readers else "",
        offered=detail.offered if is_open else "",
        offered_words=words.t(f"offer.{detail.offered}", name=row.offered_to) if detail.offered else "",
        help_words=words.t("help_call.asked") if row.help_asked else "",
        second_words=words.t("second.looked", name=detail.second) if detail.second else "",
        lease=_lease(words, detail, now) if mine else "",
        lease_until=iso(detail.lease_until) if mine and detail.lease_until else "",
        may_offer=is_open and works and (mine or lead) and not detail.offered,
        may_call=mine and not row.help_asked,
        may_stand_by=held and works and not mine and not detail.second,
        may_take_over=held and lead and not mine,
        may_lead=is_open and lead,
        may_mark=works,
        priorities=_priorities(words, row.priority, lower=mine or lead) if is_open and works else (),
        colleagues=tuple(Choice(str(one.id), one.name) for one in around.colleagues),
        helplines=tuple(
            Choice(line.code, line.name)
            for line in around.helplines
            if line.active and line.id != member.helpline_id
        ),
        main=Choice(f"/cases/{detail.main}", detail.main) if detail.main else None,
        same=tuple(Choice(f"/cases/{name}", name) for name in detail.same),
        before=tuple(_earlier(words, detail, now)),
        closing=closing_form(words, detail),
        record=_record(words, detail.record) if not is_open else (),
        inserts=tuple(_insert(words, item, detail.row.language) for item in around.material),
        no_ready=_no_ready(words, detail, around),
    )


def _priorities(words: Catalogue, now: Priority, *, lower: bool) -> tuple[Choice, ...]:
    """What the reader may make of it: higher, and where he or she answers for it also lower."""
    names = [one.name.lower() for one in sorted(Priority, reverse=True) if one > now or (lower and one < now)]
    return tuple(Choice(name, words.t(f"priority.{name}")) for name in names)


_AT_ONCE = timedelta(minutes=1)
"""The store's moment is a little later than the page's; what opens within it is open."""


def _contact(words: Catalogue, detail: CaseDetail, now: datetime) -> ContactBox:
    contact = detail.contact
    wish = words.t(f"contact.{contact.when or 'unasked'}")
    if contact.neutral:
        wish = " · ".join((wish, words.t(f"contact.neutral_{contact.opening}")))
    if detail.opens_at is None:
        held = words.t("contact.waits_neutral" if contact.neutral else "contact.waits")
    elif detail.opens_at > now + _AT_ONCE:
        held = words.t("contact.held", time=words.moment(detail.opens_at, now))
    else:
        held = ""
    return ContactBox(wish, held)


def _silence(words: Catalogue, detail: CaseDetail, now: datetime) -> str:
    if detail.person_at is None or now - detail.person_at < STRANGER:
        return ""
    return words.t("silence.long", time=duration(words, now - detail.person_at))


def _lease(words: Catalogue, detail: CaseDetail, now: datetime) -> str:
    left = (detail.lease_until or now) - now
    return words.t("lease.left", time=duration(words, max(left, timedelta())))


def _earlier(words: Catalogue, detail: CaseDetail, now: datetime) -> list[Choice]:
    return [
        Choice(
            f"/cases/{row.reference}",
            f"{row.reference} · {words.t(f'state.{row.state.value}')} · {words.moment(row.opened_at, now)}",
        )
        for row in detail.before
    ]


def category_word(words: Catalogue, code: str) -> str:
    """``Violence › Cyberbullying``."""
    top = code.partition(".")[0]
    return f"{words.t(f'chi.{top}')} › {words.t(f'chi.{code}')}"


def closing_form(words: Catalogue, detail: CaseDetail) -> ClosingForm:
    """What is asked at the end; what fits the topic is offered first."""
    row = detail.row
    suggested = SUGGESTED.get(row.intent, ())
    tops = (
        Top(
            words.t(f"chi.{top}"),
            tuple(
                Choice(code, words.t(f"chi.{code}"))
                for code in (f"{top}.{name}" for name in names)
                if code not in suggested
            ),
        )
        for top, names in CATEGORIES.items()
    )
    return ClosingForm(
        outcomes=tuple(Choice(outcome.value, words.t(f"outcome.{outcome.value}")) for outcome in Outcome),
        suggested=tuple(Choice(code, category_word(words, code)) for code in suggested),
        tops=tuple(top for top in tops if top.choices),
        referrals=tuple(Choice(name, words.t(f"referral.{name}")) for name in REFERRALS),
        flags=tuple(Choice(flag, flag_word(words, flag)) for flag in row.flags),
        alone=row.priority is Priority.EMERGENCY and not detail.second,
    )


def _record(words: Catalogue, record: Closing | None) -> tuple[Fact, ...]:
    if record is None:
        return ()
    right = [flag_word(words, flag) for flag, ok in record.flags_right.items() if ok]
    wrong = [flag_word(words, flag) for flag, ok in record.flags_right.items() if not ok]
    found = [
        Fact(words.t("close.outcome"), words.t(f"outcome.{record.outcome.value}")),
        Fact(words.t("close.referral"), words.t(f"referral.{record.referral}")),
        *(Fact(words.t("close.category"), category_word(words, code)) for code in record.categories),
    ]
    if right:
        found.append(Fact(words.t("close.flags_right"), " · ".join(right)))
    if wrong:
        found.append(Fact(words.t("close.flags_wrong"), " · ".join(wrong)))
    if record.follow_up is not None:
        found.append(Fact(words.t("close.follow_up"), words.date(record.follow_up)))
    return tuple(found)


def _insert(words: Catalogue, item: Material, language: str) -> Insert:
    title = item.title or words.t(f"insert.{item.kind}")
    if item.kind != "canned" or (language == words.language and not item.back):
        return Insert(title, item.text)
    if not item.back:
        return Insert(title, item.text, lacks_back=words.t("insert.not_back"))
    said = words.t("insert.back", language=words.tongue(item.back_language), name=item.back_by or "–")
    return Insert(title, item.text, (said, item.back))


def _no_ready(words: Catalogue, detail: CaseDetail, around: Around) -> str:
    """A language without ready texts is said so, never filled with another one."""
    if not around.material or any(item.kind == "canned" for item in around.material):
        return ""
    return words.t("insert.none", language=words.tongue(detail.row.language))
