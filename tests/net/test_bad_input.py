# SPDX-License-Identifier: GPL-2.0-only
"""Bad input: a sentence with object and remedy, an exit code, no change."""

import json
import os
import pathlib
import re
import socket

import pytest

from conftest import SOURCE
from frames import datagram
from router import BUILD, Rpc
from topology import until

GROUP = "239.1.1.1"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
NO_CAPS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]

# What is typed, and what the message must name.
REFUSED = [
    ("mroute add 10.1.0.1 239.1.1.1 from nix0 to out1", "nix0"),
    ("mroute add 10.1.0.1 239.1.1.1 from in0 to nix0", "nix0"),
    ("mroute add 10.1.0.1 239.1.1.1 from in0 to out1 in0", "in0"),
    ("mroute add 10.1.0.1 10.0.0.1 from in0 to out1", "10.0.0.1"),
    ("mroute add 10.1.0.1 224.0.0.5 from in0 to out1", "224.0.0.5"),
    ("mroute add 239.0.0.1 239.1.1.1 from in0 to out1", "239.0.0.1"),
    ("mroute add 10.1.0 239.1.1.1 from in0 to out1", "10.1.0"),
    ("mroute add 10.1.0.1 239.1.1.1 from in0 to", "to"),
    ("mroute add 10.1.0.1 239.1.1.1 to out1", "from"),
    ("mroute add 10.1.0.1", "mroute add"),
    ("mroute add 10.1.0.1 239.1.1.1 from abcdefghijklmnopq to out1",
     "abcdefghijklmnopq"),
    ("mroute del 10.1.0.1 239.77.7.7", "239.77.7.7"),
    ("join out1 10.0.0.1", "10.0.0.1"),
    ("join nix0 239.1.1.1", "nix0"),
    ("leave out1 239.66.6.6", "239.66.6.6"),
    ("attach nix0", "nix0"),
    ("attach in0 --mode fast", "fast"),
    ("detach nix0", "nix0"),
    ("owner take in0 ghost", "ghost"),
    ("show nothing", "nothing"),
    ("frobnicate", "frobnicate"),
]


def state(router):
    """What must not change when something is refused."""
    routes = [{k: m[k] for k in ("source", "group", "iif", "oifs", "state")}
              for m in router.json("show", "mroute")]
    links = [{k: i[k] for k in ("name", "owner", "gate", "epoch", "xdp")}
             for i in router.json("show", "interfaces")]
    return routes, links


def test_words_that_are_refused(lab):
    """Every bad command names what is wrong and changes nothing."""
    lab.build(1)
    router = lab.start()
    before = state(router)
    for line, name in REFUSED:
        message = router.refused(*line.split())
        assert name in message, f"{line!r} says {message!r}"
        assert state(router) == before, f"{line!r} has changed something"
    lab.settle()


def test_errors_as_json(lab):
    """With -j the error is an object on stdout as well."""
    lab.build(1)
    router = lab.start()
    done = router.cli("-j", "mroute", "add", SOURCE, GROUP, "from", "in0",
                      "to", "nix0", check=False)
    assert done.returncode == 1
    error = json.loads(done.stdout)["error"]
    assert error["code"] < 0 and "nix0" in error["message"]


# A line of configuration, and what its message must name.
BAD_CONFIG = [
    ('interface "in0" { mode = fast }', "fast"),
    ('interface "in0" { speed = 3 }', "speed"),
    ('interface "in0" { ttl-threshold = 256 }', "255"),
    ('interface "interface-name-too-long" { mode = auto }',
     "interface-name-too-long"),
    ('mroute { source = "1.2.3" group = "239.1.1.1" from = "a" to = {"b"} }',
     "1.2.3"),
    ('mroute { source = "1.2.3.4" group = "10.1.1.1" from = "a" to = {"b"} }',
     "10.1.1.1"),
    ('mroute { source = "1.2.3.4" group = "224.0.0.9" from = "a" '
     'to = {"b"} }', "224.0.0.9"),
    ('mroute { source = "1.2.3.4" group = "239.1.1.1" from = "a" '
     'to = {"b", "a"} }', "a"),
    ('mroute { source = "1.2.3.4" group = "239.1.1.1" to = {"b"} }', "from"),
    ("limits { hold-packets = -1 }", "hold-packets"),
    ("interface {", ""),
    ("}", ""),
]


@pytest.mark.parametrize("options", [["-n"], []], ids=["check", "start"])
def test_bad_configuration(lab, options):
    """Each fault is reported as file:line: what is wrong; nothing starts."""
    lab.build(1)
    router = lab.router()
    for text, name in BAD_CONFIG:
        router.write_config("# a comment, so that the line is 2\n" + text)
        done = lab.rtr.run(BUILD / "xmgmd", "-f", router.config, "-i",
                           router.instance, *options, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == 1, f"{text}: exit {done.returncode}"
        assert re.search(r"xmgmd\.conf:[23]:", said), f"{text}: {said}"
        assert name in said, f"{text}: {said}"
        assert not router.pins.exists() and not router.socket.exists()


def test_all_faults_of_a_configuration_at_once(lab):
    """Semantic errors are all reported, each with its place."""
    lab.build(1)
    router = lab.router()
    router.write_config(
        'interface "in0" { mode = native }\n'
        'mroute { source="1.2.3.4" group="10.1.1.1" from="a" to={"b"} }\n'
        'mroute { source="5.6.7" group="239.1.1.1" from="a" to={"b"} }\n')
    done = lab.rtr.run(BUILD / "xmgmd", "-n", "-f", router.config,
                       check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert re.search(r":2:33: .*10\.1\.1\.1", said), said
    assert re.search(r":3:17: .*5\.6\.7", said), said


def test_missing_configuration(lab):
    """A file that is not there is named."""
    lab.build(1)
    done = lab.rtr.run(BUILD / "xmgmd", "-n", "-f", "/nowhere/x.conf",
                       check=False)
    assert done.returncode == 1
    assert "/nowhere/x.conf" in done.stdout + done.stderr


def test_second_daemon(lab):
    """A second daemon of the same instance is refused; the first goes on."""
    lab.build(1)
    router = lab.start()
    second = router.start_daemon()
    assert second.wait(timeout=10) == 1
    assert router.instance in router.log_text()
    lab.settle()
    assert router.json("show", "protocols")


def test_a_socket_takes_no_name_that_is_in_use(lab):
    """xmgmd -s: a file, a directory, another's socket: refused, and stays."""
    lab.build(1)
    router = lab.router()
    router.write_config(lab.config())
    text = router.config.read_bytes()

    def refused(path, *words):
        done = lab.rtr.run(BUILD / "xmgmd", "-i", router.instance, "-s", path,
                           check=False)
        said = done.stdout + done.stderr
        assert done.returncode in (1, 2), said
        assert all(word in said for word in (str(path), "-s", *words)), said

    refused(router.config, "-f")
    assert router.config.read_bytes() == text
    assert set(os.listdir(router.config.parent)) == {"xmgmd.conf", "xmgmd.log"}
    refused(router.config.parent, "directory")
    refused("")
    path = router.config.parent / "other"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        refused(path, "another process")
        Rpc(path).close()
        assert other.accept()
    # Now it is dead, and makes room.
    daemon = router.start_daemon("-s", path)
    until(lambda: connects(path), 20, "an answer from xmgmd")
    daemon.terminate()
    assert daemon.wait(timeout=20) == 0
    assert not path.exists()


def connects(path):
    try:
        Rpc(path).close()
    except OSError:
        return False
    return True


def test_other_instances_do_not_disturb(lab):
    """Another instance in another namespace is none of ours."""
    lab.build(1)
    lab.start()
    other = lab.router()
    other.namespace = lab.receivers[0]
    other.start("")
    assert other.json("show", "mroute") == []
    assert other.stop() == 0
    lab.settle()


def test_pins_of_another_abi(lab):
    """Pins of another version are refused with the way out."""
    lab.build(1)
    router = lab.router()
    router.cli("attach", "in0")
    raw = json.loads(lab.rtr.run(
        "bpftool", "-j", "map", "lookup", "pinned", router.pins / "abi",
        "key", "hex", "00", "00", "00", "00").stdout)["value"]
    lab.rtr.run("bpftool", "map", "update", "pinned", router.pins / "abi",
                "key", "hex", "00", "00", "00", "00", "value", "hex",
                "e7", *[byte.removeprefix("0x") for byte in raw[1:]])
    message = router.refused("attach", "out1")
    assert "detach" in message, message
    assert "ABI" in message or "version" in message, message
    router.write_config(lab.config())
    assert router.start_daemon().wait(timeout=10) == 1
    assert "detach" in router.log_text()
    router.cli("detach", "--all")
    router.cli("attach", "out1")
    assert "xdp" in lab.rtr.ip("link", "show", "out1")
    assert "xdp" not in lab.rtr.ip("link", "show", "in0")


def test_pins_of_another_namespace(lab):
    """Pins belong to one network namespace; elsewhere they are refused."""
    lab.build(1)
    router = lab.router()
    router.cli("attach", "in0")
    elsewhere = lab.receivers[0].run(
        BUILD / "xmgm", "-i", router.instance, "attach", "r0", check=False)
    assert elsewhere.returncode == 1
    assert "namespace" in elsewhere.stderr
    assert "xdp" not in lab.receivers[0].ip("link", "show", "r0")
    elsewhere = lab.receivers[0].run(
        BUILD / "xmgm", "-i", router.instance, "detach", "--all", check=False)
    assert elsewhere.returncode == 1
    assert "namespace" in elsewhere.stderr
    assert "in0" in router.cli("show", "interfaces").stdout
    router.cli("detach", "--all")
    assert "xdp" not in lab.rtr.ip("link", "show", "in0")


def test_pins_of_a_namespace_that_is_gone(lab):
    """They are refused with the command that removes them, and it does."""
    lab.build(1)
    router = lab.router()
    lab.rtr.run("unshare", "--net", BUILD / "xmgm", "-i", router.instance,
                "attach", "lo", "--mode", "generic")
    message = router.refused("attach", "in0")
    assert "gone" in message and "detach --all" in message, message
    router.cli("detach", "--all")
    assert not router.pins.exists()
    router.cli("attach", "in0")


def test_no_permission(lab):
    """Without capabilities both programs say so and what to do."""
    lab.build(1)
    router = lab.router()
    router.write_config(lab.config())
    for command in ([BUILD / "xmgm", "-i", router.instance, "attach", "in0"],
                    [BUILD / "xmgmd", "-i", router.instance, "-f",
                     router.config]):
        done = lab.rtr.run(*NO_CAPS, *command, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == 1, said
        assert re.search("permi|root|CAP_", said), said
    assert "xdp" not in lab.rtr.ip("link", "show", "in0")


def test_pins_are_not_for_everyone(lab):
    """Who may not see what is pinned hears that, not that there is nothing."""
    lab.build(1)
    router = lab.router()
    router.cli("attach", "in0")
    for words in (["show", "interfaces"], ["detach", "in0"],
                  ["detach", "--all"]):
        done = lab.rtr.run(*NOBODY, BUILD / "xmgm", "-i", router.instance,
                           *words, check=False)
        assert done.returncode == 1, words
        assert "no permission" in done.stderr, done.stderr
    assert "xdp" in lab.rtr.ip("link", "show", "in0")


@pytest.mark.parametrize("call", [1, 40, 60, 80, 90, 95, *range(98, 106)])
def test_a_kernel_that_cannot(lab, call):
    """From which bpf(2) call on it refuses: a sentence, and nothing is left."""
    lab.build(1)
    router = lab.router()
    done = lab.rtr.run("strace", "-o", "/dev/null", "-e", "trace=bpf", "-e",
                       f"inject=bpf:error=EINVAL:when={call}+",
                       BUILD / "xmgm", "-i", router.instance, "attach", "in0",
                       check=False)
    assert done.returncode == 1
    assert re.search(r"Linux 6\.1|Invalid argument", done.stderr), done.stderr
    assert not router.pins.exists()
    assert "xdp" not in lab.rtr.ip("link", "show", "in0")


def test_cli_without_a_daemon(lab):
    """What needs the daemon says that none runs, and how to start it."""
    lab.build(1)
    router = lab.router()
    for words in (["show", "protocols"], ["show", "groups"],
                  ["mroute", "add", SOURCE, GROUP, "from", "in0", "to",
                   "out1"], ["join", "out1", GROUP], ["monitor"]):
        message = router.refused(*words)
        assert "xmgmd" in message and router.instance in message


def test_pinned_state_is_shown_without_a_daemon(lab):
    """Routes outlive the daemon, and the CLI still shows them."""
    lab.build(1)
    router = lab.start(lab.mroute(SOURCE, GROUP, "in0", ["out1"]))
    router.stop()
    lab.send(datagram(SOURCE, GROUP))
    lab.settle()
    entry = router.mroute(SOURCE, GROUP)
    assert (entry["packets"], entry["iif"], entry["oifs"]) == \
        (1, "in0", ["out1"])
    assert router.verdicts()["forwarded"] == 2
    assert entry["state"] == "forwarding" and entry["owner"] == "static"
    assert {"upcalls", "verdicts"} <= set(router.json("show", "stats"))
    shown = router.interface("out1")
    assert (shown["querier"], shown["groups"], shown["ttl_threshold"]) == \
        (None, None, 1)
    assert "xmgmd" in router.cli("show", "mroute").stderr


def test_control_socket_survives_nonsense(lab):
    """Whatever a client writes, it gets a JSON-RPC error or is closed."""
    lab.build(1)
    router = lab.start()
    deep = b"[" * 5000 + b"]" * 5000
    for data, code in (
            (b"{\n", -32700), (b"nonsense\n", -32700), (b"\xff\xfe\n", -32700),
            (deep + b"\n", None), (b"[]\n", -32600), (b"{}\n", -32600),
            (b"\0\0\0\n", -32700),
            (b'{"jsonrpc":"2.0","id":1,"method":"show.protocols\\u0000x"}\n',
             -32700),
            (b'{"jsonrpc":"2.0","id":NaN,"method":"show.stats"}\n', -32600),
            (b'{"jsonrpc":"2.0","id":1,"method":"show.groups",'
             b'"params":{"interface":"out1"}}\n', -32602),
            (b'{"jsonrpc":"2.0","id":1,"method":"detach",'
             b'"params":{"all":"no"}}\n', None),
            (b'{"jsonrpc":"2.0","id":1,"method":"no.such"}\n', -32601),
            (b'{"jsonrpc":"2.0","id":1,"method":"mroute.add"}\n', None),
            (b'{"jsonrpc":"2.0","id":1,"method":"mroute.add",'
             b'"params":{"source":7,"group":[],"from":{},"to":"x"}}\n',
             None)):
        rpc = Rpc(router.socket)
        rpc.raw(data)
        error = rpc.line()["error"]
        assert error["code"] < 0 and error["message"]
        assert code in (None, error["code"]), f"{data[:60]}: {error}"
        rpc.close()
    endless(router)
    assert router.json("show", "protocols")
    lab.settle()


def endless(router):
    """A line of 16 MB is refused once, not stored; the next one is read."""
    status = pathlib.Path(f"/proc/{router.daemon.pid}/statm")
    before = int(status.read_text(encoding="ascii").split()[1])
    rpc = Rpc(router.socket)
    for _ in range(16):
        rpc.raw(b"x" * (1 << 20))
    rpc.raw(b"\n")
    assert rpc.line()["error"]["code"] == -32600
    assert "result" in rpc.call("show.protocols")
    rpc.close()
    after = int(status.read_text(encoding="ascii").split()[1])
    assert after - before < 1024, "pages of memory"


def test_half_a_request_and_gone(lab):
    """Clients that leave in the middle leave nothing behind."""
    lab.build(1)
    router = lab.start()
    descriptors = f"/proc/{router.daemon.pid}/fd"
    before = len(os.listdir(descriptors))
    for _ in range(50):
        rpc = Rpc(router.socket)
        rpc.raw(b'{"jsonrpc":"2.0","id":1,"meth')
        rpc.close()
    until(lambda: len(os.listdir(descriptors)) <= before, 5,
          "their descriptors closed")


def test_garbage_on_the_wire(lab):
    """Random multicast frames of all lengths: counted, never a crash."""
    lab.build(1)
    router = lab.start(lab.mroute("*", GROUP, "in0", ["out1"]))
    good = datagram(SOURCE, GROUP, bytes(64))
    before = sum(router.verdicts().values())
    count = 0
    for length in range(14, len(good)):
        lab.send(good[:length])
        count += 1
    for offset in range(14, 42):
        for value in (0, 1, 0x7f, 0xff):
            frame = bytearray(good)
            frame[offset] = value
            lab.send(bytes(frame))
            count += 1
    lab.settle()
    assert router.daemon.poll() is None
    assert sum(router.verdicts().values()) - before >= count
    for frame in lab.eyes[0].frames(GROUP):
        assert frame[22] == 63 and len(frame) == len(good)
