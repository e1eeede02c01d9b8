"""Reads YAML strictly: every value is text, keys are never repeated, and each keeps its line.

Plain YAML turns the word ``no`` into false and ``0800123`` into a number without its zero; both
are words here, because only the parser's nodes are used and no value is ever made from them.
Documents without end are refused; anchors are allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.content.findings import Finding

MAX_BYTES = 4_000_000
MAX_DEPTH = 12

# The parser in C where the wheel has it: the examples are megabytes, and every start reads them.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Text:
    """A value and its line."""

    value: str
    line: int
    quoted: bool = True


@dataclass(frozen=True, slots=True)
class Items:
    """A list and its line."""

    items: tuple[Value, ...]
    line: int

    def __iter__(self) -> Iterator[Value]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping and its line; keys in the order of the file."""

    items: dict[str, Value] = field(default_factory=dict)
    line: int = 0


Value = Text | Items | Table


class _Refused(Exception):
    def __init__(self, line: int, code: str, message: str) -> None:
        super().__init__(message)
        self.line, self.code, self.message = line, code, message


def read(path: Path, name: str) -> tuple[Table | None, list[Finding]]:
    """The file as a table, or None with the findings that say why not. ``name`` is how findings call it."""
    try:
        data = path.read_bytes()
    except OSError:
        return None, [Finding(name, 0, "file-missing", "this file is missing or cannot be read; add it")]
    if len(data) > MAX_BYTES:
        return None, [Finding(name, 0, "file-size", "this file is too large; split it")]
    try:
        return _parse(data.decode("utf-8-sig")), []
    except UnicodeDecodeError:
        return None, [Finding(name, 0, "encoding", "save this file as UTF-8")]
    except _Refused as problem:
        return None, [Finding(name, problem.line, problem.code, problem.message)]
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 0
        return None, [Finding(name, line, "yaml", _in_plain_words(str(problem.problem or "")))]
    except (yaml.YAMLError, RecursionError, ValueError):
        return None, [Finding(name, 0, "yaml", "this is not readable YAML; check quotes and indentation")]


def _parse(text: str) -> Table:
    for number, line in enumerate(text.split("\n"), 1):
        if line[: len(line) - len(line.lstrip())].count("\t"):
            raise _Refused(number, "tab", "indent with spaces, not with a tab")
    node = yaml.compose(text, Loader=_LOADER)
    if node is None:
        return Table()
    value = _convert(node, 0)
    if not isinstance(value, Table):
        raise _Refused(value.line, "shape", "the file must begin with keys (name: value)")
    return value


def _convert(node: Node, depth: int) -> Value:
    line = node.start_mark.line + 1
    if depth > MAX_DEPTH:
        raise _Refused(line, "depth", "too many levels inside each other")
    if isinstance(node, ScalarNode):
        return Text(str(node.value), line, quoted=bool(node.style))
    if isinstance(node, SequenceNode):
        return Items(tuple(_convert(child, depth + 1) for child in node.value), line)
    if isinstance(node, MappingNode):
        return _table(node, line, depth)
    raise _Refused(line, "shape", "only text, lists and keys are allowed here")


def _table(node: MappingNode, line: int, depth: int) -> Table:
    items: dict[str, Value] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, ScalarNode):
            raise _Refused(key_node.start_mark.line + 1, "key", "a key must be a plain word")
        key = str(key_node.value)
        if key in items:
            message = f"the key “{key}” stands twice here; keep one"
            raise _Refused(key_node.start_mark.line + 1, "duplicate-key", message)
        items[key] = _convert(value_node, depth + 1)
    return Table(items, line)


def _in_plain_words(problem: str) -> str:
    if "mapping values are not allowed" in problem:
        return "a text that holds “: ” needs quotation marks around it"
    if "found undefined alias" in problem:
        return "this refers (*) to an anchor (&) that does not exist"
    if "could not find expected ':'" in problem or "expected <block end>" in problem:
        return "the indentation or a quotation mark is wrong here or just above"
    return f"not readable here ({problem}); check quotes and indentation"
