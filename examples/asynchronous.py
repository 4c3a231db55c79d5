# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for a message without stopping the event loop.

Run it: ``shmem4py run -n 2 examples/asynchronous.py``

A wait blocks its thread, so it runs in a thread of its own, and the event loop goes on with
other work. Each PE sends a letter to its neighbour, and counts the turns of the loop until
its own letter arrives.
"""

import asyncio

import numpy as np

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()
inbox = shmem.zeros(1000)
arrived = shmem.new_signal()


async def send() -> None:
    """Take some time to write the letter."""
    await asyncio.sleep(0.02)
    shmem.put_signal(inbox, np.full(1000, float(me)), (me + 1) % npes, arrived, 1, shmem.SIGNAL_SET)


async def receive() -> float:
    """Wait in a thread; the GIL is free meanwhile."""
    await asyncio.to_thread(shmem.signal_wait_until, arrived, "==", 1)
    return float(inbox[-1])


async def main() -> None:
    """Receive, send, and do something else, at the same time."""
    letter = asyncio.create_task(receive())
    sent = asyncio.create_task(send())
    rounds = 0
    while not letter.done():
        rounds += 1
        await asyncio.sleep(0.001)
    await sent
    if letter.result() != (me - 1) % npes:
        raise SystemExit(f"PE {me} got the letter of PE {letter.result()}")
    print(f"PE {me} has its letter; the loop came round {'often' if rounds > 1 else 'once'}")


asyncio.run(main())
shmem.barrier_all()
