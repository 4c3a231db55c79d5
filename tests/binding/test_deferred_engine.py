# SPDX-License-Identifier: BSD-3-Clause
"""The extension on an engine that promises nothing: see deferred_engine.cpp.

Each test runs in a process of its own, since a process has one engine.
"""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

PROLOGUE = """
import gc, os, signal, sys, threading, time
import numpy as np
from shmem4py import _core as shmem
shmem.load_engine(os.environ["DEFERRED_ENGINE"])
"""

pytestmark = pytest.mark.skipif("DEFERRED_ENGINE" not in os.environ, reason="run by ctest, which builds the engine")


def start(body, *, init=True, **environment):
    program = PROLOGUE + ("shmem.init_thread(3)\n" if init else "") + textwrap.dedent(body)
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
    )


def run(body, **options):
    process = start(body, **options)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    return output


def test_put_nbi_of_temporary_is_right_after_quiet():
    run("""
    t = shmem.zeros(9)
    shmem.put_nbi(t, np.arange(9.0), 0)
    junk = [np.full(9, -1.0) for _ in range(100)]
    assert not t.any()
    shmem.quiet()
    assert (t == np.arange(9)).all(), t
    """)


def test_get_nbi_keeps_target_until_quiet_and_drops_it_then():
    run("""
    class Watched(np.ndarray):
        def __del__(self):
            died.append(1)
    died = []
    s = shmem.ones(4)
    shmem.get_nbi(np.zeros(4).view(Watched), s, 0)
    gc.collect()
    assert not died
    shmem.quiet()
    assert died
    """)


def test_fetch_add_nbi_keeps_fetch_and_completes_at_barrier():
    run("""
    t = shmem.full(1, 5)
    old = np.zeros(1, t.dtype)
    count = sys.getrefcount(old)
    shmem.atomic_fetch_add_nbi(old, t, 2, 0)
    assert old[0] == 0 and sys.getrefcount(old) == count + 1
    shmem.barrier_all()
    assert old[0] == 5 and t[0] == 7 and sys.getrefcount(old) == count
    """)


def test_put_signal_nbi_keeps_source():
    run("""
    t, signal = shmem.zeros(3), shmem.new_signal()
    shmem.put_signal_nbi(t, np.arange(3.0), 0, signal, 1, "set")
    assert signal[0] == 0
    shmem.quiet()
    assert signal[0] == 1 and t.tolist() == [0, 1, 2]
    """)


def test_context_end_drops_what_it_kept():
    run("""
    t = shmem.zeros(3)
    s = np.arange(3.0)
    count = sys.getrefcount(s)
    with shmem.Ctx.create() as ctx:
        shmem.put_nbi(t, s, 0, ctx=ctx)
        assert sys.getrefcount(s) == count + 1
        shmem.quiet()
        assert sys.getrefcount(s) == count + 1
    assert sys.getrefcount(s) == count and t[2] == 2
    """)


def test_views_never_ask_for_strides_that_the_table_forbids():
    # The engine aborts on a stride below 1 or on overlapping blocks.
    run("""
    rng = np.random.default_rng(7)
    for _ in range(300):
        shape = tuple(rng.integers(1, 6, rng.integers(1, 4)))
        local = rng.integers(0, 99, shape).astype("i4")
        remote = shmem.zeros(shape, "i4")
        order = tuple(rng.permutation(len(shape)))
        steps = tuple(slice(None, None, int(rng.choice([-2, -1, 1, 2]))) for _ in shape)
        expected = np.zeros(shape, "i4")
        expected.transpose(order)[steps] = local.transpose(order)[steps]
        shmem.put(remote.transpose(order)[steps], local.transpose(order)[steps], 0)
        assert (remote == expected).all()
        fetched = np.zeros(shape, "i4")
        shmem.get(fetched.transpose(order)[steps], remote.transpose(order)[steps], 0)
        assert (fetched == expected).all()
        shmem.put(remote[::-1], np.broadcast_to(local[:1], shape), 0)
        assert (remote == local[:1]).all()
        wide = np.zeros((3, *shape), "i4")
        shmem.get(wide[::2], remote[::-1], 0)
        assert (wide[::2] == remote[::-1]).all()
        n = int(rng.integers(0, remote.size + 1))
        flat = np.zeros(2 * remote.size, "i4")
        shmem.get(flat[::2], remote.T[::-1], 0, size=n)
        assert (flat[::2][:n] == remote.T[::-1].ravel()[:n]).all() and not flat[::2][n:].any()
        shmem.free(remote)
    """)


def test_waits_poll_and_let_other_threads_go_on():
    run("""
    flag = shmem.zeros(1, np.int64)
    def set_later():
        time.sleep(0.2)
        shmem.p(flag, 1, 0)
    thread = threading.Thread(target=set_later)
    thread.start()
    shmem.wait_until(flag, "==", 1)
    thread.join()
    """)


def test_calls_are_serialised_without_thread_multiple():
    run("""
    t, s = shmem.zeros(1 << 20), np.ones(1 << 20)
    def work():
        for _ in range(30):
            shmem.put(t, s, 0)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert shmem.info_get_name() == "at most 1 at once", shmem.info_get_name()
    """)


CHEAP_SMALL = "1"  # of DEFERRED_CAPABILITIES: small calls keep the GIL


def test_cheap_calls_are_serialised_with_calls_without_the_gil():
    run(
        """
    t, s, one = shmem.zeros(1 << 20), np.ones(1 << 20), shmem.zeros(1)
    def copy():
        for _ in range(50):
            shmem.put(t, s, 0)
    def poke():
        while any(thread.is_alive() for thread in copying):
            shmem.p(one, 1.0, 0)
            assert shmem.g(one, 0) == 1
    for copies, pokes in ((2, 0), (2, 1), (1, 2)):  # the first thread, which was alone, as well
        copying = [threading.Thread(target=copy) for _ in range(copies)]
        poking = [threading.Thread(target=poke) for _ in range(pokes)]
        for thread in copying + poking: thread.start()
        poke()
        for thread in copying + poking: thread.join()
    assert shmem.info_get_name() == "at most 1 at once", shmem.info_get_name()
    """,
        DEFERRED_CAPABILITIES=CHEAP_SMALL,
    )


def test_cheap_calls_of_a_signal_handler_go_on_inside_a_wait():
    run(
        """
    flag = shmem.zeros(1, np.int64)
    signal.signal(signal.SIGALRM, lambda *_: shmem.p(flag, 1, 0))
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    shmem.wait_until(flag, "==", 1)
    """,
        DEFERRED_CAPABILITIES=CHEAP_SMALL,
    )


def test_interrupt_ends_polling_wait():
    process = start("""
    flag = shmem.zeros(1, np.int64)
    print("waiting", flush=True)
    try:
        shmem.wait_until(flag, "==", 1)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    shmem.p(flag, 1, 0)
    shmem.wait_until(flag, "==", 1)
    """)
    assert process.stdout.readline() == "waiting\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert (process.returncode, output) == (0, "interrupted\n")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (2, "RuntimeError"),
        (3, "MemoryError"),
        (4, "ValueError"),
        (5, "ValueError"),
        (6, "RuntimeError"),
        (7, "NotImplementedError"),
        (8, "RuntimeError"),
        (9, "RuntimeError"),
    ],
)
def test_status_becomes_exception(status, error):
    output = run(f"""
    shmem.pcontrol({100 + status})
    try:
        shmem.fence()
    except Exception as e:
        print(type(e).__name__, e)
    shmem.fence()
    """)
    assert output == f"{error} fence: as ordered\n"


def test_what_is_missing_is_not_implemented():
    output = run("""
    t = shmem.zeros(1, int)
    for call in (
        lambda: shmem.atomic_set(t, 1, 0),
        lambda: shmem.inscan(t, t),
        lambda: shmem.operation(0),
        lambda: shmem.TEAM_WORLD.split_2d(1),
        lambda: shmem.test_all(t, "==", 0),
    ):
        try:
            call()
        except NotImplementedError as e:
            print(e)
    """)
    assert output.count("engine deferred (one lazy PE) has no such operation") == 5


def test_exhaustion_leaves_heap_usable_and_collects_cycles_first():
    run("""
    class Node: pass
    for _ in range(40):
        node = Node()
        node.me = node
        node.array = shmem.zeros(1 << 20)
        del node
    try:
        shmem.zeros(1 << 30)
    except MemoryError as e:
        assert "no room" in str(e)
    assert shmem.zeros(10).sum() == 0
    """)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("magic", "no engine table"),
        ("version", "version 999"),
        ("size", "8 bytes"),
        ("slot", "lacks put"),
    ],
)
def test_table_that_does_not_fit_is_refused(broken, message):
    process = start("", init=False, DEFERRED_BREAK=broken)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "RuntimeError: load_engine" in output
    assert message in output


def test_calls_out_of_order_name_themselves():
    output = run(
        """
        def told(call):
            try:
                call()
            except RuntimeError as e:
                print(e)
        told(shmem.my_pe)
        told(lambda: shmem.zeros(1))
        shmem.init_thread()
        a = shmem.zeros(3)
        sys.stdout.flush()  # a child would write what is in the buffer once more
        child = os.fork()
        if child == 0:
            told(lambda: shmem.put(a, a, 0))
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)
        shmem.finalize()
        told(lambda: shmem.put(a, a, 0))
        a[:] = 1
        del a
        told(shmem.init_thread)
        """,
        init=False,
    )
    assert output.splitlines() == [
        "my_pe: shmem is not initialized; call shmem.init() first",
        "zeros: shmem is not initialized; call shmem.init() first",
        "put: this process was forked from a PE and is none itself",
        "put: shmem has been finalized",
        "init_thread: shmem has been finalized",
    ]


def test_finalize_is_counted():
    run("""
    shmem.init_thread()
    shmem.finalize()
    assert shmem.query_initialized()
    shmem.finalize()
    assert not shmem.query_initialized()
    """)
