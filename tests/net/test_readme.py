# SPDX-License-Identifier: GPL-2.0-only
"""What the README, the manual pages and `-h` show as examples works."""

import os
import pathlib
import re
import shutil

from router import BUILD

TOP = pathlib.Path(__file__).resolve().parents[2]
PATH = f"{BUILD}:{os.environ['PATH']}:/usr/sbin"


def blocks(language):
    """The README's fenced blocks of one language."""
    text = (TOP / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def displays(page, section="EXAMPLES"):
    """The literal displays in one section of a manual page."""
    text = (TOP / "man" / page).read_text(encoding="utf-8")
    text = text.split(f".Sh {section}", 1)[1].split("\n.Sh ", 1)[0]
    found = re.findall(r"^\.Bd [^\n]*\n(.*?)^\.Ed", text, re.M | re.S)
    return [d.replace("\\&", "").replace("\\e", "\\") for d in found]


def machine(lab):
    """A router whose interfaces are called as in the documents."""
    lab.build(2)
    for old, new in ("in0", "eth0"), ("out1", "eth1"), ("out2", "eth2"):
        lab.rtr.ip("link", "set", old, "down")
        lab.rtr.ip("link", "set", old, "name", new)
        lab.rtr.ip("link", "set", new, "up")
    return lab.router("main")


def run(lab, line):
    done = lab.rtr.run("bash", "-ec", line, env={"PATH": PATH},
                       check=False, timeout=10)
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_readme(lab):
    """Its commands run in their order, its configuration starts."""
    router = machine(lab)
    scripts = blocks("sh")
    assert len(scripts) == 3, "without a daemon, with one, the maps"
    for line in scripts[0].splitlines():
        run(lab, line)
    config, = blocks("conf")
    router.start(config, ["eth0", "eth1", "eth2"])
    for line in (scripts[1] + scripts[2]).splitlines():
        run(lab, line)
    assert router.log_text().count("error") == 0
    assert router.groups("eth2", "239.1.1.1")
    text = (TOP / "README.md").read_text(encoding="utf-8")
    assert "make demo" in text and "make test" in text


def test_readme_configuration_is_checked(lab):
    """`xmgmd -n` accepts README, sample and manual page."""
    lab.build(1)
    samples = [*blocks("conf"), *displays("xmgmd.conf.5"),
               (TOP / "etc/xmgmd.conf").read_text(encoding="utf-8")]
    assert len(samples) >= 3
    for number, text in enumerate(samples):
        path = lab.directory / f"sample{number}.conf"
        path.write_text(text, encoding="utf-8")
        run(lab, f"xmgmd -n -f {path}")


def documented(lab):
    """The machine of the documents with a daemon, IGMP everywhere."""
    router = machine(lab)
    router.start("".join(f'interface "eth{n}" {{ igmp {{ }} }}\n'
                         for n in range(3)), ["eth0", "eth1", "eth2"])
    return router


def without_jq(text):
    """jq is not needed to test what it is given."""
    return text if shutil.which("jq") else re.sub(r"\|\s*jq.*", "", text)


def test_examples_of_help(lab):
    """Every example that `xmgm COMMAND -h` shows runs."""
    router = documented(lab)
    order = ["attach", "show interfaces", "show groups", "show igmp",
             "show protocols", "show stats", "show config", "mroute add",
             "show mroute", "mroute del", "join", "leave", "owner take",
             "owner release", "monitor", "detach"]
    ran = 0
    for command in order:
        shown = run(lab, f"xmgm {command} -h")
        for line in re.findall(r"^\s+(xmgm .*)$", shown, re.M):
            line = without_jq(line)
            if command == "monitor":
                line = f"timeout 0.5 {line} || test $? = 124"
            run(lab, line)
            ran += 1
        if command == "mroute del":
            remove_routes(router)
    assert ran >= len(order)


def remove_routes(router):
    """Those that examples have added and not removed."""
    for route in router.json("show", "mroute"):
        router.cli("mroute", "del", route["source"], route["group"])


def test_examples_of_manual_page(lab):
    """Each display under EXAMPLES runs as it stands."""
    router = documented(lab)
    shown = displays("xmgm.8")
    assert len(shown) >= 3
    for display in shown:
        run(lab, "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" +
            without_jq(display))
        remove_routes(router)
