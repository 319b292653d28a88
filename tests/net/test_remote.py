# SPDX-License-Identifier: GPL-2.0-only
"""The manager's methods on the control socket: who may, and what those can do
who mean harm."""

import pathlib
import signal
import socket
import subprocess

from manager import Manager
from router import BUILD, Rpc
from test_daemon import NOBODY
from test_show import Monitor
from test_toy_protocol import TOY
from topology import until


def toy(router):
    """Its line in show protocols, or None."""
    found = [p for p in router.json("show", "protocols")
             if p["name"] == "toy"]
    return found[0] if found else None


def start_toy(lab, router):
    return lab.net.start(lab.rtr, *NOBODY, "/usr/bin/python3", TOY,
                         router.socket, "out1", "0", stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)


def test_a_user_registers_what_the_configuration_says(lab):
    """With a section `client` the socket is open, for that alone."""
    lab.build(1)
    section = "client toy { user = 65534 }\n"
    router = lab.start(section, sentinel=False)
    assert router.socket.stat().st_mode & 0o777 == 0o666
    client = start_toy(lab, router)
    until(lambda: toy(router) and toy(router)["interfaces"] == ["out1"], 20,
          "its interface")
    assert toy(router)["pid"] == client.pid
    client.kill()
    client.wait()
    refused = lab.rtr.run(*NOBODY, BUILD / "xmgm", "-i", router.instance,
                          "show", "stats", check=False)
    assert "only root and the group of the socket" in refused.stderr
    router.write_config(lab.config(section.replace("65534", "65533"),
                                   sentinel=False))
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: "read again" in router.log_text(), 5, "a reload")
    assert start_toy(lab, router).wait(timeout=10) != 0
    router.write_config(lab.config(sentinel=False))
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: router.socket.stat().st_mode & 0o777 == 0o660, 5, "closed")


def test_what_it_wants_is_shown(lab):
    """Its memberships stand in show groups beside those of the daemon's own
    protocols, a row for each group and interface."""
    lab.build(1)
    router = lab.start(sentinel=False)
    router.cli("join", "out1", "239.6.6.6")
    out, client = lab.rtr.ifindex("out1"), Manager(router, "other")
    assert client.do("interface_take", ifid=out) == "EEXIST"
    router.cli("leave", "out1", "239.6.6.6")
    assert client.do("interface_take", ifid=out) is True
    for flow in [{"group": "239.1.1.1"}, {"group": "239.2.0.0/16"}, {},
                 {"group": "239.3.3.3", "source": "10.1.0.1"},
                 {"group": "239.3.3.3", "source": "10.1.0.2"},
                 {"group": "239.5.5.5", "source": "10.1.0.0/24"}]:
        assert client.do("membership_add", ifid=out, **flow) is True
    assert client.do("membership_set", ifid=out, group="239.4.4.4",
                     filter="exclude", sources=["10.1.0.9"]) is True

    def rows():
        return {r["group"]: (r["mode"], [(s["address"], s["forward"])
                                         for s in r["sources"]])
                for r in router.groups("out1")
                if r["protocol"] == "other" and not r["static"]}
    shown = {"*": ("exclude", []), "239.1.1.1": ("exclude", []),
             "239.2.0.0/16": ("exclude", []),
             "239.3.3.3": ("include", [("10.1.0.1", True),
                                       ("10.1.0.2", True)]),
             "239.4.4.4": ("exclude", [("10.1.0.9", False)]),
             "239.5.5.5": ("include", [("10.1.0.0/24", True)])}
    assert rows() == shown
    client.close()
    until(lambda: toy_state(router, "other") == "lost", 5, "its loss")
    assert rows() == shown, "in its grace time all is in force"


def test_refusals_say_who_has_it_and_what_helps(lab):
    """The interface by its name, its owner, and the remedy."""
    lab.build(2)
    router = lab.start(sentinel=False)
    first, second = Manager(router, "first"), Manager(router, "second")
    one, two = (lab.rtr.ifindex(name) for name in lab.outs)
    assert first.do("interface_take", ifid=one) is True

    def refused(method, **params):
        assert second.do(method, **params) is not True
        return second.why
    second.call("register", protocol=0, name="Third")
    assert second.why == \
        "Third cannot be registered: a name has 1 to 15 characters of a-z, " \
        "0-9 and -"
    second.call("register", protocol=0, name="third", router="blue")
    assert second.why == "there is no router blue: leave it out, or name " \
        "the one that mgm.hello says"
    assert refused("interface_take", ifid=one) == \
        f"interface {one} (out1): it is first's, who has to release or to " \
        "transfer it"
    assert refused("interface_take", ifid=1) == \
        "interface 1 (lo): a loopback interface has no owner"
    assert refused("interface_release", ifid=one) == \
        f"interface {one} (out1): it is first's, not yours: " \
        "take it when it has been released"
    assert refused("membership_add", ifid=one, group="239.1.1.1") == \
        f"group 239.1.1.1 on interface {one} (out1): it is first's, not " \
        "yours: take it when it has been released"
    assert refused("membership_add", ifid=two, group="239.1.1.1") == \
        f"group 239.1.1.1 on interface {two} (out2): nobody is on it: take " \
        "it first"
    assert second.do("interface_take", ifid=two) is True
    assert refused("interface_take", ifid=two) == \
        f"interface {two} (out2): it is yours already"
    assert refused("membership_add", ifid=two, group="224.0.0.5") == \
        f"group 224.0.0.5 on interface {two} (out2): groups are those of " \
        "224.0.0.0/4 without 224.0.0.0/24, sources are unicast, and one of " \
        "both may be a prefix"


def test_monitor_tells_of_clients(lab):
    """They come, are lost, come back, and go: by themselves, and when their
    grace time is over."""
    lab.build(1)
    router = lab.start(sentinel=False)
    monitor, seen = Monitor(router), []
    names = ["client-add", "client-lost", "client-back", "client-del"]

    def then(name, protocol):
        seen.append((name, protocol, 3))
        until(lambda: [(e["event"], e["protocol"], e["component"])
                       for e in monitor.events(*names)] == seen, 5, name)

    first = Manager(router, "other", component=3)
    then("client-add", "other")
    first.close()
    then("client-lost", "other")
    again = Manager(router, "other", component=3, grace_ms=100)
    then("client-back", "other")
    polite = Manager(router, "polite", component=3)
    then("client-add", "polite")
    assert polite.do("deregister") is True
    then("client-del", "polite")
    again.close()
    then("client-lost", "other")
    then("client-del", "other")


def toy_state(router, name):
    return {p["name"]: p["state"] for p in router.json("show", "protocols")
            }.get(name)


def memory(router):
    status = pathlib.Path(f"/proc/{router.daemon.pid}/status").read_text(
        encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0])


def test_a_hundred_megabytes_without_a_newline(lab):
    """One answer, no memory; the others are served meanwhile."""
    lab.build(1)
    router = lab.start(sentinel=False)
    bad, good = router.rpc(), router.rpc()
    assert good.call("mgm.hello", version=1)["result"]["version"] == 1
    before = memory(router)
    for n in range(100):
        bad.raw(b"[" * (1 << 20))
        assert not n % 10 or good.call("mgm.client_next")["result"]
    assert bad.line()["error"]["code"] == -32600
    assert memory(router) < before + 4096
    bad.raw(b"\n")
    assert bad.call("mgm.hello", version=1)["result"]["version"] == 1
    bad.close()
    good.close()


def connect(router):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(str(router.socket))  # waits if the backlog is full
    connection.settimeout(10)
    return connection


def test_a_thousand_connections(lab):
    """Those over the limit hear why; afterwards all is as before."""
    lab.build(1)
    router = lab.start(sentinel=False)
    before = memory(router)
    first = Rpc(router.socket)
    first.call("mgm.hello", version=1)
    crowd = [connect(router) for _ in range(1000)]
    refusals = [c.recv(4096) for c in crowd[100:]]
    assert all(b"ENOSPC" in text for text in refusals)
    assert first.call("mgm.client_next")["result"]
    for connection in crowd:
        connection.close()
    until(lambda: router.json("show", "stats")["control"]["clients"] == 2,
          5, "an end of the crowd")
    assert memory(router) < before + 8192
    first.close()
