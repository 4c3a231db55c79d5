# SPDX-License-Identifier: BSD-3-Clause
"""``python -m shmem4py``: the same as the command ``shmem4py``."""

from .cli import main

if __name__ == "__main__":
    raise SystemExit(main())
