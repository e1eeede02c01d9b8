"""What must not be said: blame, promises of secrecy or success, deleting before there is proof, methods."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bot.content.checks.walk import all_texts
from bot.content.findings import Finding, Severity
from bot.content.forbidden import KINDS, Rule
from bot.content.library import Library


def check(library: Library, _: date) -> Iterator[Finding]:
    rules = {texts.code: texts.forbidden for texts in library.responses.texts.values()}
    for place in all_texts(library.responses):
        for rule in rules.get(place.language, ()):
            words = rule.found(place.text) if rule.concerns(place.part, place.intent) else ""
            if words:
                message = f"“{words}” in the {place.what}: {rule.why}"
                yield Finding(place.file, place.line, f"forbidden-{rule.kind}", message)
    for texts in library.responses.texts.values():
        if texts.safety:
            yield from _complete(texts.code, texts.forbidden)
        for rule in texts.forbidden:
            yield from _proof(rule)


def _complete(code: str, rules: tuple[Rule, ...]) -> Iterator[Finding]:
    for kind in KINDS:
        if all(rule.kind != kind for rule in rules):
            message = f"no rule of the kind “{kind}”: such words would pass unseen"
            yield Finding(f"responses/{code}/forbidden.yml", 0, "no-rule", message, Severity.WARNING)


def _proof(rule: Rule) -> Iterator[Finding]:
    for sentence in rule.fires:
        if not rule.found(sentence):
            message = f"rule “{rule.id}” overlooks its own sentence “{sentence}”"
            yield Finding(rule.file, rule.line, "rule-proof", message)
    for sentence in rule.silent:
        if rule.found(sentence):
            message = f"rule “{rule.id}” objects to “{sentence}”, which is allowed"
            yield Finding(rule.file, rule.line, "rule-proof", message)
