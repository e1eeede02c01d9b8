"""How quick the matcher is on one core: loading, a message, 4,096 characters, memory, training.

    python -m tests.benchmarks.matcher_speed

Best on a machine that does nothing else. Prints what was measured beside what was set as the goal.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.content.nlu import read_training_data
from bot.matching.evaluate import load_messages
from bot.matching.matcher import Matcher
from bot.matching.train import train

ROOT = Path(__file__).parents[2]
LONGEST = 4096
ROUNDS = 3


def trained(path: Path) -> float:
    """Seconds to read the examples and train."""
    started = time.perf_counter()
    train(read_training_data(ROOT / "intents", [])).save(path)
    return time.perf_counter() - started


def milliseconds(matcher: Matcher, texts: list[str]) -> list[float]:
    """Sorted times of reading each text, after one round to warm up."""
    times = []
    for round_ in range(ROUNDS):
        for text in texts:
            started = time.perf_counter()
            matcher.read(text)
            if round_:
                times.append(1000 * (time.perf_counter() - started))
    return sorted(times)


def read(model: Path) -> list[tuple[str, str, str]]:
    """Measured in a process of its own, so that training's memory does not count."""
    data = read_training_data(ROOT / "intents", [])
    started = time.perf_counter()
    matcher = Matcher.load(model, data)
    loading = time.perf_counter() - started
    messages = load_messages(sorted((ROOT / "tests/data/heldout").glob("*.jsonl")))
    texts = [message["text"] for message in messages]
    times = milliseconds(matcher, texts)
    long = milliseconds(matcher, [" ".join(texts[at : at + 60])[:LONGEST] for at in range(0, 300, 60)])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        ("loading a trained model", f"{loading:.2f} s", "2 s"),
        ("a message, median", f"{times[len(times) // 2]:.2f} ms", ""),
        ("a message, 99 of 100", f"{times[len(times) * 99 // 100]:.2f} ms", "5 ms"),
        (f"{LONGEST} characters, slowest", f"{long[-1]:.1f} ms", "20 ms"),
        ("resident memory", f"{memory:.0f} MiB", "200 MiB"),
        ("the model's file", f"{model.stat().st_size / 2**20:.0f} MiB", ""),
    ]


def main() -> int:
    if len(sys.argv) == 2:
        for row in read(Path(sys.argv[1])):
            sys.stdout.write("\t".join(row) + "\n")
        return 0
    table = Table("what", "measured", "goal")
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.npz"
        table.add_row("training, two processes", f"{trained(model):.0f} s", "60 s")
        command = [sys.executable, "-m", "tests.benchmarks.matcher_speed", str(model)]
        lines = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
        for line in lines.splitlines():
            table.add_row(*line.split("\t"))
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
