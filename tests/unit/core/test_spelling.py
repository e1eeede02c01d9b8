"""The safe word: any case, any accents, one typing mistake; never a sentence that merely holds it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.dialogue.spelling import is_safe_word, within_one_edit

LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=10)


@pytest.mark.parametrize("text", ["amparo", "AMPARO", " Ampáro! ", "anparo", "amaro", "amparoo", "apmaro"])
def test_understood(text: str) -> None:
    assert is_safe_word(text, "amparo")


@pytest.mark.parametrize("text", ["", "amor", "campo", "hola amparo como estas", "parar", "😀"])
def test_not_understood(text: str) -> None:
    assert not is_safe_word(text, "amparo")


@given(
    LETTERS,
    st.integers(0, 9),
    st.sampled_from("abcxyz"),
    st.sampled_from(["insert", "drop", "replace", "swap"]),
)
def test_any_single_mistake_is_forgiven(word: str, place: int, letter: str, mistake: str) -> None:
    at = place % len(word)
    match mistake:
        case "insert":
            wrong = word[:at] + letter + word[at:]
        case "drop":
            wrong = word[:at] + word[at + 1 :]
        case "replace":
            wrong = word[:at] + letter + word[at + 1 :]
        case _:
            wrong = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    assert within_one_edit(wrong, word)


@given(LETTERS, st.text("0123456789", min_size=2, max_size=4))
def test_two_mistakes_are_not(word: str, digits: str) -> None:
    assert not within_one_edit(digits + word, word)
