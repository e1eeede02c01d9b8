"""One reading for the many ways of writing a word, with the way back to the original."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matching.normalise import normalise


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Mi HIJA no quiere viviiiir", "mi hija no quiere vivir"),
        ("g̃uarã mba’éichapa ỹ puꞌaka", "guara mbaeichapa y puaka"),  # Guaraní marks and both apostrophes
        ("don't don\u2019t l'école", "dont dont lecole"),
        ("s\u200bui\u00adci\u202edio", "suicidio"),  # zero width, soft hyphen, bidi override
        ("su\u0456\u0441\u0456dio ѕuicidio 𝓼𝓾𝓲𝓬𝓲𝓭𝓲𝓸", "suicidio suicidio suicidio"),  # look-alikes
        ("su1c1d10 no, su1c1d1o", "suicid10 no suicidio"),  # figures stand for letters inside a word only
        ("s.u.i.c.i.d.i.o", "suicidio"),
        ("s u i c i d i o", "suicidio"),
        ("tiene 12 años y 1000 Bs", "tiene 12 anos y 1000 bs"),  # figures are never shortened
        ("hola 😭😭😭 ❤️", "hola 😭 ❤"),
        ("🤦🏽‍♀️", "🤦 ♀"),
        ("\x00\x07\x1b", ""),
        ("", ""),
        ("日本 12", "日本 12"),
    ],
)
def test_reads(text: str, words: str) -> None:
    assert str(normalise(text)) == words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("no sé. qué hago", ["no se", "que hago"]),
        ("¿qué hago?¡ayuda!", ["que hago", "ayuda"]),
        ("el Sr. Juan la tocó", ["el sr juan la toco"]),  # a point that ends no sentence
        ("mi hija\nno come", ["mi hija no come"]),  # a line broken in the middle of a sentence
        ("mi hija\nNo come", ["mi hija", "no come"]),
        ("...", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    read = normalise(text)
    assert [" ".join(read.words[start:end]) for start, end in read.sentences] == sentences


def test_tokens_point_at_the_original() -> None:
    text = "Mi  HIJAAA, ﬁn s.u.i.c.i.d.a"
    spans = [text[token.start : token.end] for token in normalise(text).tokens]
    assert spans == ["Mi", "HIJAAA", "ﬁn", "s.u.i.c.i.d.a"]


@given(st.text())
def test_composed_and_decomposed_text_read_alike(text: str) -> None:
    composed = normalise(unicodedata.normalize("NFC", text))
    decomposed = normalise(unicodedata.normalize("NFD", text))
    assert composed.words == decomposed.words


@given(st.text())
def test_tokens_stand_in_order_within_the_text(text: str) -> None:
    read = normalise(text)
    places = [place for token in read.tokens for place in (token.start, token.end)]
    assert places == sorted(places)
    assert all(0 <= token.start < token.end <= len(text) and token.text for token in read.tokens)


@given(st.text())
def test_sentences_cover_every_token_once(text: str) -> None:
    read = normalise(text)
    covered = [index for start, end in read.sentences for index in range(start, end)]
    assert covered == list(range(len(read.tokens)))


@given(st.text())
def test_what_was_read_reads_the_same_again(text: str) -> None:
    once = str(normalise(text))
    assert str(normalise(once)).replace(" ", "") == once.replace(" ", "")


def test_long_message_is_read_at_once() -> None:
    text = "a.b c'd\u0301 " * 500
    started = time.process_time()
    normalise(text[:4096])
    assert time.process_time() - started < 0.1
