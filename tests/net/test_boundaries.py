# SPDX-License-Identifier: GPL-2.0-only
"""What may pass an interface: scope boundaries and filters, as seen on the
wire. What must not leave is proven by what was sent behind it.
"""

import signal

from conftest import SENTINEL, SOURCE
from frames import check_copy, datagram, payload
from topology import until

INSIDE, OUTSIDE = "239.192.1.1", "239.1.1.1"
OTHER = "10.1.0.2"


def text(lab, **options):
    """Interfaces with these options, and routes that want everything."""
    names = ["in0", *lab.outs]
    return ("".join(f'interface "{name}" {{ {options.get(name, "")} }}\n'
                    for name in names) +
            lab.mroute("*", INSIDE, "in0", lab.outs) +
            lab.mroute("*", OUTSIDE, "in0", lab.outs) +
            lab.mroute(*SENTINEL, "in0", lab.outs))


def start(lab, **options):
    router = lab.router()
    router.start(text(lab, **options), ["in0", *lab.outs])
    return router


def reload(lab, router, **options):
    router.write_config(text(lab, **options))
    router.daemon.send_signal(signal.SIGHUP)


def burst(lab):
    """One of each flow, and what each receiver has of them."""
    for eye in lab.eyes:
        eye.clear()
    sent = [datagram(source, group, f"{source} {group}".encode())
            for group in (INSIDE, OUTSIDE) for source in (OTHER, SOURCE)]
    lab.send(*sent)
    lab.settle()
    for k, eye in enumerate(lab.eyes):
        for frame in eye.frames(INSIDE) + eye.frames(OUTSIDE):
            before = next(f for f in sent if payload(f) == payload(frame))
            check_copy(before, frame, lab.rtr.mac(f"out{k + 1}"))
    return [sorted(payload(f).decode() for f in
                   eye.frames(INSIDE) + eye.frames(OUTSIDE))
            for eye in lab.eyes]


ALL = sorted(f"{s} {g}" for s in (SOURCE, OTHER) for g in (INSIDE, OUTSIDE))
NOT_INSIDE = [w for w in ALL if OUTSIDE in w]


def test_a_boundary_stops_what_would_leave(lab):
    lab.build(2)
    router = start(lab, out2="boundary = {239.192.0.0/14}")
    assert burst(lab) == [ALL, NOT_INSIDE]
    assert router.interface("out2")["rules"] == ["deny group 239.192.0.0/14"]
    assert router.interface("out1")["rules"] == []


def test_a_boundary_stops_what_arrives(lab):
    lab.build(2)
    router = start(lab, in0="boundary-in = {239.192.0.0/14}")
    assert burst(lab) == [NOT_INSIDE, NOT_INSIDE]
    assert router.verdicts()["negative"] >= 1


def test_filters_tell_sources_apart(lab):
    """Also beside a route of any source, whose entry would take them all."""
    lab.build(2)
    start(lab, out1=f'filter = {{"allow source {SOURCE} group {INSIDE}", '
                    '"deny out group 239.192.0.0/14"}',
          out2=f'filter = {{"deny source {SOURCE}"}}')
    assert burst(lab) == [
        [w for w in ALL if OUTSIDE in w or w.startswith(SOURCE + " ")],
        [w for w in ALL if w.startswith(OTHER + " ")]]


def test_a_reload_changes_what_passes(lab):
    """Flows that are there follow at once, in both directions."""
    lab.build(2)
    router = start(lab)
    assert burst(lab) == [ALL, ALL]
    reload(lab, router, out1="boundary-out = {239.1.1.1, 239.192.0.0/14}")
    until(lambda: burst(lab) == [[], ALL], 5, "out1 behind a boundary")
    reload(lab, router, in0=f'filter = {{"deny in source {OTHER}"}}')
    mine = [w for w in ALL if w.startswith(SOURCE + " ")]
    until(lambda: burst(lab) == [mine, mine], 5, "one source denied")
    reload(lab, router)
    until(lambda: burst(lab) == [ALL, ALL], 5, "everything again")


def test_a_restart_keeps_to_a_new_boundary(lab):
    """What the run before has left in the maps does not cross it."""
    lab.build(2)
    router = start(lab)
    assert burst(lab) == [ALL, ALL]
    router.stop(signal.SIGKILL)
    router.start(text(lab, out2="boundary = {239.192.0.0/14}"),
                 ["in0", *lab.outs])
    assert burst(lab) == [ALL, NOT_INSIDE]


def test_what_igmp_joins_does_not_cross_it_either(lab):
    """A member on the far side of a boundary gets nothing, and is shown."""
    lab.build(1)
    router = lab.router()
    router.start('interface "in0" { igmp { } }\n'
                 'interface "out1" { boundary = {239.192.0.0/14}\n'
                 '  igmp { } }\n' + lab.mroute(*SENTINEL, "in0", ["out1"]),
                 ["in0", "out1"])
    for group in (INSIDE, OUTSIDE):
        router.cli("join", "out1", group)
    lab.send(datagram(SOURCE, INSIDE), datagram(SOURCE, OUTSIDE))
    until(lambda: lab.eyes[0].frames(OUTSIDE), 5, "the group outside")
    lab.send(datagram(SOURCE, INSIDE), datagram(SOURCE, OUTSIDE))
    lab.settle()
    assert not lab.eyes[0].frames(INSIDE)
    assert router.groups("out1", INSIDE) and router.groups("out1", OUTSIDE)
    assert router.mroute(SOURCE, INSIDE)["state"] == "negative"
