"""A text read as a whole: language, intent, flags of both layers, entities; any text at all."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.nlu import Example, FlagRule, TrainingData
from bot.core.reading import Reading
from bot.core.taxonomy import OUT_OF_SCOPE
from bot.matching.matcher import Matcher
from bot.matching.model import Model
from bot.matching.patterns import PatternLayer
from bot.matching.train import train


@pytest.mark.parametrize(
    ("text", "language", "intent"),
    [
        ("mi hijo dice que no quiere vivir", "es", "abuse/self_harm"),
        ("my son says he does not want to live", "en", "abuse/self_harm"),
        ("le pegan a mi sobrino a la salida", "es", "bullying/victim"),
        ("they beat my nephew at the gate", "en", "bullying/victim"),
        ("cuánto cuesta la moto", "es", "out_of_scope"),
    ],
)
def test_reads_language_and_intent(matcher: Matcher, text: str, language: str, intent: str) -> None:
    reading = matcher.read(text)
    assert (reading.language, reading.intent.name) == (language, intent)


def test_learned_layer_finds_danger_in_the_middle_of_a_long_message(matcher: Matcher) -> None:
    calm = "quiero vender mi moto y me preguntan cuánto cuesta el pasaje a la ciudad y qué tiempo hará mañana"
    text = f"{calm}. Mi hijo dice que todos estarían mejor sin él. {calm.capitalize()}."
    hits = {hit.name: hit for hit in matcher.read(text).flags}
    seen = hits["self_harm"].evidence[0]
    assert seen.source == "model:linear"
    assert text[seen.start : seen.end] in "Mi hijo dice que todos estarían mejor sin él"


def test_both_layers_speak_for_one_flag(matcher: Matcher) -> None:
    (hit,) = [
        hit for hit in matcher.read("dice que no quiere seguir viviendo").flags if hit.name == "self_harm"
    ]
    assert {seen.source for seen in hit.evidence} == {"rule:es-live", "model:linear"}
    assert hit.confidence == 1.0


def test_pattern_alone_raises_a_flag_that_was_never_learned(matcher: Matcher) -> None:
    reading = matcher.read("mi hija no aparece desde el lunes ni ayer")
    assert "imminent_danger" in reading.flag_names


def test_graver_flags_come_first(matcher: Matcher) -> None:
    reading = matcher.read("no quiere vivir y no aparece desde ayer")
    assert [hit.name for hit in reading.flags][:2] == ["imminent_danger", "self_harm"]


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("unos compañeros molestan a mi hijo en el recreo", False),  # a Spanish word that begins alike
        ("some boys molested my son at break time", True),
        ("unos compañeros a mi hijo en el recreo, she says they molested him at school today", True),
    ],
)
def test_a_rule_is_believed_where_its_language_is_spoken(model: Model, text: str, fires: bool) -> None:
    rule = FlagRule("en-molest", "sexual_harm", "en", ("molest*",))
    reading = Matcher(model, PatternLayer((rule,)), ()).read(text)
    assert ("sexual_harm" in reading.flag_names) is fires


@pytest.mark.parametrize(
    ("alone", "text", "raised"),
    [
        (False, "cuánto cuesta la carta de la selección", False),  # the learned layer says clearly no
        (True, "cuánto cuesta la carta de la selección", True),
        (False, "encontré una carta, dice que no quiere seguir", True),
    ],
)
def test_a_rule_of_everyday_words_needs_the_learned_layer_not_to_object(
    model: Model, alone: bool, text: str, raised: bool
) -> None:
    layer = PatternLayer((FlagRule("es-letter", "self_harm", "es", ("carta",), alone=alone),))
    assert ("self_harm" in Matcher(model, layer, ()).read(text).flag_names) is raised
    assert [hit.name for hit in layer.scan(text)] == ["self_harm"]  # without a model it always counts


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\u202e", "...", "日本語テキスト", "Ωψ ∫"])
def test_what_cannot_be_understood_is_out_of_scope_and_unsure(matcher: Matcher, text: str) -> None:
    reading = matcher.read(text)
    assert reading.intent.name == OUT_OF_SCOPE
    assert reading.intent.confidence < 0.5
    assert len(reading.ranking) == 3


def test_hint_decides_between_languages_only_where_words_do_not(matcher: Matcher) -> None:
    assert matcher.read("ok", language_hint="en").language == "en"
    assert matcher.read("ok", language_hint="es").language == "es"
    long = "unos compañeros le pegan a mi hijo en el recreo"
    assert matcher.read(long, language_hint="en").language == "es"


@given(st.text(alphabet=st.characters(), max_size=300))
@settings(deadline=None, max_examples=200)
def test_any_text_gives_a_reading(matcher: Matcher, text: str) -> None:
    reading = matcher.read(text)
    check_sound(reading)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "no quiere " * 10_000,
        "\ud800\udfff\udc00 vivir",
        "🤦🏽‍♀️" * 500,
        "\x00" * 5000,
        ". " * 20_000,
    ],
)
def test_hostile_text_gives_a_reading_in_time(matcher: Matcher, text: str) -> None:
    started = time.process_time()
    check_sound(matcher.read(text))
    assert time.process_time() - started < 2


def check_sound(reading: Reading) -> None:
    assert reading.ranking
    confidences = [item.confidence for item in reading.ranking]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= item <= 1 for item in [*confidences, reading.language_confidence])
    for hit in reading.flags:
        assert 0 <= hit.confidence <= 1
        assert hit.evidence
        assert all(0 <= seen.start < seen.end <= len(reading.text) for seen in hit.evidence)


def test_examples_of_any_subject_without_languages_or_flags_work() -> None:
    examples = (
        Example("play some music", "play"),
        Example("put on a song please", "play"),
        Example("set an alarm for seven", "alarm"),
        Example("wake me up at six", "alarm"),
    )
    matcher = Matcher(train(TrainingData(examples)), PatternLayer(()), ())
    reading = matcher.read("play a song")
    assert (reading.intent.name, reading.language, reading.flags) == ("play", "und", ())
    assert matcher.read("", language_hint="fr").language == "fr"


def test_one_intent_alone_can_be_trained() -> None:
    matcher = Matcher(train(TrainingData((Example("hola", "greet", "es"),))), PatternLayer(()), ())
    reading = matcher.read("hola")
    assert (reading.intent.name, reading.language) == ("greet", "es")


def test_who_names_daughters_writes_as_an_adult(matcher: Matcher) -> None:
    assert "child_user" in matcher.read("me pegan los de mi clase").flag_names
    assert "child_user" not in matcher.read("mis hijas dicen: me pegan los de mi clase").flag_names
