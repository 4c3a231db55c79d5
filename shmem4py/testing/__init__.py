# SPDX-License-Identifier: BSD-3-Clause
"""Testing programs that communicate, under plain pytest.

The package comes with a pytest plug-in. A test marked with a number of PEs runs on that
many, as one test with one result::

    import pytest
    from shmem4py import shmem

    @pytest.mark.pes(4)
    def test_ring():
        a = shmem.zeros(1, dtype=int)
        shmem.p(a, shmem.my_pe(), (shmem.my_pe() + 1) % shmem.n_pes())
        shmem.barrier_all()
        assert a[0] == (shmem.my_pe() - 1) % shmem.n_pes()

Every PE runs the test function, with its fixtures and parameters. The test passes if it
passes on all PEs. `pes(1, 2, 4)` makes three tests of it; ``pes(4, timeout=10)`` sets its time
limit in seconds, which is otherwise that of the ini option ``pes_timeout``. A test that is not
done in time fails and says where each PE is.

Notes
-----
The PEs of one size are started once and serve the whole session; after a failure they are
started anew. They share nothing with pytest's own process, so fixtures are set up in each PE:

- function, class and module scope work as usual. Session scope means the life of the PEs,
- what a fixture allocates on the symmetric heap it allocates collectively, as all PEs set up
  the same fixtures in the same order,
- ``tmp_path`` is a folder of each PE's own,
- ``monkeypatch``, ``capsys``, ``capfd``, ``recwarn`` and ``request`` work in each PE.

Marks ``skip``, ``skipif`` and ``xfail`` work; a test that is expected to fail does so if it fails
on any PE. A test skipped by some PEs and not by others fails. Captured output is shown
with the PE's number. Without marks of ours, tests run as ever.

``--pes-engine`` chooses the engine that the PEs run on.
"""

from __future__ import annotations

from ._program import environment, run_program

__all__ = ["environment", "run_program"]
