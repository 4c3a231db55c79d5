# SPDX-License-Identifier: BSD-3-Clause
"""Testing programs that communicate, under plain pytest.

The package comes with a pytest plug-in. A test marked with a number of PEs runs on that many
PEs, as one test with one result::

    import pytest
    from shmem4py import shmem

    @pytest.mark.pes(4)
    def test_ring():
        a = shmem.zeros(1, dtype=int)
        shmem.p(a, shmem.my_pe(), (shmem.my_pe() + 1) % shmem.n_pes())
        shmem.barrier_all()
        assert a[0] == (shmem.my_pe() - 1) % shmem.n_pes()

Every PE runs the test function, with its fixtures and parameters. The test passes if it
passes on all PEs. ``pes(1, 2, 4)`` makes three tests of it. ``pes(4, timeout=10)`` sets its time
limit in seconds; by default that is the ini option ``pes_timeout``. A test that reaches its time
limit fails and says where each PE is.

Notes
-----
For each number of PEs, the PEs start once and serve the whole session; after a failure new ones
start. They share nothing with pytest's own process, so fixtures are set up in each PE:

- function, class and module scope work as usual; session scope means the life of the PEs;
- a fixture may allocate symmetric arrays, since all PEs set up the same fixtures in the same order;
- each PE has a ``tmp_path`` of its own;
- ``monkeypatch``, ``capsys``, ``capfd``, ``recwarn`` and ``request`` work in each PE.

Marks ``skip``, ``skipif`` and ``xfail`` work. A test that is expected to fail does so if it fails
on any PE. A test that some PEs skip and others do not fails. Captured output is shown with the
PE's number. Tests without the mark run as usual.

``--pes-engine`` chooses the engine that the PEs run on.
"""

from __future__ import annotations

from ._program import environment, run_program

__all__ = ["environment", "run_program"]
