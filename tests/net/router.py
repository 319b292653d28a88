# SPDX-License-Identifier: GPL-2.0-only
"""xmgm under test: the daemon, the CLI, and the pins of one instance."""

import collections
import errno
import itertools
import json
import os
import pathlib
import signal
import socket
import subprocess

from topology import until

BUILD = pathlib.Path(os.environ.get(
    "XMGM_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build"))
PINS = pathlib.Path("/sys/fs/bpf/xmgm")
_numbers = itertools.count(1)


class Rpc:
    """A control connection: JSON-RPC 2.0, one object a line."""

    def __init__(self, path, timeout=10):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(path))  # waits if the backlog is full
        self._socket.settimeout(timeout)
        self._lines = self._socket.makefile("r", encoding="utf-8")
        self._id = 0

    def raw(self, data):
        self._socket.sendall(data)

    def line(self):
        """The next object, or None at the end of the connection."""
        text = self._lines.readline()
        return json.loads(text) if text else None

    def call(self, method, **params):
        self._id += 1
        request = {"jsonrpc": "2.0", "id": self._id, "method": method,
                   "params": params}
        self.raw(json.dumps(request).encode() + b"\n")
        answer = self.line()
        assert answer["jsonrpc"] == "2.0" and answer["id"] == self._id
        return answer

    def close(self):
        self._lines.close()
        self._socket.close()


class Router:
    """One instance of xmgm in a namespace, with or without a daemon."""

    def __init__(self, net, namespace, directory, instance=None):
        self.net = net
        self.namespace = namespace
        self.instance = instance or f"t{os.getpid()}-{next(_numbers)}"
        self.socket = pathlib.Path(f"/run/xmgm/{self.instance}.sock")
        self.commands = pathlib.Path(f"/run/xmgm/{self.instance}.commands")
        self.pins = PINS / self.instance
        self.config = pathlib.Path(directory, "xmgmd.conf")
        self.log = pathlib.Path(directory, "xmgmd.log")
        self.log.touch()
        self.daemon = None
        self.xmgmd = BUILD / "xmgmd"

    # The daemon.

    def write_config(self, text):
        self.config.write_text(text, encoding="utf-8")

    def start_daemon(self, *options, before=()):
        """Starts it without waiting, maybe by another command that execs it;
        its log is kept for the report."""
        with self.log.open("a", encoding="utf-8") as log:
            return self.net.start(self.namespace, *before,
                                  self.xmgmd, "-f", self.config,
                                  "-i", self.instance, *options, stdout=log,
                                  stderr=subprocess.STDOUT)

    def start(self, config=None, ready=()):
        """Starts the daemon; returns when it answers and has attached."""
        if config is not None:
            self.write_config(config)
        self.daemon = self.start_daemon()
        until(self._answers, 45, "an answer from xmgmd")
        until(lambda: self._attached(ready), 20, f"{ready} attached")

    def _answers(self):
        assert self.daemon.poll() is None, \
            f"xmgmd ended with {self.daemon.returncode}\n{self.log_text()}"
        try:
            rpc = Rpc(self.socket)
        except OSError:
            return False
        try:
            return "result" in rpc.call("show.protocols")
        except TimeoutError:  # many daemons start on one machine
            return False
        finally:
            rpc.close()

    def _attached(self, names):
        found = {i["name"]: i["xdp"] for i in self.json("show", "interfaces")}
        return all(found.get(n, "none") != "none" for n in names)

    def stop(self, number=signal.SIGTERM):
        """Ends the daemon and returns its exit status."""
        self.daemon.send_signal(number)
        return self.daemon.wait(timeout=20)

    def log_text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    # The CLI.

    def cli(self, *words, check=True, **options):
        return self.namespace.run(BUILD / "xmgm", "-i", self.instance, *words,
                                  check=check, **options)

    def json(self, *words):
        return json.loads(self.cli("-j", *words).stdout)

    def refused(self, *words):
        """The words must fail; returns the one sentence that says why."""
        done = self.cli(*words, check=False)
        assert done.returncode in (1, 2), f"{words}: exit {done.returncode}"
        assert done.stderr.strip(), f"{words}: no message"
        return done.stderr.strip()

    def rpc(self, timeout=10):
        return Rpc(self.socket, timeout)

    # What it shows.

    def interface(self, name):
        found = [i for i in self.json("show", "interfaces")
                 if i["name"] == name]
        return found[0] if found else None

    def mroute(self, source, group):
        """The line of exactly this flow, or None."""
        done = self.cli("-j", "show", "mroute", source, group, check=False)
        shown = json.loads(done.stdout)
        if done.returncode:
            assert shown["error"]["code"] == -errno.ENOENT, done.stderr
            return None
        assert [(m["source"], m["group"]) for m in shown] == [(source, group)]
        return shown[0]

    def rpf(self, source):
        """The routes to source, the best first."""
        return self.json("show", "rpf", source)

    def groups(self, interface, group=None):
        return [g for g in self.json("show", "groups")
                if g["interface"] == interface and
                group in (None, g["group"])]

    def verdicts(self):
        return collections.Counter(self.json("show", "stats")["verdicts"])

    def dump(self, name):
        """A pinned map as `bpftool map dump` shows it."""
        done = self.namespace.run("bpftool", "-j", "map", "dump", "pinned",
                                  self.pins / name)
        return [item["formatted"] for item in json.loads(done.stdout)]

    def mfc_entry(self, source, group):
        """One line of the forwarding cache, straight from the maps."""
        key = {"source": [int(n) for n in source.split(".")],
               "group": [int(n) for n in group.split(".")]}
        for item in self.dump("mfc"):
            if item["key"] == key:
                return self.with_shared(key, item["value"])
        return None

    def with_shared(self, key, line):
        """What other CPUs than the line's own have counted comes to it."""
        for item in self.dump("mfc_shared"):
            if item["key"] == key:
                for cpu in item["values"]:
                    line["packets"] += cpu["value"]["packets"]
                    line["bytes"] += cpu["value"]["bytes"]
        return line

    def holding(self):
        """How many packets wait for a route; None: none ever did."""
        if not (self.pins / "hold").exists():
            return None
        now = self.dump("hold")[0]["value"]
        if not now["packets_in"]:
            return None
        return now["packets_in"] - now["packets_out"]

    def report(self):
        """What a person wants to see when a test has failed."""
        yield "xmgmd's log", self.log_text()
        for what in "interfaces", "mroute", "stats", "groups":
            done = self.cli("show", what, check=False)
            yield f"show {what}", done.stdout + done.stderr
        yield "links", self.namespace.ip("-s", "link")

    def close(self):
        """Ends all; returns what is to be said against how the daemon did."""
        complaint = None
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGCONT)
            try:
                status = self.stop()
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                status = self.daemon.wait()
            if status:
                complaint = f"xmgmd has ended with {status}"
        if "runtime error" in self.log_text():
            complaint = "a sanitizer has spoken"
        if self.pins.exists():
            self.cli("detach", "--all", check=False)
        return complaint and f"{complaint}\n{self.log_text()}"
