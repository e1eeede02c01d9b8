"""Telegram's HTML and the length of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.markup import parse
from bot.sandbox.refusals import ApiError
from bot.sandbox.text import formatted, split, utf16_length


def spans(text: str) -> list[tuple[str, str]]:
    """Kind and covered text of each entity."""
    body = parse(text, "HTML")
    units = body.text.encode("utf-16-le")
    cut = [
        units[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le") for e in body.entities
    ]
    return [(entity["type"], covered) for entity, covered in zip(body.entities, cut, strict=True)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<b>one</b> two", [("bold", "one")]),
        ("<strong>a<em>b</em></strong>", [("bold", "ab"), ("italic", "b")]),
        ("😀😀<i>x</i>", [("italic", "x")]),  # offsets count UTF-16 units
        ("<B>loud</b>", [("bold", "loud")]),  # names in any case
        ("<b>a</>", [("bold", "a")]),  # an end tag may leave out its name
        ("<b></b>x", []),
        ('<a href="https://example.org/?a=1&amp;b=2">here</a>', [("text_link", "here")]),
        ('<span class="tg-spoiler">secret</span>', [("spoiler", "secret")]),
        ("  <b> a </b>", [("bold", "a")]),  # trimmed with the text
        ("call /start now", [("bot_command", "/start")]),
        ("see https://example.org/x).", [("url", "https://example.org/x")]),
        ("<code>/start</code>", [("code", "/start")]),
    ],
)
def test_entities(html: str, expected: list[tuple[str, str]]) -> None:
    assert spans(html) == expected


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<b>open", "Can't find end tag corresponding to start tag b"),
        ("é<p>x</p>", 'Unsupported start tag "p" at byte offset 2'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<a href=x", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        (
            "<a href>x</a>",
            'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0',
        ),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_what_does_not_parse(html: str, reason: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse(html, "HTML")
    assert caught.value.description == f"Bad Request: can't parse entities: {reason}"


def test_references() -> None:
    assert parse("&lt;b&gt; &amp; &quot;&#233;&#x1F600; &nbsp; &", "HTML").text == '<b> & "é😀 &nbsp; &'


def test_unknown_parse_mode() -> None:
    with pytest.raises(ApiError, match="unsupported parse_mode"):
        parse("x", "Markdown")


def test_control_and_direction_characters_go() -> None:
    assert formatted("a\u202eb\tc\r\nd\x07\u0000 ").text == "ab c\nd"


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_escaped_text_comes_back(text: str) -> None:
    assert parse(escaped(text), "HTML") == parse(text, "")


@given(st.text(alphabet="<>/ab i=\"'&;#x3é😀", max_size=30))
def test_any_markup_is_parsed_or_refused(text: str) -> None:
    try:
        body = parse(text, "HTML")
    except ApiError:
        return
    length = utf16_length(body.text)
    assert all(e["length"] > 0 and e["offset"] + e["length"] <= length for e in body.entities)


@given(st.text(alphabet="ab 😀\n", max_size=60), st.integers(2, 9))
def test_pieces_fit_and_lose_no_letter(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(utf16_length(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
