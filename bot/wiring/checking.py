"""Every check there is, those of the danger patterns included, which only the matching part can make."""

from __future__ import annotations

from datetime import date

from bot.content.checks import run_checks
from bot.content.findings import Finding, Severity
from bot.content.library import Library
from bot.core.nlu import TrainingData
from bot.errors import ContentError
from bot.matching.duplicates import find_duplicates
from bot.matching.patterns import PatternLayer, check_rules


def findings_of(library: Library, today: date) -> list[Finding]:
    """Every finding on content that was read."""
    return [*library.findings, *run_checks(library, today), *pattern_findings(library.training)]


_ALIKE = {
    "same": "is the same message as",
    "near": "is nearly the same message as",
    "two_intents": "stands under another intent as",
    "frame": "fills the same frame as",
}


def duplicate_findings(training: TrainingData) -> list[Finding]:
    """Messages that teach nothing new, language by language: takes some seconds."""
    findings = []
    for language in sorted({example.language for example in training.examples}):
        own = [example for example in training.examples if example.language == language]
        for item in find_duplicates(own):
            place = f"{item.first.file}, line {item.first.line}"
            findings.append(
                Finding(
                    item.second.file,
                    item.second.line,
                    "duplicate",
                    f"the message {_ALIKE[item.kind]} {place}: take one of them out, or write it anew",
                    severity=Severity.WARNING,
                )
            )
    return findings


def pattern_findings(training: TrainingData) -> list[Finding]:
    """Patterns that cannot be read, and those that do not do what their own messages say."""
    findings, good = [], []
    for rule in training.rules:
        try:
            PatternLayer([rule])
        except ContentError as error:
            findings.append(Finding(rule.file, rule.line, "pattern", str(error)))
        else:
            good.append(rule)
    for rule, message in check_rules(good):
        wanted = "stays silent on" if message in rule.fires else "fires on"
        text = f"rule “{rule.id}” {wanted} its own message “{message}”"
        findings.append(Finding(rule.file, rule.line, "pattern-proof", text))
    return findings
