# SPDX-License-Identifier: GPL-2.0-only
"""`make bench-plot`: what the benchmark has measured, as a picture."""
import json
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

PLOT = pathlib.Path(__file__).parents[1] / "bench" / "plot.py"
SVG = "{http://www.w3.org/2000/svg}"
FORWARDING = [
    {"oifs": oifs, "bytes": 60, "mac": mac, "xmgm_mpps": 3 / oifs,
     "ip_mroute_mpps": None if oifs > 16 else .5 / oifs,
     "limit_mpps": 4 / oifs}
    for oifs in (1, 16, 256) for mac in ("own", "router")]


def plot(path, result):
    source = path / "bench.json"
    source.write_text(json.dumps(result))
    subprocess.run([sys.executable, PLOT, source], check=True,
                   capture_output=True)
    return ElementTree.parse(path / "bench.svg").getroot()


def titles(svg):
    return [t.text for t in svg.iter(SVG + "text")
            if t.get("font-weight") == "bold"]


def test_a_line_for_each_path_and_a_point_for_each_row(tmp_path):
    svg = plot(tmp_path, {"kernel": "6.1", "forwarding": FORWARDING})
    assert titles(svg) == ["Forwarding, 60-byte frames"]
    lines = [line.get("points").split() for line in svg.iter(SVG + "polyline")]
    assert [len(points) for points in lines] == [3, 3, 2, 3]


def test_a_part_that_was_not_run_has_no_panel(tmp_path):
    rows = [{"cores": n, "flows": flows, "oifs": 1, "mpps": 3 * n,
             "limit_mpps": 4 * n} for n in (1, 2)
            for flows in ("same", "different")]
    assert titles(plot(tmp_path, {"scaling": rows})) == ["Cores, 1 oif"]
    assert not titles(plot(tmp_path, {}))


def test_without_a_result_it_says_what_makes_one(tmp_path):
    done = subprocess.run([sys.executable, PLOT, tmp_path / "none.json"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "none.json" in done.stderr and "make bench" in done.stderr
