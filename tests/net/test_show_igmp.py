# SPDX-License-Identifier: GPL-2.0-only
"""`xmgm show igmp`: what an operator sees of a LAN with two routers, hosts
that come and go, and messages that are not used."""

from frames import Sender
from hosts import MODE_IS_EXCLUDE, Member, packet, record, report3
from lan import Lan, start
from test_igmp import GROUP
from topology import until

LOW = "robustness = 3 query-interval = 4 query-response-interval = 1"
HIGH = "robustness = 2 query-interval = 2 query-response-interval = 1"


def shown(router):
    row, = router.json("show", "igmp", "e0")
    return row


def two_routers(lab):
    lan = Lan(lab)
    host, _ = lan.host()
    low, high = lan.router("a", 1), lan.router("b", 2)
    start(low, LOW)
    start(high, HIGH)
    until(lambda: shown(high)["role"] == "not querier", 15, "an election")
    return host, low, high


def test_querier_and_timers(lab):
    """Who asks says when; who does not says whom it obeys, for how long, and
    which values it has from there."""
    _, low, high = two_routers(lab)
    ours, theirs = shown(low), shown(high)
    assert (ours["role"], ours["querier"]) == ("querier", low.address)
    assert (ours["version"], ours["version_configured"]) == (3, 3)
    assert 0 <= ours["next_query_s"] <= 4
    assert ours["other_querier_present_s"] is None
    assert ours["robustness"] == \
        {"value": 3, "configured": 3, "origin": "configured"}
    assert (theirs["querier"], theirs["address"]) == \
        (low.address, high.address)
    assert 0 < theirs["other_querier_present_s"] <= 12.5
    assert theirs["next_query_s"] is None
    assert theirs["query_interval"] == \
        {"value_s": 4, "configured_s": 2, "origin": "adopted"}
    assert theirs["other_querier"]["robustness"] == 3
    text = high.cli("show", "igmp").stdout
    assert text.startswith("e0: not querier, version 3, address 10.9.0.2\n")
    assert "4s (adopted from the querier, configured: 2s)" in text
    assert "none: this router does not ask" in text
    text = low.cli("show", "igmp", "e0").stdout
    assert "10.9.0.1, this router, for " in text
    assert "query interval                  4s (configured)" in text


def test_hosts_and_refusals(lab):
    """The last leave, and every refusal by its reason, on that interface."""
    host, low, _ = two_routers(lab)
    member = lab.keep(Member(host, GROUP)).join()
    until(lambda: shown(low)["groups"] == 1, 5, "the group")
    member.leave()
    left = until(lambda: shown(low)["last_leave"]["group"] and shown(low), 5,
                 "the leave")["last_leave"]
    assert (left["group"], left["host"]) == (GROUP, "10.9.0.100")
    assert left["ago_s"] < 5
    wire = lab.keep(Sender(host, "r0"))
    wire.send(
        packet("77.0.0.1", "224.0.0.22",
               report3(record(MODE_IS_EXCLUDE, GROUP))),
        packet("10.9.0.100", "224.0.0.22",
               report3(record(99, GROUP), record(MODE_IS_EXCLUDE, "10.0.0.1"),
                       record(MODE_IS_EXCLUDE, "239.1.1.7"))))
    until(lambda: low.groups("e0", "239.1.1.7"), 5, "the good record")
    refused = shown(low)["counters"]["refused"]
    assert (refused["foreign_host"], refused["records_unknown"],
            refused["records_bad"]) == (1, 1, 1)
    text = low.cli("show", "igmp", "e0").stdout
    assert f"{GROUP} by 10.9.0.100, " in text
    assert "1 group records of an unknown type" in text


def test_where_igmp_does_not_run(lab):
    """One interface that has no IGMP is an error, and no row of the list."""
    lan = Lan(lab)
    router = lan.router("a", 1)
    router.start('interface "e0" { mode = native }\n', ["e0"])
    assert router.json("show", "igmp") == []
    assert router.refused("show", "igmp", "e0").endswith(
        "igmp does not run on e0: `xmgm show igmp` lists where it does")
    assert router.rpc().call("show.protocol", protocol="nonsense")["error"]
