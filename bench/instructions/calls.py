# SPDX-License-Identifier: BSD-3-Clause
"""calls.py CALLS.so, under callgrind: the calls of calls.c, then the same ones from Python."""

import ctypes
import gc
import sys

import numpy as np

from shmem4py import shmem

CALLS = 1000
calls = ctypes.PyDLL(sys.argv[1])
calls.count_calls()

names = {
    **vars(shmem),
    "target": shmem.zeros(1, dtype="i8"),
    "sums": shmem.zeros(1, dtype="i8"),
    "source": np.ones(1, dtype="i8"),
    "signal": shmem.new_signal(),
    "floats": np.zeros(1),
    "r": shmem.remote(shmem.zeros(1)),
    "x": 1.0,
    "EQ": shmem.CMP.EQ,
    "SET": shmem.SIGNAL.SET,
}
statements = {
    "empty loop": "pass",
    "a[0] = x (NumPy)": "floats[0] = x",
    "remote set": "r[0][0] = x",
    "y = a[0] (NumPy)": "floats[0]",
    "remote get": "r[0][0]",
    "put": "put(target, source, 0)",
    "get": "get(source, target, 0)",
    "put_nbi": "put_nbi(target, source, 0)",
    "p": "p(target, 1, 0)",
    "g": "g(target, 0)",
    "fetch_add": "atomic_fetch_add(target, 1, 0)",
    "add": "atomic_add(target, 1, 0)",
    "swap": "atomic_swap(target, 3, 0)",
    "compare_swap": "atomic_compare_swap(target, 3, 3, 0)",
    "put_signal": "put_signal(target, source, 0, signal, 1, SET)",
    "wait_until (true)": "wait_until(sums, EQ, 0)",
    "signal_fetch": "signal_fetch(signal)",
    "fence": "fence()",
    "quiet": "quiet()",
    "my_pe": "my_pe()",
    "barrier_all": "barrier_all()",
    "sum_reduce 8 B": "sum_reduce(sums, target)",
}
gc.disable()
for name, statement in statements.items():
    exec(f"def loop(times):\n  for _ in range(times): {statement}", names)
    loop = names["loop"]
    loop(100)  # the interpreter has specialised by then
    for times in (1, 2):
        ending = f"Python {name} {times}".encode()
        calls.mark_begin()
        loop(times * CALLS)
        calls.mark_end(ending)
    names["target"][0] = names["sums"][0] = 0
