"""The bell loses no ring and wakes everybody who waits."""

from __future__ import annotations

import asyncio

from bot.helpline.bell import Bell


async def test_a_ring_before_the_wait_is_heard() -> None:
    bell = Bell()
    bell.heed()
    bell.ring()
    await bell.wait(3600)


async def test_a_ring_is_heard_once() -> None:
    bell = Bell()
    bell.heed()
    bell.ring()
    await bell.wait(3600)
    await asyncio.wait_for(bell.wait(0), 1)


async def test_what_rang_before_one_looked_wakes_nobody() -> None:
    bell = Bell()
    bell.ring()
    bell.heed()
    waiting = asyncio.create_task(bell.wait(3600))
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_each_of_many_hears_a_ring_between_looking_and_waiting() -> None:
    bell, looked = Bell(), asyncio.Barrier(4)

    async def works() -> None:
        bell.heed()
        await looked.wait()
        await bell.wait(3600)

    tasks = [asyncio.create_task(works()) for _ in range(3)]
    await asyncio.sleep(0)
    bell.ring()
    await looked.wait()
    await asyncio.gather(*tasks)


async def test_all_that_wait_are_woken() -> None:
    bell = Bell()
    tasks = [asyncio.create_task(bell.wait(3600)) for _ in range(3)]
    await asyncio.sleep(0)
    bell.ring()
    await asyncio.gather(*tasks)
