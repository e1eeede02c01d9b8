"""Who may import whom. Every rule carries a line that must pass and one that must fail."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BOT = ROOT / "bot"

CORE = ("core", "errors")
PARTS: dict[str, tuple[str, ...]] = {
    "core": ("errors",),
    "errors": (),
    "settings": ("errors",),
    "log": (),
    "content": CORE,
    "matching": CORE,
    "helpline": CORE,
    "chat": CORE,
    "sandbox": CORE,
    "actions": CORE,
    "handouts": CORE,
    "console": (*CORE, "helpline.service"),
    "wiring": ("*",),
    "cli": ("wiring", "content.findings", "helpline.crypto", "errors", "log", "settings"),
}
ONLY_IN: dict[str, tuple[str, ...]] = {
    "telegram": ("chat",),
    "sqlalchemy": ("helpline",),
    "alembic": ("helpline",),
    "aiosmtplib": ("helpline",),
    "rasa_sdk": ("actions",),
    "sklearn": ("matching",),
    "fastapi": ("console",),
    "typst": ("handouts",),
}


def imports(source: str) -> Iterator[str]:
    """The modules a source imports; a relative import counts as ``bot`` itself, which nobody may."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"{node.module}" if node.level == 0 and node.module else "bot"


def forbidden(part: str, name: str) -> bool:
    """Whether code of ``part`` may not import module ``name``."""
    top, _, inner = name.partition(".")
    if top != "bot":
        if part == "core":
            return top not in sys.stdlib_module_names
        return part not in ONLY_IN.get(top, (part,))
    if not inner or inner == "__version__":
        return part != "cli"
    allowed = (*PARTS[part], part)
    return "*" not in allowed and not any(inner == item or inner.startswith(f"{item}.") for item in allowed)


@pytest.mark.parametrize(
    ("part", "good", "bad"),
    [
        ("core", "import dataclasses", "import structlog"),
        ("core", "from bot.errors import AmparoError", "from bot.content.model import Texts"),
        ("content", "from bot.core.effects import Say", "from bot.matching.patterns import PatternLayer"),
        ("matching", "from bot.core.reading import Reading", "from bot.content.nlu import read_taxonomy"),
        ("helpline", "import sqlalchemy", "import telegram"),
        ("helpline", "import aiosmtplib", "from bot.console.alert_words import alert_words"),
        ("wiring", "from bot.helpline.mailer import SmtpMailer", "import aiosmtplib"),
        ("chat", "import telegram", "import sqlalchemy"),
        ("chat", "from bot.core.turn import TurnRunner", "from bot.helpline.inbox import SqlInbox"),
        (
            "console",
            "from bot.helpline.service import HelplineService",
            "from bot.helpline.tables import Case",
        ),
        ("sandbox", "import starlette", "import telegram.ext"),
        ("actions", "import rasa_sdk", "from bot.helpline import open_store"),
        ("wiring", "from bot.actions.desk import Desk", "import rasa_sdk.endpoint"),
        ("handouts", "import typst", "from bot.content.lesson_page import LessonPages"),
        ("content", "from bot.core.handout import Handout", "import typst"),
        ("wiring", "from bot.helpline import open_store", "import sqlalchemy"),
        ("cli", "from bot.wiring.demo import demo", "from bot.chat.poller import Poller"),
    ],
)
def test_the_rule_itself(part: str, good: str, bad: str) -> None:
    assert not any(forbidden(part, name) for name in imports(good))
    assert any(forbidden(part, name) for name in imports(bad))


def test_every_part_is_in_the_table() -> None:
    parts = {path.stem for path in BOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert parts - {"__init__", "__main__"} == set(PARTS)


def test_nobody_imports_what_they_may_not() -> None:
    wrong = []
    for path in sorted(BOT.rglob("*.py")):
        part = path.relative_to(BOT).parts[0].removesuffix(".py")
        if part in ("__init__", "__main__"):
            continue
        wrong += [
            f"{path.relative_to(ROOT)}: {name}"
            for name in imports(path.read_text("utf-8"))
            if forbidden(part, name)
        ]
    assert wrong == []


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    sources = {_module(path): path.read_text("utf-8") for path in BOT.rglob("*.py")}
    edges = {name: _targets(source, set(sources)) for name, source in sources.items()}
    while edges:
        leaves = {name for name, targets in edges.items() if not targets & set(edges)}
        if not leaves:
            break
        edges = {name: targets for name, targets in edges.items() if name not in leaves}
    assert sorted(edges) == []


def _targets(source: str, modules: set[str]) -> set[str]:
    """The modules of ours that a source imports; ``from package import module`` means the module."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & modules if names & modules else {node.module}
    return found & modules


def test_content_folders_hold_no_python() -> None:
    """A top-level package called ``responses`` would collide with a well-known library."""
    assert not [*(ROOT / "intents").rglob("*.py"), *(ROOT / "responses").rglob("*.py")]


def test_modules_and_functions_stay_readable() -> None:
    long = []
    for path in sorted(BOT.rglob("*.py")):
        source = path.read_text("utf-8")
        if source.count("\n") > 400:
            long.append(f"{path.relative_to(ROOT)}: {source.count(chr(10))} lines")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > 50:
                    long.append(f"{path.relative_to(ROOT)}: {node.name} {size} lines")
    assert long == []


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
