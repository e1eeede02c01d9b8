"""What a Prometheus server reads."""

import socket

import httpx
import pytest

from bot.errors import SettingsError
from bot.helpline.database import Database
from bot.helpline.stats import Stats
from bot.matching import remote
from bot.wiring.metrics import serving_metrics
from tests.clock import FixedClock


async def test_counts_of_the_process_and_of_the_queue_can_be_read(
    unused_tcp_port: int, database: Database, fixed_clock: FixedClock
) -> None:
    remote.READINGS.labels("timeout").inc()
    stats = Stats(database, fixed_clock)
    async with serving_metrics(f"127.0.0.1:{unused_tcp_port}", stats), httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{unused_tcp_port}/metrics")
        elsewhere = await http.get(f"http://127.0.0.1:{unused_tcp_port}/")
    assert 'amparo_remote_readings_total{outcome="timeout"}' in answer.text
    assert "amparo_alerts_oldest_seconds 0.0" in answer.text
    assert elsewhere.status_code == 404


async def test_a_port_that_is_taken_is_named(database: Database, fixed_clock: FixedClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SettingsError, match="METRICS_BIND"):
        serving_metrics(f"127.0.0.1:{taken.getsockname()[1]}", Stats(database, fixed_clock))
