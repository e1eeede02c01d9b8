"""The numbers of the system page as Prometheus reads them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from bot.console.visit import Numbers

GAUGES = {
    "inbox_waiting": ("amparo_inbox_waiting", "Updates not yet handled"),
    "inbox_oldest": ("amparo_inbox_oldest_seconds", "Age of the oldest update not yet handled"),
    "dead_letters": ("amparo_dead_letters", "Updates that could not be handled"),
    "outbox_queued": ("amparo_outbox_queued", "Messages not yet sent"),
    "outbox_oldest": ("amparo_outbox_oldest_seconds", "Age of the oldest message not yet sent"),
    "outbox_uncertain": ("amparo_outbox_uncertain", "Messages of which it is not known whether they arrived"),
    "cases_overdue": ("amparo_cases_overdue", "Cases that nobody has looked at in time"),
    "alerts_queued": ("amparo_alerts_queued", "Alerts not yet sent"),
    "alerts_oldest": ("amparo_alerts_oldest_seconds", "Age of the oldest alert not yet sent"),
    "alert_receivers": ("amparo_alert_receivers", "Receivers of alerts, of all helplines"),
    "received": ("amparo_received_24h", "Updates received in the last 24 hours"),
    "handled": ("amparo_handled_24h", "Those of them that were handled"),
    "waiting": ("amparo_waiting_24h", "Those of them that wait"),
    "given_up": ("amparo_given_up_24h", "Those of them that could not be handled"),
    "telegram_pending": ("amparo_telegram_pending", "Updates that Telegram says it still holds"),
    "telegram_asked": ("amparo_telegram_asked_seconds", "Time since Telegram said so"),
    "alerts_failed": ("amparo_alerts_failed", "Alerts given up in the last 24 hours"),
}
"""Name and meaning of each number; one that is not known is left out."""


def exposition(numbers: Numbers) -> bytes:
    """The numbers in the text format of Prometheus."""
    registry = CollectorRegistry()
    for field, (name, meaning) in GAUGES.items():
        if (value := getattr(numbers, field)) is not None:
            Gauge(name, meaning, registry=registry).set(value)
    cases = Gauge("amparo_cases_open", "Open cases", ["priority"], registry=registry)
    for priority, count in numbers.cases_open.items():
        cases.labels(priority.name.lower()).set(count)
    return generate_latest(registry)
