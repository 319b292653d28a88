# SPDX-License-Identifier: GPL-2.0-only
"""Reverse path: the kernel's routes say where a source has to come from."""

from conftest import SOURCE
from frames import Sender, datagram, payload
from topology import until

GROUP = "239.1.1.1"
FAR = "10.9.9.9"
VIA_IN = "10.1.0.1"
VIA_OUT3 = "10.2.3.1"


def start(lab, extra=""):
    """out1 wants any source; sources can come from in0 and from out3."""
    lab.build(3)
    router = lab.start(extra)
    router.cli("join", "out1", GROUP)
    return router, lab.keep(Sender(lab.receivers[2], "r0"))


def iif(router, source=FAR):
    entry = router.mroute(source, GROUP)
    if not entry or entry["state"] == "negative":
        return None
    return entry["iif"]


def seen(lab, source=FAR):
    return len(lab.eyes[0].frames(GROUP, source))


def test_route_change_moves_the_iif(lab):
    """An entry follows its source's route; packets from elsewhere do not."""
    router, other = start(lab)
    lab.rtr.ip("route", "add", "10.9.9.0/24", "via", VIA_IN)
    lab.send(datagram(FAR, GROUP))
    until(lambda: iif(router) == "in0", 5, "iif in0")
    lab.settle()
    assert seen(lab) == 1
    lab.rtr.ip("route", "replace", "10.9.9.0/24", "via", VIA_OUT3)
    until(lambda: iif(router) == "out3", 5, "iif out3")
    lab.send(datagram(FAR, GROUP))
    lab.settle()
    assert seen(lab) == 1, "from in0: no more"
    other.send(datagram(FAR, GROUP))
    until(lambda: seen(lab) == 2, 5, "a packet from out3")
    assert router.mroute(FAR, GROUP)["wrong_if"] == 1
    assert router.mroute(FAR, GROUP)["packets"] == 2, "counters stay"


def test_route_that_goes_and_comes(lab):
    """Without a route back nothing is forwarded; with one again, it is."""
    router, _ = start(lab)
    lab.rtr.ip("route", "add", "10.9.9.0/24", "via", VIA_IN)
    lab.send(datagram(FAR, GROUP))
    until(lambda: iif(router) == "in0", 5, "iif in0")
    lab.settle()
    lab.rtr.ip("route", "del", "10.9.9.0/24")
    until(lambda: iif(router) is None, 5, "no iif")
    lab.send(datagram(FAR, GROUP))
    lab.settle()
    assert seen(lab) == 1
    lab.rtr.ip("route", "add", "10.9.9.0/24", "via", VIA_IN)

    def arrives():
        lab.send(datagram(FAR, GROUP))
        lab.settle()
        return seen(lab) > 1

    until(arrives, 15, "packets again")


def test_unknown_source_is_not_forwarded(lab):
    """A source that no route leads to makes a negative entry."""
    router, _ = start(lab)
    lab.send(datagram("172.31.1.1", GROUP))
    until(lambda: (router.mroute("172.31.1.1", GROUP) or {}).get("state") ==
          "negative", 5, "a negative entry")
    lab.settle()
    assert seen(lab, "172.31.1.1") == 0


def multipath(lab):
    lab.rtr.ip("route", "add", "10.9.9.0/24", "nexthop", "via", VIA_IN,
               "nexthop", "via", VIA_OUT3)


def test_equal_paths_give_one_iif(lab):
    """Of equal-cost legs the highest next hop counts, whoever comes first."""
    router, other = start(lab)
    multipath(lab)
    lab.send(datagram(FAR, GROUP))
    until(lambda: iif(router) == "out3", 5, "iif out3")
    lab.settle()
    assert seen(lab) == 0
    other.send(datagram(FAR, GROUP))
    until(lambda: seen(lab) == 1, 5, "a packet from out3")


def test_any_leg(lab):
    """With `rpf { any-leg }` the leg that was heard first is the iif."""
    router, _ = start(lab, "rpf { any-leg = true }\n")
    multipath(lab)
    lab.send(datagram(FAR, GROUP))
    until(lambda: iif(router) == "in0", 5, "iif in0")
    lab.settle()
    assert seen(lab) == 1


def test_more_specific_route(lab):
    """A host route for one source moves that source alone."""
    router, _ = start(lab)
    lab.send(datagram(SOURCE, GROUP), datagram("10.1.0.77", GROUP))
    until(lambda: iif(router, SOURCE) == iif(router, "10.1.0.77") == "in0",
          5, "both from in0")
    lab.rtr.ip("route", "add", "10.1.0.77/32", "via", VIA_OUT3)
    until(lambda: iif(router, "10.1.0.77") == "out3", 5, "iif out3")
    assert iif(router, SOURCE) == "in0"


def test_policy_rules(lab):
    """A rule that looks a source up in another table moves it; and back."""
    router, other = start(lab)
    lab.rtr.ip("route", "add", "10.9.9.0/24", "via", VIA_IN)
    lab.rtr.ip("route", "add", "10.9.9.0/24", "via", VIA_OUT3, "table", "77")
    lab.send(datagram(FAR, GROUP))
    until(lambda: iif(router) == "in0", 5, "iif in0")
    lab.settle()
    lab.rtr.ip("rule", "add", "to", "10.9.9.0/24", "table", "77")
    until(lambda: iif(router) == "out3", 5, "iif out3, by the rule")
    other.send(datagram(FAR, GROUP))
    until(lambda: seen(lab) == 2, 5, "a packet from out3")
    lab.rtr.ip("rule", "del", "to", "10.9.9.0/24", "table", "77")
    until(lambda: iif(router) == "in0", 5, "iif in0, without the rule")


def test_flows_move_while_packets_come(lab):
    """Both legs send all the time; the copies are always one leg's."""
    router, other = start(lab)
    ways = {"in0": (VIA_IN, lab.sender, b"in0"),
            "out3": (VIA_OUT3, other, b"out3")}

    def burst():
        for _, sender, mark in ways.values():
            sender.send(*[datagram(FAR, GROUP, mark)] * 20)

    for turn in range(6):
        name = ("in0", "out3")[turn % 2]
        lab.rtr.ip("route", "replace", "10.9.9.0/24", "via", ways[name][0])

        def moved(name=name):
            burst()
            return iif(router) == name

        until(moved, 5, f"iif {name}")
        lab.settle()
        lab.eyes[0].clear()
        burst()
        until(lambda: seen(lab) >= 20, 5, "a burst")
        lab.settle()
        assert [payload(f) for f in lab.eyes[0].frames(GROUP, FAR)] == \
            [ways[name][2]] * 20


def test_leg_that_goes_down(lab):
    """The link towards a source goes down: the next best route counts."""
    router, other = start(lab)
    lab.rtr.ip("route", "add", "10.9.9.0/24", "via", VIA_IN)
    lab.rtr.ip("route", "add", "10.9.9.0/24", "via", VIA_OUT3, "metric", "9")
    lab.send(datagram(FAR, GROUP))
    until(lambda: iif(router) == "in0", 5, "iif in0")
    lab.settle()
    lab.rtr.ip("link", "set", "in0", "down")
    until(lambda: iif(router) == "out3", 5, "iif out3")
    other.send(datagram(FAR, GROUP))
    until(lambda: seen(lab) == 2, 5, "a packet from out3")


def test_show_rpf_says_what_the_kernel_has(lab):
    """Prefix, distance, metric, next hop and interface; connected counts 0."""
    router, _ = start(lab)
    lab.rtr.ip("route", "add", "10.9.0.0/16", "via", VIA_IN, "metric", "7")
    assert router.rpf(FAR) == [
        {"prefix": "10.9.0.0/16", "protocol": "kernel", "component": 0,
         "distance": 200, "metric": 7, "next_hop": VIA_IN, "interface": "in0",
         "best": True, "lost_by": None}]
    assert router.rpf(SOURCE)[0]["distance"] == 0
    assert router.rpf(SOURCE)[0]["next_hop"] is None
    said = router.cli("show", "rpf", FAR).stdout
    assert "10.9.0.0/16" in said and "best" in said
    refused = router.cli("show", "rpf", "172.31.1.1", check=False)
    assert refused.returncode == 1
    assert "there is no route to 172.31.1.1" in refused.stderr


def winner(router, source=FAR):
    best = router.rpf(source)[0]
    assert best["best"]
    return best["protocol"], best["interface"]


def test_static_route_to_sources_wins_over_the_kernels(lab):
    """By its distance, until it is removed; and over a restart."""
    router, other = start(lab)
    lab.rtr.ip("route", "add", "10.9.9.0/24", "via", VIA_IN)
    lab.send(datagram(FAR, GROUP))
    until(lambda: iif(router) == "in0", 5, "iif in0")
    router.cli("rpf", "add", "10.9.0.0/16", "via", VIA_OUT3)
    assert iif(router) == "out3", "at once"
    assert [(r["protocol"], r["interface"], r["next_hop"], r["lost_by"])
            for r in router.rpf(FAR)] == [
                ("static", "out3", VIA_OUT3, None),
                ("kernel", "in0", VIA_IN, "distance")]
    before = seen(lab)
    other.send(datagram(FAR, GROUP))
    until(lambda: seen(lab) == before + 1, 5, "a packet from out3")
    router.stop()
    router.start()
    assert winner(router) == ("static", "out3")
    router.cli("rpf", "add", "10.9.0.0/16", "dev", "out3",
               "distance", "201")
    assert winner(router) == ("kernel", "in0")
    assert router.rpf(FAR)[1]["lost_by"] == "distance"
    until(lambda: iif(router) == "in0", 5, "iif in0")
    router.cli("rpf", "add", "10.9.0.0/16", "dev", "out3")
    assert iif(router) == "out3"
    router.cli("rpf", "del", "10.9.0.0/16")
    assert iif(router) == "in0"
    assert len(router.rpf(FAR)) == 1
    assert "there is no static route" in \
        router.refused("rpf", "del", "10.9.0.0/16")


def test_connected_sources_stay_where_they_are(lab):
    """The kernel's connected routes have distance 0, static ones 1."""
    router, _ = start(lab)
    router.cli("rpf", "add", "10.0.0.0/8", "dev", "out3")
    assert winner(router, SOURCE) == ("kernel", "in0")
    router.cli("rpf", "add", "10.0.0.0/8", "dev", "out3", "distance", "0")
    assert winner(router, SOURCE) == ("static", "out3")


def test_route_to_sources_of_the_configuration(lab):
    """rpf-route sections are used, shown, and wait for their interface."""
    router, _ = start(lab, f"""
        rpf-route {{ prefix = "10.9.0.0/16" via = "{VIA_OUT3}" }}
        rpf-route {{ prefix = "10.8.0.0/16" dev = "nowhere0" distance = 7 }}
    """)
    lab.rtr.ip("route", "add", "10.9.9.0/24", "via", VIA_IN)
    assert winner(router) == ("static", "out3")
    shown = router.json("show", "config")["rpf_routes"]
    assert sorted(shown, key=lambda r: r["prefix"]) == [
        {"prefix": "10.8.0.0/16", "via": None, "dev": "nowhere0",
         "distance": 7, "origin": "configuration",
         "waiting_for": "nowhere0"},
        {"prefix": "10.9.0.0/16", "via": VIA_OUT3, "dev": None,
         "distance": 1, "origin": "configuration", "waiting_for": None}]
    said = router.cli("show", "config").stdout
    assert "rpf-route {" in said and f'via = "{VIA_OUT3}"' in said
    assert "is in no subnet of ours" in \
        router.refused("rpf", "add", "10.7.0.0/16", "via", "172.30.0.1")
    assert "there is no interface nowhere1" in \
        router.refused("rpf", "add", "10.7.0.0/16", "dev", "nowhere1")
