# SPDX-License-Identifier: GPL-2.0-only
"""The laboratory that the net tests share.

            10.1.0.0/24            10.2.1.0/24
      src ---------------- router ------------ r1
      .1  src0        in0         out1    r0   .1
                                  out2 ------- r2      10.2.2.0/24
                                  ...

The router's ends have .254. Tests ask for the fixture `lab`, build the
receivers they need, and start the router with a configuration.
"""

import os
import signal

import pytest

import topology
from frames import Capture, Sender, datagram, payload
from router import BUILD, Router
from topology import until

SOURCE = "10.1.0.1"
SENTINEL = ("10.1.0.9", "239.255.255.250")


def pytest_configure(config):
    if os.geteuid():
        pytest.exit("the net tests make namespaces and load XDP: run them "
                    "as root", 1)
    for name in "xmgm", "xmgmd":
        if not (BUILD / name).exists():
            pytest.exit(f"{BUILD / name} is missing: run make", 1)
    topology.own_mounts()
    del config


def on_alarm(number, frame):
    raise AssertionError("the test has had its time: it hangs")


@pytest.fixture(autouse=True)
def watchdog(request):
    """No test may hang the run; the lab is still taken down. Protocols that
    take their time have the mark `seconds(N)`."""
    mark = request.node.get_closest_marker("seconds")
    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(mark.args[0] if mark else 60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


class Lab:
    """A source, a router, receivers, and eyes on all of them."""

    def __init__(self, directory):
        self.net = topology.Net()
        self.directory = directory
        self.routers = []
        self._closers = []
        self.src = self.net.namespace("src")
        self.rtr = self.net.namespace("rtr")
        self.receivers = []
        self.eyes = []
        self.sender = None
        self.source_eye = None
        self._sentinels = 0

    def build(self, receivers=2, mtu=1500, queues=1):
        """The network of the drawing; returns the lab."""
        self.net.link(self.src, "src0", self.rtr, "in0", mtu, queues)
        self._address(self.src, "src0", self.rtr, "in0", "10.1.0")
        for k in range(1, receivers + 1):
            self._receiver(k, mtu, queues)
        self.sender = self.keep(Sender(self.src, "src0"))
        self.source_eye = self.keep(Capture(self.src, "src0"))
        return self

    def _address(self, host, host_if, router, router_if, net):
        host.ip("addr", "add", f"{net}.1/24", "dev", host_if)
        router.ip("addr", "add", f"{net}.254/24", "dev", router_if)
        host.ip("route", "add", "default", "via", f"{net}.254")

    def _receiver(self, k, mtu, queues):
        host = self.net.namespace(f"r{k}")
        self.receivers.append(host)
        self.net.link(self.rtr, f"out{k}", host, "r0", mtu, queues)
        self.net.gro(host, "r0")
        self._address(host, "r0", self.rtr, f"out{k}", f"10.2.{k}")
        self.eyes.append(self.keep(Capture(host, "r0")))

    def keep(self, thing):
        """Closed when the test ends; returns the thing."""
        self._closers.append(thing)
        return thing

    @property
    def outs(self):
        return [f"out{k + 1}" for k in range(len(self.receivers))]

    def router(self, instance=None):
        """Another instance in the router's namespace."""
        directory = self.directory / f"router{len(self.routers)}"
        directory.mkdir()
        self.routers.append(Router(self.net, self.rtr, directory, instance))
        return self.routers[-1]

    def config(self, extra="", mode="native", sentinel=True):
        """All interfaces, and the sentinel's route, and what is added."""
        text = "".join(f'interface "{name}" {{ mode = {mode} }}\n'
                       for name in ["in0", *self.outs])
        if sentinel:
            text += self.mroute(*SENTINEL, "in0", self.outs)
        return text + extra

    @staticmethod
    def mroute(source, group, iif, oifs):
        quoted = ", ".join(f'"{oif}"' for oif in oifs)
        return (f'mroute {{\n\tsource = "{source}"\n\tgroup = "{group}"\n'
                f'\tfrom = "{iif}"\n\tto = {{{quoted}}}\n}}\n')

    def start(self, extra="", **options):
        """A router with its daemon, ready to forward."""
        router = self.router()
        router.start(self.config(extra, **options), ["in0", *self.outs])
        return router

    def send(self, *frames):
        self.sender.send(*frames)

    def settle(self, *eyes):
        """Returns when all that was sent before must have arrived.

        A sentinel goes the same way behind it, on a route of its own. What
        has not come when the sentinel comes was not forwarded. Packets held
        for a route would be overtaken: those are waited for in between.
        """
        self._sentinel(eyes or self.eyes)
        if any(router.holding() is not None for router in self.routers):
            until(lambda: not any(router.holding()
                                  for router in self.routers), 5,
                  "an end of held packets")
            self._sentinel(eyes or self.eyes)

    def _sentinel(self, eyes):
        self._sentinels += 1
        mark = b"sentinel %d" % self._sentinels
        for eye in eyes:
            eye.frames()  # makes room for it
        self.send(datagram(*SENTINEL, mark))
        for eye in eyes:
            until(lambda seen=eye: any(
                payload(f) == mark for f in seen.frames(SENTINEL[1])),
                5, f"the sentinel at {eye.interface}")

    def nothing_came_back(self):
        """Nothing left through the interface it came from."""
        assert self.rtr.stats("in0", "tx", "packets") == 0
        assert not self.source_eye.frames()

    def close(self):
        """Takes everything down; no daemon may end badly."""
        complaints = [router.close() for router in self.routers]
        for thing in self._closers:
            thing.close()
        self.net.close()
        assert not any(complaints), "\n".join(filter(None, complaints))


@pytest.fixture
def lab(request, tmp_path):
    made = Lab(tmp_path)
    request.node.lab = made
    yield made
    made.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed or not hasattr(item, "lab"):
        return
    others = getattr(item.lab, "domain", None)
    for router in others.routers if others else item.lab.routers:
        try:
            report.sections.extend(router.report())
        except Exception as error:  # the report must not hide the failure
            report.sections.append(("no report", repr(error)))
