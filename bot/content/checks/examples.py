"""Examples: intents that exist, none under two, enough in each language that has begun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from bot.content.findings import Finding, Severity
from bot.content.library import Library
from bot.core.nlu import Example

FEWEST = 25


def check(library: Library, _: date) -> Iterator[Finding]:
    known = library.taxonomy.intents
    first: dict[tuple[str, str], Example] = {}
    for example in library.training.examples:
        if example.intent not in known:
            message = f"“{example.intent}” is not an intent of taxonomy.yml"
            yield Finding(example.file, example.line, "unknown-intent", message)
        key = (example.language, " ".join(example.text.lower().split()))
        other = first.setdefault(key, example)
        if other is not example and other.intent != example.intent:
            message = f"this stands under “{other.intent}” too ({other.file}:{other.line})"
            yield Finding(example.file, example.line, "two-intents", message)
        elif other is not example and other.file == example.file:
            message = f"this stands twice (line {other.line})"
            yield Finding(example.file, example.line, "twice", message, Severity.WARNING)
    counts = Counter((e.language, e.intent) for e in library.training.examples if e.language)
    for language in sorted({language for language, _ in counts}):
        for intent in known:
            if counts[language, intent] < FEWEST:
                message = f"“{intent}” has {counts[language, intent]} examples; at least {FEWEST}"
                yield Finding(f"intents/{language}", 0, "few-examples", message, Severity.WARNING)
    rules = Counter(rule.id for rule in library.training.rules)
    for rule in library.training.rules:
        if rules[rule.id] > 1:
            yield Finding(rule.file, rule.line, "twice", f"the rule id “{rule.id}” stands twice")
