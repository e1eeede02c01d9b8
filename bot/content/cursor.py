"""Walks through a YAML file, taking what is expected and noting what is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.content.findings import Finding, Severity
from bot.content.yamlfile import Items, Table, Text, Value


class Cursor:
    """A table of a file with the findings made on the way.

    Each getter returns something usable (an empty text, an empty list) and notes a finding where
    the file holds something else, so that all problems of a file are reported at once.
    """

    def __init__(self, file: str, table: Table, findings: list[Finding]) -> None:
        self.file = file
        self.table = table
        self.findings = findings
        self.line = table.line
        self._taken: set[str] = set()

    def note(self, line: int, code: str, message: str, severity: Severity = Severity.ERROR) -> None:
        self.findings.append(Finding(self.file, line, code, message, severity))

    def has(self, key: str) -> bool:
        return key in self.table.items

    def text(self, key: str, *, needed: bool = False, among: Iterable[str] = ()) -> str:
        """The text under a key, stripped; empty where it is missing."""
        value = self._take(key, needed)
        if value is None:
            return ""
        if not isinstance(value, Text):
            self.note(value.line, "type", f"“{key}” must be a text")
            return ""
        text = value.value.strip()
        choices = tuple(among)
        if needed and not text:
            self.note(value.line, "empty", f"“{key}” is empty; write its text")
        if choices and text and text not in choices:
            self.note(
                value.line, "unknown-value", f"“{key}” is “{text}”; it must be one of: {', '.join(choices)}"
            )
            return ""
        return text

    def texts(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        """The list of texts under a key."""
        value = self._take(key, needed)
        if value is None:
            return ()
        if not isinstance(value, Items):
            self.note(value.line, "type", f"“{key}” must be a list (lines that begin with “- ”)")
            return ()
        found = []
        for item in value:
            if isinstance(item, Text) and item.value.strip():
                found.append(item.value.strip())
            else:
                hint = "; put it between quotation marks, it holds “: ”" if isinstance(item, Table) else ""
                self.note(item.line, "type", f"each line of “{key}” must be a text{hint}")
        return tuple(found)

    def table_of_texts(self, key: str, *, needed: bool = False) -> dict[str, str]:
        """A mapping of texts under a key."""
        child = self.child(key, needed=needed)
        return {} if child is None else {name: child.text(name) for name in child.table.items}

    def child(self, key: str, *, needed: bool = False) -> Cursor | None:
        """The table under a key."""
        value = self._take(key, needed)
        if value is None:
            return None
        if not isinstance(value, Table):
            self.note(value.line, "type", f"“{key}” must hold keys (name: value)")
            return None
        return Cursor(self.file, value, self.findings)

    def children(self, key: str, *, needed: bool = False) -> Iterator[Cursor]:
        """The tables of the list under a key."""
        value = self._take(key, needed)
        if value is None:
            return
        if not isinstance(value, Items):
            self.note(value.line, "type", f"“{key}” must be a list (lines that begin with “- ”)")
            return
        for item in value:
            if isinstance(item, Table):
                yield Cursor(self.file, item, self.findings)
            else:
                self.note(item.line, "type", f"each entry of “{key}” must hold keys (name: value)")

    def raw(self, key: str) -> Value | None:
        """The value under a key, whatever its shape."""
        return self._take(key, False)

    def lines(self) -> dict[str, int]:
        """The line of each text inside the table, however deep; of equal texts the first."""
        found: dict[str, int] = {}
        _collect(self.table, found)
        return found

    def line_of(self, key: str) -> int:
        value = self.table.items.get(key)
        return self.line if value is None else value.line

    def finish(self, allowed: Sequence[str] = ()) -> None:
        """Note keys that nobody asked for: most often a typing mistake."""
        for key, value in self.table.items.items():
            if key not in self._taken and key not in allowed:
                self.note(value.line, "unknown-key", f"“{key}” is not known here; check its spelling")

    def _take(self, key: str, needed: bool) -> Value | None:
        self._taken.add(key)
        value = self.table.items.get(key)
        if value is None and needed:
            self.note(self.line, "missing-key", f"“{key}” is missing here")
        return value


def _collect(value: Value, found: dict[str, int]) -> None:
    if isinstance(value, Text):
        found.setdefault(value.value.strip(), value.line)
        return
    for part in value.items.values() if isinstance(value, Table) else value.items:
        _collect(part, found)
