# SPDX-License-Identifier: GPL-2.0-only
"""Network namespaces, links between them, and programs that run in them.

A Net is one test's network: its namespaces are called
xmgm-t-<pid>-<n>-<name>, so that tests can run in parallel, and everything
goes when it is closed. conftest.py gives the whole test process a mount
namespace of its own, and every program here is killed by the kernel when
that process dies; so nothing is left after a crash either.
"""

import contextlib
import ctypes
import itertools
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

CLONE_NEWNET = 0x40000000
CLONE_NEWNS = 0x00020000
MS_REC = 0x4000
MS_PRIVATE = 1 << 18
PR_SET_PDEATHSIG = 1
NETNS = pathlib.Path("/run/netns")
PREFIX = "xmgm-t-"

_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count(1)


def _check(result, what):
    if result < 0:
        err = ctypes.get_errno()
        raise OSError(err, f"{what}: {os.strerror(err)}")


def mount(source, target, kind, flags=0):
    """mount(2); the target is made if it is missing."""
    pathlib.Path(target).mkdir(parents=True, exist_ok=True)
    _check(_libc.mount(source.encode(), str(target).encode(),
                       kind.encode() if kind else None,
                       ctypes.c_ulong(flags), None), f"mount {target}")


def own_mounts():
    """A mount namespace for this process, with an empty bpffs in it."""
    _check(_libc.unshare(CLONE_NEWNS), "unshare")
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("bpf", "/sys/fs/bpf", "bpf")
    mount("tmpfs", NETNS, "tmpfs")
    mount("tmpfs", "/run/xmgm", "tmpfs")


def until(condition, timeout=5.0, what="the condition"):
    """Polls until condition() is true and returns its value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{timeout:g} s have passed without {what}")
        time.sleep(0.005)


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Namespace:
    """One host or router."""

    def __init__(self, name):
        self.name = name
        self.path = NETNS / name
        self._fd = -1
        subprocess.run(["ip", "netns", "add", name], check=True)
        self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        for scope in "all", "default":
            self.sysctl(f"net/ipv6/conf/{scope}/disable_ipv6", 1)
            self.sysctl(f"net/ipv4/conf/{scope}/rp_filter", 0)
        self.run("ip", "link", "set", "lo", "up")

    @contextlib.contextmanager
    def entered(self):
        """This thread is in the namespace while the block runs."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            _check(_libc.setns(self._fd, CLONE_NEWNET), "setns")
            try:
                yield
            finally:
                _check(_libc.setns(before, CLONE_NEWNET), "setns back")
        finally:
            os.close(before)

    @property
    def inode(self):
        return os.fstat(self._fd).st_ino

    def sysctl(self, name, value):
        with self.entered():
            pathlib.Path("/proc/sys", name).write_text(f"{value}\n",
                                                       encoding="ascii")

    def run(self, *command, check=True, **options):
        """Runs a program to its end; its output is in the result."""
        options.setdefault("timeout", 30)
        with self.entered():
            done = subprocess.run([str(c) for c in command], text=True,
                                  stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, check=False,
                                  preexec_fn=_die_with_parent, **options)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(map(str, command))}: exit "
                                 f"{done.returncode}\n{done.stdout}"
                                 f"{done.stderr}")
        return done

    def popen(self, *command, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        with self.entered():
            return subprocess.Popen([str(c) for c in command], text=True,
                                    preexec_fn=_die_with_parent, **options)

    def socket(self, *arguments):
        """A socket that stays in this namespace."""
        with self.entered():
            return socket.socket(*arguments)

    def ip(self, *arguments):
        return self.run("ip", *arguments).stdout

    def mac(self, interface):
        link = self._link(interface)
        return bytes.fromhex(link["address"].replace(":", ""))

    def ifindex(self, interface):
        with self.entered():
            return socket.if_nametoindex(interface)

    def stats(self, interface, way, name):
        """One of an interface's counters, as in stats("r0", "rx", "packets").

        Asked by netlink: /sys shows the namespace that mounted it.
        """
        return self._link(interface)["stats64"][way][name]

    def _link(self, interface):
        out = self.ip("-s", "-s", "-j", "link", "show", "dev", interface)
        return json.loads(out)[0]

    def close(self):
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        subprocess.run(["ip", "netns", "del", self.name], check=False,
                       stderr=subprocess.DEVNULL)


class Net:
    """The namespaces and programs of one test."""

    def __init__(self):
        self.prefix = f"{PREFIX}{os.getpid()}-{next(_numbers)}-"
        self.namespaces = {}
        self._programs = []

    def namespace(self, name):
        self.namespaces[name] = Namespace(self.prefix + name)
        return self.namespaces[name]

    @staticmethod
    def link(near, near_if, far, far_if, mtu=1500, queues=1):
        """A veth pair. With one queue, packets of one sender keep order."""
        queue = ["numtxqueues", str(queues), "numrxqueues", str(queues)]
        near.run("ip", "link", "add", near_if, *queue, "mtu", mtu, "type",
                 "veth", "peer", "name", far_if, *queue, "mtu", mtu,
                 "netns", far.name)
        near.run("ip", "link", "set", near_if, "up")
        far.run("ip", "link", "set", far_if, "up")

    @staticmethod
    def gro(namespace, interface):
        """A veth takes redirected frames only if its peer polls (NAPI)."""
        namespace.run("ethtool", "-K", interface, "gro", "on")

    def start(self, namespace, *command, **options):
        program = namespace.popen(*command, **options)
        self._programs.append(program)
        return program

    def close(self):
        for program in self._programs:
            if program.poll() is None:
                program.kill()
            program.wait()
            for stream in program.stdout, program.stderr:
                if stream:
                    stream.close()
        for namespace in self.namespaces.values():
            namespace.close()
