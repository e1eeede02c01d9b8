"""`make rasa-check`: the exported project on a real Rasa, with the real action server beside it.

Called as ``python -m tests.rasa_check RASA FOLDER``, where RASA is the program of an environment with
Rasa Open Source 3.6. Validates and trains the project, plays the dialogues of tests/conversations
through the REST channel, pushes what staff write through the callback channel, takes the server as
matcher, measures it, and ends with the action server stopped.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.actions.replies import plain
from bot.content.library import Library
from bot.content.phrasebook import Phrasebook
from bot.core.case import QueueRow
from bot.core.clock import SystemClock
from bot.core.turn import fallback
from bot.helpline import Store, open_store
from bot.helpline.staff import StaffMember
from bot.matching.remote import RemoteReader
from bot.settings import Settings, read_settings
from bot.wiring.content import evaluate_files
from bot.wiring.content import matcher as local_matcher
from bot.wiring.live import LocalReader
from bot.wiring.parts import chat_pepper, encryption_keys, load_library, rasa_parser
from bot.wiring.rasa_export import export_project
from tests.clock import FixedClock
from tests.conversations.test_conversations import Player
from tests.rasa_talk import Seen, Tracker
from tests.talk import Talk

ROOT = Path(__file__).parents[1]
CONVERSATIONS = ROOT / "tests" / "conversations"
HELD_OUT = ROOT / "tests" / "data" / "heldout"
TOKEN = "a token for this check only"
PASSWORD = "a long enough password"
WANTED = 12
"""So many dialogues must pass through Rasa's REST channel, whose own model names the intents."""

_UNPLAYABLE = {"waits_hours", "staff", "edits", "sends"}
"""Steps that need a clock of their own, or a channel on which the bot speaks first."""

out = Console(width=150)


@dataclass
class RestTalk:
    """A bot behind a real Rasa server, over its REST channel."""

    http: httpx.AsyncClient
    store: Store
    book: Phrasebook
    staff: StaffMember
    clock: FixedClock
    before: set[str]
    sender: str = field(default_factory=lambda: uuid.uuid4().hex)
    client: str = "es"
    shown: list[Seen] = field(default_factory=list)

    def person(self, name: str = "Rosa", client: str = "es") -> int:
        self.client = client
        return 1

    async def say(self, text: str, name: str = "Rosa", client: str = "es") -> Sequence[Seen]:
        body = {"sender": self.sender, "message": text, "metadata": {"language": self.client}}
        response = await self.http.post("/webhooks/rest/webhook", json=body)
        answers = [Seen(m["text"], m.get("buttons", ())) for m in response.json() if "text" in m]
        self.shown += answers
        return answers

    async def press(self, label: str, name: str = "Rosa") -> Sequence[Seen]:
        for message in reversed(self.shown):
            for row in message.keyboard:
                for button in row:
                    if label in (button["text"], button["callback_data"], _ours(button["callback_data"])):
                        return await self.say(button["callback_data"])
        raise AssertionError(f"no button “{label}” was ever shown")

    async def edit(self, text: str, name: str = "Rosa") -> Sequence[Seen]:
        raise AssertionError("Rasa's REST channel has no edits")

    async def send(self, kind: str, name: str = "Rosa") -> Sequence[Seen]:
        raise AssertionError("Rasa's REST channel has no media")

    async def answers(self, person: int) -> Sequence[Seen]:
        return []

    async def queue(self, view: str = "open") -> list[QueueRow]:
        page = await self.store.service.queue(self.staff, view=view, limit=200)  # type: ignore[arg-type]
        return [row for row in page.rows if row.reference not in self.before]

    async def sign_in(self) -> None:
        await self.store.staff.sign_in(self.staff.login, PASSWORD, "127.0.0.1")


def _ours(payload: str) -> str:
    name, brace, rest = payload.partition("{")
    return name.replace(".", "/") + brace + rest


@dataclass
class Bench:
    """Where everything of one check stands."""

    rasa: Path
    folder: Path
    settings: Settings
    library: Library
    book: Phrasebook
    actions_port: int
    rasa_port: int
    callback_port: int

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.rasa_port}"

    def environment(self) -> dict[str, str]:
        data = str(self.settings.data_dir)
        mine = {name: value for name, value in os.environ.items() if not name.startswith("AMPARO_")}
        return {
            **mine,
            "AMPARO_DATA_DIR": data,
            "AMPARO_ACTIONS_BIND": f"127.0.0.1:{self.actions_port}",
            "AMPARO_ACTIONS_TOKEN": TOKEN,
            "AMPARO_RASA_URL": self.url,
            "AMPARO_RASA_TOKEN": signed(TOKEN),
            "RASA_TELEMETRY_ENABLED": "false",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        }


def main() -> None:
    """Run the whole check; exit status 1 where something is not as it must be."""
    rasa, folder = Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute()
    settings = read_settings(data_dir=folder / "data", rasa_token=signed(TOKEN), log_level="warning")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    for path in settings.data_dir.glob("amparo.sqlite3*"):
        path.unlink()
    library = load_library(settings)
    ports = [_free_port() for _ in range(3)]
    bench = Bench(rasa, folder, settings, library, Phrasebook(library.responses), *ports)
    prepare(bench)
    failures = asyncio.run(play_all(bench))
    if failures:
        sys.exit("rasa-check: " + "; ".join(failures))
    out.print("[bold green]rasa-check passed[/]")


def signed(secret: str) -> str:
    """The token that Rasa's API asks for with ``--jwt-secret``: RFC 7519, HS256."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {"user": {"username": "amparo", "role": "admin"}}]
    text = ".".join(_base64(json.dumps(part).encode()) for part in parts)
    return f"{text}.{_base64(hmac.digest(secret.encode(), text.encode(), 'sha256'))}"


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def prepare(bench: Bench) -> None:
    """Export, validate and train; a model of the same files is used again."""
    url = f"http://127.0.0.1:{bench.actions_port}/webhook"
    names = export_project(bench.settings, bench.project, url, with_token=True)
    size = sum((bench.project / name).stat().st_size for name in names)
    out.print(f"exported {len(names)} files, {size:,} bytes: {', '.join(names)}")
    (bench.project / "credentials.yml").write_text(
        f"rest:\ncallback:\n  url: http://127.0.0.1:{bench.callback_port}/\n", encoding="utf-8"
    )
    learned = [name for name in names if name.startswith(("config", "domain", "data/"))]
    print_of = hashlib.sha256(b"".join((bench.project / name).read_bytes() for name in learned))
    model = f"amparo-{print_of.hexdigest()[:12]}"
    _timed(bench, "rasa data validate", "data", "validate")
    if not (bench.project / "models" / f"{model}.tar.gz").exists():
        _timed(bench, "rasa train", "train", "--fixed-model-name", model)
    local_matcher(bench.settings)


def _timed(bench: Bench, title: str, *words: str) -> None:
    started = time.perf_counter()
    log = bench.folder / f"{words[0]}.log"
    with log.open("wb") as file:
        done = subprocess.run(
            [bench.rasa, *words],
            cwd=bench.project,
            env=bench.environment(),
            stdout=file,
            stderr=file,
            check=False,
        )
    if done.returncode:
        sys.exit(f"rasa-check: {title} failed; see {log}")
    out.print(f"{title}: {time.perf_counter() - started:.0f} s")


async def play_all(bench: Bench) -> list[str]:
    """Everything that needs the two servers."""
    clock = SystemClock()
    keys, pepper = encryption_keys(bench.settings), chat_pepper(bench.settings)
    store = await open_store(
        bench.settings.database, keys=keys, pepper=pepper, clock=clock, renderer=bench.book, waive_codes=True
    )
    failures: list[str] = []
    try:
        staff = await store.staff.add("ana", "Ana", PASSWORD)
        async with httpx.AsyncClient(base_url=bench.url, timeout=60) as http, servers(bench) as stop_actions:
            failures += await pushed(bench, http, store, staff)
            failures += await dialogues(bench, http, store, staff)
            await latency(bench, http)
            failures += await as_matcher(bench)
            await stop_actions()
            failures += await alone(bench, http)
    finally:
        await store.close()
    return failures


@asynccontextmanager
async def servers(bench: Bench) -> AsyncIterator[Any]:
    """The action server and Rasa as processes of their own; gives what stops the first."""
    actions = await _start(bench, "actions", sys.executable, "-m", "bot", "actions")
    rasa = await _start(
        bench,
        "rasa",
        str(bench.rasa),
        "run",
        "--enable-api",
        "--jwt-secret",
        TOKEN,
        "-i",
        "127.0.0.1",
        "--port",
        str(bench.rasa_port),
    )

    async def stop() -> None:
        if actions.returncode is None:
            actions.terminate()
            await actions.wait()

    try:
        await _answers(f"http://127.0.0.1:{bench.actions_port}/health")
        await _answers(f"{bench.url}/")  # open, unlike the API
        yield stop
    finally:
        await stop()
        if rasa.returncode is None:
            rasa.terminate()
            await rasa.wait()


async def _start(bench: Bench, name: str, *words: str) -> asyncio.subprocess.Process:
    cwd = ROOT if name == "actions" else bench.project
    with (bench.folder / f"{name}.log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *words, cwd=cwd, env=bench.environment(), stdout=log, stderr=log
        )


async def _answers(url: str, seconds: float = 300) -> None:
    async with httpx.AsyncClient() as http, asyncio.timeout(seconds):
        while True:
            try:
                if (await http.get(url, timeout=5)).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.5)


async def dialogues(bench: Bench, http: httpx.AsyncClient, store: Store, staff: StaffMember) -> list[str]:
    """The dialogues of tests/conversations that a channel which can only answer allows."""
    passed, failed = 0, []
    found = [item for path in sorted(CONVERSATIONS.glob("*.yml")) for item in _read(path)]
    # On duty is whoever was seen in the last minutes: those without anybody come first.
    for item in sorted(found, key=lambda item: bool(item.get("staff_at_work"))):
        if any(_UNPLAYABLE & set(turn) for turn in item["turns"]):
            continue
        rows = (await store.service.queue(staff, view="open", limit=200)).rows
        now = FixedClock(SystemClock().now())
        talk = RestTalk(http, store, bench.book, staff, now, {row.reference for row in rows})
        try:
            await _play(talk, item)
            passed += 1
        except AssertionError as error:
            failed.append(item["name"])
            out.print(f"[yellow]differs[/] {item['name']}: {str(error).splitlines()[0]}", markup=True)
    out.print(f"dialogues through Rasa's REST channel: {passed} as written, {len(failed)} otherwise")
    return [] if passed >= WANTED else [f"only {passed} dialogues went as written"]


async def _play(talk: Talk, item: Mapping[str, Any]) -> None:
    player = Player(talk, item)
    if item.get("staff_at_work"):
        await talk.sign_in()
    for number, turn in enumerate(item["turns"], 1):
        await player.turn(turn, f"turn {number}")


def _read(path: Path) -> list[Mapping[str, Any]]:
    items: list[Mapping[str, Any]] = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    return items


async def pushed(bench: Bench, http: httpx.AsyncClient, store: Store, staff: StaffMember) -> list[str]:
    """What staff write reaches the person through Rasa's callback channel, without a new message."""
    from bot.wiring.serve import listen, serving

    came: asyncio.Queue[str] = asyncio.Queue()

    async def receive(request: Request) -> Response:
        came.put_nowait(str((await request.json()).get("text") or ""))
        return Response("success")

    app = Starlette(routes=[Route("/", receive, methods=["POST"])])
    listener = listen(f"127.0.0.1:{bench.callback_port}", "the callback port")
    sender, words = uuid.uuid4().hex, f"Estoy aquí. {uuid.uuid4().hex}"
    async with serving(app, listener):
        before = {row.reference for row in (await store.service.queue(staff, view="open", limit=200)).rows}
        body = {"sender": sender, "message": "quiero hablar con una persona de verdad por favor"}
        await http.post("/webhooks/callback/webhook", json=body)
        await asyncio.wait_for(came.get(), 30)
        rows = (await store.service.queue(staff, view="open", limit=200)).rows
        (reference,) = {row.reference for row in rows} - before
        await store.service.claim(staff, reference)
        detail = await store.service.case(staff, reference)
        started = time.perf_counter()
        await store.service.reply(staff, reference, words, seen=detail.last_line, token="check")
        try:
            async with asyncio.timeout(60):
                while words not in await came.get():
                    pass
        except TimeoutError:
            return ["what staff wrote did not reach the callback channel"]
    out.print(f"a reply of staff reached the callback channel after {time.perf_counter() - started:.1f} s")
    return []


async def latency(bench: Bench, http: httpx.AsyncClient) -> None:
    """How long a turn takes through the action server alone, and through Rasa's REST channel."""
    direct, through = [], []
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{bench.actions_port}", headers=headers) as own:
        tracker = Tracker(uuid.uuid4().hex, "es", "rest")
        parsed = {"intent_ranking": [{"name": "bullying.victim", "confidence": 0.9}]}
        for _ in range(200):
            tracker.said("a mi hijo lo molestan en la escuela", parsed, {})
            started = time.perf_counter()
            response = await own.post("/webhook", json=tracker.call("action_amparo"))
            direct.append((time.perf_counter() - started) * 1000)
            assert response.status_code == 200, response.text
            tracker.events.clear()
    sender = uuid.uuid4().hex
    for _ in range(60):
        started = time.perf_counter()
        body = {"sender": sender, "message": "a mi hijo lo molestan en la escuela"}
        answers = (await http.post("/webhooks/rest/webhook", json=body)).json()
        through.append((time.perf_counter() - started) * 1000)
        assert answers, "a long session must go on"
    for name, times in (("action server alone", direct), ("Rasa's REST channel", through)):
        times.sort()
        p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
        out.print(f"a turn through {name}: p50 {p50:.0f} ms, p99 {p99:.0f} ms ({len(times)} turns)")


async def as_matcher(bench: Bench) -> list[str]:
    """The same server names the intents for the bot, and is measured on the held-out messages."""
    parser = rasa_parser(bench.url, bench.settings, bench.library, seconds=5)
    local = local_matcher(bench.settings)
    remote = RemoteReader(LocalReader(local), parser, SystemClock(), budget=5)
    text = "quiero que borren mis datos"
    reading, wanted = await remote.read(text), await parser.ranking(text)
    await remote.close()
    files = sorted(HELD_OUT.glob("*.jsonl"))
    theirs = await asyncio.to_thread(evaluate_files, bench.settings, files, None, None, None, bench.url)
    ours = await asyncio.to_thread(evaluate_files, bench.settings, files, None, None, None)
    table = Table("language", "n", "Amparo accuracy", "Rasa accuracy", "Amparo top3", "Rasa top3", "p50 ms")
    for code in (*ours["languages"], "overall"):
        own, other = (
            ours["languages"].get(code, ours["overall"]),
            theirs["languages"].get(code, theirs["overall"]),
        )
        shown = [own["n"], own["accuracy"], other["accuracy"], own["top3"], other["top3"]]
        table.add_row(code, *map(str, shown), f"{own['p50_ms']:.1f} / {other['p50_ms']:.1f}")
    out.print(table)
    (bench.folder / "figures.json").write_text(json.dumps({"amparo": ours, "rasa": theirs}), "utf-8")
    return [] if reading.ranking == wanted else ["the matcher did not take Rasa's ranking"]


async def alone(bench: Bench, http: httpx.AsyncClient) -> list[str]:
    """With the action server away, Rasa itself says the safety text that stands alone."""
    body = {"sender": uuid.uuid4().hex, "message": "ayuda por favor"}
    answers = (await http.post("/webhooks/rest/webhook", json=body)).json()
    wanted = plain(fallback(bench.book, "es", SystemClock().now()))
    if any(wanted in answer.get("text", "") for answer in answers):
        out.print("with the action server stopped the person still gets the safety text")
        return []
    return ["without the action server the person got no safety text"]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


if __name__ == "__main__":
    main()
