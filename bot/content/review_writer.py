"""Writes a review into the file of its text, and leaves every other character as it is."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.content.review import KEY, REVIEWED, Reviewable
from bot.errors import ContentError

_LONGEST_NAME = 80


def record(responses: Path, item: Reviewable, by: str, on: date) -> None:
    """Note in the file of ``item`` that its words of now were read ``by`` somebody ``on`` a day.

    Raises `ContentError` where the name is not usable or the file changed meanwhile.
    """
    by = " ".join(by.split())
    if not by or len(by) > _LONGEST_NAME:
        raise ContentError(f"say who read it, in at most {_LONGEST_NAME} characters (--by)")
    path = responses / Path(item.file).relative_to("responses")
    line = f"{{state: {REVIEWED}, by: {json.dumps(by, ensure_ascii=False)}, on: {on}, hash: {item.digest!r}}}"
    text = path.read_text("utf-8")
    _replace(path, _with_review(text, item, line))


def _with_review(text: str, item: Reviewable, line: str) -> str:
    owner = _mapping_at(text, item)
    if not item.by_language:
        return _put(text, owner, KEY, line)
    reviews = _child(owner, KEY)
    if isinstance(reviews, MappingNode) and not reviews.flow_style:
        return _put(text, reviews, item.language, line)
    if reviews is None:
        indent = " " * (owner.start_mark.column + 2)
        return _put(text, owner, KEY, f"\n{indent}{item.language}: {line}")
    raise ContentError(f"{item.file}: “{KEY}” must have each language on a line of its own")


def _mapping_at(text: str, item: Reviewable) -> MappingNode:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    for node in _nodes(root):
        if isinstance(node, MappingNode) and node.start_mark.line + 1 == item.line:
            return node
    raise ContentError(f"{item.file}: the text moved while it was being reviewed; try again")


def _nodes(node: Node | None) -> Iterator[Node]:
    """A node and all below it, outermost first."""
    if node is None:
        return
    yield node
    if isinstance(node, SequenceNode):
        for child in node.value:
            yield from _nodes(child)
    elif isinstance(node, MappingNode):
        for _, child in node.value:
            yield from _nodes(child)


def _child(owner: MappingNode, key: str) -> Node | None:
    return next(
        (value for name, value in owner.value if isinstance(name, ScalarNode) and name.value == key), None
    )


def _put(text: str, owner: MappingNode, key: str, value: str) -> str:
    """``key: value`` in a mapping: in the place of the old value, else behind the first entry."""
    old = _child(owner, key)
    if old is not None:
        start, end = old.start_mark.index, _end(old)
        return f"{text[:start]}{value}{text[end:]}"
    first = owner.value[0][1]
    cut = text.find("\n", _end(first))
    cut = len(text) if cut < 0 else cut
    gap = "" if value.startswith("\n") else " "
    return f"{text[:cut]}\n{' ' * owner.start_mark.column}{key}:{gap}{value}{text[cut:]}"


def _end(node: Node) -> int:
    """Where the last sign of a node stands; a block's own mark lies behind the empty lines after it."""
    inner = [child for child in _nodes(node) if isinstance(child, ScalarNode)]
    flow = isinstance(node, MappingNode | SequenceNode) and node.flow_style
    return int(node.end_mark.index if flow or not inner else max(child.end_mark.index for child in inner))


def _replace(path: Path, text: str) -> None:
    """All or nothing: a reader of the file never sees half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(path.stat().st_mode)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise ContentError(f"{path.name} cannot be written") from None
