"""What each route of the console asks of its visitor. A route that is not in the table is closed.

`None` stands for what is open to everybody, before any sign-in.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.access import Permission

_P = Permission

ROUTES: Mapping[str, Permission | None] = {
    "GET /healthz": None,
    "GET /sign-in": None,
    "POST /sign-in": None,
    "GET /sign-in/code": None,
    "POST /sign-in/code": None,
    "GET /sign-in/enrol": None,
    "POST /sign-in/enrol": None,
    "GET /sign-in/provider": None,
    "GET /sign-in/provider/back": None,
    "POST /language": None,
    "POST /sign-out": _P.OWN_ACCOUNT,
    "GET /account": _P.OWN_ACCOUNT,
    "POST /account/sessions/end": _P.OWN_ACCOUNT,
    "POST /account/sessions/{session_id}/end": _P.OWN_ACCOUNT,
    "POST /account/codes": _P.OWN_ACCOUNT,
    "POST /account/password": _P.OWN_ACCOUNT,
    "GET /": _P.OWN_ACCOUNT,
    "GET /help": _P.OWN_ACCOUNT,
    "GET /events": _P.OWN_ACCOUNT,
    "POST /presence": _P.OWN_ACCOUNT,
    "GET /queue": _P.QUEUE_SEE,
    "POST /queue/next": _P.CASE_WORK,
    "GET /cases/{reference}": _P.CASE_READ,
    "POST /cases/{reference}/claim": _P.CASE_WORK,
    "POST /cases/{reference}/reply": _P.CASE_WORK,
    "POST /cases/{reference}/draft": _P.CASE_WORK,
    "POST /cases/{reference}/heartbeat": _P.CASE_WORK,
    "POST /cases/{reference}/note": _P.CASE_NOTE,
    "POST /cases/{reference}/release": _P.CASE_WORK,
    "POST /cases/{reference}/offer": _P.CASE_WORK,
    "POST /cases/{reference}/accept": _P.CASE_WORK,
    "POST /cases/{reference}/refuse": _P.CASE_WORK,
    "POST /cases/{reference}/take-over": _P.CASE_ASSIGN,
    "POST /cases/{reference}/call-help": _P.CASE_WORK,
    "POST /cases/{reference}/stand-by": _P.CASE_WORK,
    "POST /cases/{reference}/merge": _P.CASE_ASSIGN,
    "POST /cases/{reference}/part": _P.CASE_ASSIGN,
    "POST /cases/{reference}/pass-on": _P.CASE_ASSIGN,
    "POST /cases/{reference}/insert": _P.CASE_WORK,
    "POST /cases/{reference}/close": _P.CASE_WORK,
    "GET /exports": _P.EXPORT_APPROVE,
    "POST /exports/case": _P.EXPORT_ASK,
    "POST /exports/cases": _P.EXPORT_ASK,
    "POST /exports/{export_id}/approve": _P.EXPORT_APPROVE,
    "POST /exports/{export_id}/refuse": _P.EXPORT_APPROVE,
    "POST /exports/{export_id}/fetch": _P.EXPORT_ASK,
    "GET /system": _P.SYSTEM_SEE,
    "POST /system/dead/{letter_id}/retry": _P.LETTERS_RETRY,
}
