# SPDX-License-Identifier: BSD-3-Clause
"""One PE of a pool: runs test items and functions as the parent commands.

The PE runs a pytest session of its own with the parent's options. The parent decides which tests
run, and in which order. When it asks for the first test of a file, pytest collects that file in the
PE, so that fixtures, parametrisation and marks work as usual.
"""

from __future__ import annotations

import base64
import json
import os
import pickle
import queue
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import pytest

from .. import _hooks

Message = dict[str, Any]


class Worker:
    """The plug-in of the worker's own pytest, and its side of the socket."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.commands: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.files: dict[str, dict[str, pytest.Item]] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with self.connection.makefile("rb") as lines:
            for line in lines:
                self.commands.put(json.loads(line))
        # The parent is gone, so no process needs what this PE may be waiting for.
        os._exit(0)

    def send(self, message: Message) -> None:
        self.connection.sendall(json.dumps(message, default=repr).encode() + b"\n")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> bool:
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        while (message := self.commands.get())["command"] != "exit":
            try:
                if message["command"] == "test":
                    self._test(session, message)
                else:
                    self._call(session, message)
            except Exception:
                self.send({"error": traceback.format_exc()})
            self.send({"done": True})
        return True

    def _item(self, session: pytest.Session, where: list[str]) -> pytest.Item:
        path, nodeid = where
        if path not in self.files:
            items = session.perform_collect([path])
            self.files[path] = {item.nodeid: item for item in items}
        try:
            return self.files[path][nodeid]
        except KeyError:
            raise LookupError(f"PE {_me()} does not find {nodeid} in {path}") from None

    def _test(self, session: pytest.Session, message: Message) -> None:
        item = self._item(session, message["item"])
        following = message["next"] and self._item(session, message["next"])
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        self.send({"report": data})

    def pytest_configure(self, config: pytest.Config) -> None:
        self.config = config

    def _call(self, session: pytest.Session, message: Message) -> None:
        from _pytest.pathlib import import_path

        module = import_path(
            Path(message["path"]),
            mode=self.config.option.importmode,
            root=self.config.rootpath,
            consider_namespace_packages=self.config.getini("consider_namespace_packages"),
        )
        function: Any = module
        for name in message["name"].split("."):
            function = getattr(function, name)
        args = pickle.loads(base64.b64decode(message["args"]))
        result = function(*args)
        self.send({"result": base64.b64encode(pickle.dumps(result)).decode()})


def _me() -> int:
    from .. import shmem

    return shmem.my_pe()


def main() -> int:
    # This comes before pytest captures output, so that a dump reaches the parent and not a test's output.
    _hooks.dump_to(os.dup(2))
    from .. import shmem

    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    worker = Worker(connection)
    worker.send({"pe": shmem.my_pe(), "pid": os.getpid()})

    message = worker.commands.get()
    if message["command"] == "exit":
        return 0
    os.chdir(message["folder"])
    sys.path[:] = message["sys_path"]
    from _pytest.config import Config

    from ._plugin import IN_WORKER

    options = {**message["options"], "plugins": [*message["options"]["plugins"], "no:terminal"]}
    config = Config.fromdictargs(options, message["args"])
    config.stash[IN_WORKER] = True
    config.pluginmanager.register(worker, "shmem4py-worker")
    return int(config.hook.pytest_cmdline_main(config=config))


if __name__ == "__main__":
    raise SystemExit(main())
