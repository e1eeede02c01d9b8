"""A small world to train on: three intents, two languages, two flags, a few writers."""

import pytest

from bot.core.nlu import EntityForms, Example, FlagRule, TrainingData
from bot.matching.matcher import Matcher
from bot.matching.model import Model
from bot.matching.patterns import PatternLayer
from bot.matching.train import train

TOLD = {
    ("abuse/self_harm", "es", ("self_harm",)): (
        "mi hija dice que ya no quiere vivir",
        "dice que todos estarían mejor sin él",
        "anoche escribió que se quiere morir y no sé cómo hablarle",
        "mi sobrino se hace daño en los brazos",
        "no quiere seguir viviendo dice mi niña",
        "encontré una carta donde se despide de todos",
    ),
    ("abuse/self_harm", "en", ("self_harm",)): (
        "my daughter says she does not want to live",
        "he told his sister everyone is better off without him",
        "she wrote that she wants to die last night",
        "my nephew has been hurting his arms",
        "he says he cannot go on living",
        "i found a goodbye letter in her bag",
    ),
    ("bullying/victim", "es", ("violence",)): (
        "unos compañeros le pegan a mi hijo en el recreo",
        "lo empujaron y le dieron patadas a la salida",
        "la golpearon entre tres chicas del curso",
        "le pegaron un puñete en el baño de la escuela",
        "lo esperan a la salida para golpearlo",
        "mi nieto vuelve con moretones porque le pegan",
    ),
    ("bullying/victim", "en", ("violence",)): (
        "some boys beat my son at break time",
        "they pushed him and kicked him after class",
        "three girls hit her in the school toilet",
        "he comes home with bruises because they beat him",
        "they wait for him at the gate to beat him up",
        "a classmate punched my grandson",
    ),
    ("out_of_scope", "es", ()): (
        "a qué hora juega la selección",
        "cuánto cuesta el pasaje a la ciudad",
        "quiero vender mi moto",
        "cómo preparo una sopa de maní",
        "se me fue la luz otra vez",
        "qué tiempo hará mañana",
    ),
    ("out_of_scope", "en", ()): (
        "what time is the match tonight",
        "how much is the bus to town",
        "i want to sell my motorbike",
        "how do i cook groundnut soup",
        "the power went out again",
        "what is the weather tomorrow",
    ),
}
RULES = (
    FlagRule("es-live", "self_harm", "es", ("no quier* [seguir] (vivir|viviendo)",), ("de la risa",)),
    FlagRule("es-child", "child_user", "es", ("me pegan .. mi clase",)),
    FlagRule("es-gone", "imminent_danger", "es", ("no aparece desde ..8 (ayer|anoche)",)),
)
ENTITIES = (
    EntityForms("platform", "whatsapp", ("whatsapp", "wasap", "guasap")),
    EntityForms("platform", "freefire", ("free fire", "frifayer")),
    EntityForms("audience", "teacher", ("mis alumn*", "soy profe"), "es"),
    EntityForms("audience", "parent", ("mis hijas",), "es"),
)


@pytest.fixture(scope="session")
def data() -> TrainingData:
    examples = tuple(
        Example(text, intent, language, flags, f"{language}-{intent}-{number % 3}")
        for (intent, language, flags), texts in TOLD.items()
        for number, text in enumerate(texts)
    )
    return TrainingData(examples, RULES, ENTITIES)


@pytest.fixture(scope="session")
def model(data: TrainingData) -> Model:
    return train(data)


@pytest.fixture(scope="session")
def matcher(model: Model, data: TrainingData) -> Matcher:
    return Matcher(model, PatternLayer(data.rules), data.entities)
