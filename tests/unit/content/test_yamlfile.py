"""Strict YAML: text stays text, problems are named with their line, nothing hostile gets through."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import yamlfile
from bot.content.yamlfile import Items, Table, Text


def read(tmp_path: Path, text: str | bytes) -> tuple[Table | None, list[tuple[int, str]]]:
    path = tmp_path / "a.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    table, findings = yamlfile.read(path, "a.yml")
    return table, [(f.line, f.code) for f in findings]


def test_every_value_is_text_with_its_line(tmp_path: Path) -> None:
    table, problems = read(tmp_path, "a: no\nnumber: 0800123\nlist: [1, ~]\ndate: 2026-11-01\n")
    assert problems == []
    assert table is not None
    assert table.items["a"] == Text("no", 1, quoted=False)
    assert table.items["number"] == Text("0800123", 2, quoted=False)
    assert table.items["list"] == Items((Text("1", 3, quoted=False), Text("~", 3, quoted=False)), 3)
    assert table.items["date"] == Text("2026-11-01", 4, quoted=False)


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("a: 1\na: 2\n", 2, "duplicate-key"),
        ("a:\n\tb: 1\n", 2, "tab"),
        ("a: b: c\n", 1, "yaml"),
        ("- 1\n", 1, "shape"),
        ("a: *missing\n", 1, "yaml"),
        ("? [x]\n: 1\n", 1, "key"),
        ("a: 'open\n", 2, "yaml"),
        (b"a: \xff\n", 0, "encoding"),
        ("a: " + "[" * 40 + "]" * 40 + "\n", 1, "depth"),
    ],
)
def test_problems_are_named(tmp_path: Path, text: str | bytes, line: int, code: str) -> None:
    table, problems = read(tmp_path, text)
    assert table is None
    assert problems == [(line, code)]


def test_a_missing_file_is_a_finding(tmp_path: Path) -> None:
    assert [f.code for f in yamlfile.read(tmp_path / "none.yml", "none.yml")[1]] == ["file-missing"]


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_never_raises(tmp_path_factory: pytest.TempPathFactory, text: str | bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(errors="surrogatepass"))
    table, findings = yamlfile.read(path, "any.yml")
    assert (table is None) == bool(findings)
