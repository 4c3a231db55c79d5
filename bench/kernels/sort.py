# SPDX-License-Identifier: BSD-3-Clause
"""Integer sort: 16-bit keys are sorted locally, put where their range belongs, and sorted there.

Each PE has room on every other PE for all that it may send, and a signal there that says how much it sent and in which
sort. There are two sets of room and signals, which sorts use in turn. So a PE that is one sort ahead does not touch
what others still read, and no PE is ahead by two.
"""

import numpy as np
from common import SORT, Keys, check, is_sorted_range, random_keys, run_kernel
from signals import GE, SET, put_signal, signal_wait_until

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()
total = shmem.zeros(1, dtype="i8")
all_keys = shmem.zeros(1, dtype="i8")
LENGTH = (1 << 32) - 1

for n, times in SORT:
    sort_keys = Keys(random_keys(n, me), npes)
    mine = sort_keys.mine
    room = shmem.zeros((2, npes, n), dtype="u2")
    signals = shmem.zeros((2, npes), dtype="u8")
    others = [pe for pe in range(npes) if pe != me]
    puts = [[(pe, room[turn, me], signals[turn, me : me + 1]) for pe in others] for turn in range(2)]
    waits = [[(room[turn, pe], signals[turn, pe : pe + 1]) for pe in others] for turn in range(2)]
    arrived = np.empty(npes * n, dtype="u2")
    result = arrived
    done = 0
    shmem.barrier_all()

    def work():
        global result, done
        for _ in range(times):
            done += 1
            cuts = sort_keys()
            for pe, place, signal in puts[done % 2]:
                begin, end = cuts[pe : pe + 2]
                put_signal(place, mine[begin:end], pe, signal, done << 32 | end - begin, SET)
            begin, end = cuts[me : me + 2]
            filled = end - begin
            arrived[:filled] = mine[begin:end]
            for place, signal in waits[done % 2]:
                length = signal_wait_until(signal, GE, done << 32) & LENGTH
                arrived[filled : filled + length] = place[:length]
                filled += length
            result = arrived[:filled]
            result.sort(kind="stable")

    run_kernel("sort", mine.nbytes, times, work, shmem.barrier_all, me, npes)
    check(is_sorted_range(result, me, npes), "sort: order")
    total[0] = result.size
    shmem.sum_reduce(all_keys, total)
    check(all_keys[0] == n * npes, "sort: keys were lost")
    shmem.barrier_all()
    shmem.free(signals)
    shmem.free(room)
