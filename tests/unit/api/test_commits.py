"""Whoever listens before reading hears of every write after it."""

from __future__ import annotations

import asyncio
from threading import Thread

from api.commits import Commits


def test_a_write_wakes_all_who_listen() -> None:
    async def listen() -> bool:
        commits = Commits()
        waits = [asyncio.create_task(commits.listen().wait(at_most_s=30)) for _ in range(3)]
        await asyncio.sleep(0)
        Thread(target=commits.announce).start()
        await asyncio.wait_for(asyncio.gather(*waits), 20)
        return True

    assert asyncio.run(listen())


def test_a_write_between_listening_and_waiting_is_not_missed() -> None:
    async def listen() -> bool:
        commits = Commits()
        listening = commits.listen()
        commits.announce()
        await asyncio.wait_for(listening.wait(at_most_s=30), 20)
        return True

    assert asyncio.run(listen())


def test_without_a_write_the_wait_ends_by_itself_and_leaves_nothing_behind() -> None:
    async def listen() -> int:
        commits = Commits()
        await commits.listen().wait(at_most_s=0.01)
        return len(commits._waiting)

    assert asyncio.run(listen()) == 0


def test_a_write_after_the_loop_has_ended_disturbs_nobody() -> None:
    commits = Commits()

    async def listen() -> None:
        commits.listen()

    asyncio.run(listen())
    commits.announce()
