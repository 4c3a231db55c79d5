# SPDX-License-Identifier: BSD-3-Clause
"""Every test on several PEs begins together, and leaves no lock held and no team behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _together(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("pes") is None:
        yield
        return
    from shmem4py import shmem

    shmem.barrier_all()
    yield
    shmem.barrier_all()
