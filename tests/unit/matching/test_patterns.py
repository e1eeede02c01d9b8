"""The pattern language, and the layer that raises flags by it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.nlu import FlagRule
from bot.core.veil import veil
from bot.errors import ContentError
from bot.matching.patterns import PatternLayer, check_rules


def rule(*patterns: str, name: str = "r", flag: str = "self_harm", unless: tuple[str, ...] = ()) -> FlagRule:
    return FlagRule(name, flag, "es", patterns, unless)


def fires(pattern: str, text: str) -> bool:
    return bool(PatternLayer([rule(pattern)]).scan(text))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("vivir", "VIVÍR"),
        ("quier* morir*", "quiere morirse"),
        ("*cidio", "suicidio"),
        ("(quier*|ganas de|kier*) morir", "con ganas de morir"),
        ("no quier* [seguir] (vivir|viviendo)", "no quiere vivir"),
        ("no quier* [seguir] (vivir|viviendo)", "no quiero seguir viviendo"),
        ("se _ vivo", "se quema vivo"),
        ("nadie .. extran*", "nadie me va a extranar"),
        ("nadie ..8 extran*", "nadie en toda esta casa de locos me extraña"),
        ("aa [bb (cc|dd [ee])] ff", "aa bb dd ff"),
        ("don't", "i don\u2019t"),  # a pattern is read as messages are
        ("dañ*", "daño"),
        ("desaparecer", "quiere desparecer"),  # a letter left out
        ("desaparecer", "quiere desaparecre"),  # two letters swapped
        ("suicid* hoy", "suisidarse hoy"),  # a letter that sounds alike
        ("💀", "💀"),
    ],
)
def test_fires(pattern: str, text: str) -> None:
    assert fires(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("vivir", "vivirla"),
        ("vivir", "viver"),  # five letters: no mistake is forgiven
        ("pegaron", "me pagaron"),  # not a mistake anybody types
        ("quier* morir", "quiere. morir"),  # never across sentences
        ("se _ vivo", "se vivo"),
        ("se _ vivo", "se quema muy vivo"),
        ("nadie .. extran*", "nadie me va a poder nunca extranar"),
        ("nadie .. extran*", "nadie. extraña"),
        ("a (b|c) d", "a b c d"),
    ],
)
def test_stays_silent(pattern: str, text: str) -> None:
    assert not fires(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a|b", "')' is missing"),
        ("a)", "')' closes nothing"),
        ("[a]", "at least one word"),
        ("..", "at least one word"),
        ("_", "at least one word"),
        ("([a]|b)", "at least one word"),
        ("a ..9 b", "1 to 8 words"),
        ("a ..0 b", "1 to 8 words"),
        ("", "empty"),
        ("(a|)", "empty"),
        ("x* y", "far too many"),
        ("pue*te", "not one word"),
        ("*", "not one word"),
        ("a|b", "closes nothing"),
    ],
)
def test_bad_pattern_names_rule_and_reason(pattern: str, reason: str) -> None:
    with pytest.raises(ContentError) as caught:
        PatternLayer([rule(pattern, name="es-x")])
    assert "es-x" in str(caught.value)
    assert reason in str(caught.value)


def test_rule_without_patterns_is_refused() -> None:
    with pytest.raises(ContentError, match="no pattern"):
        PatternLayer([rule()])


def test_hit_shows_the_characters_and_the_rule() -> None:
    text = "Hola. Dice que NO quiere vivír más 😭"
    (hit,) = PatternLayer([rule("no quier* vivir", name="es-live")]).scan(text)
    (seen,) = hit.evidence
    assert (hit.name, hit.confidence, seen.source) == ("self_harm", 1.0, "rule:es-live")
    assert text[seen.start : seen.end] == "NO quiere vivír"


def test_rules_of_one_flag_give_one_hit_with_all_evidence() -> None:
    layer = PatternLayer(
        [rule("morir", name="a"), rule("matar", name="b"), rule("ya", name="c", flag="violence")]
    )
    hits = {hit.name: {seen.source for seen in hit.evidence} for hit in layer.scan("ya morir o matar")}
    assert hits == {"self_harm": {"rule:a", "rule:b"}, "violence": {"rule:c"}}


def test_unless_cancels_in_its_sentence_only() -> None:
    layer = PatternLayer([rule("(quier*|me) morir*", unless=("de la risa",))])
    assert not layer.scan("me morir de la risa")
    assert layer.scan("jaja de la risa. me morir")
    assert layer.scan("me morir de la risa. dice que quiere morir")


def test_a_joke_far_away_in_one_breath_hides_nothing() -> None:
    layer = PatternLayer([rule("no quiere vivir", unless=("de la risa",))])
    between = "ayer todo estaba bien en la casa con su hermano y comimos juntos pero hoy me dice que"
    assert layer.scan(f"me muero de la risa {between} no quiere vivir")


def test_check_rules_names_messages_that_behave_otherwise() -> None:
    wrong = FlagRule("x", "violence", "es", ("pega*",), (), ("le pega", "lo golpea"), ("pegamento", "nada"))
    assert check_rules([wrong]) == [(wrong, "lo golpea"), (wrong, "pegamento")]


WORDS = st.sampled_from(["no", "quiere", "vivir", "morir", "de", "la", "risa", ".", "x"])


@given(st.lists(WORDS, max_size=14))
def test_agrees_with_a_plain_search(words: list[str]) -> None:
    """``no .. morir``, compared with looking at every pair of words."""
    sentence, expected = 0, False
    places: list[tuple[str, int]] = []
    for word in words:
        if word == ".":
            sentence += 1
            places.clear()
            continue
        places.append((word, sentence))
        if word == "morir":
            expected = expected or any(earlier == "no" for earlier, _ in places[-6:-1])
    assert fires("no .. morir", " ".join(words)) is expected


def test_no_message_makes_patterns_slow() -> None:
    """Nested choices and gaps over a message of their own words: seconds for a backtracking search."""
    nasty = "(no|no no|[no] no) .. (no|no [no]) ..8 (no|no no) .. [no] .. (no no|no) ..8 nunca"
    layer = PatternLayer([rule(nasty, "no .. no .. no .. no .. no nunca", unless=("no ..8 jamas",))])
    started = time.process_time()
    assert not layer.scan("no " * 1365)
    assert time.process_time() - started < 0.25


def test_veiled_word_is_recognised_and_nowhere_spelled() -> None:
    assert fires(f"trag* ({veil('canicas')}|{veil('bolit*')})", "se tragó canicas")
    assert fires(f"trag* ({veil('canicas')}|{veil('bolit*')})", "se tragó las BOLÍTAS".replace("las ", ""))
    assert not fires(f"trag* {veil('canicas')}", "se tragó canica")
    assert "canicas" not in veil("canicas")


def test_proofs_may_name_veiled_words() -> None:
    pattern = f"trag* {veil('bolit*')}"
    proven = FlagRule(
        "r",
        "self_harm",
        "es",
        (pattern,),
        fires=(f"se tragó {veil('bolit*')} ayer",),
        silent=(f"juega con {veil('bolit*')}",),
    )
    assert check_rules([proven]) == []
