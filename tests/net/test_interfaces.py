# SPDX-License-Identifier: GPL-2.0-only
"""Interfaces: attached and detached, gone and back, renamed, large MTU."""

import collections
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

import pytest

import topology
from conftest import SENTINEL, SOURCE
from frames import Capture, check_copy, datagram
from router import BUILD
from test_changes import Stream
from hosts import Member
from topology import until

GROUP = "239.1.1.1"
HERE = pathlib.Path(__file__).resolve().parent


def flags(namespace, interface):
    link = json.loads(namespace.ip("-j", "link", "show", "dev", interface))
    return link[0]["flags"]


def allmulti(namespace, interface):
    link = namespace.ip("-d", "-j", "link", "show", "dev", interface)
    return json.loads(link)[0]["allmulti"]


def xdp(namespace, interface):
    """The kernel's word on what is attached: none, or a mode."""
    link = json.loads(namespace.ip("-j", "link", "show", "dev", interface))
    mode = link[0].get("xdp", {}).get("mode", 0)
    return {0: "none", 1: "native", 2: "generic"}[mode]


def test_attach_without_a_daemon(lab):
    """attach pins and attaches, twice is no error, detach undoes it all."""
    lab.build(1)
    router = lab.router()
    assert xdp(lab.rtr, "in0") == "none"
    assert allmulti(lab.rtr, "in0") == 0
    router.cli("attach", "in0", "out1")
    assert [xdp(lab.rtr, i) for i in ("in0", "out1")] == ["native"] * 2
    assert allmulti(lab.rtr, "in0") == 1
    assert (router.pins / "mfc").exists() and (router.pins / "abi").exists()
    router.cli("attach", "in0")
    assert allmulti(lab.rtr, "in0") == 1, "counted once"
    done = router.cli("-j", "show", "interfaces")
    assert {i["name"]: i["xdp"] for i in json.loads(done.stdout)} == {
        "in0": "native", "out1": "native"}
    router.cli("detach", "in0")
    assert [xdp(lab.rtr, i) for i in ("in0", "out1")] == ["none", "native"]
    assert allmulti(lab.rtr, "in0") == 0
    router.cli("detach", "--all")
    assert xdp(lab.rtr, "out1") == "none"
    assert not router.pins.exists()


def test_allmulti_of_others_stays(lab):
    """detach leaves ALLMULTI on where somebody else had switched it on."""
    lab.build(1)
    router = lab.router()
    lab.rtr.ip("link", "set", "in0", "allmulticast", "on")
    router.cli("attach", "in0")
    router.cli("detach", "in0")
    assert "ALLMULTI" in flags(lab.rtr, "in0")


def test_a_member_of_what_is_attached_is_refused(lab):
    """XDP above excludes XDP below: the message names who and what to do."""
    lab.build(1)
    router = lab.router()
    lab.rtr.ip("link", "add", "br0", "type", "bridge")
    lab.rtr.ip("link", "set", "out1", "master", "br0")
    router.cli("attach", "br0")
    done = router.cli("attach", "out1", check=False)
    assert done.returncode == 1
    assert "attaching XDP to out1: a device above it" in done.stderr
    assert "leave out1 to it" in done.stderr
    assert xdp(lab.rtr, "out1") == "none"
    router.cli("detach", "br0")
    router.cli("attach", "out1")
    assert xdp(lab.rtr, "out1") == "native"


def test_attach_leaves_the_other_flags_alone(lab):
    """A device that comes up while it is being attached stays up."""
    lab.build(1)
    router = lab.router()
    router.cli("attach", "in0")
    lab.rtr.ip("link", "set", "out1", "down")
    attaching = lab.net.start(
        lab.rtr, "strace", "-o", "/dev/null", "-e", "trace=ioctl", "-e",
        "inject=ioctl:delay_exit=300000", BUILD / "xmgm", "-i",
        router.instance, "attach", "out1")
    until(lambda: xdp(lab.rtr, "out1") == "native", 10, "the program")
    lab.rtr.ip("link", "set", "out1", "up")
    assert attaching.wait(timeout=10) == 0
    assert {"UP", "ALLMULTI"} <= set(flags(lab.rtr, "out1"))


def test_attach_and_destroy_at_the_same_time(lab):
    """Loaders wait for each other: all succeed, and nothing is orphaned."""
    lab.build(1)
    router = lab.router()

    def at_once(*commands):
        started = [lab.net.start(lab.rtr, BUILD / "xmgm", "-i",
                                 router.instance, *words)
                   for words in commands]
        return [program.wait(timeout=20) for program in started]

    attach, destroy = ["attach", "in0", "out1"], ["detach", "--all"]
    assert at_once(*[attach] * 4) == [0] * 4
    for _ in range(3):
        at_once(attach, destroy, attach, destroy)
        router.cli(*destroy)
        assert [xdp(lab.rtr, i) for i in ("in0", "out1")] == ["none"] * 2


def test_attach_through_the_daemon(lab):
    """With a daemon the same words work, and detach stops forwarding."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    router.cli("attach", "in0")
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    router.cli("detach", "in0")
    assert xdp(lab.rtr, "in0") == "none"
    lab.send(datagram(SOURCE, GROUP))
    router.cli("attach", "in0", "--mode", "generic")
    assert xdp(lab.rtr, "in0") == "generic"
    lab.settle()
    assert [len(eye.frames(GROUP)) for eye in lab.eyes] == [1, 1]


def test_bpffs_is_mounted_if_it_is_not(lab):
    """attach mounts the BPF file system where none is mounted."""
    lab.build(1)
    router = lab.router()
    subprocess.run(["umount", "/sys/fs/bpf"], check=True)
    try:
        router.cli("attach", "in0")
        kind = subprocess.run(["stat", "-f", "-c", "%T", "/sys/fs/bpf"],
                              check=True, capture_output=True, text=True)
        assert kind.stdout.strip() == "bpf_fs"
        assert (router.pins / "mfc").exists()
    finally:
        if not os.path.ismount("/sys/fs/bpf"):
            topology.mount("bpf", "/sys/fs/bpf", "bpf")


@pytest.fixture(scope="session")
def foreign_object(tmp_path_factory):
    """The other program, compiled."""
    made = tmp_path_factory.mktemp("bpf") / "foreign.o"
    subprocess.run(["clang", "-O2", "-g", "-target", "bpf", "-c",
                    HERE / "foreign.bpf.c", "-o", made], check=True)
    return made


def test_foreign_program_is_refused(lab, foreign_object):
    """An interface that carries someone else's program is left alone."""
    lab.build(1)
    router = lab.router()
    lab.rtr.ip("link", "set", "dev", "in0", "xdpdrv", "obj", foreign_object,
               "sec", "xdp")
    before = json.loads(lab.rtr.ip("-j", "link", "show", "dev", "in0"))
    message = router.refused("attach", "in0")
    assert "in0" in message and "XDP" in message
    after = json.loads(lab.rtr.ip("-j", "link", "show", "dev", "in0"))
    assert after[0]["xdp"] == before[0]["xdp"]
    assert allmulti(lab.rtr, "in0") == 0, "nothing changed"
    assert not router.pins.exists(), "nothing is pinned for nothing"


def test_attached_when_the_other_program_has_gone(lab, foreign_object):
    """What was in the way is called a problem; when it goes, ours comes."""
    lab.build(1)
    router = lab.router()
    lab.rtr.ip("link", "set", "dev", "in0", "xdpdrv", "obj", foreign_object,
               "sec", "xdp")
    router.start(lab.config(), ["out1"])
    assert "another XDP program" in str(router.interface("in0")["problems"])
    lab.rtr.ip("link", "set", "dev", "in0", "xdpdrv", "off")
    until(lambda: router.interface("in0")["xdp"] == "native", 5, "attached")
    until(lambda: not router.interface("in0")["problems"], 5, "no problem")


def take_off(lab, interface):
    lab.rtr.ip("link", "set", "dev", interface, "xdp", "off")


def test_a_program_taken_off_by_others_is_attached_again(lab):
    """Five times in ten minutes; then it is a problem, until a command."""
    lab.build(1)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", ["out1"]))
    for n in range(5):
        take_off(lab, "in0")
        until(lambda: xdp(lab.rtr, "in0") == "native", 5, "attached again")
        until(lambda n=n: router.log_text().count("not by xmgm") == n + 1, 5,
              "a warning")
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    assert len(lab.eyes[0].frames(GROUP)) == 1
    assert not router.interface("in0")["problems"]
    take_off(lab, "in0")
    until(lambda: "taken off" in str(router.interface("in0")["problems"]), 5,
          "a problem")
    command = f"xmgm -i {router.instance}"
    assert f"`{command} detach in0`" in router.log_text()
    assert f"`{command} attach in0`" in str(router.interface("in0"))
    assert xdp(lab.rtr, "in0") == "none"
    router.cli("attach", "in0")
    assert not router.interface("in0")["problems"]
    take_off(lab, "in0")
    until(lambda: xdp(lab.rtr, "in0") == "native", 5, "counted anew")


def test_what_is_detached_stays_detached(lab):
    """Without the daemon's knowledge, too, as it is xmgm that does it."""
    lab.build(1)
    router = lab.start()
    router.cli("-s", "/nonexistent/socket", "detach", "out1")
    until(lambda: router.interface("out1")["problems"], 5, "a problem")
    reload(router)
    until(lambda: xdp(lab.rtr, "out1") == "native", 5, "attached by a reload")
    router.cli("detach", "out1")
    assert xdp(lab.rtr, "out1") == "none"


def test_pins_removed_by_hand(lab):
    """The next daemon knows its own programs and puts new ones there."""
    lab.build(1)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", ["out1"]))
    shutil.rmtree(router.pins)
    router.stop()
    router.start(None, ["in0", "out1"])
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    assert len(lab.eyes[0].frames(GROUP)) == 1
    router.stop()
    shutil.rmtree(router.pins)
    router.cli("detach", "--all")
    assert [xdp(lab.rtr, i) for i in ("in0", "out1")] == ["none"] * 2
    assert allmulti(lab.rtr, "in0") == 0


@pytest.mark.load
def test_interface_deleted_and_made_again(lab):
    """Others lose nothing meanwhile; its routes come back by themselves."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    count = 60000
    stream = Stream(lab, lab.receivers[:1], count)
    until(lambda: lab.eyes[1].frames(GROUP), 5, "packets at r2")
    lab.rtr.ip("link", "del", "out2")
    until(lambda: router.mroute(SOURCE, GROUP)["oifs"] == ["out1"], 5,
          "a route without out2")
    assert not router.interface("out2") or \
        router.interface("out2")["xdp"] == "none"
    again(lab, router, 2)
    result = stream.result(lab.receivers[0])
    assert (result["lost"], result["duplicates"]) == (0, 0)
    assert router.mroute(SOURCE, GROUP)["packets"] == count
    lab.eyes[1].clear()  # makes room
    sent = datagram(SOURCE, GROUP, b"again")
    lab.send(sent)
    lab.settle()
    check_copy(sent, lab.eyes[1].frames(GROUP)[-1], lab.rtr.mac("out2"))


def again(lab, router, k):
    """Makes the link of receiver k anew, with new MACs and ifindex."""
    host, name = lab.receivers[k - 1], f"out{k}"
    lab.net.link(lab.rtr, name, host, "r0")
    lab.net.gro(host, "r0")
    lab.rtr.ip("addr", "add", f"10.2.{k}.254/24", "dev", name)
    host.ip("addr", "add", f"10.2.{k}.1/24", "dev", "r0")
    lab.eyes[k - 1] = lab.keep(Capture(host, "r0"))
    until(lambda: (router.interface(name) or {}).get("xdp") == "native", 5,
          f"{name} attached again")
    until(lambda: name in router.mroute(SOURCE, GROUP)["oifs"], 5,
          f"a route with {name}")


def test_iif_deleted_and_made_again(lab):
    """The incoming interface may go and come, too."""
    lab.build(1)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", ["out1"]))
    lab.send(datagram(SOURCE, GROUP, b"before"))
    lab.settle()
    lab.rtr.ip("link", "del", "in0")
    until(lambda: (router.interface("in0") or {"xdp": "none"})["xdp"] ==
          "none", 5, "no in0")
    lab.net.link(lab.src, "src0", lab.rtr, "in0")
    lab.rtr.ip("addr", "add", "10.1.0.254/24", "dev", "in0")
    lab.sender = lab.keep(type(lab.sender)(lab.src, "src0"))
    until(lambda: (router.interface("in0") or {}).get("xdp") == "native", 5,
          "in0 attached again")
    until(lambda: (router.mroute(SOURCE, GROUP) or {}).get("state") ==
          "forwarding", 5, "the route")
    until(lambda: (router.mroute(*SENTINEL) or {}).get("state") ==
          "forwarding", 5, "the sentinel's route")
    lab.send(datagram(SOURCE, GROUP, b"after"))
    lab.settle()
    assert len(lab.eyes[0].frames(GROUP)) == 2


def test_renamed_interface(lab):
    """A route follows names: away with the name, back with the name."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    rename(lab.rtr, "out2", "lan2")
    until(lambda: router.mroute(SOURCE, GROUP)["oifs"] == ["out1"], 5,
          "a route without the name")
    rename(lab.rtr, "lan2", "out2")
    until(lambda: router.mroute(SOURCE, GROUP)["oifs"] == lab.outs, 5,
          "a route with the name again")
    until(lambda: router.interface("out2")["xdp"] == "native", 5, "attached")
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    assert [len(eye.frames(GROUP)) for eye in lab.eyes] == [1, 1]


def rename(namespace, old, new):
    namespace.ip("link", "set", old, "down")
    namespace.ip("link", "set", old, "name", new)
    namespace.ip("link", "set", new, "up")


def test_oif_down_and_up(lab):
    """A down oif gets nothing and is called a problem; up it gets copies."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    lab.rtr.ip("link", "set", "out2", "down")
    until(lambda: router.interface("out2")["problems"], 5, "a problem shown")
    lab.send(datagram(SOURCE, GROUP))
    lab.settle(lab.eyes[0])
    lab.rtr.ip("link", "set", "out2", "up")
    until(lambda: router.mroute(SOURCE, GROUP)["oifs"] == lab.outs, 5,
          "out2 in the route")
    until(lambda: not router.interface("out2")["problems"], 5, "no problem")
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    assert [len(eye.frames(GROUP)) for eye in lab.eyes] == [2, 1]


def test_changed_mac_is_used(lab):
    """Copies carry the oif's MAC as it is now."""
    lab.build(1)
    lab.start(lab.mroute(SOURCE, GROUP, "in0", ["out1"]))
    lab.rtr.ip("link", "set", "out1", "address", "02:00:00:00:77:01")
    sent = datagram(SOURCE, GROUP)

    def arrives_with_new_mac():
        lab.send(sent)
        lab.settle()
        frame = lab.eyes[0].frames(GROUP)[-1]
        return frame[6:12] == bytes.fromhex("020000007701")

    until(arrives_with_new_mac, 5, "the new MAC")
    check_copy(sent, lab.eyes[0].frames(GROUP)[-1], lab.rtr.mac("out1"))


def test_receiver_without_napi_is_a_problem(lab):
    """An oif that takes no redirected frames is named, with the remedy."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    assert router.interface("out1")["problems"] == []
    lab.receivers[0].run("ethtool", "-K", "r0", "gro", "off")
    until(lambda: router.interface("out1")["problems"], 5, "a problem shown")
    assert "gro" in str(router.interface("out1")["problems"])
    lab.net.gro(lab.receivers[0], "r0")
    until(lambda: not router.interface("out1")["problems"], 5, "no problem")
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    assert [len(eye.frames(GROUP)) for eye in lab.eyes] == [1, 1]


def test_large_mtu(lab):
    """At MTU 9000: attached natively, 6000 bytes reach the one oif of a
    route by XDP, and those of two by the clone path."""
    lab.build(2, mtu=9000)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", ["out1"]) +
                       lab.mroute(SOURCE, "239.1.1.2", "in0", lab.outs))
    assert [xdp(lab.rtr, i) for i in ("in0", "out1")] == ["native"] * 2
    body = bytes(n % 253 for n in range(5972))
    sent = [datagram(SOURCE, GROUP, body, id=n) for n in range(20)]
    lab.send(*sent)
    lab.settle()
    got = lab.eyes[0].frames(GROUP)
    assert len(got) == 20
    for before, after in zip(sent, got):
        check_copy(before, after, lab.rtr.mac("out1"))
    lab.send(*[datagram(SOURCE, "239.1.1.2", body)] * 5)
    lab.send(datagram(SOURCE, "239.1.1.2", b"small"))
    for eye in lab.eyes:
        until(lambda e=eye: len(e.frames("239.1.1.2")) == 6, 5, "all of them")
    assert router.verdicts()["cloned"] == 5
    assert router.verdicts()["multibuf"] == 0


def test_oif_with_a_smaller_mtu_is_a_problem(lab):
    """An oif that cannot carry what its iif brings is named."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    lab.rtr.ip("link", "set", "out1", "mtu", "1000")
    until(lambda: router.interface("out1")["problems"], 5, "a problem shown")
    assert "MTU" in str(router.interface("out1")["problems"]).upper()


def test_late_interface(lab):
    """An interface of the configuration may appear after the daemon."""
    lab.build(1)
    router = lab.router()
    router.start(lab.config('interface "late0" { mode = native }\n' +
                            lab.mroute(SOURCE, GROUP, "in0",
                                       ["out1", "late0"])), ["in0", "out1"])
    assert "late0" in router.log_text(), "a warning"
    host = lab.net.namespace("late")
    lab.net.link(lab.rtr, "late0", host, "r0")
    lab.net.gro(host, "r0")
    eye = lab.keep(Capture(host, "r0"))
    until(lambda: router.mroute(SOURCE, GROUP)["oifs"] ==
          ["out1", "late0"], 5, "the route with late0")
    until(lambda: xdp(lab.rtr, "late0") == "native", 5, "attached")
    sent = datagram(SOURCE, GROUP)
    lab.send(sent)
    lab.settle()
    check_copy(sent, eye.frames(GROUP)[0], lab.rtr.mac("late0"))


def netlink_drops(lab, pid):
    """Messages that the kernel could not deliver to this process."""
    table = lab.rtr.run("cat", "/proc/net/netlink").stdout.splitlines()
    column = table[0].split().index("Drops")
    return sum(int(line.split()[column]) for line in table[1:]
               if line.split()[2] == str(pid))


def test_lost_link_messages(lab):
    """When the kernel's messages overflow, everything is asked anew."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", lab.outs))
    batch = lab.directory / "batch"
    batch.write_text("".join(
        f"link add x{n} type veth peer name y{n}\nlink del x{n}\n"
        for n in range(100)), encoding="utf-8")
    router.daemon.send_signal(signal.SIGSTOP)
    try:
        lab.rtr.ip("-batch", batch)
        lab.rtr.ip("link", "del", "out2")
        lab.net.link(lab.rtr, "out2", lab.receivers[1], "r0")
        lab.net.gro(lab.receivers[1], "r0")
        lab.rtr.ip("link", "set", "out1", "address", "02:00:00:00:88:01")
        assert netlink_drops(lab, router.daemon.pid) > 0
    finally:
        router.daemon.send_signal(signal.SIGCONT)
    lab.eyes[1] = lab.keep(Capture(lab.receivers[1], "r0"))
    until(lambda: (router.interface("out2") or {}).get("xdp") == "native" and
          router.interface("out2")["ifid"] == lab.rtr.ifindex("out2"), 10,
          "the new out2 attached")
    until(lambda: router.mroute(SOURCE, GROUP)["oifs"] == lab.outs, 10,
          "both oifs")
    assert not [i for i in router.json("show", "interfaces")
                if i["name"][0] in "xy"]
    sent = datagram(SOURCE, GROUP)
    lab.send(sent)
    lab.settle()
    for k, eye in enumerate(lab.eyes):
        check_copy(sent, eye.frames(GROUP)[0], lab.rtr.mac(f"out{k + 1}"))


def descriptors(pid):
    """What a process has open, by kind: "anon_inode:bpf-map" and so on."""
    kinds = collections.Counter()
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            kinds[os.readlink(fd).split("[")[0]] += 1
        except FileNotFoundError:
            pass  # closed meanwhile
    return kinds


def look(router, count):
    """Asks for all interfaces that often, without waiting for answers."""
    rpc = router.rpc(timeout=40)  # of sendall: for all of them
    request = b'{"jsonrpc":"2.0","id":1,"method":"show.interfaces"}\n'
    writer = threading.Thread(target=rpc.raw, args=(request * count,))
    writer.start()
    rows = [rpc.line()["result"] for _ in range(count)]
    writer.join()
    rpc.close()
    return rows


def reload(router):
    done = "was read again"
    before = router.log_text().count(done)
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: router.log_text().count(done) > before, 30, "a reload")


def at_rest(pid):
    """What a process has open when nothing is under way: once a second the
    daemon fills its pool of sets and syncs its journal, by descriptors that
    are more, or gone again, a moment later."""
    last, since = descriptors(pid), time.monotonic()

    def unchanged():
        nonlocal last, since
        now = descriptors(pid)
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since > 2.5

    until(unchanged, 60, "a daemon at rest")
    return last


def test_looking_and_changing_leave_no_descriptors_behind(lab):
    """Requests, reloads, flaps, attaching and detaching: as many are open
    afterwards as before, of each kind."""
    lab.build(3)
    router = lab.start()

    def all_attached():
        return [i["xdp"] for i in router.json("show", "interfaces")] == [
            "native"] * 4

    until(all_attached, 30, "everything attached")
    before = at_rest(router.daemon.pid)
    for rows in look(router, 10000):
        assert [i["xdp"] for i in rows] == ["native"] * 4
    for n in range(200):
        reload(router)
        for state in "down", "up":
            lab.rtr.ip("link", "set", f"out{n % 3 + 1}", state)
    rpc = router.rpc()
    for _ in range(30):
        assert "result" in rpc.call("detach", interfaces=["out1"])
        assert "result" in rpc.call("attach", interfaces=["out1"])
    rpc.close()
    lab.net.link(lab.rtr, "new0", lab.receivers[0], "new1")
    lab.rtr.ip("link", "del", "new0")
    until(lambda: all_attached() and
          descriptors(router.daemon.pid) == before, 30,
          f"the descriptors of before: {before}")
