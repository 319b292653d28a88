#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""bench.json as pictures: one SVG with a panel for each question.

    plot.py [BENCH.JSON [OUT.SVG]]

Nothing but the standard library. A part that was not run has no panel.
"""
import json
import math
import sys
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 460, 300  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 62, 18, 44, 46
COLOURS = ["#0b6bb8", "#6aaede", "#b5402a", "#555555", "#3a8a3a"]


class Panel:
    """Lines over a logarithmic x; y from zero, or logarithmic as well."""

    def __init__(self, title, xlabel, ylabel, log=False):
        self.title, self.xlabel, self.ylabel = title, xlabel, ylabel
        self.log = log
        self.lines = []  # (name, [(x, y), ...])

    def add(self, name, points):
        points = [(x, y) for x, y in points if y]
        if points:
            self.lines.append((name, sorted(points)))

    def scales(self):
        xs = [x for _, points in self.lines for x, _ in points]
        ys = [y for _, points in self.lines for _, y in points]
        low = 10 ** math.floor(math.log10(min(ys))) if self.log else 0
        high = max(ys) * (1.5 if self.log else 1.1)
        span = math.log(max(xs) / min(xs)) or 1

        def to_x(x):
            room = WIDTH - LEFT - RIGHT
            return LEFT + room * math.log(x / min(xs)) / span

        def to_y(y):
            part = (math.log(y / low) / math.log(high / low) if self.log
                    else y / high)
            return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part

        return to_x, to_y, sorted(set(xs)), ticks(low, high, self.log)

    def draw(self):
        to_x, to_y, xs, ys = self.scales()
        out = [text(LEFT, 18, self.title, size=14, weight="bold"),
               text(WIDTH / 2, HEIGHT - 8, self.xlabel, anchor="middle"),
               text(LEFT, TOP - 12, self.ylabel)]
        for y in ys:
            out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" '
                       f'y1="{to_y(y):.1f}" y2="{to_y(y):.1f}" '
                       'stroke="#dddddd"/>')
            out.append(text(LEFT - 6, to_y(y) + 4, f"{y:g}", anchor="end"))
        for x in xs:
            out.append(text(to_x(x), HEIGHT - BOTTOM + 16, short(x),
                            anchor="middle"))
        for n, (name, points) in enumerate(self.lines):
            out += self.line(name, points, COLOURS[n % len(COLOURS)], n,
                             to_x, to_y)
        return "\n".join(out)

    def line(self, name, points, colour, n, to_x, to_y):
        path = " ".join(f"{to_x(x):.1f},{to_y(y):.1f}" for x, y in points)
        yield (f'<polyline points="{path}" fill="none" stroke="{colour}" '
               'stroke-width="2"/>')
        for x, y in points:
            yield (f'<circle cx="{to_x(x):.1f}" cy="{to_y(y):.1f}" r="3" '
                   f'fill="{colour}"><title>{escape(name)}: {y:g} at '
                   f'{x:g}</title></circle>')
        yield text(WIDTH - RIGHT, TOP + 4 + 15 * n, name, colour=colour,
                   anchor="end")


def text(x, y, what, size=11, anchor="start", weight="normal",
         colour="#222222"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" '
            f'text-anchor="{anchor}" font-weight="{weight}" '
            f'fill="{colour}">{escape(what)}</text>')


def short(x):
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if x >= unit:
            return f"{x / unit:.3g}{name}"
    return f"{x:g}"


def ticks(low, high, log):
    if log:
        first = math.floor(math.log10(low))
        return [10 ** n for n in range(first, math.ceil(math.log10(high)))]
    step = 10 ** math.floor(math.log10(high))
    while high / step < 4:
        step /= 2
    return [n * step for n in range(int(high / step) + 1)]


def forwarding(result, size):
    rows = [r for r in result.get("forwarding", []) if r["bytes"] == size]
    panel = Panel(f"Forwarding, {size}-byte frames", "oifs",
                  "million packets/s in, one core", log=True)
    for mac, name in ("router", "xmgm, router MAC"), ("own", "xmgm, own MACs"):
        panel.add(name, [(r["oifs"], r["xmgm_mpps"]) for r in rows
                         if r["mac"] == mac])
    for member, name in (("ip_mroute_mpps", "ip_mroute"),
                         ("limit_mpps", "bare broadcast")):
        panel.add(name, [(r["oifs"], r[member]) for r in rows
                         if r["mac"] == "own"])
    return panel


def routes(result, oifs):
    rows = [r for r in result.get("routes", []) if r["oifs"] == oifs]
    panel = Panel(f"Routes, flows in random order, {oifs} oif"
                  + "s" * (oifs > 1), "routes",
                  "million packets/s in, one core", log=True)
    panel.add("xmgm", [(r["count"], r["mpps"]) for r in rows])
    panel.add("ip_mroute", [(r["count"], r["ip_mroute_mpps"]) for r in rows])
    return panel


def scaling(result, oifs):
    rows = [r for r in result.get("scaling", []) if r["oifs"] == oifs]
    panel = Panel(f"Cores, {oifs} oif" + "s" * (oifs > 1), "cores",
                  "million packets/s in")
    for flows, name in (("different", "xmgm, a flow each"),
                        ("same", "xmgm, one flow")):
        panel.add(name, [(r["cores"], r["mpps"]) for r in rows
                         if r["flows"] == flows])
    panel.add("bare broadcast", [(r["cores"], r["limit_mpps"]) for r in rows
                                 if r["flows"] == "same"])
    return panel


def draw(result):
    panels = [forwarding(result, 60), forwarding(result, 1400),
              routes(result, 1), routes(result, 8),
              scaling(result, 1), scaling(result, 8)]
    panels = [p for p in panels if p.lines]
    rows = (len(panels) + 1) // 2
    title = (f"xmgm on Linux {result.get('kernel', '?')}, "
             f"{result.get('cpus', '?')} CPUs")
    out = ['<svg xmlns="http://www.w3.org/2000/svg" '
           f'width="{2 * WIDTH}" height="{rows * HEIGHT + 30}" '
           'font-family="sans-serif">',
           '<rect width="100%" height="100%" fill="white"/>',
           text(LEFT, 20, title, size=15)]
    for n, panel in enumerate(panels):
        out.append(f'<g transform="translate({n % 2 * WIDTH},'
                   f'{n // 2 * HEIGHT + 30})">')
        out += [panel.draw(), "</g>"]
    return "\n".join(out + ["</svg>", ""])


def main():
    source = sys.argv[1] if len(sys.argv) > 1 else "build/bench.json"
    target = (sys.argv[2] if len(sys.argv) > 2
              else source.removesuffix(".json") + ".svg")
    try:
        with open(source, encoding="utf-8") as f:
            result = json.load(f)
    except (OSError, ValueError) as why:
        sys.exit(f"plot.py: {source}: {why}; `make bench` writes it")
    with open(target, "w", encoding="utf-8") as f:
        f.write(draw(result))
    print(f"{target} written")


if __name__ == "__main__":
    main()
