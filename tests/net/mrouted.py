# SPDX-License-Identifier: GPL-2.0-only
"""mrouted 4.6, the other implementation of DVMRP, as a router of the tests.

It is built once, outside of the tree, from the source that MROUTED_SRC names
(a folder, or its tar), else from ../shared/peers/mrouted-4.6.tar.gz beside
the checkout; without either, programs that a package has installed are taken.
Tests that need it are skipped where none of these is to be had, and say so.
"""

import fcntl
import functools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tarfile

import pytest

from router import BUILD
from topology import until

TOP = pathlib.Path(__file__).resolve().parents[2]
BESIDE = TOP.parent / "shared" / "peers" / "mrouted-4.6.tar.gz"
PROGRAMS = "mrouted", "mroutectl", "mrinfo", "mtrace"


def _source():
    """Where its source is, or None."""
    named = os.environ.get("MROUTED_SRC")
    if named:
        assert pathlib.Path(named).exists(), f"MROUTED_SRC: no {named}"
        return pathlib.Path(named)
    return BESIDE if BESIDE.exists() else None


def _unpack(source, there):
    if source.is_dir():
        shutil.copytree(source, there)
        return
    there.mkdir()
    with tarfile.open(source) as tar:
        tar.extractall(there)


def _build(source, there):
    fresh = there.with_name("mrouted.new")
    shutil.rmtree(fresh, ignore_errors=True)
    _unpack(source, fresh)
    tree = next(fresh.rglob("configure")).parent
    for command in ["./configure"], ["make", f"-j{os.cpu_count()}"]:
        done = subprocess.run(command, cwd=tree, check=False, text=True,
                              capture_output=True)
        assert not done.returncode, \
            f"{source}: {command}\n{done.stdout}{done.stderr}"
    (fresh / "bin").mkdir()
    for name in PROGRAMS:
        shutil.copy(tree / "src" / name, fresh / "bin")
    shutil.rmtree(there, ignore_errors=True)
    fresh.rename(there)


@functools.cache
def programs():
    """The folder of its programs; None: there is no mrouted to be had."""
    source, there = _source(), BUILD / "tests" / "mrouted"
    if source is None:
        found = shutil.which("mrouted")
        return pathlib.Path(found).parent if found and \
            shutil.which("mroutectl", path=pathlib.Path(found).parent) else None
    there.parent.mkdir(parents=True, exist_ok=True)
    with (BUILD / "tests" / "mrouted.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all((there / "bin" / name).exists() for name in PROGRAMS):
            _build(source, there)
    return there / "bin"


def need():
    """Skips the test where there is none."""
    if programs() is None:
        pytest.skip("no mrouted as a peer: neither MROUTED_SRC, nor "
                    f"{BESIDE}, nor a package that is installed")


class Mrouted:
    """One of its routers; see dvmrp.py for what all routers can do."""

    kind = "mrouted"

    def __init__(self, net, namespace, directory):
        self.net, self.namespace = net, namespace
        self.at = pathlib.Path(directory)
        self.options = {}  # of an interface
        self.lines = ["prune-lifetime 120"]
        self.program = None
        # Its name is that of a file in /var/lib/misc as well.
        self.ident = f"{namespace.name}"
        self.log = self.at / "log"
        self.log.touch()

    def option(self, interface, **options):
        words = self.options.setdefault(interface, [])
        for name, value in options.items():
            words += [name.replace("_", "-")] + \
                ([] if value is True else [str(value)])

    def start(self, interfaces):
        """Returns when it answers, which is when its interfaces are up."""
        pathlib.Path("/var/lib/misc").mkdir(parents=True, exist_ok=True)
        text = "".join(f"{line}\n" for line in self.lines)
        text += "".join(f"phyint {name} {' '.join(words)}\n"
                        for name, words in self.options.items())
        (self.at / "conf").write_text(text, encoding="ascii")
        with self.log.open("a", encoding="utf-8") as log:
            self.program = self.net.start(
                self.namespace, programs() / "mrouted", "-n", "-i",
                self.ident, "-f", self.at / "conf", "-p", self.at / "pid",
                "-u", self.at / "sock", "-l", "debug", "-d", "all", stdout=log,
                stderr=subprocess.STDOUT)
        until(lambda: set(interfaces) <= set(self._interfaces()), 10,
              f"{self.ident}: {interfaces}")

    def _show(self, what):
        done = self.namespace.run(
            programs() / "mroutectl", "-pt", "-u", self.at / "sock", "-d",
            "show", what, check=False)
        return [line.split() for line in done.stdout.splitlines()
                if line.split()]

    def _interfaces(self):
        return [words[1] for words in self._show("interfaces")
                if len(words) > 2 and words[2] == "Up"]

    def stop(self, number=signal.SIGTERM):
        self.program.send_signal(number)
        self.program.wait(timeout=10)

    def kill(self):
        self.program.kill()
        self.program.wait()

    # What it knows.

    def neighbors(self):
        """{(interface, address)} of those that hear us as well."""
        found = set()
        for words in self._show("neighbor"):
            if len(words) > 4 and re.fullmatch(r"[\d.]+", words[0]):
                found.add((words[1], words[0]))
        return found

    def routes(self):
        """{prefix: (interface, upstream, metric)}; None: direct; 32: none."""
        found = {}
        for words in self._show("routes"):
            net, _, length = words[0].partition("/")
            if net == "default":
                net, length = "0", "0"
            net += ".0" * (3 - net.count("."))
            metric = 32 if words[3] == "NR" else int(words[3])
            upstream = None if words[1] == "Local" else words[1]
            found[f"{net}/{length}"] = words[2], upstream, metric
        return found

    def entry(self, prefix, group):
        """(pruned upstream, oifs) of what it has of (net, G), or None."""
        short = re.sub(r"(\.0)*/", "/", prefix)
        for words in self._show("mfc"):
            if words[:2] == [short, group]:
                rest = words[3:]
                pruned = "P" in rest
                oifs = [w for w in rest if not re.search(r":\d|^P$", w)]
                return pruned, {w for w in oifs if ":" not in w}
        return None

    def report(self):
        yield f"{self.ident}'s log", self.log.read_text(encoding="utf-8")

    def close(self):
        if self.program and self.program.poll() is None:
            self.stop(signal.SIGTERM)
        (pathlib.Path("/var/lib/misc") /
         f"{self.ident}.genid").unlink(missing_ok=True)
