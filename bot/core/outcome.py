"""How a case ended."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How a case ended."""

    SUPPORTED = "supported"
    REFERRED = "referred"
    EMERGENCY_SERVICES = "emergency_services"
    INFORMATION = "information"
    NO_ANSWER = "no_answer"
    FALSE_ALARM = "false_alarm"
