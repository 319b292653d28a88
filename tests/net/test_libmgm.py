# SPDX-License-Identifier: GPL-2.0-only
"""libmgm as it is installed: what it shows, what its manual says, and a
program that is made with it, against a real daemon."""

import os
import pathlib
import re
import signal
import subprocess

import pytest

from router import BUILD
from test_igmp import joined, member, start
from test_readme import displays
from topology import until

TOP = pathlib.Path(__file__).resolve().parents[2]
HEADERS = ["address.h", "mgm.h", "libmgm.h"]
WARN = ["-Wall", "-Wextra", "-Werror"]


@pytest.fixture(name="installed", scope="module")
def fixture_installed(tmp_path_factory):
    """A tree as `make install` leaves it, and pkg-config looking there."""
    root = tmp_path_factory.mktemp("root")
    env = {k: v for k, v in os.environ.items()
           if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CFLAGS")}
    subprocess.run(["make", "-C", TOP, "-s", f"BUILD={BUILD}", "install-lib",
                    f"DESTDIR={root}", "PREFIX=/usr"], check=True, env=env)
    return root


def pkg_config(root, *options):
    env = {**os.environ, "PKG_CONFIG_PATH": f"{root}/usr/lib/pkgconfig",
           "PKG_CONFIG_SYSROOT_DIR": str(root)}
    done = subprocess.run(["pkg-config", *options, "libmgm"], env=env,
                          check=True, capture_output=True, text=True)
    # json-c is the machine's own, not this tree's.
    return [word.replace(f"{root}{root}", str(root))
            for word in done.stdout.split()]


def functions():
    """Those that the headers declare and do not define themselves."""
    text = "".join((TOP / "include/xmgm" / name).read_text(encoding="utf-8")
                   for name in HEADERS)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return set(re.findall(r"^(?:int|void|const char \*) ?\*?(mgm_\w+)\([^;{]*;",
                          text, re.M))


def symbols(library, *options):
    done = subprocess.run(["nm", "--defined-only", "-g", *options, library],
                          check=True, capture_output=True, text=True)
    return [line.split()[1:] for line in done.stdout.splitlines()
            if len(line.split()) == 3]


def test_exports_are_the_functions_of_the_headers():
    """No more, no less; each with a version, in both libraries."""
    want = functions()
    assert len(want) > 30
    shared = [name for kind, name in symbols(BUILD / "libmgm.so", "-D")
              if kind == "T"]
    assert {name.split("@@")[0] for name in shared} == want
    assert all(re.fullmatch(r"mgm_\w+@@LIBMGM_0\.\d+", name)
               for name in shared)
    static = symbols(BUILD / "libmgm.a")
    assert {name for kind, name in static if kind == "T"} == want
    assert len(static) == len(want)


def test_soname_and_what_it_needs():
    done = subprocess.run(["readelf", "-d", BUILD / "libmgm.so"], check=True,
                          capture_output=True, text=True)
    assert re.findall(r"SONAME.*\[(.*)\]", done.stdout) == ["libmgm.so.0"]
    assert set(re.findall(r"NEEDED.*\[(.*)\]", done.stdout)) <= \
        {"libjson-c.so.5", "libc.so.6", "libasan.so.8", "libubsan.so.1"}


def test_manual_has_every_function_and_error():
    text = (TOP / "man/libmgm.3").read_text(encoding="utf-8")
    synopsis, description = text.split(".Sh DESCRIPTION")
    assert set(re.findall(r"^\.Fn (mgm_\w+)", synopsis, re.M)) == functions()
    assert functions() <= set(re.findall(r"\bmgm_\w+", description))
    header = (TOP / "include/xmgm/mgm.h").read_text(encoding="utf-8")
    names = set(re.findall(r"^\tX\((E\w+),", header, re.M))
    assert names and names <= set(re.findall(r"Bq Er -(E\w+)", text))


def test_readme_compares_every_function_and_callback():
    """With those of the original, in a table; "_put" behind mgm_rib_get is
    mgm_rib_put."""
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    names, stem = set(), ""
    for name in re.findall(r"`(\w+)`", readme[readme.index("| MGM func"):
                                             readme.index("## How fast")]):
        if name.startswith("_"):
            names |= {stem[:k] + name for k, c in enumerate(stem + "_")
                      if c == "_"}
        else:
            names.add(name)
            stem = name
    header = (TOP / "include/xmgm/mgm.h").read_text(encoding="utf-8")
    callbacks = re.findall(r"^\tvoid \(\*(\w+)\)\(void \*arg", header, re.M)
    assert len(callbacks) > 16
    assert functions() | set(callbacks) <= names


@pytest.mark.parametrize("compiler, options", [
    ("gcc", ["-std=gnu11"]), ("gcc", ["-std=c99", "-D_DEFAULT_SOURCE"]),
    ("g++", ["-std=c++11"]), ("g++", ["-std=c++20"])])
def test_headers_compile_alone(installed, tmp_path, compiler, options):
    """In C, and in C++, where the functions have C's names."""
    for name in HEADERS:
        source = tmp_path / ("t.c" if compiler == "gcc" else "t.cc")
        call = "mgm_close(0);" if name == "libmgm.h" else ""
        source.write_text(f"#include <xmgm/{name}>\n"
                          f"int main(void) {{ {call} return 0; }}\n",
                          encoding="utf-8")
        subprocess.run([compiler, *options, *WARN, "-o", tmp_path / "t",
                        source, *pkg_config(installed, "--cflags", "--libs")],
                       check=True)


def example(root, directory, *options):
    """The manual's program, made in the way the manual says."""
    source = directory / "example.c"
    program, = displays("libmgm.3")
    source.write_text(program, encoding="utf-8")
    flags = ["--static"] if "-static" in options else []
    subprocess.run(["gcc", *WARN, "-o", directory / "example", source,
                    *pkg_config(root, "--cflags", "--libs", *flags),
                    *options], check=True)
    return directory / "example"


def run_example(lab, root, program, router, interface):
    with open(router.log.with_name("example.out"), "w+b") as out:
        process = lab.net.start(lab.rtr, "env",
                                f"LD_LIBRARY_PATH={root}/usr/lib", program,
                                router.socket, interface, stdout=out,
                                stderr=subprocess.STDOUT)
    return process, router.log.with_name("example.out")


def memberships(lab, router):
    """All there are, as (group, interface, protocol)."""
    rpc = router.rpc()
    rpc.call("mgm.hello", version=1)
    rows = rpc.call("mgm.membership_next", count=500)["result"]
    rpc.close()
    names = {lab.rtr.ifindex(name): name for name in ["in0", *lab.outs]}
    return {(r.get("group"), names[r["ifid"]], r["protocol"]) for r in rows}


@pytest.mark.parametrize("options", [[], ["-static"]],
                         ids=["shared", "static"])
def test_the_manuals_example(lab, installed, tmp_path, options):
    """Compiled against the installed tree; takes an interface from IGMP, and
    gives it back."""
    program = example(installed, tmp_path, *options)
    router = start(lab, 1)
    host = member(lab, 1, "239.3.3.3")
    host.join()
    joined(router, "out1", "239.3.3.3")
    process, out = run_example(lab, installed, program, router, "out1")

    def said(line):
        assert process.poll() is None, out.read_text(encoding="utf-8")
        return line in out.read_text(encoding="utf-8").splitlines()

    until(lambda: said("ownership ok"), 10, "the interface")
    assert said("join 239.3.3.3"), "a new owner hears of every member"
    assert router.interface("out1")["owner"] == "example"
    assert ("239.1.1.1", "out1", 256) in memberships(lab, router)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    until(lambda: router.interface("out1")["owner"] == "igmp", 15,
          "IGMP to have its interface back")
    assert joined(router, "out1", "239.3.3.3")
