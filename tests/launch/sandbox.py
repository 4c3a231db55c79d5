# SPDX-License-Identifier: BSD-3-Clause
"""A sandbox that forbids single system calls, as containers do: a filter of the kernel (seccomp).

It can also act as a foreign process that takes a job's memory file from the launcher's socket.
"""

import array
import ctypes
import errno
import platform
import socket
import struct

import pytest

NUMBERS = {
    "x86_64": {"epoll_create1": 291, "signalfd4": 289, "getrandom": 318, "pidfd_open": 434},
    "aarch64": {"epoll_create1": 20, "signalfd4": 74, "getrandom": 278, "pidfd_open": 434},
}


def forbidding(name: str, error: int = errno.EPERM):
    """A preexec_fn after which the system call fails, in the process and in all that it starts."""
    machine = platform.machine()
    if machine not in NUMBERS:
        pytest.skip(f"system calls of {machine} have other numbers")
    steps = [
        (0x20, 0, 0, 0),  # load the number
        (0x15, 0, 1, NUMBERS[machine][name]),  # equal: the next, else the one after
        (0x06, 0, 0, 0x00050000 | error),  # fail
        (0x06, 0, 0, 0x7FFF0000),  # allow
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)

    def forbid(program=program, code=code):  # `program` points to `code`
        if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):
            raise OSError(ctypes.get_errno(), "seccomp")

    return forbid


def connect(name: str) -> socket.socket:
    """Connects to a job's socket."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(f"\0{name}")
    return connection


def memory_file(name: str) -> int:
    """The descriptor of a job's memory file."""
    with connect(name) as connection:
        _, messages, _, _ = connection.recvmsg(64, socket.CMSG_SPACE(4))
        return array.array("i", messages[0][2][:4])[0]
