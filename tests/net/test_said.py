# SPDX-License-Identifier: GPL-2.0-only
"""What the file says, what commands say, and what is so after a reload, a
restart or a crash: the table of xmgmd(8), with a real daemon.

Each object has its own group or interface, so that one router has them all:
what is said first by whom is in the name, what becomes of it in the tables.
"""

import signal
import subprocess

import pytest

from conftest import SENTINEL, SOURCE
from frames import datagram
from topology import until

# Who has spoken, and what about: 1 and 2 are two different words.
#   name            file  commands    unchanged  gone from it  changed in it
CASES = {
    "file":         (1, [], 1, None, 2),
    "command":      (None, [1], 1, 1, 2),
    "taken-back":   (None, [1, "del"], None, None, 2),
    "both":         (1, [1], 1, 1, 2),
    "changed":      (1, [2], 2, None, 2),
    "changed-back": (1, [2, 1], 1, None, 2),
    "removed":      (1, ["del"], None, None, 2),
    "restored":     (1, ["del", 1], 1, None, 2),
}
NAMES = list(CASES)
OIFS = {1: ["out1"], 2: ["out1", "out2"]}
MODES = {1: "auto", 2: "native"}


def group(kind, name):
    return f"239.5.{kind}.{NAMES.index(name) + 1}"


def port(name):
    return f"p{NAMES.index(name)}"


def text(lab, column):
    """The configuration; column None: the first one."""
    said = lab.config(sentinel=True)
    for name, (first, _, _, gone, changed) in CASES.items():
        del gone
        word = {None: first, "unchanged": first, "gone": None,
                "changed": changed}[column]
        if word is None:
            continue
        said += lab.mroute(SOURCE, group(1, name), "in0", OIFS[word])
        said += (f'join {{ interface = "out2" group = "{group(2, name)}" '
                 '}\n')
        said += f'interface "{port(name)}" {{ mode = {MODES[word]} }}\n'
    return said


def command(router, name, word):
    flow, joined = (SOURCE, group(1, name)), ("out2", group(2, name))
    if word == "del":
        router.cli("mroute", "del", *flow)
        router.cli("leave", *joined)
        router.cli("detach", port(name))
        return
    router.cli("mroute", "add", *flow, "from", "in0", "to", *OIFS[word])
    router.cli("join", *joined)
    router.cli("attach", port(name), "--mode", MODES[word])


def state(router):
    """By name: the oifs of the route, whether it is joined, and attached."""
    routes = {m["group"]: m["oifs"] for m in router.json("show", "mroute")
              if m["source"] == SOURCE}
    joins = {j["group"] for j in router.json("show", "config")["joins"]}
    ports = {i["name"] for i in router.json("show", "interfaces")
             if i["xdp"] != "none"}
    return {name: (routes.get(group(1, name)), group(2, name) in joins,
                   port(name) in ports) for name in NAMES}


def wanted(column):
    row = {"unchanged": 2, "gone": 3, "changed": 4}[column]
    out = {}
    for name, case in CASES.items():
        word = case[row]
        # A join is one word only: the file cannot change it, and a command
        # that says another one of a route has said this one again.
        joined = word is not None
        if column == "changed" and case[0]:
            joined = case[2] is not None
        elif column == "gone" and name.startswith("changed"):
            joined = True
        out[name] = (OIFS.get(word), joined, word is not None)
    return out


@pytest.fixture
def said(lab):
    """A router about which file and commands have said all of this."""
    lab.build(2)
    for name in NAMES:
        lab.rtr.ip("link", "add", port(name), "up", "type", "veth",
                   "peer", "name", f"q{port(name)}")
    router = lab.router()
    router.start(text(lab, None), ["in0", *lab.outs])
    for name, case in CASES.items():
        for word in case[1]:
            command(router, name, word)
    until(lambda: state(router) == wanted("unchanged"), 5, "the beginning")
    return router


def again(router, event):
    """The file is read again, by one process or by the next."""
    if event == "reload":
        times = router.log_text().count("was read again")
        router.daemon.send_signal(signal.SIGHUP)
        until(lambda: router.log_text().count("was read again") > times, 10,
              "the reload")
    else:
        router.stop(signal.SIGTERM if event == "restart" else signal.SIGKILL)
        router.start(None, ["in0"])


@pytest.mark.parametrize("column", ["unchanged", "gone", "changed"])
@pytest.mark.parametrize("event", ["reload", "restart", "kill"])
def test_who_spoke_last_is_obeyed(lab, said, event, column):
    """File and commands, for routes, joins and attachments."""
    said.write_config(text(lab, column))
    for _ in range(2):  # twice: the second time nothing has changed
        again(said, event)
        assert state(said) == wanted(column)
    # And so it stays if the process changes as well.
    again(said, "kill")
    assert state(said) == wanted(column)
    lab.settle()


def test_origins_are_shown(said):
    """By the file, by a command, by both; and what does not hold."""
    config = said.json("show", "config")
    routes = {m["group"]: m["origin"] for m in config["mroutes"]}
    joins = {j["group"]: j["origin"] for j in config["joins"]}
    for name, route, join in (
            ("file", "configuration", "configuration"),
            ("command", "command", "command"), ("both", "both", "both"),
            ("changed", "command", "both"),
            ("restored", "configuration", "configuration")):
        assert (routes[group(1, name)], joins[group(2, name)]) == (
            route, join), name
    assert sorted(config["overridden"]) == sorted(
        [f"mroute ({SOURCE}, {group(1, name)})"
         for name in ("changed", "removed")] +
        [f"join out2 (*, {group(2, 'removed')})"] +
        [f"interface {port(name)}" for name in ("changed", "removed")])
    shown = said.cli("show", "config").stdout
    assert f"interface {port('removed')}" in shown
    said.write_config(shown)
    checked = said.start_daemon("-n")
    assert checked.wait(timeout=20) == 0, "it is a configuration"


@pytest.mark.parametrize("words, wanted", [
    (["239.5.0.0/16"], ("239.5.0.0/16", "exclude", [])),
    (["239.5.9.9", "10.1.0.0/16"],
     ("239.5.9.9", "include", ["10.1.0.0/16"])),
    (["*"], ("*", "exclude", []))], ids=["groups", "sources", "all"])
def test_joins_of_prefixes(lab, words, wanted):
    """Where IGMP runs too: forwarded at once and after a restart, shown, in
    the configuration, and gone with leave."""
    lab.build(2)
    router = lab.router()
    router.start("".join(f'interface "{name}" {{ igmp {{ }} }}\n'
                         for name in ["in0", *lab.outs]), ["in0", *lab.outs])

    def shown():
        return [(g["group"], g["mode"], [s["address"] for s in g["sources"]])
                for g in router.groups("out2") if g["static"]]

    def oifs():
        lab.send(datagram(SOURCE, "239.5.9.9", b"flow"))
        found = router.mroute(SOURCE, "239.5.9.9")
        return found and found["oifs"]
    router.cli("join", "out2", *words)
    assert shown() == [wanted]
    assert router.interface("out2")["owner"] == "static"
    until(lambda: oifs() == ["out2"], 5, "the flow")
    assert f'group = "{wanted[0]}"' in router.cli("show", "config").stdout
    router.stop(signal.SIGKILL)
    router.start(ready=["in0", *lab.outs])
    until(lambda: shown() == [wanted], 5, "the join after a restart")
    until(lambda: oifs() == ["out2"], 5, "the flow after a restart")
    router.cli("leave", "out2", *words)
    assert shown() == []
    # What the run before forwarded is kept for hosts, until they are asked.
    until(lambda: oifs() in (None, []), 30, "its end")
    until(lambda: router.interface("out2")["owner"] == "igmp", 15,
          "IGMP to have its interface back")
    assert "there is no static join" in router.refused("leave", "out2", *words)


@pytest.mark.parametrize("group, source", [
    ("239.5.0.0/16", ""), ("239.5.9.9", 'source = "10.1.0.0/16"'), ("*", "")])
def test_joins_of_prefixes_in_the_file(lab, group, source):
    lab.build(1)
    router = lab.router()
    router.start(lab.config() + f'join {{ interface = "out1" group = "{group}"'
                 f' {source} }}\n', ["in0", *lab.outs])
    assert len(router.groups("out1", group)) == 1
    joins = router.json("show", "config")["joins"]
    assert [(j["group"], j["origin"]) for j in joins] == [
        (group, "configuration")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_route_that_left_the_file_meanwhile_is_gone(lab, number):
    """At the next start, in the cache as well; reloads do not revive it."""
    lab.build(2)
    keep = lab.mroute(SOURCE, "239.6.0.1", "in0", ["out1"])
    gone = lab.mroute(SOURCE, "239.6.0.2", "in0", ["out2"])
    router = lab.start(keep + gone)
    router.stop(number)
    assert router.mfc_entry(SOURCE, "239.6.0.2")
    router.start(lab.config(keep), ["in0", *lab.outs])
    assert not router.mfc_entry(SOURCE, "239.6.0.2")
    assert router.mroute(SOURCE, "239.6.0.1")["oifs"] == ["out1"]
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: "was read again" in router.log_text(), 5, "a reload")
    assert not router.mroute(SOURCE, "239.6.0.2")
    lab.send(datagram(SOURCE, "239.6.0.1"), datagram(SOURCE, "239.6.0.2"))
    lab.settle()
    assert len(lab.eyes[0].frames("239.6.0.1")) == 1
    assert not lab.eyes[1].frames("239.6.0.2")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_route_that_changed_meanwhile_is_new_at_once(lab, number):
    """Oifs that come and go, and another iif: when the daemon answers."""
    lab.build(3)
    router = lab.start(
        lab.mroute(SOURCE, "239.6.0.1", "in0", ["out1", "out2"]) +
        lab.mroute(SOURCE, "239.6.0.2", "in0", ["out1"]) +
        lab.mroute("10.2.1.1", "239.6.0.3", "in0", ["out2"]))
    router.stop(number)
    router.start(lab.config(
        lab.mroute(SOURCE, "239.6.0.1", "in0", ["out1", "out3"]) +
        lab.mroute(SOURCE, "239.6.0.2", "in0", ["out2"]) +
        lab.mroute("10.2.1.1", "239.6.0.3", "out1", ["out3"])))
    assert router.mroute(SOURCE, "239.6.0.1")["oifs"] == ["out1", "out3"]
    assert router.mroute(SOURCE, "239.6.0.2")["oifs"] == ["out2"]
    entry = router.mroute("10.2.1.1", "239.6.0.3")
    assert (entry["iif"], entry["oifs"]) == ("out1", ["out3"])
    until(lambda: router.interface("out1")["xdp"] != "none", 5, "attached")
    lab.send(datagram(SOURCE, "239.6.0.1"), datagram(SOURCE, "239.6.0.2"))
    lab.settle()
    assert [len(eye.frames("239.6.0.1")) for eye in lab.eyes] == [1, 0, 1]
    assert [len(eye.frames("239.6.0.2")) for eye in lab.eyes] == [0, 1, 0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_owner_by_command_waits_for_its_interface(lab, number):
    """A take is a command's alone: it stays, also while out2 is missing."""
    lab.build(2)
    router = lab.router()
    router.start('interface "in0" { igmp { } }\n', ["in0"])
    router.cli("owner", "take", "out1", "static")
    router.cli("owner", "take", "out2", "static")
    router.cli("owner", "release", "out1", "static")
    router.stop(number)
    lab.rtr.ip("link", "set", "out2", "down")
    lab.rtr.ip("link", "set", "out2", "name", "away")
    router.start(None, ["in0"])
    router.daemon.send_signal(signal.SIGHUP)
    until(lambda: "was read again" in router.log_text(), 5, "a reload")
    lab.rtr.ip("link", "set", "away", "name", "out2")
    lab.rtr.ip("link", "set", "out2", "up")
    until(lambda: (router.interface("out2") or {}).get("owner") == "static",
          5, "the owner")
    assert not (router.interface("out1") or {}).get("owner")


def test_detach_all_with_the_daemon_keeps_what_was_said(lab):
    """Nothing is attached, also after a restart; routes and joins stay."""
    lab.build(2)
    router = lab.start(lab.mroute(SOURCE, "239.6.0.1", "in0", ["out1"]))
    router.cli("join", "out2", "239.6.0.2")
    router.cli("detach", "--all")
    for event in "reload", "restart", "kill":
        assert not [i for i in router.json("show", "interfaces")
                    if i["xdp"] != "none"], event
        assert router.mroute(SOURCE, "239.6.0.1")
        assert "239.6.0.2" in {
            j["group"] for j in router.json("show", "config")["joins"]}
        if event == "reload":
            again(router, event)
            continue
        router.stop(signal.SIGTERM if event == "restart" else signal.SIGKILL)
        router.start()
    router.cli("attach", "in0", *lab.outs, "--mode", "native")
    assert not router.json("show", "config")["overridden"]
    lab.settle()


def test_detach_all_without_the_daemon_forgets_what_was_said(lab):
    """Routes, joins, owners and attachments by command, and the pins."""
    lab.build(3)
    router = lab.router()
    file = (lab.mroute(SOURCE, "239.6.0.1", "in0", ["out1"]) +
            lab.mroute(*SENTINEL, "in0", ["out1"]))
    router.start(file, ["in0", "out1"])
    router.cli("mroute", "add", SOURCE, "239.6.0.2", "from", "in0", "to",
               "out1")
    router.cli("mroute", "del", SOURCE, "239.6.0.1")
    router.cli("join", "out1", "239.6.0.3")
    router.cli("owner", "take", "out2", "static")
    router.cli("attach", "out3")
    router.stop()
    router.cli("detach", "--all")
    assert not router.commands.exists()
    router.start(None, ["in0", "out1"])
    config = router.json("show", "config")
    assert {m["group"] for m in config["mroutes"]} == {"239.6.0.1",
                                                       SENTINEL[1]}
    assert not config["joins"] and not config["overridden"]
    assert not (router.interface("out2") or {}).get("owner")
    assert router.interface("out3") is None


def test_attachments_without_the_daemon(lab):
    """attach and detach by hand are commands like any other."""
    lab.build(3)
    router = lab.router()
    router.cli("attach", "out1", "out2")
    router.start('interface "in0" { }\ninterface "out2" { }\n', ["in0"])
    again(router, "reload")
    assert router.interface("out1")["xdp"] == "native"
    router.stop()
    router.cli("detach", "out1")
    router.cli("attach", "out3")
    # What the file says is the file's from its first reading on.
    router.start('interface "in0" { }\n', ["in0"])
    assert router.interface("out1") is None
    assert router.interface("out2") is None
    assert router.interface("out3")["xdp"] == "native"


def test_thousands_of_answers_survive_a_kill(lab):
    """Every route that a command has made or removed, to the last one."""
    lab.build(1)
    router = lab.start()
    rpc = router.rpc()
    for n in range(3000):
        answer = rpc.call("mroute.add", source="10.1.0.7",
                          group=f"239.8.{n // 250}.{n % 250}",
                          **{"from": "in0", "to": ["out1"]})
        assert "result" in answer
    for n in range(0, 3000, 3):
        answer = rpc.call("mroute.del", source="10.1.0.7",
                          group=f"239.8.{n // 250}.{n % 250}")
        assert "result" in answer
    router.stop(signal.SIGKILL)
    rpc.close()
    assert router.commands.stat().st_mode & 0o777 == 0o600
    with router.commands.open("a", encoding="ascii") as file:
        file.write("route 10.1.0.8 239.8.0.1 0 from in0 to ou")  # cut off
    router.start(None, ["in0", "out1"])
    groups = {m["group"] for m in router.json("show", "mroute")
              if m["source"] == "10.1.0.7"}
    assert groups == {f"239.8.{n // 250}.{n % 250}" for n in range(3000)
                      if n % 3}
    assert not router.mroute("10.1.0.8", "239.8.0.1")
    assert "cannot be used" in router.log_text()


@pytest.fixture
def small_disk(tmp_path):
    """A file system with room for little."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "xmgm", disk],
                   check=True)
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def fill(disk):
    with pytest.raises(OSError), open(disk / "filler", "wb", 0) as file:
        while True:
            file.write(bytes(4096))


def test_a_full_disk_refuses_commands_and_changes_nothing(lab, small_disk):
    """Each of them, with the reason; with room again they are as usual."""
    lab.build(2)
    router = lab.router()
    router.start(f'state-directory = "{small_disk}"\n' +
                 lab.mroute(SOURCE, "239.6.0.1", "in0", ["out1"]),
                 ["in0", "out1"])
    add = ("mroute", "add", SOURCE, "239.6.0.2", "from", "in0", "to", "out1")
    router.cli(*add)
    router.cli("join", "out1", "239.7.0.1")
    fill(small_disk)
    # What is left of a page is used up by the shortest of all.
    until(lambda: router.cli("attach", "out1", check=False).returncode, 20,
          "a full disk")
    before = [router.json("show", what)
              for what in ("config", "mroute", "interfaces")]
    for words in (("mroute", "add", SOURCE, "239.6.0.3", "from", "in0", "to",
                   "out1"),
                  ("mroute", "add", SOURCE, "239.6.0.2", "from", "in0", "to",
                   "out1", "out2"),
                  ("mroute", "del", SOURCE, "239.6.0.1"),
                  ("join", "out2", "239.6.0.4"),
                  ("leave", "out1", "239.7.0.1"),
                  ("owner", "take", "out2", "static"),
                  ("attach", "out2"), ("detach", "out1"),
                  ("detach", "--all")):
        why = router.refused(*words)
        assert "No space left" in why and str(small_disk) in why, words
        assert "nothing was changed" in why, words
    after = [router.json("show", what)
             for what in ("config", "mroute", "interfaces")]
    for rows in before[1] + after[1]:
        rows.pop("uptime_s"), rows.pop("expires_s")
    assert after == before
    (small_disk / "filler").unlink()
    router.cli("mroute", "del", SOURCE, "239.6.0.1")
    router.stop(signal.SIGKILL)
    router.start(None, ["in0", "out1"])
    assert not router.mroute(SOURCE, "239.6.0.1")
    assert router.mroute(SOURCE, "239.6.0.2")["oifs"] == ["out1"]
    assert "is skipped" not in router.log_text()


@pytest.mark.parametrize("how", ["start", "detach --all"])
def test_a_link_to_somebody_elses_file_costs_it_nothing(lab, tmp_path, how):
    """The usual place may be a link; only a journal behind it is removed."""
    lab.build(1)
    router = lab.router()
    other = tmp_path / "precious"
    if how == "start":
        other.write_text("a line\n", encoding="utf-8")
        router.commands.symlink_to(other)
    router.start(lab.config(), ["in0", "out1"])
    router.stop()
    if how != "start":
        other.write_text("a line\n", encoding="utf-8")
        router.commands.unlink()
        router.commands.symlink_to(other)
        router.cli("detach", "--all")
    assert other.read_text(encoding="utf-8") == "a line\n"


def test_a_state_directory_outlives_a_reboot(lab, tmp_path):
    """Which empties /run; what was said before it was chosen moves there,
    and back."""
    lab.build(1)
    router = lab.router()
    file = lab.mroute(*SENTINEL, "in0", ["out1"])
    kept = tmp_path / "state"
    there = kept / f"{router.instance}.commands"
    choice = f'state-directory = "{kept}"\n'
    router.start(file, ["in0", "out1"])
    router.cli("join", "out1", "239.6.0.1")
    router.write_config(choice + file)
    again(router, "reload")
    assert "state-directory has changed" in router.log_text()
    again(router, "restart")
    assert router.commands.readlink() == there
    assert there.stat().st_mode & 0o777 == 0o600
    assert kept.stat().st_mode & 0o777 == 0o700
    router.cli("join", "out1", "239.6.0.2")
    router.stop(signal.SIGKILL)
    router.commands.unlink()  # a reboot, before which xmgm attaches
    lab.rtr.ip("link", "add", "p0", "up", "type", "veth", "peer", "name", "q0")
    router.cli("attach", "p0")
    router.start(None, ["in0", "out1", "p0"])

    def joined():
        return {j["group"] for j in router.json("show", "config")["joins"]}
    assert joined() == {"239.6.0.1", "239.6.0.2"}
    assert router.commands.readlink() == there
    assert router.json("show", "config")["state-directory"] == str(kept)
    router.write_config(file)
    again(router, "kill")
    assert joined() == {"239.6.0.1", "239.6.0.2"}
    assert not there.exists() and not router.commands.is_symlink()
    again(router, "kill")
    assert joined() == {"239.6.0.1", "239.6.0.2"}
    router.write_config(choice + file)
    again(router, "restart")
    router.stop()
    router.cli("detach", "--all")
    assert not router.commands.exists() and not there.exists()


def test_a_state_directory_that_cannot_be_is_refused(lab, tmp_path):
    """By xmgmd -n as well, with the reason."""
    router = lab.router()
    for name, said in (("var/lib", "write it from the root"),
                       (router.config, "is not a directory"),
                       (tmp_path / "a" / "b", "make it first")):
        router.write_config(f'state-directory = "{name}"\n')
        assert router.start_daemon("-n").wait(timeout=20) == 1
        assert said in router.log_text()


def test_history_goes_while_commands_are_answered(lab):
    """The file does not grow for ever; nothing is lost when it is replaced."""
    lab.build(1)
    router = lab.start()
    rpc = router.rpc()
    kept = set()
    for n in range(6000):
        group = f"239.8.{n % 40}.1"
        method = "leave" if group in kept else "join"
        answer = rpc.call(method, interface="out1", group=group)
        assert "result" in answer
        kept ^= {group}
    rpc.close()
    until(lambda: router.commands.read_bytes().count(b"\n") < 3000, 10,
          "fewer lines")
    router.stop(signal.SIGKILL)
    router.start(None, ["in0", "out1"])
    assert {j["group"] for j in
            router.json("show", "config")["joins"]} == kept
    assert "is skipped" not in router.log_text()
