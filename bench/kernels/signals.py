# SPDX-License-Identifier: BSD-3-Clause
"""put_signal and signal_wait_until; for shmem4py 1.0 on Open MPI, which has none, made of other calls."""

from __future__ import annotations

from typing import Any

from shmem4py import shmem

IS_OLD = not hasattr(shmem, "ibput")
GE = shmem.CMP.GE
SET = shmem.SIGNAL.SET


def _put_signal(target: Any, source: Any, pe: int, signal: Any, value: int, _: int) -> None:
    if source.size:
        shmem.put(target, source, pe)
    shmem.fence()
    shmem.atomic_set(signal, value, pe)


def _signal_wait_until(signal: Any, cmp: int, value: int) -> int:
    shmem.wait_until(signal, cmp, value)
    return int(signal[0])


put_signal = _put_signal if IS_OLD else shmem.put_signal
signal_wait_until = _signal_wait_until if IS_OLD else shmem.signal_wait_until
