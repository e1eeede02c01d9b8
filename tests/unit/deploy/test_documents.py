"""What the pages for readers say about files, commands and versions is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot import __version__
from tests.unit.deploy.commands import commands

ROOT = Path(__file__).parents[3]
PAGES = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "deploy/README.md",
    "deploy/rasa/README.md",
    "intents/README.md",
    "responses/README.md",
)
_LINK = re.compile(r"\]\((?!https?://)([^)#]*)(?:#([^)]*))?\)")
_CODE = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
# At the start, behind settings or a folder, or inside a container; elsewhere the word is a user or an image.
_COMMAND = re.compile(r"(?:^(?:\w+=\S+ )*|bin/|exec amparo )amparo ((?:[a-z]+ ?)+)")


def anchors(text: str) -> set[str]:
    """The anchors that headings make, as GitHub and Forgejo do."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def code(text: str) -> list[str]:
    """Lines of code in a page: whole blocks and words between backticks."""
    blocks = [line for block in _BLOCK.findall(text) for line in block.splitlines()]
    return [line.partition("#")[0] for line in (*blocks, *_CODE.findall(_BLOCK.sub("", text)))]


def unknown(line: str, known: frozenset[str]) -> list[str]:
    """Commands in a line of code that the program does not have."""
    wrong = []
    for found in _COMMAND.findall(line):
        words = found.split()
        if words[0] not in known or (len(words) > 1 and not _fits(words, known)):
            wrong.append(found)
    return wrong


def _fits(words: list[str], known: frozenset[str]) -> bool:
    """A word behind a command is its argument, unless the command has commands of its own."""
    group = any(name.startswith(f"{words[0]} ") for name in known)
    return not group or " ".join(words[:2]) in known


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("amparo staff add NAME", True),
        ("amparo staff fly", False),
        ("/opt/amparo/bin/amparo run", True),
        ("/opt/amparo/bin/amparo fly", False),
        ("AMPARO_WORKERS=1 amparo fly", False),
        ("docker compose exec amparo amparo fly", False),
        ("install -g amparo deploy/env.example", True),
    ],
)
def test_the_rule_itself(line: str, right: bool) -> None:
    assert (unknown(line, commands()) == []) is right


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    broken = []
    for target, anchor in _LINK.findall(path.read_text("utf-8")):
        file = (path.parent / target) if target else path
        if not file.exists() or (anchor and anchor not in anchors(file.read_text("utf-8"))):
            broken.append(f"{target}#{anchor}")
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page: str) -> None:
    known = commands()
    assert [word for line in code((ROOT / page).read_text("utf-8")) for word in unknown(line, known)] == []


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = [re.match(r"make ([a-z-]+)", line) for line in code((ROOT / page).read_text("utf-8"))]
    assert {match[1] for match in named if match} <= targets


def test_every_command_stands_in_the_readme() -> None:
    table = (ROOT / "README.md").read_text("utf-8").partition("## Commands")[2].partition("\n## ")[0]
    known = commands()
    single = [name for name in known if not any(other.startswith(f"{name} ") for other in known)]
    assert [name for name in single if not re.search(rf"`amparo {name}\b", table)] == []


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert versions[0] == __version__
