"""What a Prometheus server reads."""

import socket

import httpx
import pytest

from bot.errors import SettingsError
from bot.matching import remote
from bot.wiring.metrics import serving_metrics


async def test_a_fallback_of_the_matcher_can_be_read(unused_tcp_port: int) -> None:
    remote.READINGS.labels("timeout").inc()
    async with serving_metrics(f"127.0.0.1:{unused_tcp_port}"), httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{unused_tcp_port}/metrics")
        elsewhere = await http.get(f"http://127.0.0.1:{unused_tcp_port}/")
    assert 'amparo_remote_readings_total{outcome="timeout"}' in answer.text
    assert elsewhere.status_code == 404


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SettingsError, match="METRICS_BIND"):
        serving_metrics(f"127.0.0.1:{taken.getsockname()[1]}")
