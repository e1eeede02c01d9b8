"""Button payloads: ours come back as they went; anything else is refused without harm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.dialogue.payloads import MAX_BYTES, Payload, build, parse

WORD = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12)


@given(WORD, st.dictionaries(WORD, st.text("abc019/áñ", max_size=6), max_size=2))
def test_round_trip(name: str, slots: dict[str, str]) -> None:
    try:
        text = build(name, **slots)
    except ValueError:
        return
    assert parse(text) == Payload(name, slots)
    assert len(text.encode()) <= MAX_BYTES


def test_too_long_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        build("inform", text="á" * 30)


@pytest.mark.parametrize(
    "text",
    ["", "hola", "/", "/UPPER", "/a{", '/a{"b":1}', "/a[1]", "/a/b/c", "/a" + "x" * 70, "/a\n", '/a{"b":{}}'],
)
def test_foreign_payloads_are_none(text: str) -> None:
    assert parse(text) is None


@given(st.text(max_size=80))
def test_never_raises(text: str) -> None:
    parse(text)
