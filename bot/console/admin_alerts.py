"""Administration of alerts: who is told outside of the console, and what became of the newest ones."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.admin_helplines import one_of
from bot.console.catalogue import Catalogue
from bot.console.page_parts import Mark
from bot.console.present import Reader
from bot.console.sheet_page import admin_sheet, heads, once_token, options, saved, wrong
from bot.console.sheets import Block, Cell, Field, FormBox, Link, Table
from bot.console.visit import member_of, new_token, parts_of, reader_of, visitor_of
from bot.console.workpages import Fact
from bot.errors import WrongField
from bot.helpline.service import Receivers, SentAlert, Wanted

router = APIRouter()

SPOKEN = (("es", "Español"), ("en", "English"), ("fr", "Français"))
_MARKS = {"sent": "sent", "queued": "queued", "failed": "warning"}


@router.get("/admin/alerts")
async def show_alerts(request: Request, code: str = "") -> Response:
    """Receivers of a helpline's alerts, and the newest alerts with what became of them."""
    return await _page(request, code, None)


async def _page(
    request: Request, code: str, given: Wanted | None, problem: str = "", status: int = 200
) -> Response:
    service, member, reader = parts_of(request).service, member_of(request), reader_of(request)
    words = reader.words
    found = await service.kept_helplines(member)
    line = one_of(found, code)
    kept = await service.receivers(member, line.code)
    first = Block(
        words.t("admin.receivers", name=line.name),
        text=words.t("admin.receivers_text"),
        problem=problem or ("" if kept.every else words.t("admin.nobody_told")),
        forms=(_form(words, line.code, given or kept.as_wanted()),),
    )
    sent = await service.sent_alerts(member, line.code)
    last = Block(words.t("admin.sent"), text=words.t("admin.sent_text"), table=_listed(reader, sent))
    blocks = (first, *_secrets(words, kept), *_test(words, line.code, kept), last)
    others = tuple(
        Link(f"/admin/alerts?code={one.code}", words.t("admin.receivers", name=one.name))
        for one in found
        if one.id != line.id
    )
    return await admin_sheet(request, "alerts", blocks, onward=others, status=status)


def _secrets(words: Catalogue, kept: Receivers) -> tuple[Block, ...]:
    facts = tuple(Fact(hook.address, hook.secret) for hook in kept.of("webhook"))
    title, text = words.t("admin.secrets"), words.t("admin.secrets_text")
    return (Block(title, text=text, facts=facts),) if facts else ()


def _test(words: Catalogue, code: str, kept: Receivers) -> tuple[Block, ...]:
    if not kept.every:
        return ()
    which = (Field("code", "", "hidden", code),)
    form = FormBox("/admin/alerts/test", "post", which, words.t("admin.test"), new_token(), "line")
    return (Block(words.t("admin.test_title"), text=words.t("admin.test_text"), forms=(form,)),)


def _form(words: Catalogue, code: str, wanted: Wanted) -> FormBox:
    def area(name: str, lines: Sequence[str]) -> Field:
        value, hint = "\n".join(lines), words.t(f"admin.{name}_hint")
        return Field(name, words.t(f"admin.{name}"), "area", value, hint=hint)

    spoken = Field(
        "language", words.t("admin.alert_language"), "select", options=options(SPOKEN, wanted.language)
    )
    fields = (
        Field("code", "", "hidden", code),
        area("email", wanted.email),
        area("telegram", wanted.telegram),
        area("webhooks", wanted.webhooks),
        spoken,
    )
    return FormBox("/admin/alerts", "post", fields, words.t("admin.save"), new_token())


def _listed(reader: Reader, sent: Sequence[SentAlert]) -> Table:
    words = reader.words
    rows = tuple(
        (
            Cell(words.moment(one.created_at, reader.now), firm=True),
            Cell(alert_word(words, one.event)),
            Cell(one.reference, firm=True),
            Cell(words.t(f"channel.{one.channel}")),
            Cell(one.address),
            Cell("", mark=Mark(_MARKS.get(one.state, "info"), words.t(f"alert_state.{one.state}"))),
            Cell(words.number(one.attempts), number=True),
            Cell(one.error),
        )
        for one in sent
    )
    names = ("at", "event", "case", "channel", "target", "state", "attempts", "cause")
    return Table(heads(words, "admin", *names), rows, words.t("admin.no_alerts"))


def alert_word(words: Catalogue, event: str) -> str:
    """What an alert is about; a name that is not known stays as it is."""
    known = (key for key in (f"trail.{event}", f"alert.{event}") if words.known(key))
    return words.t(key) if (key := next(known, "")) else event


@router.post("/admin/alerts")
async def keep_receivers(request: Request) -> Response:
    """Set the receivers; what is wrong changes nothing, and what was written stands there again."""
    service, member, form = parts_of(request).service, member_of(request), visitor_of(request).form
    code, token = form.get("code", "")[:32], once_token(request)
    wanted = Wanted(
        webhooks=tuple(form.get("webhooks", "").splitlines()),
        email=tuple(form.get("email", "").splitlines()),
        telegram=tuple(form.get("telegram", "").splitlines()),
        language=form.get("language", "")[:8],
    )
    try:
        await parts_of(request).once.run(member, token, lambda: service.set_receivers(member, code, wanted))
    except WrongField as error:
        return await _page(request, code, wanted, wrong(visitor_of(request).words, error), 422)
    return saved(f"/admin/alerts?code={code}")


@router.post("/admin/alerts/test")
async def send_test(request: Request) -> Response:
    """Send each receiver a test."""
    service, member, form = parts_of(request).service, member_of(request), visitor_of(request).form
    code, token = form.get("code", "")[:32], once_token(request)
    await parts_of(request).once.run(member, token, lambda: service.test_receivers(member, code))
    return RedirectResponse(f"/admin/alerts?code={code}&done=tested", 303)
