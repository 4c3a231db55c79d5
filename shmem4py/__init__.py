# SPDX-License-Identifier: BSD-3-Clause
"""One-sided communication for Python: symmetric NumPy arrays.

``import shmem4py`` sets up nothing. The interface is the module :mod:`shmem4py.shmem`;
importing it initialises the library as :data:`shmem4py.rc` says.

Examples
--------
>>> from shmem4py import shmem
>>> counter = shmem.zeros(1, dtype=int)
>>> shmem.atomic_add(counter, 1, pe=0)
>>> shmem.barrier_all()
>>> bool(shmem.g(counter, pe=0) == shmem.n_pes())
True
>>> shmem.free(counter)
"""

from __future__ import annotations

import sys

from ._rc import Rc, rc
from ._version import __version__

__all__ = ["Rc", "__version__", "rc"]

# Programs may also say `import shmem4py.rc`.
sys.modules[__name__ + ".rc"] = rc  # type: ignore[assignment]
