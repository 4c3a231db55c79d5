#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Several hosts on one machine: runs a command on a login node, with N hosts beside it.

    cluster.py [--kill HOST --when TEXT] N command [argument ...]

Each host is a process with network, UTS, IPC, mount and PID namespaces of its own, on one bridge. The login node,
where the command runs, has its own network too. All of them are inside one more PID namespace, so that no process
outlives this program. The hosts share only the memory of files. They have no sshd: Open MPI's launcher gets an agent
that enters the namespaces instead (`OMPI_MCA_plm_rsh_agent`).

The last line printed is JSON: the command's `status`, the bytes that left each host by its network (`sent`), and the
command lines of processes that were left on hosts five seconds after its end (`left`). The status is 77 where the
machine does not allow namespaces.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

NOT_ALLOWED = 77
INSIDE = "SHMEM4PY_TEST_CLUSTER"
ALONE = ["--net", "--uts", "--ipc", "--mount"]

AGENT = """#!/bin/sh
# agent HOST COMMAND: as ssh would, on a host of ours.
host=$1
shift
exec nsenter --target "$(cat {folder}/$host.pid)" --net --uts --ipc --mount --pid -- sh -c "cd '$PWD'; $*"
"""


def enter_namespaces() -> int:
    """Start this program again as the first process of an own PID namespace."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *user, *ALONE, "--pid", "--fork", "--kill-child", "--mount-proc"]
    try:
        tried = subprocess.run([*command, "true"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except FileNotFoundError as error:
        print(error)
        return NOT_ALLOWED
    if tried.returncode:
        print(tried.stderr.strip())
        return NOT_ALLOWED
    environment = {**os.environ, INSIDE: "1", "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    return subprocess.run([*command, sys.executable, *sys.argv], env=environment).returncode


def run(*args: str) -> str:
    return subprocess.run(args, check=True, stdout=subprocess.PIPE, text=True).stdout


class Host:
    """A host: its first process, which does nothing, and its network card."""

    def __init__(self, number: int, folder: Path) -> None:
        self.name = f"host{number}"
        self.first = subprocess.Popen(
            ["unshare", *ALONE, "--pid", "--fork", "--kill-child", "--mount-proc", "sleep", "infinity"]
        )
        self.pid = self._sleeper()
        (folder / f"{self.name}.pid").write_text(str(self.pid))
        self.enter("hostname", self.name)
        port = f"port{number}"
        run("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", str(self.pid))
        run("ip", "link", "set", port, "master", "switch", "up")
        self.enter("ip", "addr", "add", f"10.77.0.{number}/24", "dev", "eth0")
        self.enter("ip", "link", "set", "eth0", "up")
        self.enter("ip", "link", "set", "lo", "up")

    def _sleeper(self) -> int:
        children = Path(f"/proc/{self.first.pid}/task/{self.first.pid}/children")
        for _ in range(500):
            for pid in children.read_text().split():
                if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sleep"):
                    return int(pid)
            time.sleep(0.01)
        raise RuntimeError(f"{self.name} does not start")

    def enter(self, *args: str) -> str:
        return run("nsenter", "--target", str(self.pid), "--net", "--uts", "--", *args)

    def sent(self) -> int:
        card = json.loads(self.enter("ip", "-json", "-statistics", "link", "show", "eth0"))[0]
        return int(card["stats64"]["tx"]["bytes"])

    def left(self) -> list[str]:
        """Return the command lines of this host's processes, but for the first."""
        namespace = os.readlink(f"/proc/{self.pid}/ns/pid")
        lines = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.readlink(folder / "ns/pid") == namespace and folder.name != str(self.pid):
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                    if command:
                        lines.append(command)
        return lines


def site(number: int, folder: Path) -> list[Host]:
    """Make the switch, the login node's card, and the hosts; tell Open MPI's launcher."""
    # A bridge whose address is the login node's.
    run("ip", "link", "add", "switch", "type", "bridge")
    run("ip", "addr", "add", "10.77.0.254/24", "dev", "switch")
    run("ip", "link", "set", "switch", "up")
    run("ip", "link", "set", "lo", "up")
    run("hostname", "login")
    names = {"127.0.0.1": "localhost", "10.77.0.254": "login"}
    names.update({f"10.77.0.{i}": f"host{i}" for i in range(1, number + 1)})
    (folder / "hosts").write_text("".join(f"{address} {name}\n" for address, name in names.items()))
    run("mount", "--bind", str(folder / "hosts"), "/etc/hosts")
    hosts = [Host(i, folder) for i in range(1, number + 1)]
    agent = folder / "agent"
    agent.write_text(AGENT.format(folder=folder))
    agent.chmod(0o755)
    (folder / "hostfile").write_text("".join(f"{host.name} slots=8\n" for host in hosts))
    # Open MPI names its session folders after the user. In our namespace the user is root, and another user's folder of
    # that name may be there.
    sessions = folder / "sessions"
    sessions.mkdir()
    os.environ.update(
        OMPI_MCA_orte_tmpdir_base=str(sessions),
        UCX_TLS="tcp,self",
        UCX_NET_DEVICES="eth0",
        OMPI_MCA_plm_rsh_agent=str(agent),
        OMPI_MCA_plm_rsh_no_tree_spawn="1",
        OMPI_MCA_orte_default_hostfile=str(folder / "hostfile"),
        OMPI_MCA_rmaps_base_mapping_policy="node:OVERSUBSCRIBE",
        OMPI_MCA_oob_tcp_if_include="10.77.0.0/24",
        OMPI_MCA_btl="self,tcp",
        OMPI_MCA_btl_tcp_if_include="10.77.0.0/24",
        OMPI_ALLOW_RUN_AS_ROOT="1",
        OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
    )
    return hosts


def watch(job: subprocess.Popen[str], message: str | None, victim: Host | None) -> None:
    """Pass the command's output on, and kill a host once some text is in it."""
    assert job.stdout is not None
    for line in job.stdout:
        print(line, end="", flush=True)
        if victim is not None and message is not None and message in line:
            os.kill(victim.pid, signal.SIGKILL)
            victim = None


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kill", metavar="HOST")
    parser.add_argument("--when", metavar="TEXT")
    parser.add_argument("hosts", type=int)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    if INSIDE not in os.environ:
        return enter_namespaces()
    del os.environ[INSIDE]
    with tempfile.TemporaryDirectory(prefix="shmem4py-hosts-") as folder:
        hosts = site(args.hosts, Path(folder))
        before = [host.sent() for host in hosts]
        victim = next((host for host in hosts if host.name == args.kill), None)
        job = subprocess.Popen(args.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        reader = threading.Thread(target=watch, args=(job, args.when, victim))
        reader.start()
        status = job.wait()
        reader.join()
        alive = [host for host in hosts if host is not victim]
        end = time.monotonic() + 5
        while (left := [line for host in alive for line in host.left()]) and time.monotonic() < end:
            time.sleep(0.1)
        sent = {h.name: h.sent() - b for h, b in zip(hosts, before, strict=True) if h in alive}
        print(json.dumps({"status": status, "sent": sent, "left": left}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
