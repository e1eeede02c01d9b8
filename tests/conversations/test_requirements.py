"""REQUIREMENTS.md names every requirement of the checklist, and only tests and dialogues that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# fmt: off
CHECKLIST = frozenset((
    "DETECT-ALWAYS", "DETECT-KEYWORDS", "DETECT-LAYERS", "DETECT-EMOJI", "DETECT-LOCAL",
    "DETECT-THIRD-PERSON", "DETECT-CONTEXT", "DETECT-NEGATIVE", "DETECT-CHILD", "DETECT-HARMER", "ACK-NOW",
    "ASK-BACK", "NO-GATE", "CORRECT-CLEAN", "KIND-TEXT", "NO-DETAILS", "NO-WRONG-FALLBACK", "VETTED-ONLY",
    "NO-GRAPHIC", "ASK-DIRECT", "REFER-DETAILS", "REFER-RELIABLE", "REFER-COUNTRY", "REFER-CHOICE",
    "SAFE-WORD", "SAFE-WORD-FORM", "FOLLOW-UP", "HUMAN-OFFER", "QUEUE-BY-RISK", "TIERS", "IMMINENT-FOUR",
    "NO-SCORING-BOT", "TIME-PROMISE", "NIGHT", "NOBODY-ON-DUTY", "ESCALATE-ONCE", "HAND-OVER-NOTE",
    "REPORT-DUTY", "STAFF-CARE", "SAY-WHAT-I-AM", "LIMITS-OF-SECRECY", "TELL-BEFORE-SHARING",
    "CHOICE-CONTROL", "WITH-SURVIVORS", "NEEDS-FIRST", "PLAIN", "NO-RETRAUMA", "QUICK-EXIT", "EXIT-HONEST",
    "NEUTRAL-NAME", "MEDIA-REFUSE", "ASK-LITTLE", "FEW-READERS", "CHILD-DEFAULTS", "TEXT-SHORT-LIFE",
    "DELETE-REAL", "TRAIN-NEVER", "DOC-RULES", "TEST-THROUGHOUT", "TEST-PER-LANGUAGE", "TEST-PERSONAS",
    "TEST-DIALOGUE", "TEST-EXPERTS", "TEST-NO-REAL-CHILD", "TEST-OFF-DUTY", "REVIEW-MISSES",
))
# fmt: on
ROWS = re.findall(
    r"^\| ([A-Z]+(?:-[A-Z]+)*) \| (.+) \|$", (HERE / "REQUIREMENTS.md").read_text("utf-8"), re.M
)
NAMES = frozenset(name for name, _ in ROWS)


def _dialogues() -> list[str]:
    files = sorted(HERE.glob("*.yml"))
    loaded = [yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader) for path in files]  # noqa: S506
    return [item["name"] for conversations in loaded for item in conversations]


DIALOGUES = _dialogues()


def test_every_requirement_stands_in_the_table_once() -> None:
    assert len(ROWS) == len(NAMES)
    assert NAMES == CHECKLIST


@pytest.mark.parametrize(("name", "held"), ROWS, ids=[name for name, _ in ROWS])
def test_what_holds_a_requirement_exists(name: str, held: str) -> None:
    for path, test in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", held):
        assert f"def {test}(" in (ROOT / path).read_text("utf-8"), f"{path} has no {test}"
    for path in re.findall(r"(?<!`)tests/[\w/]+(?:\.py)?", held):
        assert (ROOT / path).exists(), path
    if held.startswith("dialogue"):
        named = [name, *re.findall(r"[A-Z]+(?:-[A-Z]+)+|NIGHT", held)]
        assert any(item.startswith(prefix) for item in DIALOGUES for prefix in named), "no such dialogue"
    said = ("dialogue", "`tests", "tests/", "no test:", "not by a test", "`amparo check`")
    assert held.startswith(said)


def test_there_are_at_least_eighty_dialogues_with_names_of_their_own() -> None:
    assert len(DIALOGUES) >= 80
    per_language = [name for name in DIALOGUES if name.startswith("TEST-PER-LANGUAGE")]
    assert len(per_language) == 6 * len(set(per_language))
