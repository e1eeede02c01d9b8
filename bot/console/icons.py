"""The console's own line drawings, 24 by 24, drawn in the colour of the text around them."""

from __future__ import annotations

from markupsafe import Markup

_TRIANGLE = "M12 3 2.6 19.5h18.8L12 3Z M12 9.5v4.5 M12 17v.2"
_QUESTION = (
    "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Z "
    "M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7 M12 16.6v.2"
)
_PATHS = {
    "amparo": "M12 3 4 6v6c0 4.5 3.2 7.6 8 9 4.8-1.4 8-4.5 8-9V6l-8-3Z M8.5 12.2l2.4 2.4 4.6-4.8",
    "emergency": _TRIANGLE,
    "urgent": "M12 3l9 9-9 9-9-9 9-9Z M12 8v4.5 M12 15.6v.2",
    "routine": "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z M8 12h8",
    "new": "M12 4.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15Z",
    "claimed": "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z M4.5 20c.8-3.6 3.7-5.5 7.5-5.5s6.7 1.9 7.5 5.5",
    "waiting_us": "M20 12H5 M11 6l-6 6 6 6",
    "waiting_person": "M4 12h15 M13 6l6 6-6 6",
    "closed": "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z M8.3 12.3l2.6 2.6 4.8-5.2",
    "held": "M19 14.5A8 8 0 1 1 9.5 5a6.5 6.5 0 0 0 9.5 9.5Z",
    "returned": "M9 14 4 9l5-5 M4 9h10a6 6 0 0 1 0 12h-3",
    "second": (
        "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z M2.5 20c.6-3.2 3-5 6.5-5s5.9 1.8 6.5 5 "
        "M16 5.3a3.5 3.5 0 0 1 0 6.4 M18 15.3c2 .7 3.2 2.3 3.6 4.7"
    ),
    "veil": (
        "M3 3l18 18 M10 6.2a9 9 0 0 1 2-.2c5 0 8.5 4 9.5 6a13 13 0 0 1-2.6 3.4 "
        "M6.3 7.7A13 13 0 0 0 2.5 12c1 2 4.5 6 9.5 6a9 9 0 0 0 4-.9 M9.9 9.9a3 3 0 0 0 4.2 4.2"
    ),
    "insert": "M12 5v14 M5 12h14",
    "queue": "M4 6h16 M4 12h16 M4 18h10",
    "mine": "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z M4.5 20c.8-3.6 3.7-5.5 7.5-5.5s6.7 1.9 7.5 5.5",
    "search": "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Z M15.5 15.5 20 20",
    "figures": "M5 20V11 M12 20V4 M19 20v-6",
    "shift": "M5 3v18 M5 4h12l-2 4 2 4H5",
    "care": "M12 20s-7.5-4.6-7.5-10A4.2 4.2 0 0 1 12 7.4 4.2 4.2 0 0 1 19.5 10c0 5.4-7.5 10-7.5 10Z",
    "export": "M12 14V4 M8 8l4-4 4 4 M5 14v6h14v-6",
    "audit": "M8 4H5v16h14V4h-3 M9 3h6v3H9Z M8.5 13l2.3 2.3 4.5-4.8",
    "admin": "M4 7h9 M17 7h3 M15 4.8v4.4 M4 17h3 M11 17h9 M9 14.8v4.4 M4 12h5 M13 12h7 M11 9.8v4.4",
    "more": "M5 12v.2 M12 12v.2 M19 12v.2",
    "system": "M3 12h4l3-7 4 14 3-7h4",
    "help": _QUESTION,
    "leave": "M10 4H5v16h5 M9 12h11 M16 8l4 4-4 4",
    "clock": "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z M12 7.5V12l3 2",
    "paused": "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z M10 9v6 M14 9v6",
    "person": "M12 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z M5 19.5c.8-3.3 3.5-5 7-5s6.2 1.7 7 5",
    "bot": "M5 9h14v9H5Z M12 9V5.5 M12 4v.2 M9 13v.5 M15 13v.5",
    "staff": "M4 13a8 8 0 0 1 16 0 M4 13v4h3v-5H4.2 M20 13v4h-3v-5h2.8 M18.5 17c0 2-2 3-4.5 3",
    "note": "M6 3.5h9l4 4V20.5H6Z M9 11h6 M9 15h6",
    "flag": "M6 21V4 M6 4.5h11l-2.5 4 2.5 4H6",
    "queued": "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z M12 7.5V12l3 2",
    "sending": "M12 4a8 8 0 1 0 8 8 M12 7.5V12l3 2",
    "sent": "M5 12.5l4.5 4.5L19 7.5",
    "uncertain": _QUESTION,
    "unreachable": "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z M6.5 6.5l11 11",
    "rejected": _TRIANGLE,
    "cancelled": "M6 6l12 12 M18 6L6 18",
    "send": "M4 12 20 4l-4 16-4.5-6.5L4 12Z M11.5 13.5 20 4",
    "back": "M15 5l-7 7 7 7",
    "details": "M4 5h16v14H4Z M14 5v14",
    "next": "M5 12h12 M12 6l6 6-6 6",
    "sound": "M4 10v4h3l5 4V6L7 10H4Z M15.5 9a4 4 0 0 1 0 6 M18 6.5a8 8 0 0 1 0 11",
    "warning": _TRIANGLE,
    "info": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Z M12 11v5 M12 8v.2",
    "event": "M12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z",
    "keyboard": "M3 6.5h18v11H3Z M6.5 10v.2 M10 10v.2 M14 10v.2 M17.5 10v.2 M8 14h8",
}

NAMES = frozenset(_PATHS)


def icon(name: str) -> Markup:
    """An icon as inline SVG, hidden from screen readers: a word always stands beside it.

    Raises KeyError for a name that is not drawn.
    """
    return Markup(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{}"/></svg>'
    ).format(_PATHS[name])
