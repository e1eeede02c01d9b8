"""The command: clear errors that say what to do, and output that programs can read."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.main import app
from bot.sandbox import create_app
from bot.settings import SQLITE_FILE, Settings
from tests.browser.serving import served
from tests.clock import FixedClock
from tests.fake_rasa import FakeRasa
from tests.fakes import TOKEN

ROOT = Path(__file__).parents[3]
OTHER = "7654321:BBHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
Amparo = Callable[..., Result]


@pytest.fixture
def amparo(tmp_path: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> Amparo:
    """``amparo("check", AMPARO_…="…")`` in a folder of its own, with a trained model."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"AMPARO_{name}".upper(), raising=False)
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "model.npz").symlink_to(trained)

    def run(*arguments: str, **environment: str) -> Result:
        values = {"AMPARO_DATA_DIR": str(folder), "AMPARO_CONSOLE_BIND": "127.0.0.1:0", **environment}
        return CliRunner().invoke(app, list(arguments), env={**values, "COLUMNS": "300"})

    return run


def failed(result: Result, *words: str) -> None:
    assert result.exit_code == 1, result.output
    for word in words:
        assert word in result.output
    assert "Traceback" not in result.output


def test_help_names_the_commands(amparo: Amparo) -> None:
    said = amparo("--help").output
    assert all(name in said for name in ("demo", "run", "check", "parse", "train", "evaluate", "staff"))


def test_parse_prints_the_contract(amparo: Amparo) -> None:
    result = amparo("parse", "mi hija de 12 años recibe amenazas por whatsapp", "--json")
    reading = json.loads(result.stdout)
    assert set(reading) == {"text", "language", "intent", "intent_ranking", "flags", "entities"}
    assert reading["language"]["code"] == "es"
    assert {"entity": "platform", "value": "whatsapp"}.items() <= next(
        item for item in reading["entities"] if item["entity"] == "platform"
    ).items()
    for flag in reading["flags"]:
        assert all(set(spot) - {"start", "end"} <= {"rule", "model"} for spot in flag["evidence"])


def test_evaluate_prints_the_contract(amparo: Amparo, tmp_path: Path) -> None:
    messages = tmp_path / "held.jsonl"
    rows = [
        {
            "id": "1",
            "text": "quiero hablar con una persona",
            "lang": "es",
            "intent": "human",
            "flags": ["human_requested"],
        },
        {"id": "2", "text": "hello", "lang": "en", "intent": "greet", "also": ["help"], "flags": []},
    ]
    messages.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    predictions = tmp_path / "out.jsonl"
    result = amparo("evaluate", str(messages), "--json", "--predictions", str(predictions))
    figures = json.loads(result.stdout)
    wanted = {
        "n",
        "accuracy",
        "top3",
        "macro_f1",
        "flags",
        "false_alarm_rate",
        "language_accuracy",
        "p50_ms",
        "p99_ms",
    }
    assert wanted <= set(figures["overall"])
    assert set(figures["languages"]) == {"es", "en"}
    assert [json.loads(line)["id"] for line in predictions.read_text("utf-8").splitlines()] == ["1", "2"]


@pytest.mark.parametrize("text", ["{", '{"text": 1, "intent": "x"}', "[]"])
def test_bad_held_out_lines_are_named(amparo: Amparo, tmp_path: Path, text: str) -> None:
    path = tmp_path / "held.jsonl"
    path.write_text(text + "\n", "utf-8")
    failed(amparo("evaluate", str(path)), "held.jsonl", "line 1")


def test_a_broken_content_file_is_named_with_its_line(amparo: Amparo, tmp_path: Path) -> None:
    responses = tmp_path / "responses"
    shutil.copytree(ROOT / "responses", responses)
    with (responses / "es" / "safety.yml").open("a", encoding="utf-8") as file:
        file.write("\nphrases: {}\n")
    failed(amparo("stats", AMPARO_RESPONSES_DIR=str(responses)), "responses/es/safety.yml:", "twice")
    result = amparo("check", "--json", AMPARO_RESPONSES_DIR=str(responses))
    assert result.exit_code == 1
    assert "duplicate-key" in {finding["code"] for finding in json.loads(result.stdout)}


def test_without_a_token_it_says_where_to_get_one(amparo: Amparo) -> None:
    failed(amparo("run"), "AMPARO_TELEGRAM_TOKEN", "BotFather", "amparo demo")


def test_a_wrong_token_is_said_without_showing_it(amparo: Amparo) -> None:
    with served(create_app(TOKEN, FixedClock())) as api:
        result = amparo("bot", AMPARO_TELEGRAM_TOKEN=OTHER, AMPARO_TELEGRAM_API=api)
    failed(result, "AMPARO_TELEGRAM_TOKEN")
    assert OTHER not in result.output


def test_a_port_in_use_is_said(amparo: Amparo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        failed(amparo("console", AMPARO_CONSOLE_BIND=place), "AMPARO_CONSOLE_BIND", place)
        failed(amparo("demo", "--chat", place), "--chat", place)


@pytest.mark.parametrize("name", ["keys.txt", "pepper.txt"])
def test_a_lost_secret_is_said_and_none_is_made_in_its_place(
    amparo: Amparo, tmp_path: Path, name: str
) -> None:
    assert amparo("db", "upgrade").exit_code == 0
    assert (tmp_path / "data" / SQLITE_FILE).exists()
    (tmp_path / "data" / name).unlink()
    failed(amparo("stats"), name)
    assert not (tmp_path / "data" / name).exists()


def test_a_key_that_does_not_fit_is_said(amparo: Amparo) -> None:
    assert amparo("db", "upgrade").exit_code == 0
    key = amparo("keys", "new").stdout.strip().splitlines()[0]
    result = amparo("stats", AMPARO_KEYS=key)
    failed(result, "key")
    assert key not in result.output


def test_accounts(amparo: Amparo) -> None:
    assert "Password of ana" in amparo("staff", "add", "ana", "--make-password").output
    failed(amparo("staff", "add", "ana", "--make-password"), "taken")
    assert "Ana" in amparo("staff", "list").output
    assert amparo("staff", "disable", "ana").exit_code == 0
    assert "Ana" not in amparo("staff", "list").output
    failed(amparo("staff", "disable", "nobody"))


def test_stats_and_purge_print_json(amparo: Amparo) -> None:
    assert json.loads(amparo("stats").stdout)["inbox_waiting"] == 0
    assert json.loads(amparo("purge").stdout)["inbox"] == 0


def test_any_rasa_examples_can_be_learned_and_measured(amparo: Amparo, tmp_path: Path) -> None:
    folder = tmp_path / "rasa"
    folder.mkdir()
    lines = {
        "pizza": ["una pizza", "quiero pizza", "pizza grande", "otra pizza"],
        "bus": ["el bus", "un bus", "bus ya", "tomo el bus"],
    }
    blocks = "".join(
        f"- intent: {name}\n  examples: |\n" + "".join(f"    - {text}\n" for text in texts)
        for name, texts in lines.items()
    )
    (folder / "nlu.yml").write_text(f'version: "3.1"\nnlu:\n{blocks}', "utf-8")
    model = tmp_path / "m.npz"
    assert amparo("train", "--examples", str(folder), "--out", str(model)).exit_code == 0
    messages = tmp_path / "held.jsonl"
    messages.write_text('{"id": "1", "text": "pizza por favor", "intent": "pizza"}\n', "utf-8")
    result = amparo("evaluate", str(messages), "--model", str(model), "--json")
    assert json.loads(result.stdout)["overall"]["accuracy"] == 1.0
    model.write_bytes(model.read_bytes()[:-20])
    failed(amparo("evaluate", str(messages), "--model", str(model)))


def test_a_rasa_server_is_measured_on_the_same_messages(amparo: Amparo, tmp_path: Path) -> None:
    held = [
        {"id": "1", "text": "hola", "intent": "bullying/victim", "lang": "es"},
        {"id": "2", "text": "dice que ya no quiere vivir", "intent": "greet", "flags": ["self_harm"]},
    ]
    messages = tmp_path / "held.jsonl"
    messages.write_text("".join(f"{json.dumps(item)}\n" for item in held), "utf-8")
    rasa = FakeRasa({"bullying.victim": 0.8})
    with served(rasa.app) as url:
        result = amparo("evaluate", str(messages), "--url", url, "--json")
        figures = json.loads(result.stdout)["overall"]
        assert figures["accuracy"] == 0.5
        assert figures["flags"]["self_harm"]["recall"] == 1.0
        rasa.behaviour = "error"
        failed(amparo("evaluate", str(messages), "--url", url), "Rasa", "status_5xx")
    failed(amparo("evaluate", str(messages), "--url", "ftp://x"), "AMPARO_MATCHER_URL")


def test_the_audit_trail_is_checked(amparo: Amparo, tmp_path: Path) -> None:
    amparo("staff", "add", "ana", "--make-password")
    result = amparo("audit", "verify")
    assert result.exit_code == 0, result.output
    assert "sound" in result.output
    head = result.output.split(": ")[-1].strip()
    assert amparo("audit", "verify", "--expect", head).exit_code == 0
    failed(amparo("audit", "verify", "--expect", "1:" + "00" * 32), "broken", "noted earlier")
    failed(amparo("audit", "verify", "--expect", "nonsense"), "number:hash")


def test_accounts_are_looked_after_by_command(amparo: Amparo) -> None:
    assert amparo("staff", "add", "ana", "--make-password", "--role", "supervisor").exit_code == 0
    assert "supervisor" in amparo("staff", "list").output
    assert amparo("staff", "role", "ana", "auditor").exit_code == 0
    assert "auditor" in amparo("staff", "list").output
    assert "shown only now" in amparo("staff", "reset", "ana", "--make-password").output
    assert "shown only now" not in amparo("staff", "reset", "ana", "--keep-password").output
    assert amparo("staff", "disable", "ana").exit_code == 0
    assert "auditor" not in amparo("staff", "list").output
    assert amparo("staff", "enable", "ana").exit_code == 0
    assert "auditor" in amparo("staff", "list").output
    failed(amparo("staff", "role", "ana", "owner"), "counsellor, supervisor")
    failed(amparo("staff", "reset", "nobody", "--make-password"), "no such account")
    failed(amparo("staff", "add", "eva", "--make-password", "--helpline", "none"), "no such helpline")


def test_the_key_is_changed_and_the_old_one_dropped(amparo: Amparo, tmp_path: Path) -> None:
    amparo("staff", "add", "ana", "--make-password")
    keys = tmp_path / "data" / "keys.txt"
    old = keys.read_text().split()
    assert amparo("keys", "rotate").exit_code == 0
    both = keys.read_text().split()
    assert (len(both), both[1:]) == (2, old)
    assert keys.stat().st_mode & 0o077 == 0
    assert amparo("keys", "rotate").exit_code == 0
    assert keys.read_text().split() == both  # one change is under way: no third key
    assert "1 older keys are gone" in amparo("keys", "drop").output
    assert keys.read_text().split() == both[:1]
    assert "ana" in amparo("staff", "list").output
