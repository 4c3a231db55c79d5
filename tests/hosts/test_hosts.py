# SPDX-License-Identifier: BSD-3-Clause
"""Programs over several hosts: each with a network, processes and memory of its own (cluster.py).

The data that the PEs exchange crosses the hosts' network cards, and the tests read their counters.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shmem4py.testing import environment

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MEGABYTE = 1 << 20
REQUIRED = os.environ.get("SHMEM4PY_REQUIRE_ALL") == "1"

pytestmark = [
    pytest.mark.skipif(shutil.which("oshrun") is None, reason="no oshrun (Debian: openmpi-bin)"),
    pytest.mark.timeout(180),
]


def on_hosts(hosts: int, *command: str, options: tuple[str, ...] = ()) -> tuple[dict[str, Any], str]:
    """Run a command on a login node with `n` hosts; return how it ended, and its output."""
    done = subprocess.run(
        [sys.executable, str(HERE / "cluster.py"), *options, str(hosts), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=170,
        cwd=ROOT,
        env=environment(),
    )
    if done.returncode == 77:
        assert not REQUIRED, f"namespaces are not allowed here, not even a user's own: {done.stdout}"
        pytest.skip(f"namespaces are not allowed here: {done.stdout.strip()}")
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout.splitlines()[-1]), done.stdout


def shmem4py(*args: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "shmem4py", "run", "--engine", "openmpi", *args)


# Each PE is on a host of its own, sends a megabyte to the next, and does the other kinds of communication once.
PROGRAM = """
import os, socket
import numpy as np
from shmem4py import shmem
me, n = shmem.my_pe(), shmem.n_pes()
right, left = (me + 1) % n, (me - 1) % n
hosts = shmem.zeros((n, 16), dtype='S1')
mine = np.frombuffer(socket.gethostname().encode().ljust(16, b'\\0'), 'S1')
for pe in range(n):
    shmem.put(hosts[me], mine, pe)
a = shmem.zeros(1 << 17, dtype='f8')
shmem.put(a, np.arange(1 << 17, dtype='f8') + me, right)
shmem.barrier_all()
assert (a == np.arange(1 << 17) + left).all()
assert len({bytes(row) for row in hosts}) == n
assert shmem.ptr(a, right) is None
assert not {'direct_ptr', 'cheap_small'} & shmem.engine().capabilities
word, signal, total = shmem.zeros(1, dtype='i8'), shmem.new_signal(), shmem.zeros(1, dtype='i8')
for pe in range(n):
    shmem.atomic_fetch_or(word, 1 << me, pe)
shmem.put_signal(a[:4], np.full(4, -1.0), right, signal, 1, shmem.SIGNAL_SET)
shmem.signal_wait_until(signal, '==', 1)
assert (a[:4] == -1).all()
shmem.barrier_all()
assert word[0] == (1 << n) - 1
got = np.zeros(8)
shmem.get_nbi(got, a[8:16], right)
shmem.put_nbi(a[16:24], np.arange(8.0), right)
shmem.quiet()
assert (got == np.arange(8, 16) + me).all()
shmem.sum_reduce(total, word)
assert total[0] == n * ((1 << n) - 1)
shmem.barrier_all()
assert (a[16:24] == np.arange(8)).all()
if me == 0:
    print('all right on', n, 'hosts')
"""


@pytest.mark.parametrize("hosts", [2, 3])
def test_program_over_hosts_sends_its_data_by_the_network(hosts: int) -> None:
    ended, output = on_hosts(hosts, *shmem4py("-n", str(hosts), "--", sys.executable, "-c", PROGRAM))
    assert ended["status"] == 0, output
    assert f"all right on {hosts} hosts" in output
    assert ended["left"] == []
    assert min(ended["sent"].values()) > MEGABYTE, ended


def test_core_of_the_suite_over_two_hosts() -> None:
    files = [f"tests/python/test_{area}.py" for area in ("rma", "signals", "collectives")]
    selected = "2pes and not any_dtype and not a_view and not behind and not transposed"
    pytest_words = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--pes-engine", "openmpi")
    ended, output = on_hosts(2, *pytest_words, "-k", selected, *files)
    assert ended["status"] == 0, output
    assert " passed" in output
    assert " failed" not in output
    assert ended["left"] == []
    assert min(ended["sent"].values()) > MEGABYTE / 10, ended


def test_demo_over_three_hosts(tmp_path: Path) -> None:
    picture = tmp_path / "landscape.png"
    options = ("--steps", "20", "--output", str(picture))
    ended, output = on_hosts(3, *shmem4py("-n", "3", str(ROOT / "examples" / "landscape.py"), *options))
    assert ended["status"] == 0, output
    assert "identical to the single-process run" in output
    assert picture.exists()
    assert min(ended["sent"].values()) > MEGABYTE / 10, ended


ENDLESS = """
import socket
from shmem4py import shmem
shmem.barrier_all()
if shmem.my_pe() == 0:
    print('running', flush=True)
while True:
    shmem.barrier_all()
"""


def test_death_of_a_host_ends_the_job_everywhere() -> None:
    # Open MPI's launcher sees the loss at once, but half of the time hangs in its own abort: `shmem4py run` ends that.
    command = shmem4py("-n", "3", "--", sys.executable, "-c", ENDLESS)
    ended, output = on_hosts(3, *command, options=("--kill", "host2", "--when", "running"))
    assert "running" in output
    assert "lost communication" in output
    assert ended["status"] != 0, output
    assert ended["left"] == []
