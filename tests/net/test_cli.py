# SPDX-License-Identifier: GPL-2.0-only
"""The command line by itself: what it accepts, what it sends, what it says.

Nothing here needs a router: a server made of a few lines takes the daemon's
place and keeps what it was asked.
"""

import errno
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading

import pytest

from router import BUILD

ROOT = pathlib.Path(__file__).resolve().parents[2]
XMGM = BUILD / "xmgm"
ROW = {"name": "eth0", "ifid": 2, "up": True, "owner": "static", "gate": "off",
       "epoch": 1, "xdp": "native", "querier": None, "groups": 0,
       "ttl_threshold": 1, "problems": ["the peer has no GRO"]}
STATS = {"verdicts": {"forwarded": 123456, "ttl": 0},
         "igmp": {"ttl": 7}, "protocol-x": {"routes": 8}}
EVENT = {"time": 1.5, "event": "owner", "interface": "eth0",
         "owner": None, "epoch": 7}


class Daemon:
    """Answers every request, and keeps it."""

    def __init__(self, path):
        self.path = path
        self.requests = []
        self.error = None
        self.result = None
        self.events = 0
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen(8)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,),
                             daemon=True).start()

    def _serve(self, client):
        with client, client.makefile("rw", encoding="utf-8") as lines:
            for line in lines:
                request = json.loads(line)
                self.requests.append((request["method"],
                                      request.get("params")))
                self._say(lines, id=request["id"],
                          **self._answer(request["method"],
                                         request.get("params") or {}))
                if request["method"] == "monitor":
                    for _ in range(self.events):
                        self._say(lines, method="event", params=EVENT)

    def _answer(self, method, params):
        if self.error:
            return {"error": self.error}
        if self.result is not None:
            return {"result": self.result}
        if method == "show.mroute":
            return {"result": [params] if params else []}
        if method == "show.rpf":
            return {"result": [{"prefix": "10.0.0.0/8", "lost_by": None}]}
        if method == "show.interfaces":
            return {"result": [ROW]}
        if method in ("show.stats", "show.config"):
            return {"result": STATS}
        if method == "debug.show":
            return {"result": [{"topic": "mgm", "on": True}]}
        return {"result": [] if method.startswith("show.") else True}

    @staticmethod
    def _say(lines, **what):
        try:
            lines.write(json.dumps({"jsonrpc": "2.0", **what}) + "\n")
            lines.flush()
        except OSError:
            pass

    def close(self):
        """The thread has ended before its descriptor can be another's."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()


@pytest.fixture
def daemon(tmp_path):
    made = Daemon(tmp_path / "socket")
    yield made
    made.close()


def xmgm(*words, path="/nonexistent/socket", **options):
    return subprocess.run([XMGM, "-s", path, *words], text=True, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=20, **options)


def commands():
    """The commands as `xmgm -h` lists them, each as its words."""
    shown = xmgm("-h")
    assert shown.returncode == 0 and not shown.stderr
    found = re.findall(r"^  ([a-z]+(?: [a-z]+)?)(?= |$)", shown.stdout, re.M)
    return [tuple(line.split()) for line in found]


ROUTE = {"source": "10.0.0.1", "group": "239.1.1.1"}

# What is typed, and what the daemon is asked.
SENT = [
    ("show interfaces", "show.interfaces", None),
    ("show interfaces detail", "show.interfaces", None),
    ("show groups", "show.groups", None),
    ("show groups detail", "show.groups", None),
    ("show igmp", "show.protocol", {"protocol": "igmp"}),
    ("show igmp eth1", "show.protocol",
     {"protocol": "igmp", "interface": "eth1"}),
    ("show proxy", "show.protocol", {"protocol": "proxy"}),
    ("show proxy eth0", "show.protocol",
     {"protocol": "proxy", "interface": "eth0"}),
    ("show dvmrp routes", "show.protocol",
     {"protocol": "dvmrp", "table": "routes"}),
    ("show dvmrp n", "show.protocol",
     {"protocol": "dvmrp", "table": "neighbors"}),
    ("show mroute", "show.mroute", {}),
    ("show mroute 10.0.0.1 239.1.1.1", "show.mroute", ROUTE),
    ("show mroute * 239.1.1.1", "show.mroute", ROUTE | {"source": "*"}),
    ("show protocols", "show.protocols", None),
    ("show stats", "show.stats", None),
    ("show config", "show.config", None),
    ("mroute add 10.0.0.1 239.1.1.1 from eth0 to eth1 eth2", "mroute.add",
     ROUTE | {"from": "eth0", "to": ["eth1", "eth2"]}),
    ("mr a * 239.1.1.1 f eth0 t eth1", "mroute.add",
     {"source": "*", "group": "239.1.1.1", "from": "eth0", "to": ["eth1"]}),
    ("mroute del 10.0.0.1 239.1.1.1", "mroute.del", ROUTE),
    ("show rpf 10.0.0.1", "show.rpf", {"source": "10.0.0.1"}),
    ("rpf add 10.0.0.0/8 via 10.1.0.9", "rpf.add",
     {"prefix": "10.0.0.0/8", "via": "10.1.0.9"}),
    ("rpf a 10.0.0.0/8 distance 9 dev eth0", "rpf.add",
     {"prefix": "10.0.0.0/8", "dev": "eth0", "distance": 9}),
    ("rpf add 0.0.0.0/0 via 10.1.0.9 dev eth0", "rpf.add",
     {"prefix": "0.0.0.0/0", "via": "10.1.0.9", "dev": "eth0"}),
    ("rpf del 10.0.0.0/8", "rpf.del", {"prefix": "10.0.0.0/8"}),
    ("join eth1 239.1.1.1", "join",
     {"interface": "eth1", "group": "239.1.1.1"}),
    ("j eth1 239.1.1.1 10.0.0.1", "join", ROUTE | {"interface": "eth1"}),
    ("leave eth1 239.1.1.1 10.0.0.1", "leave", ROUTE | {"interface": "eth1"}),
    ("clear groups", "groups.clear", None),
    ("c g eth1", "groups.clear", {"interface": "eth1"}),
    ("owner take eth1 static", "owner.take",
     {"interface": "eth1", "protocol": "static"}),
    ("o r eth1 static", "owner.release",
     {"interface": "eth1", "protocol": "static"}),
    ("attach eth0 eth1", "attach",
     {"mode": "auto", "interfaces": ["eth0", "eth1"]}),
    ("attach eth0 --mode generic", "attach",
     {"mode": "generic", "interfaces": ["eth0"]}),
    ("detach eth0", "detach", {"interfaces": ["eth0"]}),
    ("detach --all", "detach", {"all": True}),
    ("debug", "debug.show", None),
    ("debug mgm,net on", "debug.set", {"topic": "mgm,net", "on": True}),
    ("deb mgm off", "debug.set", {"topic": "mgm", "on": False}),
]


@pytest.mark.parametrize("line, method, params", SENT)
def test_what_is_sent(daemon, line, method, params):
    """Each command is one request with exactly these parameters."""
    for options in [], ["-j"]:
        daemon.requests.clear()
        done = xmgm(*options, *line.split(), path=daemon.path)
        assert done.returncode == 0, done.stderr
        assert daemon.requests[0] == (method, params)
        if options:
            json.loads(done.stdout)


def test_every_command_is_tried(daemon):
    """The table above leaves out no command but monitor, which does not end,
    and doctor, which sends little."""
    tried = set()
    for line, _, _ in SENT:
        words = line.split()
        tried |= {c for c in commands()
                  if all(w.startswith(t) for w, t in zip(c, words))}
    assert set(commands()) - tried == {("monitor",), ("doctor",)}


# What is typed, the exit status, and what must be said.
STATUS = [
    ("", 2, "usage"),
    ("debug mgm", 2, "on or off"),
    ("debug mgm maybe", 2, "on or off"),
    ("debug mgm on net", 2, "fewer words"),
    ("show", 2, "interfaces"),
    ("m", 2, "mroute, monitor"),
    ("shwo interfaces", 2, "'show'"),
    ("show mroutes", 2, "'show mroute'"),
    ("show mroute 10.0.0.1", 2, "GROUP"),
    ("rpf add 10.0.0.1/8 dev eth0", 2, "prefix '10.0.0.1/8'"),
    ("rpf add 10.0.0.0/8 via 10.1.0.300", 2, "via '10.1.0.300'"),
    ("rpf add 10.0.0.0/8 distance 3", 2, "neither via ADDRESS nor dev"),
    ("rpf add 10.0.0.0/8 dev eth0 dev eth1", 2, "each once"),
    ("rpf add 10.0.0.0/8 dev eth0 distance 256", 2, "no distance"),
    ("rpf add 10.0.0.0/8 dev eth0 distance", 2, "nothing follows"),
    ("show stats now", 2, "no further words"),
    ("--speed", 2, "unknown option '--speed'"),
    ("-x", 2, "unknown option '-x'"),
    ("-i lab -xj show stats", 2, "unknown option '-x'"),
    ("show stats --json=yes", 2, "option '--json' takes no value"),
    ("detach --all=yes", 2, "option '--all' takes no value"),
    ("detach --al", 2, "unknown option '--al'"),
    ("detach --a", 2, "unknown option '--a'"),
    ("attach eth0 --mod generic", 2, "unknown option '--mod'"),
    ("--inst lab show stats", 2, "unknown option '--inst'"),
    ("--sock=x show stats", 2, "unknown option '--sock=x'"),
    ("--hel show stats", 2, "unknown option '--hel'"),
    ("--vers", 2, "unknown option '--vers'"),
    ("--instance", 2, "option '--instance' needs a value"),
    ("attach", 2, "IFACE"),
    ("attach eth0 --mode", 2, "--mode"),
    ("attach eth0 --mode fast", 2, "fast"),
    ("show stats --all", 2, "--all"),
    ("detach eth0 --all", 2, "--all"),
    ("detach", 2, "--all"),
    ("-i a/b show stats", 2, "a/b"),
    ("join eth1 239.1.1.1 239.1.1.2", 2, "239.1.1.2"),
    ("owner take eth1 Static", 2, "Static"),
    ("show protocols", 1, "xmgmd"),
]


@pytest.mark.parametrize("line, status, said", STATUS)
def test_exit_status(line, status, said):
    """2 for a wrong use, 1 for a failure; the object is named; no output."""
    done = xmgm(*line.split())
    assert done.returncode == status
    assert said in done.stderr
    assert done.stdout == ""
    if line:
        error = json.loads(xmgm("-j", *line.split()).stdout)["error"]
        assert error["code"] < 0 and said in error["message"]


def test_warnings_of_the_daemon(daemon):
    """What was done but may not work is said, and is no failure."""
    daemon.result = {"warnings": ["eth1 is not attached", "so is eth2"]}
    words = ["join", "eth1", "239.1.1.1"]
    done = xmgm(*words, path=daemon.path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == ("xmgm: eth1 is not attached\n"
                           "xmgm: so is eth2\n")
    done = xmgm("-j", *words, path=daemon.path)
    assert json.loads(done.stdout) == daemon.result


# A command, and the interfaces that it must warn of when out2 and out3 are
# not attached. Where IGMP runs, or static takes the interface by a handshake,
# the answer comes later and warns as well.
UNATTACHED = [
    ("mroute add 10.1.0.1 239.1.1.1 from in0 to out1", []),
    ("mroute add 10.1.0.1 239.1.1.2 from in0 to out1 out2", ["out2"]),
    ("mroute add * 239.1.1.3 from out2 to out1 out3", ["out2", "out3"]),
    ("join out1 239.1.1.4", []),
    ("join out2 239.1.1.4", ["out2"]),
    ("join out3 239.1.1.4 10.1.0.1", ["out3"]),
]


def test_an_interface_that_is_not_attached_is_warned_of(lab):
    """mroute add and join name it and the command that attaches it."""
    lab.build(3)
    router = lab.router()
    router.start('interface "in0" { igmp {} }\ninterface "out1" { igmp {} }\n',
                 ["in0", "out1"])
    for line, names in UNATTACHED:
        said = router.cli(*line.split()).stderr
        assert re.findall(r"`xmgm -i \S+ attach (\w+)`", said) == names, line
        assert re.findall(r"(\w+) is not attached", said) == names, line
    router.cli("attach", "out2", "out3")
    for line, _ in UNATTACHED:
        assert not router.cli(*line.split()).stderr, line


# What is taken back, and what the sentence must name.
NOT_THERE = [
    ("show mroute 10.1.0.1 239.1.1.1", "(10.1.0.1, 239.1.1.1)"),
    ("show mroute * 239.1.1.1", "(*, 239.1.1.1)"),
    ("mroute del 10.1.0.1 239.1.1.1", "(10.1.0.1, 239.1.1.1)"),
    ("mroute del * 239.1.1.1", "(*, 239.1.1.1)"),
    ("leave in0 239.1.1.1", "(*, 239.1.1.1) on in0"),
    ("leave out1 239.1.1.1", "(*, 239.1.1.1) on out1"),
    ("leave out1 239.1.1.1 10.1.0.1", "(10.1.0.1, 239.1.1.1) on out1"),
    ("leave nix0 239.1.1.1", "(*, 239.1.1.1) on nix0"),
    ("owner release out1 static", "static does not own out1"),
    ("owner release nix0 static", "nix0"),
    ("owner release out1 igmp", "igmp"),
    ("detach out2", "out2 is not attached"),
    ("detach nix0", "nix0"),
]


def test_what_is_not_there_cannot_be_taken_back(lab):
    """A sentence that names it, and exit status 1; also after it was there."""
    lab.build(2)
    router = lab.router()
    router.start('interface "in0" { igmp {} }\ninterface "out1" {}\n',
                 ["in0", "out1"])
    for _ in range(2):
        for line, said in NOT_THERE:
            done = router.cli(*line.split(), check=False)
            assert done.returncode == 1 and said in done.stderr, \
                f"{line}: exit {done.returncode}: {done.stderr}"
        for name in "in0", "out1":
            router.cli("join", name, "239.1.1.1")
            router.cli("leave", name, "239.1.1.1")
        router.cli("mroute", "add", "*", "239.1.1.1", "from", "in0", "to",
                   "out1")
        router.cli("mroute", "del", "*", "239.1.1.1")
        router.cli("owner", "take", "out1", "static")
        router.cli("owner", "release", "out1", "static")


def test_a_route_that_is_not_there(daemon):
    """Asking for one route that does not exist is a failure, not a table."""
    daemon.result = []
    words = ["show", "mroute", "10.0.0.1", "239.1.1.1"]
    done = xmgm(*words, path=daemon.path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "(10.0.0.1, 239.1.1.1)" in done.stderr
    error = json.loads(xmgm("-j", *words, path=daemon.path).stdout)["error"]
    assert error["code"] == -errno.ENOENT
    assert "(10.0.0.1, 239.1.1.1)" in error["message"]
    done = xmgm("-j", "show", "mroute", path=daemon.path)
    assert (done.returncode, done.stdout.strip()) == (0, "[]")


def test_options_of_the_daemon_are_written_in_full():
    """xmgmd refuses the beginning of an option and says so."""
    for word in "--vers", "--hel", "--fake":
        done = subprocess.run([BUILD / "xmgmd", word], text=True, check=False,
                              capture_output=True, timeout=20)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"unknown option '{word}'" in done.stderr


def test_refusals_of_the_daemon(daemon):
    """The daemon's sentence on stderr, its code in JSON, exit status 1."""
    daemon.error = {"code": -17, "message": "eth1 is owned by pim"}
    done = xmgm("join", "eth1", "239.1.1.1", path=daemon.path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "xmgm: eth1 is owned by pim\n"
    done = xmgm("-j", "join", "eth1", "239.1.1.1", path=daemon.path)
    assert json.loads(done.stdout) == {"error": daemon.error}


def test_the_socket_by_environment(daemon):
    """XMGM_SOCKET names the socket unless -s does."""
    done = subprocess.run([XMGM, "show", "groups"], check=False,
                          env=os.environ | {"XMGM_SOCKET": str(daemon.path)},
                          capture_output=True, timeout=20)
    assert done.returncode == 0
    assert daemon.requests == [("show.groups", None)]


def test_tables(daemon):
    """Text has columns and short numbers, JSON the data as it came."""
    text = xmgm("show", "interfaces", path=daemon.path).stdout.splitlines()
    assert text[0].split()[:4] == ["INTERFACE", "IFID", "UP", "OWNER"]
    assert text[1].split()[:4] == ["eth0", "2", "yes", "static"]
    assert text[2] == "problem: eth0: the peer has no GRO"
    shown = xmgm("-j", "show", "interfaces", path=daemon.path).stdout
    assert json.loads(shown) == [ROW] and shown.count("\n") == 1
    text = xmgm("show", "stats", path=daemon.path).stdout
    assert re.search(r"verdicts\.forwarded +123k  sent to", text)
    assert re.search(r"igmp\.ttl +7  TTL is not 1\n", text)
    assert re.search(r"protocol-x\.routes +8  -\n", text)
    assert "verdicts.ttl" not in text and "1 counters are 0" in text
    shown = xmgm("-j", "show", "stats", path=daemon.path).stdout
    assert json.loads(shown) == STATS


@pytest.mark.parametrize("options", [[], ["-j"]])
def test_a_full_disk_is_a_failure(daemon, options):
    """Output that is lost is said to be lost."""
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([XMGM, "-s", daemon.path, *options, "show",
                               "interfaces"], check=False, stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=20)
    assert done.returncode == 1
    assert done.stderr == "xmgm: standard output: No space left on device\n"


def monitor(daemon, *words):
    return subprocess.Popen([XMGM, "-s", daemon.path, *words, "monitor"],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_monitor_prints_at_once_and_ends_cleanly(daemon, number):
    """One line an event, flushed; ^C is an end, not a failure."""
    daemon.events = 2
    program = monitor(daemon, "-j")
    assert json.loads(program.stdout.readline()) == EVENT
    assert json.loads(program.stdout.readline()) == EVENT
    assert program.poll() is None
    program.send_signal(number)
    out, err = program.communicate(timeout=20)
    assert (program.returncode, out, err) == (0, "", "")


def test_monitor_as_text(daemon):
    """Time of day, the event, and what belongs to it."""
    daemon.events = 1
    program = monitor(daemon)
    line = program.stdout.readline()
    assert re.fullmatch(r"\d\d:\d\d:01\.500 owner +"
                        r"interface=eth0 owner=- epoch=7\n", line), line
    program.kill()
    program.communicate()


def test_monitor_ends_when_nobody_reads(daemon):
    """A closed pipe ends it at once, without waiting for an event."""
    daemon.events = 1
    program = monitor(daemon)
    program.stdout.readline()
    program.stdout.close()
    assert program.wait(timeout=20) == 0
    assert program.stderr.read() == ""
    program.stderr.close()


def test_help_of_every_command(daemon):
    """-h explains each command; its examples are accepted."""
    assert len(commands()) >= 15
    for words in commands():
        done = xmgm(*words, "-h")
        assert done.returncode == 0 and not done.stderr, words
        usage, examples = done.stdout.split("\nExamples:\n")
        assert " ".join(words) in usage.splitlines()[0]
        for line in examples.splitlines():
            typed = shlex.split(line.split(" | ")[0])
            assert typed[0] == "xmgm"
            if "monitor" not in typed:
                done = xmgm(*typed[1:], path=daemon.path)
                ends = (0, 3, 4) if "doctor" in typed else (0,)
                assert done.returncode in ends, f"{line}: {done.stderr}"


def test_version():
    """The version stands in the Makefile, nowhere else."""
    version = re.search(r"^VERSION := (\S+)", (ROOT / "Makefile").read_text(),
                        re.M).group(1)
    assert xmgm("-V").stdout == f"xmgm {version}\n"


def complete(*words):
    script = ('source "$1"; shift; COMP_WORDS=("$@"); '
              'COMP_CWORD=$(($# - 1)); _xmgm; echo "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash",
                           ROOT / "etc/xmgm.bash-completion", "xmgm", *words],
                          text=True, check=True, capture_output=True)
    return set(done.stdout.split())


def test_completion_knows_every_command():
    """First and second words are those that help lists."""
    assert complete("") == {words[0] for words in commands()}
    for first in {words[0] for words in commands() if len(words) > 1}:
        assert complete(first, "") == {words[1] for words in commands()
                                       if words[0] == first}
    assert complete("-i", "lab", "show", "mr") == {"mroute"}
    assert "lo" in complete("join", "")
    assert complete("mroute", "add", "*", "239.1.1.1", "") == {"from"}


def manual(name):
    return (ROOT / "man" / name).read_text(encoding="utf-8")


def test_manual_knows_every_command():
    """xmgm(8) has an item for each command that help lists."""
    text = manual("xmgm.8")
    for words in commands():
        assert re.search(rf"^\.It Cm {' '.join(words)}( |$)", text, re.M), \
            f"{' '.join(words)} is missing in xmgm(8)"


def test_timers_run_by_the_monotonic_clock():
    """Setting the time of day changes nothing: it is read for what people see
    (the log, events), for when the maps were made, and for what mtrace's
    answers say, by nobody else."""
    readers = {path.relative_to(ROOT).as_posix()
               for path in (ROOT / "user").rglob("*.[ch]")
               if re.search(r"CLOCK_REALTIME|gettimeofday|\btime\(NULL\)",
                            path.read_text(encoding="utf-8"))}
    assert readers == {"user/lib/log.c", "user/xmgmd/control/events.c",
                       "user/plane/load.c", "user/xmgmd/glue.c",
                       "user/dvmrpd/services.c"}
    ours = (ROOT / "bpf").glob("*.[ch]")
    assert not any(re.search(r"ktime_get_(real|tai)",
                             path.read_text(encoding="utf-8"))
                   for path in ours)


def code_in(document):
    """What stands in `backquotes` there, outside of blocks."""
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"),
                  flags=re.M | re.S)
    return re.findall(r"`([^`\n]+)`", text)


def test_documents_name_what_is_there():
    """Files, functions, make targets and links in the documents exist."""
    sources = "".join(
        path.read_text(encoding="utf-8") for room in ("bpf", "user", "include")
        for path in sorted((ROOT / room).rglob("*.[ch]")))
    makefiles = "".join(
        path.read_text(encoding="utf-8")
        for path in [ROOT / "Makefile", *ROOT.glob("*/*.mk"),
                     *ROOT.glob("tests/*/rules.mk")])
    documents = [*sorted((ROOT / "doc").glob("*.md")), ROOT / "README.md",
                 ROOT / "CONTRIBUTING.md"]
    assert len(documents) >= 7
    missing = []
    for document in documents:
        for word in code_in(document):
            if "/NAME" in word:
                continue  # the reader's own
            if re.fullmatch(r"(bpf|user|include|tests|etc|man|doc)/[\w./-]*",
                            word):
                found = (ROOT / word).exists()
            elif re.fullmatch(r"\w+\(\)", word):
                found = re.search(rf"\b{word[:-2]}\(", sources)
            elif re.fullmatch(r"make [a-z-]+", word):
                found = re.search(rf"^([\w-]+ )*{word[5:]}\b.*:", makefiles,
                                  re.M)
            else:
                continue
            if not found:
                missing.append(f"{document.name}: {word}")
        for target in re.findall(r"\]\(([^)#]+)\)",
                                 document.read_text(encoding="utf-8")):
            if "://" not in target and \
               not (document.parent / target).exists():
                missing.append(f"{document.name}: link to {target}")
    assert not missing, "\n".join(missing)


def test_documents_say_what_of_the_rfcs_is_absent():
    """Each RFC that igmp.c names stands in STANDARDS of xmgmd.conf(5), where
    igmp.c and the README send those who want to know what is left out."""
    source = (ROOT / "user/proto/igmp/igmp.c").read_text(encoding="utf-8")
    essay = source.split("Implemented:")[1].split("*/")[0]
    listed = manual("xmgmd.conf.5").split(".Sh STANDARDS")[1]
    items = set(re.findall(r"RFC (\d+)", " ".join(
        re.findall(r"^\.It (.*)$", listed, re.M))))
    named = set(re.findall(r"RFC\s+(?:\*\s+)?(\d+)", essay))
    assert len(named) >= 5 and named <= items
    for text in essay, (ROOT / "README.md").read_text(encoding="utf-8"):
        assert "xmgmd.conf" in text and "STANDARDS" in text


def test_manual_knows_every_map():
    """xmgm-maps(7) has a heading for each map that is pinned."""
    source = (ROOT / "user/plane/bpf.h").read_text(encoding="utf-8")
    listed = re.search(r"#define PLANE_MAPS\(X\)((?:.*\\\n)+.*)", source)
    maps = set(re.findall(r"X\((\w+)\)", listed.group(1)))
    headings = re.findall(r"^\.Ss (.*)$", manual("xmgm-maps.7"), re.M)
    assert len(maps) > 15
    assert {name for line in headings for name in line.split(", ")} == maps


def check_config(path, text):
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([BUILD / "xmgmd", "-n", "-f", path], text=True,
                          check=False, capture_output=True, timeout=20)
    return done.returncode, done.stdout + done.stderr


def test_the_sample_without_its_comment_signs(tmp_path):
    """Prose begins with '# ', options with '#': all of them are valid."""
    sample = (ROOT / "etc/xmgmd.conf").read_text(encoding="utf-8")
    text, count = re.subn(r"^#(?=[^ \n])", "", sample, flags=re.M)
    assert count > 50 and "ttl-threshold = 1" in text
    assert check_config(tmp_path / "x.conf", text) == (0, "")
    for section in ("Options of", ".Ss limits", ".Ss rpf Brq",
                    ".Ss interface"):
        for name, _, default in documented(section):
            assert re.search(rf"^\t+{name} (=|{{)", text, re.M) or \
                name == "enabled", f"{name} is missing"
            shown = re.search(rf"^\t+{name} = (\S+)", text, re.M)
            assert not shown or default in (None, "the", shown[1]), name


def test_a_shown_configuration_can_be_used(lab, tmp_path):
    """show config speaks xmgmd.conf(5), routes made by command included."""
    lab.build(1)
    router = lab.start('interface "out9" { igmp { query-interval = 31.5 } }\n'
                       'join { interface = "out1" group = "239.4.4.4" }\n')
    router.cli("mroute", "add", "10.1.0.1", "239.5.5.5", "from", "in0", "to",
               "out1")
    router.cli("rpf", "add", "10.9.0.0/16", "dev", "in0", "distance", "3")
    text = router.cli("show", "config").stdout
    assert check_config(tmp_path / "x.conf", text) == (0, "")
    before = configured(router)
    router.stop()
    router.start(text, ["in0", "out1"])
    assert configured(router) == before
    assert before["interfaces"][-1]["igmp"]["query-interval"] == 31.5
    assert {"239.4.4.4", "239.5.5.5"} <= {
        s["group"] for s in before["joins"] + before["mroutes"]}


def configured(router):
    """What the daemon runs with, without where it came from."""
    shown = router.json("show", "config")
    for route in shown["mroutes"] + shown["rpf_routes"]:
        del route["origin"]
    for some in shown["mroutes"], shown["joins"]:
        some.sort(key=lambda s: (s["source"], s["group"]))
    return shown


def documented(section):
    """Options of a section of xmgmd.conf(5): name, its range, its default."""
    text = manual("xmgmd.conf.5")
    text = re.split(rf"^{re.escape(section)}\b.*$", text, flags=re.M)[1]
    # A list within an item: the words of an option.
    text = re.sub(r"\n\.Bl [^\n]*-compact\n.*?\n\.El", "", text, flags=re.S)
    items = text.split("\n.El")[0].split("\n.It Cm ")[1:]
    for item in items:
        name = item.split()[0]
        span = re.search(r"(\d+) to (\d+)", item)
        default = re.search(r"[Dd]efault ?\n?(?:\.Cm )?([\w.]*\w)", item)
        yield (name, span and (int(span[1]), int(span[2])),
               default and default[1])


@pytest.mark.parametrize("section, frame", [
    (".Ss interface", 'interface "a" {{ {} }}'),
    ("Options of", 'interface "a" {{ igmp {{ {} }} }}'),
    (".Ss limits", "limits {{ {} }}"),
    (".Ss rpf Brq", "rpf {{ {} }}"),
    (".Ss dvmrp Brq", "dvmrp {{ {} }}"),
])
def test_documented_options_exist(tmp_path, section, frame):
    """Each option is known, with the range and default of its manual page."""
    options = [o for o in documented(section) if o[0] != "igmp"]
    assert options
    for name, span, default in options:
        # Any word may be the name of an interface.
        good, bad = [], ["a/b" if name == "unnumbered" else "nonsense"]
        if default and default != "the":
            good.append(default)
        if span:
            good += [str(n) for n in span if not coupled(name, n)]
            bad += [str(span[0] - 1), str(span[1] + 1)]
        for value in good + bad:
            status, said = check_config(tmp_path / "x.conf",
                                        frame.format(f"{name} = {value}"))
            assert (status == 0) == (value in good), \
                f"{name} = {value}: {said}"
            assert value in good or name in said, said


def coupled(name, value):
    """Ends of ranges that another option's default forbids."""
    return (name, value) in (("query-interval", 1), ("negative", 4194304),
                             ("query-response-interval", 3174),
                             ("startup-query-interval", 31744),
                             ("routes", 16))


def test_manual_pages_are_well_formed():
    """mandoc finds nothing to complain about."""
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    pages = sorted((ROOT / "man").glob("*.[1-8]"))
    assert len(pages) >= 4
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", *pages],
                          text=True, check=False, capture_output=True)
    assert done.stdout + done.stderr == ""


def test_install_puts_everything_in_its_place(tmp_path):
    """make install honours DESTDIR and PREFIX, and keeps a configuration."""
    wanted = ["opt/x/sbin/xmgm", "opt/x/sbin/xmgmd",
              "opt/x/share/man/man8/xmgm.8", "opt/x/share/man/man8/xmgmd.8",
              "opt/x/share/man/man5/xmgmd.conf.5",
              "opt/x/share/man/man7/xmgm-maps.7",
              "opt/x/lib/systemd/system/xmgmd.service",
              "opt/x/share/bash-completion/completions/xmgm",
              "etc/xmgm/xmgmd.conf"]
    kept = tmp_path / "etc/xmgm/xmgmd.conf"
    for _ in range(2):
        done = subprocess.run(
            ["make", "-C", ROOT, "-o", "all", "install", f"BUILD={BUILD}",
             f"DESTDIR={tmp_path}", "PREFIX=/opt/x"], text=True, check=False,
            capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        kept.write_text("# mine\n", encoding="utf-8")
    assert kept.read_text(encoding="utf-8") == "# mine\n"
    for name in wanted:
        assert (tmp_path / name).exists(), name
    unit = (tmp_path / wanted[6]).read_text(encoding="utf-8")
    assert "ExecStart=/opt/x/sbin/xmgmd " in unit
    assert "@sbindir@" not in unit
