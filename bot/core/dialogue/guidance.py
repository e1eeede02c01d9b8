"""Guidance: the first message, its question, and what each button under it brings."""

from __future__ import annotations

from dataclasses import replace

from bot.core.dialogue.blocks import (
    MENU,
    PERSON,
    button,
    country_rows,
    phrase,
    rows,
    say,
    topic_rows,
)
from bot.core.dialogue.payloads import Payload
from bot.core.effects import Block, Button, Effect, Guidance, Part, PlatformHelp, Rows, Say, Services
from bot.core.ports import ContentFacts
from bot.core.state import State
from bot.core.taxonomy import GUIDANCE_SINGLES, GUIDANCE_TOPICS, is_guidance

Step = tuple[State, tuple[Effect, ...]]

CHILD_HELPLINE = "child_helpline"
_PARTS = {"more": Part.MORE, "say": Part.SAY, "avoid": Part.AVOID, "first": Part.FIRST}
_HEADINGS = {Part.MORE: "more_heading", Part.SAY: "say_heading", Part.AVOID: "avoid_heading"}

TOPIC_INTENTS = {
    "bullying": (
        "bullying/victim",
        "bullying/aggressor",
        "bullying/report_content",
        "bullying/school_response",
        "bullying/prevention",
    ),
    "identity_theft": (
        "identity_theft/fake_profile",
        "identity_theft/hacked_account",
        "identity_theft/leaked_data",
        "identity_theft/scam",
        "identity_theft/protection",
    ),
    "targeted_marketing": (
        "targeted_marketing/harmful_ads",
        "targeted_marketing/data_tracking",
        "targeted_marketing/in_app_spending",
        "targeted_marketing/influencers",
        "targeted_marketing/unwanted_contact",
    ),
    "abuse": (
        "abuse/grooming",
        "abuse/sextortion",
        "abuse/intimate_images",
        "abuse/harmful_content",
        "abuse/disclosure",
        "abuse/self_harm",
        "abuse/missing_or_meeting",
        "abuse/own_behaviour",
    ),
}


def first(state: State, intent: str, content: ContentFacts) -> Step:
    """The first message on an intent and its one question."""
    state = replace(state, topic=intent, part="first", misses=0, awaiting="")
    state, notice = draft_notice(state, content)
    head: list[Block] = [Guidance(intent, Part.FIRST), phrase("urgent_reminder"), *notice]
    messages: list[Effect] = [say(*head, buttons=_menu(state, intent, content))]
    answers = _answers(intent, content)
    if answers:
        messages.append(say(Guidance(intent, Part.QUESTION), buttons=rows(answers, 2)))
    return state, tuple(messages)


def draft_notice(state: State, content: ContentFacts) -> tuple[State, list[Block]]:
    """Said once a language: these texts still await a native reviewer."""
    told = state.draft_told.split(",")
    if not content.draft(state.language) or state.language in told:
        return state, []
    joined = ",".join([*filter(None, told), state.language])
    return replace(state, draft_told=joined), [phrase("draft_notice")]


def part(state: State, intent: str, name: str, content: ContentFacts) -> Step:
    """A further part of the guidance on an intent: more, say or avoid."""
    wanted = _PARTS[name]
    if wanted is Part.FIRST:
        return first(state, intent, content)
    heading = _HEADINGS[wanted]
    if wanted is Part.SAY and state.role == "child":
        heading = "say_heading_child"
    state = replace(state, topic=intent, part=name)
    block = Guidance(intent, wanted)
    return state, (say(heading, block, buttons=_menu(state, intent, content, without=name)),)


def who(state: State, intent: str, content: ContentFacts) -> Step:
    """Who can help in the person's country; the country is asked in one tap where it is unknown."""
    state = replace(state, topic=intent, part="who")
    facts = content.guidance_facts(intent)
    kinds = facts["contacts"]
    if state.role == "child":
        kinds = (CHILD_HELPLINE, *(kind for kind in kinds if kind != CHILD_HELPLINE))
    services = Services(kinds, 2, facts["services"])
    if not state.country:
        return state, (
            say("contacts_worldwide", replace(services, kinds=())),
            say("country_ask", buttons=country_rows(state.language)),
        )
    country = phrase("contacts_heading", country=f"country:{state.country}")
    return state, (say(country, services, buttons=_menu(state, intent, content, without="who")),)


def part_or_who(state: State, intent: str, name: str, content: ContentFacts) -> Step:
    """A further part, whichever it is."""
    return who(state, intent, content) if name == "who" else part(state, intent, name, content)


def related(state: State, content: ContentFacts) -> Rows:
    """Topics near to the one in hand, by tap."""
    if not is_guidance(state.topic):
        return ()
    near = content.guidance_facts(state.topic)["related"][:3]
    return rows([button(f"topic:{name}", name) for name in near], 1)


def knows_platform(intent: str, name: str, content: ContentFacts) -> bool:
    """Whether it is described how to act on this platform for this intent."""
    return name in content.platforms(content.guidance_facts(intent)["platform"])


def platform(state: State, intent: str, name: str, content: ContentFacts) -> Step:
    """How to report, block or recover on one platform; without a name, which platform."""
    actions = content.guidance_facts(intent)["platform"]
    known = content.platforms(actions)
    state = replace(state, topic=intent)
    if name in known:
        heading = phrase("platform_heading", platform=f"platform:{name}")
        block = PlatformHelp(name, actions)
        return state, (
            say(heading, block, "platform_note", buttons=_menu(state, intent, content, without="platform")),
        )
    picks = [button(f"platform:{key}", "platform", p=key) for key in known]
    return state, (say("platform_ask", buttons=(*rows(picks, 3), (MENU,))),)


def topic_list(state: State, name: str) -> Step:
    """The intents of a topic, by tap."""
    picks = [button(f"topic:{intent}", intent) for intent in TOPIC_INTENTS[name]]
    return state, (say("menu", buttons=(*rows(picks, 1), (PERSON, MENU))),)


def menu(state: State) -> Step:
    """All topics by tap."""
    return state, (menu_message(),)


def menu_message() -> Say:
    return say("menu", buttons=(*topic_rows(), (PERSON,)))


def pressed(state: State, payload: Payload, content: ContentFacts) -> Step | None:
    """What a button of guidance brings, or None where it is not one."""
    intent = payload.get("i") or state.topic
    if known_intent(payload.name):
        return first(state, payload.name, content)
    if payload.name == "topic":
        return _topic(state, payload.get("t"), content)
    if not known_intent(intent):
        return None
    if payload.name == "part" and payload.get("p") in _PARTS:
        return part(state, intent, payload.get("p"), content)
    if payload.name == "who":
        return who(state, intent, content)
    if payload.name == "platform":
        return platform(state, intent, payload.get("p"), content)
    return None


def known_intent(intent: str) -> bool:
    """Whether a name from outside is an intent that we have guidance on."""
    return intent in GUIDANCE_SINGLES or any(intent in members for members in TOPIC_INTENTS.values())


def answer_target(intent: str, answer: str, content: ContentFacts) -> tuple[str, str] | None:
    """Where the answer to an intent's question leads: ``goes`` and the flag, or None."""
    for item in content.guidance_answers(intent):
        if item["id"] == answer:
            return item["goes"], item.get("flag", "")
    return None


def _topic(state: State, name: str, content: ContentFacts) -> Step | None:
    if name in GUIDANCE_TOPICS:
        return topic_list(state, name)
    if known_intent(name):
        return first(state, name, content)
    return None


def _answers(intent: str, content: ContentFacts) -> list[Button]:
    return [
        button(f"answer:{intent}:{item['id']}", "ans", i=intent, a=item["id"])
        for item in content.guidance_answers(intent)
    ]


def _menu(state: State, intent: str, content: ContentFacts, without: str = "") -> Rows:
    say_label = "say_child" if state.role == "child" else "say"
    picks = [
        ("more", button("more", "part", i=intent, p="more")),
        ("say", button(say_label, "part", i=intent, p="say")),
        ("avoid", button("avoid", "part", i=intent, p="avoid")),
        ("who", button("who", "who", i=intent)),
    ]
    actions = content.guidance_facts(intent)["platform"]
    if actions and content.platforms(actions):
        picks.append(("platform", button("platform", "platform", i=intent)))
    if without:
        picks.append(("first", button("back", "part", i=intent, p="first")))
    if state.role != "child":
        label, role = ("for_parents", "parent") if state.role == "teacher" else ("for_teachers", "teacher")
        picks.append(("role", button(label, "inform", role=role)))
    return (*rows([b for name, b in picks if name != without], 2), (PERSON, MENU))
