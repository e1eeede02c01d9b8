"""Understanding beyond one clear intent: follow-ups, several topics, doubt, and what is out of scope."""

from __future__ import annotations

from dataclasses import replace

from bot.core.dialogue import guidance
from bot.core.dialogue.blocks import MENU, PERSON, button, rows, say, topic_rows
from bot.core.effects import Button, Effect, Rows, Say
from bot.core.ports import ContentFacts
from bot.core.reading import Reading
from bot.core.state import State
from bot.core.taxonomy import OUT_OF_SCOPE, is_guidance, topic_of

Step = tuple[State, tuple[Effect, ...]]

SURE = 0.6
"""From here on a short message is taken for a new topic, not for a follow-up."""

MISSES_UNTIL_PERSON = 2
_FOLLOW_WORDS = 8
_NAMED_WORDS = 6
_BARE_WORDS = 2
_GRAVEST = ("abuse", "bullying", "identity_theft", "targeted_marketing")
_NEXT = {"": "more", "first": "more", "more": "who", "who": "say", "say": "avoid", "avoid": "more"}


def followed(state: State, reading: Reading, content: ContentFacts) -> Step | None:
    """A short message that adds to the topic in hand: "and if it goes on?", "on TikTok", "she is 9"."""
    if reading.words > _FOLLOW_WORDS or (not _bare(reading) and _elsewhere(state, reading)):
        return None
    if not is_guidance(state.topic):
        return (
            (state, (say("menu", buttons=(*topic_rows(), (PERSON,))),))
            if reading.entity("followup")
            else None
        )
    platform = reading.entity("platform")
    named = reading.words <= _NAMED_WORDS
    if platform and named and guidance.knows_platform(state.topic, platform, content):
        return guidance.platform(state, state.topic, platform, content)
    if reading.entity("followup") or (named and (platform or reading.entity("age"))):
        return guidance.part_or_who(state, state.topic, _NEXT.get(state.part, "more"), content)
    return None


def _bare(reading: Reading) -> bool:
    """Hardly more than an age or the name of an app: of a topic such words say nothing by themselves."""
    age, platform = reading.entity("age"), reading.entity("platform")
    return bool((age and reading.words <= _NAMED_WORDS) or (platform and reading.words <= _BARE_WORDS))


def _elsewhere(state: State, reading: Reading) -> bool:
    """Whether the message is surely about something else."""
    intent = reading.intent
    # "And if it goes on?" is easily taken for a yes.
    if intent.name in (OUT_OF_SCOPE, "affirm", "deny") or intent.confidence < SURE:
        return False
    return not is_guidance(intent.name) or topic_of(intent.name) != topic_of(state.topic)


def topics(state: State, reading: Reading, content: ContentFacts) -> Step:
    """Guidance on the gravest topic of the message, the others by tap."""
    main = (reading.intent.name,) if is_guidance(reading.intent.name) else ()
    names = sorted({*main, *reading.also}, key=_gravity)
    state, effects = guidance.first(state, names[0], content)
    if len(names) == 1:
        return state, effects
    others = rows([button(f"topic:{name}", name) for name in names[1:4]], 1)
    return state, (effects[0], say("also_read", buttons=others), *effects[1:])


def _gravity(intent: str) -> tuple[int, str]:
    topic = topic_of(intent)
    return (_GRAVEST.index(topic) if topic in _GRAVEST else len(_GRAVEST), intent)


def unsure(state: State, reading: Reading) -> Step:
    """Two or three likely topics by tap; after two misses a person is offered instead."""
    state = replace(state, misses=state.misses + 1)
    if state.misses >= MISSES_UNTIL_PERSON:
        return state, (_missed(state),)
    likely = [item.name for item in reading.ranking if is_guidance(item.name)][:3]
    picks: list[Button] = [button(f"topic:{name}", name) for name in likely]
    other = button("something_else", "something_else")
    return state, (say("unsure", buttons=(*rows(picks, 1), (other,))),)


def out_of_scope(state: State, _: ContentFacts) -> Step:
    """Kindly, with what the bot can do; the second time a person is offered."""
    state = replace(state, misses=state.misses + 1)
    if state.misses >= MISSES_UNTIL_PERSON:
        return state, (_missed(state),)
    return state, (say("out_of_scope", buttons=topic_rows()),)


def _missed(state: State) -> Say:
    """After the offer of a person nothing is said of not understanding any more."""
    if state.misses > MISSES_UNTIL_PERSON:
        return say("menu", buttons=(*topic_rows(), (PERSON,)))
    return say("miss_again", buttons=((button("person_yes", "human"), MENU),))


def something_else(state: State, content: ContentFacts) -> Step:
    """None of the offered topics: in other words, or one that is near, or all of them."""
    near: Rows = guidance.related(state, content)
    return state, (say("something_else", buttons=(*near, (PERSON, MENU))),)


def forwarded(state: State, reading: Reading, content: ContentFacts) -> Step:
    """Words of somebody else: guidance where the topic is clear, otherwise what the person makes of it."""
    if is_guidance(reading.intent.name) and reading.intent.confidence >= SURE:
        return topics(state, reading, content)
    return state, (say("forwarded", buttons=(*topic_rows(), (PERSON,))),)
