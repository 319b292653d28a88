# SPDX-License-Identifier: GPL-2.0-only
"""Multicast Router Discovery, RFC 4286: what switches that snoop learn."""

import json
import shutil
import signal

import pytest

from frames import HEADER, Sender, ip_header, ones_sum
from hosts import Member, checksummed, packet
from lan import Lan, start
from test_election import TIMES, obeys, is_querier, settled
from test_igmp import GROUP, write_pcap
from topology import until

SNOOPERS = "224.0.0.106"
ADVERTISEMENT, SOLICITATION, TERMINATION = 0x30, 0x31, 0x32


def messages(eye, kind):
    """The messages of this kind, without IP header, and who sent them."""
    found = []
    for frame in eye.frames(SNOOPERS):
        header = ip_header(frame)
        message = frame[HEADER + len(header):][:8]
        if header[9] == 2 and message[0] == kind:
            assert header[8] == 1 and header[20:24] == b"\x94\x04\0\0"
            found.append((".".join(map(str, header[12:16])), message))
    return found


def router_ports(lan):
    shown = json.loads(lan.switch.run("bridge", "-j", "-d", "mdb",
                                      "show").stdout)
    return {port["port"] for entry in shown
            for ports in entry.get("router", {}).values() for port in ports}


def test_who_is_not_querier_hears_through_a_snooping_switch(lab):
    """The switch learns of it by advertisements, and gives it joins."""
    lan = Lan(lab, snooping=1)
    host, _ = lan.host()
    low, high = lan.router("a", 1), lan.router("b", 2)
    start(low, TIMES)
    until(lambda: is_querier(low) and router_ports(lan) == {"p-a"}, 15,
          "the querier's port")
    start(high, TIMES)
    settled(low, high)
    until(lambda: router_ports(lan) == {"p-a", "p-b"}, 10, "both ports")
    lab.keep(Member(host, GROUP)).join()
    for router in low, high:
        until(lambda r=router: r.groups("e0", GROUP), 10, "the member")
    assert obeys(high, low.address)


def test_a_solicitation_is_answered(lab):
    """Soon, long before the next advertisement would come."""
    lan = Lan(lab)
    host, eye = lan.host()
    router = lan.router("a", 1)
    start(router, TIMES + " advertisement-interval = 180")
    until(lambda: len(messages(eye, ADVERTISEMENT)) == 3, 10, "three")
    sender = lab.keep(Sender(host, "r0"))
    sender.send(packet("10.9.0.100", "224.0.0.2",
                       checksummed(bytes([SOLICITATION, 0, 0, 0]))))
    until(lambda: len(messages(eye, ADVERTISEMENT)) == 4, 10, "an answer")
    source, message = messages(eye, ADVERTISEMENT)[3]
    assert source == "10.9.0.1"
    assert message == checksummed(bytes([ADVERTISEMENT, 180, 0, 0,
                                         0, 2, 0, 2]))


@pytest.mark.parametrize("on_stop", ["release", "keep"])
def test_a_clean_stop(lab, on_stop):
    """It is told if forwarding ends with the daemon, and only then."""
    lan = Lan(lab)
    _, eye = lan.host()
    router = lan.router("a", 1)
    router.start(f'on-stop = {on_stop}\ninterface "e0" {{ mode = native '
                 f'igmp {{ {TIMES} }} }}\n', ["e0"])
    until(lambda: messages(eye, ADVERTISEMENT), 10, "an advertisement")
    assert router.stop() == 0
    told = messages(eye, TERMINATION)
    assert len(told) == (on_stop == "release")


def test_no_discovery(lab):
    """Where it is switched off the LAN hears of it as of its end, once."""
    lan = Lan(lab)
    _, eye = lan.host()
    router = lan.router("a", 1)
    start(router, TIMES)
    until(lambda: messages(eye, ADVERTISEMENT), 10, "an advertisement")
    router.write_config('interface "e0" { mode = native igmp { ' + TIMES +
                        ' router-discovery = false } }\n')
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: len(messages(eye, TERMINATION)) == 1, 10, "the end")


def test_tshark_finds_nothing_wrong(lab, tmp_path):
    """An independent decoder of what is around the messages: of them it knows
    the types of a draft."""
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    lan = Lan(lab)
    _, eye = lan.host()
    router = lan.router("a", 1)
    start(router, TIMES)
    until(lambda: messages(eye, ADVERTISEMENT), 10, "an advertisement")
    router.write_config('interface "e0" { mode = native }\n')
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: messages(eye, TERMINATION), 10, "its end")
    for message in (m for kind in (ADVERTISEMENT, TERMINATION)
                    for _, m in messages(eye, kind)):
        length = 8 if message[0] == ADVERTISEMENT else 4
        assert ones_sum(message[:length]) == 0xFFFF
    capture = tmp_path / "mrd.pcap"
    write_pcap(capture, eye.frames(SNOOPERS))
    shown = lab.src.run(
        "tshark", "-r", capture, "-o", "ip.check_checksum:TRUE", "-T",
        "fields", "-e", "igmp.type", "-e", "ip.checksum.status", "-e",
        "ip.ttl", "-e", "ip.src", "-e", "ip.opt.ra", "-e", "_ws.malformed",
        "-Y", "igmp").stdout
    lines = {tuple(line.split("\t")) for line in shown.splitlines()}
    assert lines == {(kind, "1", "1", "10.9.0.1", "0", "")
                     for kind in ("0x30", "0x32")}
