# SPDX-License-Identifier: GPL-2.0-only
"""The daemon itself: the reverse path by the kernel's routes, the bounds of
the control socket, privileges, reloads.

                    .254 in0  10.1.0.0/24 ------------ src (10.1.0.1)
  10.9.0.0/24 via two gateways: 10.1.0.1 on in0 and 10.2.1.1 on out1
"""

import json
import os
import pathlib
import re
import signal
import socket
import threading
import time

import pytest

from frames import datagram
from router import BUILD, Rpc
from topology import until

GROUP = "239.7.1.1"
FAR = "10.9.0.5"


def iif(router, source=FAR):
    found = router.mroute(source, GROUP)
    return found and found["iif"]


def start_igmp(lab, extra=""):
    """IGMP owns every interface, hosts' joins are made by static."""
    text = "".join(f'interface "{name}" {{ igmp {{ }} }}\n'
                   for name in ["in0", *lab.outs])
    router = lab.router()
    router.start(text + extra, ["in0", *lab.outs])
    return router


def test_reverse_path_of_equal_cost_routes(lab):
    """The highest next-hop address wins; changes of routes are followed."""
    lab.build(2)
    lab.rtr.ip("route", "add", "10.9.0.0/24",
               "nexthop", "via", "10.1.0.1", "nexthop", "via", "10.2.1.1")
    router = start_igmp(lab)
    router.cli("join", "out2", GROUP)
    lab.send(datagram(FAR, GROUP, b"one"))
    until(lambda: iif(router) == "out1", 5, "the leg with 10.2.1.1")
    lab.rtr.ip("route", "replace", "10.9.0.0/24", "via", "10.1.0.1")
    until(lambda: iif(router) == "in0", 5, "the only leg left")
    lab.send(datagram(FAR, GROUP, b"two"))
    until(lambda: router.mroute(FAR, GROUP)["packets"], 5, "a packet counted")
    lab.rtr.ip("route", "add", "10.9.0.0/25", "via", "10.2.1.1")
    until(lambda: iif(router) == "out1", 5, "the longer prefix")
    lab.rtr.ip("link", "set", "out1", "down")
    until(lambda: iif(router) == "in0", 5, "the leg that is up")


def test_any_leg_keeps_the_one_it_was_heard_on(lab):
    """rpf { any-leg }: the arrival interface, if it is one of the legs."""
    lab.build(2)
    lab.rtr.ip("route", "add", "10.9.0.0/24",
               "nexthop", "via", "10.1.0.1", "nexthop", "via", "10.2.1.1")
    router = start_igmp(lab, "rpf { any-leg = true }\n")
    router.cli("join", "out2", GROUP)
    lab.send(datagram(FAR, GROUP, b"one"))
    until(lambda: iif(router) == "in0", 5, "the leg it came by")
    lab.rtr.ip("route", "add", "10.10.0.0/24", "via", "10.2.1.1")
    until(lambda: router.json("show", "protocols"), 5, "an answer")
    assert iif(router) == "in0"


def test_source_without_a_route_is_not_forwarded(lab):
    lab.build(1)
    router = start_igmp(lab)
    router.cli("join", "out1", GROUP)
    lab.send(datagram("172.31.9.9", GROUP, b"one"))
    until(lambda: router.json("show", "stats")["manager"]["no_rib_route"], 5,
          "a flow without a route")
    assert not lab.eyes[0].frames(GROUP)


def lines(path, method, **params):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(str(path))
    client.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                               "params": params}).encode() + b"\n")
    return client


NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def test_clients_are_bounded(lab):
    """The one too many is told why, the others go on, root has places left."""
    lab.build(1)
    router = lab.start("limits { clients = 4 }\n")
    os.chmod(router.socket, 0o666)
    clients = [Rpc(router.socket) for _ in range(4)]
    for rpc in clients:
        assert "result" in rpc.call("show.protocols")
    late = lab.rtr.run(*NOBODY, BUILD / "xmgm", "-i", router.instance, "show",
                       "protocols", check=False)
    assert late.returncode == 1
    assert "all 4 places" in late.stderr and "clients" in late.stderr
    assert "refused" in router.log_text()
    assert router.json("show", "protocols")
    assert "clients" in router.refused("monitor")
    extra = [Rpc(router.socket) for _ in range(4)]
    assert "kept for root" in router.refused("show", "protocols")
    for rpc in extra:
        rpc.close()
    clients.pop().close()
    until(lambda: lab.rtr.run(
        *NOBODY, BUILD / "xmgm", "-i", router.instance, "show", "protocols",
        check=False).returncode == 0, 5, "room again")
    stats = clients[0].call("show.stats")["result"]["control"]
    assert stats["clients_refused"] >= 2
    for rpc in clients:
        rpc.close()


def test_a_monitor_that_does_not_read_is_closed(lab):
    """It costs bounded memory, is counted, and disturbs nobody."""
    lab.build(1)
    router = lab.start()
    slow = lines(router.socket, "monitor")
    rpc = router.rpc()

    def busy():
        for n in range(200):
            for method in "mroute.add", "mroute.del":
                rpc.call(method, source="10.1.0.7", group=f"239.8.0.{n}",
                         **({"from": "in0", "to": ["out1"]}
                            if method == "mroute.add" else {}))
        return rpc.call("show.stats")["result"]["control"]["monitors_dropped"]

    until(busy, 50, "the monitor dropped")
    slow.settimeout(10)
    while slow.recv(1 << 20):
        pass  # what was sent before, then the end
    slow.close()
    rpc.close()


def memory(router):
    """What the daemon has resident, in KiB.

    A sanitizer keeps what is freed: there the daemon's own count must do.
    """
    status = pathlib.Path(f"/proc/{router.daemon.pid}/status")
    size = dict(line.split(":", 1) for line in
                status.read_text(encoding="ascii").splitlines())
    if int(size["VmSize"].split()[0]) > 1 << 32:
        return router.json("show", "stats")["control"]["bytes_waiting"] >> 10
    return int(size["VmRSS"].split()[0])


def test_stopped_monitors_cost_little(lab):
    """Fifty of them, and more events than the first may be behind."""
    lab.build(1)
    router = lab.start()
    slow = [lines(router.socket, "monitor") for _ in range(50)]
    rpc = router.rpc()
    before = memory(router)

    def busy():
        rpc.raw(b"".join(json.dumps({
            "jsonrpc": "2.0", "id": 1, "method": method,
            "params": {"interface": "out1", "group": f"239.8.0.{n}"}
        }).encode() + b"\n" for n in range(250) for method in ("join",
                                                               "leave")))
        for _ in range(500):
            rpc.line()
        return rpc.call("show.stats")["result"]["control"]["monitors_dropped"]

    until(lambda: busy() == 50, 50, "the monitors dropped")
    assert memory(router) - before < 16 << 10
    assert "process" in router.log_text()
    for monitor in slow:
        monitor.close()
    rpc.close()


def test_long_lists_that_nobody_reads_cost_little(lab):
    """Eight clients ask for 20,000 groups, joins and routes, and wait."""
    lab.build(1)
    router = lab.start()
    count = 20000
    rpc = router.rpc()

    def send():
        for n in range(count):
            rpc.raw(json.dumps({
                "jsonrpc": "2.0", "id": n, "method": "join",
                "params": {"interface": "out1", "group":
                           f"239.9.{n // 250}.{n % 250}"}}).encode() + b"\n")

    writer = threading.Thread(target=send)
    writer.start()
    answers = [rpc.line() for _ in range(count)]
    writer.join()
    assert not [a for a in answers if "error" in a]
    before = memory(router)
    silent = [lines(router.socket, method) for _ in range(4)
              for method in ("show.groups", "show.config")]
    for _ in range(20):
        assert "result" in rpc.call("show.protocols")
    assert memory(router) - before < 8 << 10
    for client, path in zip(silent, ([], ["joins"]) * 4):
        rows = json.loads(client.makefile("rb").readline())["result"]
        for key in path:
            rows = rows[key]
        listed = [r["group"] for r in rows if r["group"][:6] == "239.9."]
        assert len(listed) == len(set(listed)) == count
        client.close()
    rpc.close()


def test_many_routes_are_listed_while_others_are_served(lab):
    """20,000 routes: all of them, in order, and nobody waits long."""
    lab.build(2)
    router = lab.start()
    count = 20000
    rpc = router.rpc()

    def send():
        for n in range(count):
            rpc.raw(json.dumps({
                "jsonrpc": "2.0", "id": n, "method": "mroute.add",
                "params": {"source": f"10.1.{n % 200}.{n // 200 % 100 + 1}",
                           "group": f"239.9.{n // 20 % 250}.{n % 20}",
                           "from": "in0", "to": ["out1"]}}).encode() + b"\n")

    writer = threading.Thread(target=send)
    writer.start()
    answers = [rpc.line() for _ in range(count)]
    writer.join()
    assert not [a for a in answers if "error" in a]
    distinct = {(f"10.1.{n % 200}.{n // 200 % 100 + 1}",
                 f"239.9.{n // 20 % 250}.{n % 20}") for n in range(count)}
    big = lines(router.socket, "show.mroute")
    slowest = 0
    for _ in range(20):
        start = time.monotonic()
        rpc.call("show.protocols")
        slowest = max(slowest, time.monotonic() - start)
    rows = json.loads(big.makefile("rb").readline())["result"]
    big.close()
    rpc.close()
    assert slowest < 1
    listed = [(r["source"], r["group"]) for r in rows
              if r["group"].startswith("239.9.")]
    assert len(listed) == len(distinct) and set(listed) == distinct
    keys = [tuple(socket.inet_aton(a) for a in (r["group"], r["source"]))
            for r in rows if r["source"] != "*"]
    assert keys == sorted(keys)


def test_events_while_a_list_is_sent(lab):
    """One connection may monitor and list: lines are never mixed."""
    lab.build(1)
    router = lab.start()
    rpc = router.rpc()
    for n in range(2000):
        rpc.call("mroute.add", source="10.1.0.7",
                 group=f"239.8.{n // 250}.{n % 250}",
                 **{"from": "in0", "to": ["out1"]})
    client = lines(router.socket, "monitor")
    stream = client.makefile("rb")
    assert json.loads(stream.readline())["id"] == 1, "it monitors"
    client.sendall(b'{"jsonrpc":"2.0","id":2,"method":"show.mroute"}\n')
    for n in range(50):
        rpc.call("mroute.del", source="10.1.0.7", group=f"239.8.0.{n}")
    events, rows = 0, None
    while rows is None or events < 50:
        line = json.loads(stream.readline())
        events += line.get("method") == "event"
        if line.get("id") == 2:
            rows = line["result"]
    assert len(rows) >= 1950
    client.close()
    rpc.close()


def test_privileges_are_dropped(lab):
    """NET_ADMIN, NET_RAW, SYS_ADMIN, PERFMON, BPF and no other are left."""
    lab.build(1)
    router = lab.start()
    kept = sum(1 << bit for bit in (12, 13, 21, 38, 39))
    status = dict(line.split(":\t", 1) for line in open(
        f"/proc/{router.daemon.pid}/status", encoding="ascii"))
    for which in "CapEff", "CapPrm", "CapBnd":
        assert int(status[which], 16) & ~kept == 0, which
    assert int(status["CapEff"], 16) == kept


def capabilities(router):
    status = dict(line.split(":\t", 1) for line in open(
        f"/proc/{router.daemon.pid}/status", encoding="ascii"))
    assert status["NoNewPrivs"].strip() == "1"
    return {which: int(status[which], 16)
            for which in ("CapEff", "CapPrm", "CapInh", "CapAmb")}


@pytest.mark.parametrize("lacks", ["setpcap", "perfmon"])
def test_privileges_are_dropped_by_whoever_lacks_some(lab, lacks):
    """Of those to be kept, too; nothing that is dropped can come back."""
    lab.build(1)
    router = lab.router()
    router.write_config(lab.config())
    router.daemon = router.start_daemon(before=[
        "setpriv", f"--bounding-set=-{lacks}", "--inh-caps=-all"])
    until(router.socket.exists, 20, "the socket")
    until(lambda: router.interface("in0")["xdp"] == "native", 5, "attached")
    kept = sum(1 << bit for bit in (12, 13, 21, 39))
    if lacks != "perfmon":
        kept |= 1 << 38
    assert capabilities(router) == {"CapEff": kept, "CapPrm": kept,
                                    "CapInh": 0, "CapAmb": 0}


def test_no_daemon_with_privileges_it_cannot_drop(lab):
    lab.build(1)
    router = lab.router()
    router.write_config(lab.config())
    assert router.start_daemon(before=[
        "strace", "-f", "-o", "/dev/null", "-e", "trace=capset", "-e",
        "inject=capset:error=EPERM"]).wait(timeout=20) == 1
    assert "cannot be given up" in router.log_text()
    assert "xdp" not in lab.rtr.ip("link", "show", "dev", "in0")


@pytest.fixture
def cgroup():
    """24 MB for the processes in it."""
    for root, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
                        ("/sys/fs/cgroup", "memory.max")):
        group = pathlib.Path(root, f"xmgm-t-{os.getpid()}")
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / limit).write_text(str(24 << 20), encoding="ascii")
            yield group
            return
        except OSError:
            pass
        finally:
            group.rmdir()
    pytest.skip("no cgroup here limits memory")


def test_too_little_memory_is_said_to_be_that(lab, cgroup):
    """What the maps take and where to allow more; not the kernel's age."""
    lab.build(1)
    router = lab.router()
    router.write_config(lab.config())
    assert router.start_daemon(before=[
        "sh", "-c", 'echo $$ > "$0"/cgroup.procs && exec "$@"',
        cgroup]).wait(timeout=20) == 1
    log = router.log_text()
    assert "not enough memory" in log and "MemoryMax=" in log
    assert 40 < int(re.search(r"about (\d+) MB", log)[1]) < 200
    assert "newer" not in log
    assert not router.pins.exists()


def needed(router):
    """The number of descriptors that the log asks for; None: none."""
    found = re.search(r"(\d+) file descriptors are needed", router.log_text())
    return int(found[1]) if found else None


@pytest.mark.parametrize("allowed", [32, 64, 400])
def test_too_few_descriptors_are_refused_at_start(lab, allowed):
    """With the number that is needed, nothing attached and nothing pinned."""
    lab.build(1)
    router = lab.router()
    router.write_config(lab.config())
    assert router.start_daemon(before=[
        "prlimit", f"--nofile={allowed}:{allowed}"]).wait(timeout=20) == 1
    assert needed(router) > 4096, "oif sets alone"
    assert not router.pins.exists()


def test_as_many_descriptors_as_are_asked_for_suffice(lab):
    """The soft limit is raised; every oif set and every client has one."""
    lab.build(6)
    router = lab.router()
    limits = "limits { oif-sets = 64 clients = 20 }\n"
    router.write_config(limits + lab.config())
    assert router.start_daemon(before=[
        "prlimit", "--nofile=16:40"]).wait(timeout=20) == 1
    router.daemon = router.start_daemon(before=[
        "prlimit", f"--nofile=16:{needed(router)}"])
    until(lambda: router.socket.exists(), 20, "the socket")
    clients = [router.rpc() for _ in range(19)]
    for n in range(1, 58):
        router.cli("mroute", "add", "10.1.0.1", f"239.1.2.{n}", "from", "in0",
                   "to", *[oif for k, oif in enumerate(lab.outs)
                           if n >> k & 1])
    assert [len(rpc.call("show.interfaces")["result"])
            for rpc in clients] == [7] * 19
    router.cli("detach", "in0")
    router.cli("attach", "in0")
    lab.send(datagram("10.1.0.1", "239.1.2.21", b"one"))
    until(lambda: lab.eyes[4].frames("239.1.2.21"), 5, "a copy")
    assert "Too many open files" not in router.log_text()
    for rpc in clients:
        rpc.close()


def test_a_reload_cannot_ask_for_more_descriptors_than_there_are(lab):
    lab.build(1)
    router = lab.router()
    limits = "limits { oif-sets = 64 clients = 4 }\n"
    router.write_config(limits + lab.config())
    assert router.start_daemon(before=[
        "prlimit", "--nofile=40:40"]).wait(timeout=20) == 1
    enough = needed(router)
    router.daemon = router.start_daemon(before=[
        "prlimit", f"--nofile={enough}:{enough}"])
    until(lambda: router.socket.exists(), 20, "the socket")
    router.write_config(limits.replace("clients = 4", "clients = 5") +
                        lab.config())
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: f"{enough + 1} file descriptors are needed" in
          router.log_text(), 5, "a refusal")
    assert "was not changed" in router.log_text()


def test_socket_is_for_its_group_only(lab):
    lab.build(1)
    router = lab.start()
    assert router.socket.stat().st_mode & 0o777 == 0o660


def mode(path):
    return path.stat().st_mode & 0o777


def test_what_the_daemon_keeps_is_for_it_alone(lab):
    """Lock and commands: nobody else may read them, nor hold the lock."""
    lab.build(1)
    router = lab.router()
    router.commands.write_text("", encoding="ascii")
    router.commands.chmod(0o644)
    router.start(lab.config(), ["in0"])
    assert mode(router.commands) == 0o600, "what somebody has left"
    router.cli("join", "out1", GROUP)
    assert GROUP in router.commands.read_text(encoding="ascii")
    lock = pathlib.Path(f"{router.socket}.lock")
    assert [mode(path) for path in (lock, router.commands)] == [0o600] * 2


NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def test_nobody_else_can_keep_the_daemon_from_starting(lab):
    """By a lock on the file of an older version, which all could open."""
    lab.build(1)
    router = lab.router()
    lock = pathlib.Path(f"{router.socket}.lock")
    lock.touch()
    lock.chmod(0o644)
    holder = lab.net.start(lab.rtr, *NOBODY, "flock", "-s", lock, "sleep",
                           "60")
    until(lambda: lab.rtr.run("flock", "-n", lock, "true",
                              check=False).returncode, 5, "the lock held")
    router.start(lab.config(), ["in0"])
    assert mode(lock) == 0o600
    assert lab.rtr.run(*NOBODY, "flock", "-n", lock, "true",
                       check=False).returncode
    router.stop()
    router.start(None, ["in0"])
    assert holder.poll() is None


def test_the_lock_of_an_older_daemon_counts(lab):
    """Also if all could open its file: two would disturb each other."""
    lab.build(1)
    router = lab.start()
    lock = pathlib.Path(f"{router.socket}.lock")
    lock.chmod(0o644)
    second = router.start_daemon()
    assert second.wait(timeout=20) == 1
    assert f"(pid {router.daemon.pid})" in router.log_text()
    assert router.json("show", "protocols")


@pytest.mark.parametrize("options", [[], ["-s", "/run/xmgm/other.sock"]])
def test_one_daemon_an_instance(lab, options):
    """By the socket, and by the pins when the socket is another one."""
    lab.build(1)
    router = lab.start()
    second = router.start_daemon(*options)
    assert second.wait(timeout=20) == 1
    assert f"instance {router.instance}" in router.log_text()
    assert router.json("show", "protocols")
    lab.settle()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_said_by_command_outlives_the_daemon(lab, number):
    """Routes, joins and takes; and what is taken back stays so."""
    lab.build(3)
    router = start_igmp(lab)
    router.cli("mroute", "add", "10.1.0.1", GROUP, "from", "in0", "to", "out1")
    router.cli("join", "out2", "239.7.1.2", "10.1.0.1")
    router.cli("join", "out2", "239.7.1.3")
    router.cli("leave", "out2", "239.7.1.3")
    router.cli("owner", "take", "out3", "static")
    lab.send(datagram("10.1.0.1", "239.7.1.2", b"one"))
    until(lambda: lab.eyes[1].frames("239.7.1.2"), 5, "a packet by the join")
    router.stop(number)
    router.start(None, ["in0"])
    for _ in range(20):
        lab.send(datagram("10.1.0.1", "239.7.1.2", b"two"))
    until(lambda: len(lab.eyes[1].frames("239.7.1.2")) == 21, 5,
          "all packets by the join")
    assert router.mroute("10.1.0.1", GROUP)["oifs"] == ["out1"]
    assert router.interface("out3")["owner"] == "static"
    assert [g["group"] for g in router.groups("out2") if g["static"]] == [
        "239.7.1.2"]
    assert router.groups("out1")[0]["group"] == GROUP


def test_a_join_by_command_and_by_configuration(lab):
    """It has two reasons: without the one in the file it is still there."""
    lab.build(1)
    router = start_igmp(lab)
    without = router.config.read_text(encoding="utf-8")
    router.write_config(without + 'join { interface = "out1" '
                        'group = "239.7.1.2" }\n')
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: router.groups("out1", "239.7.1.2"), 5, "the join")
    router.cli("join", "out1", "239.7.1.2")
    router.stop()
    router.start(without, ["in0"])
    until(lambda: router.groups("out1", "239.7.1.2"), 5, "the join again")
    assert [j["origin"] for j in router.json("show", "config")["joins"]
            if j["group"] == "239.7.1.2"] == ["command"]


def test_lost_netlink_messages_are_made_up_for(lab, tmp_path):
    """ENOBUFS: everything is dumped again, and what was missed is done."""
    lab.build(2)
    router = lab.start(lab.mroute("10.1.0.1", GROUP, "in0", lab.outs))
    batch = tmp_path / "batch"
    batch.write_text("".join(f"link set dev out2 mtu {1400 + n % 100}\n"
                             for n in range(15000)), encoding="utf-8")
    router.daemon.send_signal(signal.SIGSTOP)
    lab.rtr.run("ip", "-batch", batch)
    lab.rtr.ip("link", "set", "out1", "mtu", "1300")
    lab.rtr.ip("link", "del", "out2")
    router.daemon.send_signal(signal.SIGCONT)
    until(lambda: "messages were lost" in router.log_text(), 10, "the loss")
    until(lambda: router.interface("out1")["mtu"] == 1300, 5, "the new MTU")
    until(lambda: router.mroute("10.1.0.1", GROUP)["oifs"] == ["out1"], 5,
          "a route without out2")
    lab.send(datagram("10.1.0.1", GROUP, b"one"))
    until(lambda: lab.eyes[0].frames(GROUP), 5, "a copy")
    lab.rtr.ip("link", "set", "out1", "mtu", "1310")
    until(lambda: router.interface("out1")["mtu"] == 1310, 5,
          "what is told after the loss")


def test_wrong_if_reports_follow_a_reload(lab):
    """The flag in the map: WRONG_IF_UPCALLS is 2, PARTIAL_CSUM 1 (veth);
    CLONES, which is 8, stays."""
    lab.build(1)
    router = lab.start()

    def flags():
        return {item["key"]: item["value"]["flags"]
                for item in router.dump("interfaces")}[
                    lab.rtr.ifindex("in0")]

    assert flags() == 11
    router.write_config(lab.config().replace(
        'interface "in0" {', 'interface "in0" { wrong-if-reports = false'))
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: flags() == 9, 5, "the flag gone")


@pytest.mark.parametrize("compat", [1, 0])
def test_reverse_path_by_nexthop_objects(lab, compat):
    """Also where the kernel tells only their ids; and when one changes."""
    lab.build(2)
    lab.rtr.sysctl("net/ipv4/nexthop_compat_mode", compat)
    lab.rtr.ip("nexthop", "add", "id", "7", "via", "10.1.0.1", "dev", "in0")
    lab.rtr.ip("route", "add", "10.9.0.0/24", "nhid", "7")
    router = start_igmp(lab)
    router.cli("join", "out2", GROUP)
    lab.send(datagram(FAR, GROUP, b"one"))
    until(lambda: iif(router) == "in0", 5, "the leg of the object")
    lab.rtr.ip("nexthop", "replace", "id", "7", "via", "10.2.1.1",
               "dev", "out1")
    until(lambda: iif(router) == "out1", 5, "the object's new leg")


def test_interfaces_nobody_owns_any_more_are_forgotten(lab):
    """What the run before owned and this one does not is not in the map,
    nor what has vanished meanwhile: its ifindex may be another's some day."""
    lab.build(2)
    router = start_igmp(lab)
    assert len(router.dump("interfaces")) == 3
    router.stop(signal.SIGKILL)
    lab.rtr.ip("link", "del", "out2")
    router.start('interface "in0" { igmp { } }\n', ["in0"])
    until(lambda: [item["key"] for item in router.dump("interfaces")] == [
        lab.rtr.ifindex("in0")], 5, "the others gone")


def test_a_renamed_interface_stays_attached(lab):
    """By command: under its new name, and nobody waits for the old one."""
    lab.build(1)
    router = lab.router()
    router.start("", [])
    router.cli("attach", "out1")
    lab.rtr.ip("link", "set", "out1", "down")
    lab.rtr.ip("link", "set", "out1", "name", "lan1")
    until(lambda: router.interface("lan1"), 5, "the new name")
    assert router.interface("lan1")["xdp"] == "native"
    assert router.interface("out1") is None
    router.cli("detach", "lan1")
    assert router.interface("lan1") is None


def routes_by_command(router):
    return {(r["source"], r["group"]): (r["from"], r["to"])
            for r in router.json("show", "config")["mroutes"]
            if r["origin"] == "command"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_routes_are_kept_as_they_were_said(lab, number):
    """Not with the oifs that IGMP has added, but with missing ones."""
    lab.build(3)
    router = start_igmp(lab)
    for group, oifs in (GROUP, ["out1"]), ("239.7.1.2", ["out1", "out3"]), (
            "239.7.1.3", ["out1"]):
        router.cli("mroute", "add", "10.1.0.1", group, "from", "in0",
                   "to", *oifs)
    router.cli("mroute", "add", "10.2.3.1", "239.7.1.4", "from", "out3",
               "to", "out1")
    router.cli("mroute", "del", "10.1.0.1", "239.7.1.3")
    router.cli("join", "out2", GROUP)
    until(lambda: router.mroute("10.1.0.1", GROUP)["oifs"] == [
        "out1", "out2"], 5, "IGMP's oif")
    lab.rtr.ip("link", "del", "out3")
    said = routes_by_command(router)
    assert said == {("10.1.0.1", GROUP): ("in0", ["out1"]),
                    ("10.1.0.1", "239.7.1.2"): ("in0", ["out1", "out3"]),
                    ("10.2.3.1", "239.7.1.4"): ("out3", ["out1"])}
    router.stop(number)
    router.start(None, ["in0"])
    assert routes_by_command(router) == said
    assert router.interface("out2")["owner"] == "igmp"
    # Nobody but this file knows of them.
    router.stop(number)
    router.commands.unlink()
    router.start(None, ["in0"])
    assert not routes_by_command(router)
    assert not router.mroute("10.1.0.1", GROUP)
