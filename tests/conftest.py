# SPDX-License-Identifier: BSD-3-Clause
"""Settings that all tests need in the process that runs them."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    # The background jobs of a shell ignore Ctrl-C and SIGQUIT, and those of nohup hang-ups. So would all programs that
    # the tests start. (Python itself ignores SIGPIPE and SIGXFSZ, and `subprocess` gives them back.)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
