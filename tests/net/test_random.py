# SPDX-License-Identifier: GPL-2.0-only
"""Random joins, leaves, routes and owners, against a model of a few lines.

After each handful of changes one packet of every flow is sent, and what
arrives on every wire is compared with what the model says. A failure names
the seed and the history.
"""

import random
import signal

import pytest

from frames import datagram
from hosts import Member
from test_igmp import start
from topology import until

GROUPS = ("239.1.1.1", "239.1.1.2", "232.5.5.5")
SOURCES = ("10.1.0.1", "10.1.0.2", "10.1.0.3")
RECEIVERS = 3
# Short, because a Linux host that leaves EXCLUDE mode and then the group
# before it has reported the former never tells: its membership must expire.
TIMES = "query-interval = 2 query-response-interval = 1"
LATEST = 25


class Socket:
    """One application: its socket, and what it should receive."""

    def __init__(self, lab, k, group):
        self.k, self.group = k, group
        self._member = lab.keep(Member(lab.receivers[k], group))
        self._mode, self._sources = "out", set()

    def wants(self, source):
        if self._mode == "any":
            return source not in self._sources
        return self._mode == "some" and source in self._sources

    def step(self, rng):
        """One possible change; returns its description."""
        source = rng.choice(SOURCES)
        if self._mode == "out":
            return self._enter(rng, source)
        if rng.random() < 0.4:
            return self._leave()
        if self._mode == "some":
            return self._toggle(source, self._member.join_source,
                                self._member.leave_source)
        return self._toggle(source, self._member.block, self._member.unblock)

    def _enter(self, rng, source):
        # In 232/8 a router hears of sources only: RFC 4604.
        if rng.random() < 0.5 and not self.group.startswith("232."):
            self._member.join()
            self._mode = "any"
            return f"r{self.k + 1} joins {self.group}"
        self._member.join_source(source)
        self._mode, self._sources = "some", {source}
        return f"r{self.k + 1} joins {self.group} from {source}"

    def _leave(self):
        self._member.leave()
        self._mode, self._sources = "out", set()
        return f"r{self.k + 1} leaves {self.group}"

    def _toggle(self, source, add, remove):
        if source in self._sources:
            remove(source)
            self._sources.discard(source)
            if self._mode == "some" and not self._sources:
                self._mode = "out"
        else:
            add(source)
            self._sources.add(source)
        return (f"r{self.k + 1} {self.group}: {self._mode} "
                f"{sorted(self._sources)}")


class Model:
    """Everything that may change, and who should receive what."""

    def __init__(self, lab, router, seed):
        self.rng = random.Random(seed)
        self.lab, self.router = lab, router
        self.history = [f"seed {seed}"]
        self.sockets = [Socket(lab, k, group) for k in range(RECEIVERS)
                        for group in GROUPS for _ in range(2)]
        self.routes = {}  # (source, group) -> oifs
        self.joins = set()  # (k, source or *, group)
        self.taken = set()

    def step(self):
        kind = self.rng.choices((self.sockets_step, self.route_step,
                                 self.join_step, self.owner_step,
                                 self.link_step), (12, 2, 2, 2, 1))[0]
        self.history.append(kind())

    def sockets_step(self):
        return self.rng.choice(self.sockets).step(self.rng)

    def route_step(self):
        flow = (self.rng.choice(SOURCES), self.rng.choice(GROUPS))
        if flow in self.routes and self.rng.random() < 0.5:
            del self.routes[flow]
            self.router.cli("mroute", "del", *flow)
            return f"no route {flow}"
        oifs = self.rng.sample(range(RECEIVERS), self.rng.randint(1, 3))
        self.routes[flow] = set(oifs)
        self.router.cli("mroute", "add", *flow, "from", "in0", "to",
                        *[f"out{k + 1}" for k in oifs])
        return f"route {flow} to {oifs}"

    def join_step(self):
        k, group = self.rng.randrange(RECEIVERS), self.rng.choice(GROUPS)
        source = self.rng.choice(("*", *SOURCES))
        words = [f"out{k + 1}", group] + [source] * (source != "*")
        if (k, source, group) in self.joins:
            self.joins.discard((k, source, group))
            self.router.cli("leave", *words)
            return f"leave {words}"
        self.joins.add((k, source, group))
        self.router.cli("join", *words)
        return f"join {words}"

    def owner_step(self):
        name = self.rng.choice(["in0"] + [f"out{k + 1}"
                                          for k in range(RECEIVERS)])
        if name in self.taken:
            self.taken.discard(name)
            # Refused while a route needs it; the model stays the same.
            self.router.cli("owner", "release", name, "static", check=False)
            return f"release {name}"
        self.taken.add(name)
        self.router.cli("owner", "take", name, "static", check=False)
        return f"take {name}"

    def link_step(self):
        name = f"out{self.rng.randrange(RECEIVERS) + 1}"
        self.lab.rtr.ip("link", "set", name, "down")
        self.lab.rtr.ip("link", "set", name, "up")
        return f"{name} down and up"

    def restart(self):
        """The daemon dies, and another one finds what it has left."""
        number = self.rng.choice((signal.SIGKILL, signal.SIGTERM))
        self.router.stop(number)
        self.router.start(ready=["in0", *self.lab.outs])
        self.history.append(f"restart after {number}")

    def expected(self):
        """Who receives each flow."""
        return {(source, group): {
            k for k in range(RECEIVERS)
            if k in self.routes.get((source, group), ()) or
            {(k, "*", group), (k, source, group)} & self.joins or
            any(s.k == k and s.group == group and s.wants(source)
                for s in self.sockets)}
            for source in SOURCES for group in GROUPS}

    def observed(self):
        """Who received one packet of each flow that was sent just now."""
        for eye in self.lab.eyes:
            eye.clear()
        flows = [(s, g) for s in SOURCES for g in GROUPS]
        self.lab.send(*[datagram(*flow) for flow in flows])
        self.lab.settle()
        counts = {flow: [len(eye.frames(flow[1], flow[0]))
                         for eye in self.lab.eyes] for flow in flows}
        return {flow: {k if n == 1 else f"{n} copies at {k}"
                       for k, n in enumerate(seen) if n}
                for flow, seen in counts.items()}

    def compare(self):
        """Leaves take the time of a query: until they agree, and again."""
        wanted = self.expected()
        difference = {"nothing": "was observed"}

        def agree():
            try:
                seen = self.observed()
            except AssertionError:  # a link that is not up yet
                return False
            difference.clear()
            difference.update({flow: (seen[flow], wanted[flow])
                               for flow in wanted
                               if seen[flow] != wanted[flow]})
            return not difference

        try:
            until(agree, LATEST, "agreement")
            assert agree(), "agreement did not last"
        except AssertionError as error:
            raise AssertionError(
                f"{error}: flow: (got, wanted) {difference}\n" +
                "\n".join(self.history)) from None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everyone_gets_what_they_want(lab, seed):
    """Whatever changes, each wire carries the flows wanted there, once."""
    router = start(lab, RECEIVERS, times=TIMES)
    model = Model(lab, router, seed)
    for turn in range(8):
        for _ in range(model.rng.randint(1, 8)):
            model.step()
        if turn == 4:
            model.restart()
        model.compare()
