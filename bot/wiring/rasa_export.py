"""`amparo rasa export`: a complete Rasa 3 project made from ``intents/`` and ``responses/``.

Nothing in it is written by hand: what people say comes from ``intents/``, what the bot says comes
from the action server, which runs the same dialogue over the same words. Formats:
https://legacy-docs-oss.rasa.com/docs/rasa (domain, training data, model configuration).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from bot.actions.names import ACTIONS, ANSWER, DELIVER, DELIVERY_INTENT, SLOTS, UNAVAILABLE
from bot.actions.replies import plain
from bot.content.library import Library
from bot.content.phrasebook import Phrasebook
from bot.core.clock import SystemClock
from bot.core.dialogue.commands import COMMANDS
from bot.core.nlu import EntityForms, Example
from bot.core.rasa import to_rasa
from bot.core.taxonomy import LANGUAGES, Taxonomy
from bot.core.turn import fallback
from bot.errors import SettingsError
from bot.matching.entities import EntityFinder
from bot.matching.normalise import normalise
from bot.settings import Settings
from bot.wiring.parts import load_library

VERSION = "3.1"
"""Of Rasa's training data format, the newest that Rasa 3.6 knows."""

BUTTONS = (
    *("ans", "contact", "contact_when", "delete", "family", "helped", "inform", "knock", "lesson"),
    *("menu", "numbers", "part", "platform", "safety", "something_else", "topic", "who"),
)
"""Names of payloads that are no intents of the taxonomy."""
TYPED = ("start", *COMMANDS)
"""Commands that people type."""
PAYLOAD_SLOTS = ("a", "c", "country", "d", "f", "i", "language", "n", "p", "role", "s", "t", "w")
"""Names of the values that payloads carry, which are entities for Rasa."""

_LISTED = ("platform", "country")
"""Entities that Rasa finds by lists of words; the others need the matcher's word patterns.

Rasa looks only for entities that are marked in an example, so they are marked there.
"""

_PIPELINE: Sequence[Mapping[str, Any]] = (
    {"name": "WhitespaceTokenizer"},
    {"name": "CountVectorsFeaturizer", "OOV_token": "oov"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 2, "max_ngram": 5, "min_df": 2},
    {"name": "LogisticRegressionClassifier", "max_iter": 100, "solver": "lbfgs", "ranking_length": 10},
    {"name": "RegexEntityExtractor", "use_lookup_tables": True, "use_regexes": False},
    {"name": "EntitySynonymMapper"},
    {"name": "FallbackClassifier", "threshold": 0.02, "ambiguity_threshold": 0.0},
)
"""A linear model over words and pieces of words: six languages with many spellings, trained in minutes.

The fallback names an intent only for texts in which nothing at all is known.
"""


def export_project(
    settings: Settings, folder: Path, actions_url: str, *, with_token: bool = False
) -> list[str]:
    """Write the project; names of its files. Raises `SettingsError` where the folder cannot be written."""
    files = project(load_library(settings), actions_url, with_token=with_token)
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError("the folder of the project cannot be written; choose another") from error
    return list(files)


def project(library: Library, actions_url: str, *, with_token: bool = False) -> dict[str, str]:
    """The files of the project, by name.

    ``with_token``: the action server asks for a token, which Rasa takes from its own environment.
    """
    training = library.training
    intents = library.taxonomy.intents
    files = {
        "config.yml": _config(),
        "domain.yml": _domain(library.taxonomy, Phrasebook(library.responses)),
        "endpoints.yml": _endpoints(actions_url, with_token),
        "credentials.yml": _yaml({"rest": None}),
        "credentials.telegram.yml": _telegram(),
        "data/rules.yml": _rules(library.taxonomy),
        "data/nlu/entities.yml": _entities(training.entities),
    }
    examples = _told_apart(training.examples)
    finder = EntityFinder([item for item in training.entities if item.entity in _LISTED])
    for language in LANGUAGES:
        own = [example for example in examples if example.language == language]
        files[f"data/nlu/{language}.yml"] = _examples(own, intents, finder)
    return files


def all_intents(taxonomy: Taxonomy) -> list[str]:
    """Every intent of the domain, as Rasa names it: those of the taxonomy and those of buttons and commands."""
    names = [to_rasa(name) for name in taxonomy.intents]
    return list(dict.fromkeys([*names, *BUTTONS, *TYPED, DELIVERY_INTENT]))


def _config() -> str:
    policy = {
        "name": "RulePolicy",
        "core_fallback_threshold": 0.3,
        "core_fallback_action_name": ANSWER,
        "enable_fallback_prediction": True,
    }
    return _yaml(
        {
            "recipe": "default.v1",
            "assistant_id": "amparo",
            "language": LANGUAGES[0],
            "pipeline": [dict(part) for part in _PIPELINE],
            "policies": [policy],
        }
    )


def _domain(taxonomy: Taxonomy, book: Phrasebook) -> str:
    slot = {"type": "text", "influence_conversation": False, "mappings": [{"type": "custom"}]}
    return _yaml(
        {
            "version": VERSION,
            "intents": [{name: {"use_entities": []}} for name in all_intents(taxonomy)],
            "entities": sorted({*_LISTED, *PAYLOAD_SLOTS}),
            "slots": {name: dict(slot) for name in SLOTS},
            "actions": list(ACTIONS),
            "responses": {UNAVAILABLE: _unavailable(book)},
            "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
        }
    )


def _unavailable(book: Phrasebook) -> list[dict[str, Any]]:
    """The safety text that stands alone, in the person's language, or in all where that is not known."""
    now = SystemClock().now()
    texts = {code: plain(fallback(book, code, now)) for code in book.offered_languages()}
    known = [
        {"condition": [{"type": "slot", "name": "amparo_language", "value": code}], "text": text}
        for code, text in texts.items()
    ]
    return [*known, {"text": "\n\n".join(texts.values())}]


def _endpoints(actions_url: str, with_token: bool) -> str:
    endpoint: dict[str, Any] = {"url": actions_url}
    if with_token:
        endpoint["headers"] = {"Authorization": "Bearer ${AMPARO_ACTIONS_TOKEN}"}
    return _yaml({"action_endpoint": endpoint})


def _telegram() -> str:
    values = {
        "access_token": "${TELEGRAM_TOKEN}",
        "verify": "${TELEGRAM_BOT_NAME}",
        "webhook_url": "${RASA_PUBLIC_URL}/webhooks/telegram/webhook",
    }
    return _yaml({"rest": None, "telegram": values})


def _rules(taxonomy: Taxonomy) -> str:
    """Every intent leads to the dialogue, which ends the turn by itself.

    Only where the action server does not answer does a rule go on, to the safety text.
    """
    steps = [{"action": ANSWER}, {"action": UNAVAILABLE}]
    names = [*(name for name in all_intents(taxonomy) if name != DELIVERY_INTENT), "nlu_fallback"]
    rules = [{"rule": f"Amparo answers {name}", "steps": [{"intent": name}, *steps]} for name in names]
    hand_over = [{"intent": DELIVERY_INTENT}, {"action": DELIVER}]
    return _yaml({"version": VERSION, "rules": [*rules, {"rule": "Amparo hands over", "steps": hand_over}]})


def _told_apart(examples: Iterable[Example]) -> list[Example]:
    """Each text once: the same words under two intents (``k``, ``ok``) are a conflict for Rasa.

    A text that begins with a slash would be the name of an intent.
    """
    found: dict[str, Example] = {}
    for example in examples:
        text = _line(example.text)
        if text and not text.startswith("/"):
            found.setdefault(text, replace(example, text=text))
    return list(found.values())


def _examples(examples: Sequence[Example], intents: Iterable[str], finder: EntityFinder) -> str:
    """Examples by intent, with what is named in them."""
    texts = {intent: [_marked(e.text, finder) for e in examples if e.intent == intent] for intent in intents}
    items = [{"intent": to_rasa(intent), "examples": _list(own)} for intent, own in texts.items() if own]
    return _yaml({"version": VERSION, "nlu": items})


def _marked(text: str, finder: EntityFinder) -> str:
    """The text with its entities as Rasa writes them: ``[guasap]{"entity": "platform", …}``."""
    hits = [hit for hit in finder.find(normalise(text)) if hit.entity in _LISTED]
    for hit in sorted(hits, key=lambda hit: -hit.start):
        mark = json.dumps({"entity": hit.entity, "value": hit.value})
        text = f"{text[: hit.start]}[{text[hit.start : hit.end]}]{mark}{text[hit.end :]}"
    return text


def _entities(entities: Sequence[EntityForms]) -> str:
    items: list[dict[str, Any]] = []
    for name in _LISTED:
        own = [item for item in entities if item.entity == name]
        plain_forms = {item.value: [form for form in item.forms if _is_plain(form)] for item in own}
        forms = [form for listed in plain_forms.values() for form in listed]
        items.append({"lookup": name, "examples": _list(dict.fromkeys(forms))})
        items += [
            {"synonym": value, "examples": _list(listed)} for value, listed in plain_forms.items() if listed
        ]
    return _yaml({"version": VERSION, "nlu": items})


def _is_plain(form: str) -> bool:
    """Whether a form is words and no pattern."""
    return all(character.isalnum() or character in " '-" for character in form)


def _line(text: str) -> str:
    """One line, without the marks by which Rasa annotates entities."""
    return " ".join(text.translate(_MARKS).split())


_MARKS = str.maketrans("[]{}", "()()")


def _list(texts: Iterable[str]) -> str:
    return "".join(f"- {text}\n" for text in texts)


class _Dumper(yaml.SafeDumper):
    """Writes lists of examples as blocks and every step in full, as people write them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if value.startswith("- ") and value.endswith("\n") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", ""))


def _yaml(value: Mapping[str, Any]) -> str:
    dumped: str = yaml.dump(dict(value), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)
    return dumped
