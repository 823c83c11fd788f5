# SPDX-License-Identifier: GPL-2.0-or-later
"""The report of make bench: OUT/bench.md, OUT/bench.json and plots, from the lines of the benches.

usage: report.py OUT FILE...

The first table is what was promised: what must hold, what is aimed at, and what was measured.
"""
import json
import os
import sys

import gather
import plot
import tables

MEGABYTE = 1e6


class Results:
    def __init__(self, measurements):
        self.measurements = measurements

    def find(self, name, peer=None):
        for found in self.measurements:
            if found["name"] == name and (peer is None or found["peer"] == peer):
                return found
        return None

    def value(self, name):
        found = self.find(name)
        return found["value"] if found else None

    def ratio(self, name, peer):
        found = self.find(name, peer)
        return found["ratio"] if found else None


def percent(ratio):
    return None if ratio is None else 100 * ratio


# What was promised: (what, must, aim, parts). A part is (how to say it, value, the bound that must
# hold, the bound that is aimed at); a positive bound is a least, a negative one a most, 0
# means that nothing was promised.
def promises(results):
    trie, floor = "LPM trie", "one random read"

    def times(name, peer, must, aim):
        return ("{:.0f}x", results.ratio(name, peer), must, aim)

    def over_floor(name, must, aim):
        ratio = results.ratio(name, floor)
        return ("{:.2f}x", 1 / ratio if ratio else None, -must, -aim)

    def share(name):
        return ("{:.1f} %", percent(results.ratio(name, "none")), 97, 99)

    def least(name, divisor, how, must, aim):
        value = results.value(name)
        return (how, value / divisor if value is not None else None, -must, -aim)

    yield ("IPv4 lookup against LPM_TRIE, cold / hot", "50x / 40x", "75x / 50x",
           [times("lookup/v4/cold", trie, 50, 75), times("lookup/v4/hot", trie, 40, 50)])
    yield ("IPv6 lookup against LPM_TRIE, cold / hot", "15x / 12x", "30x / 20x",
           [times("lookup/v6/cold", trie, 15, 30), times("lookup/v6/hot", trie, 12, 20)])
    yield ("IPv6 / IPv4 lookup against the floor, cold", "within 3x / 2x", "2x / 1.3x",
           [over_floor("lookup/v6/cold/floor", 3, 2),
            over_floor("lookup/v4/cold/floor", 2, 1.3)])
    yield ("whole guard, allowed IPv4 TCP, above an empty program, one flow / 4,096 destinations",
           "15 ns", "8 ns",
           [least("program/tc/v4/tcp/allow/one-flow/added", 1, "{:.1f} ns", 15, 8),
            least("program/tc/v4/tcp/allow/hot/added", 1, "{:.1f} ns", 15, 8)])
    plain, living = (results.value(f"{part}/tc/v4/tcp/allow/one-flow/added")
                     for part in ("program", "living"))
    more = None if plain is None or living is None else living - plain
    yield ("the same with 64 scopes, 1,000 exceptions and replies, above the guard without",
           "10 ns", "-", [("{:.1f} ns", more, -10, -10)])
    yield ("end to end forwarding rate against no guard, IPv4 / IPv6", "97 %", "99 %",
           [share("forward/v4/allow/hot"), share("forward/v6/allow/hot")])
    yield ("the same through a gateway, alone / with the guard outside, IPv4", "97 %", "99 %",
           [share("forward/v4/allow/hot/gateway"), share("forward/v4/allow/hot/router")])
    yield ("the same against an empty program at the same hook", "-", "-",
           [("{:.1f} %", percent(results.ratio("forward/v4/allow/hot", "empty-tc")), 0, 0),
            ("{:.1f} %", percent(results.ratio("forward/v6/allow/hot", "empty-tc")), 0, 0),
            ("{:.1f} %", percent(results.ratio("forward/v4/allow/hot/gateway", "empty-xdp")), 0, 0)])
    yield ("kernel memory for the real table, IPv4 + IPv6", "128 MB", "56 MB",
           [least("enforce/memory", MEGABYTE, "{:.1f} MB", 128, 56)])
    yield ("the same with four voting sources", "192 MB", "80 MB",
           [least("enforce/sources/memory", MEGABYTE, "{:.1f} MB", 192, 80)])
    yield ("peak during a swap (two generations)", "2.1x the steady figure", "same",
           [least("enforce/swap/times", 1, "{:.2f}x", 2.1, 2.1)])
    yield ("files to enforced, embedded data, cold process / against nft, same prefixes",
           "1.5 s / 10x", "0.5 s / 10x",
           [least("enforce/same", 1, "{:.2f} s", 1.5, 0.5),
            times("enforce/same", "nftables", 10, 10)])
    yield ("apply again with only the policy changed", "150 ms", "50 ms",
           [least("enforce/reapply", 1e-3, "{:.0f} ms", 150, 50)])
    yield ("soil sources to a merged atlas (five of 4.5 M rows), time / memory", "5 s / 512 MB",
           "same", [least("atlas/build", 1, "{:.2f} s", 5, 5),
                    least("atlas/build/process", MEGABYTE, "{:.0f} MB", 512, 512)])
    explained = results.value("atlas/explain")
    yield ("explain --json, addresses a second", "200,000", "same",
           [("{:,.0f}", explained, 200000, 200000)])
    yield ("agent RSS, steady", "96 MB", "32 MB",
           [least("enforce/agent", MEGABYTE, "{:.1f} MB", 96, 32)])


def holds(value, bound):
    return value >= bound if bound > 0 else value <= -bound


def verdict(parts):
    if any(value is None for _, value, _, _ in parts):
        return "not measured"
    if not any(must for _, _, must, _ in parts):
        return ""
    if all(holds(value, aim) for _, value, _, aim in parts):
        return "aim met"
    return "must met" if all(holds(value, must) for _, value, must, _ in parts) else "**missed**"


def promise_table(results):
    rows = []
    for what, must, aim, parts in promises(results):
        measured = " / ".join(
            how.format(value) if value is not None else "-" for how, value, _, _ in parts
        )
        rows.append([what, must, aim, measured, verdict(parts)])
    return tables.table(["what", "must", "aim", "measured", ""], rows)


def machine():
    model, cores = "unknown CPU", os.cpu_count()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = int(file.readline().split()[1]) / 1e6
    system = os.uname()
    return f"{model}, {cores} cores, {memory:.0f} GB, {system.sysname} {system.release}"


PLOTS = {
    "Lookups": ["bench-lookup.svg"],
    "Through a forwarding host": ["bench-forward.svg"],
    "Growth": ["bench-growth-lookup.svg", "bench-growth-load.svg"],
}


def draw_lookups(results, out):
    groups, values = [], {}
    for found in results.measurements:
        parts = found["name"].split("/")
        if parts[0] != "lookup" or not parts[2:] or parts[2] not in ("cold", "hot", "zipf"):
            continue
        if parts[3:] not in ([], ["floor"]):
            continue
        group = f"{parts[1]} {parts[2]}"
        if group not in groups:
            groups.append(group)
        values[(group, "gabelou")] = found["value"]
        values[(group, found["peer"])] = found["peer_value"]
    if groups:
        plot.bars(f"{out}/bench-lookup.svg", "A lookup", "ns", groups,
                  ["gabelou", "one random read", "LPM trie"], values, True)


def draw_forward(results, out):
    groups, names, values = [], ["gabelou"], {}
    for found in results.measurements:
        parts = found["name"].split("/")
        if parts[0] != "forward" or len(parts) != 4 or found["unit"] != "packets/s":
            continue
        group = f"{parts[1]} {parts[2]} {parts[3]}"
        if group not in groups:
            groups.append(group)
        if found["peer"] not in names:
            names.append(found["peer"])
        values[(group, "gabelou")] = found["value"]
        values[(group, found["peer"])] = found["peer_value"]
    if groups:
        plot.bars(f"{out}/bench-forward.svg", "Forwarded or dropped by one CPU", "packets/s",
                  groups, names, values)


def draw_growth(results, out, what, title):
    series = {}
    for found in results.measurements:
        parts = found["name"].split("/")
        if parts[0] != "growth" or parts[3:] != [what]:
            continue
        for name, key in (("gabelou", "value"), (found["peer"], "peer_value")):
            series.setdefault(f"{name} {parts[1]}", {})[int(parts[2])] = found[key]
    plot.lines(f"{out}/bench-growth-{'load' if what == 'build-and-fill' else what}.svg", title,
               "ns", "prefixes", {name: list(run.items()) for name, run in series.items()})


def write_markdown(results, failed, out):
    lines = ["# What gabelou costs", "", f"Measured on: {machine()}.", ""]
    lines += promise_table(results)
    lines += ["", "How each is measured, and what makes it fair: docs/performance.md. A ratio above",
              "1 is better than the peer. Spread: from the least to the most of the runs, as a part",
              "of their median."]
    for prefix, title, section in tables.SECTIONS:
        if not any(one["name"].startswith(prefix) for one in results.measurements):
            continue
        lines += ["", f"## {title}", ""] + section(results)
        for name in PLOTS.get(title, []):
            if os.path.exists(f"{out}/{name}"):
                lines += ["", f"![{title}]({name})"]
    lines += [""] + [f"- {one['sample']}, {one['subject']}: {one['failed']}" for one in failed]
    with open(f"{out}/bench.md", "w", encoding="utf-8") as file:
        file.write("\n".join(lines).rstrip() + "\n")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    out = sys.argv[1]
    measurements, failed = gather.everything(sys.argv[2:])
    results = Results(measurements)
    with open(f"{out}/bench.json", "w", encoding="utf-8") as file:
        json.dump(measurements, file, indent=1)
        file.write("\n")
    draw_lookups(results, out)
    draw_forward(results, out)
    draw_growth(results, out, "lookup", "A lookup, uniform over the prefixes")
    draw_growth(results, out, "build-and-fill", "From sorted prefixes to a table that can be read")
    write_markdown(results, failed, out)
    print(f"Measured on: {machine()}.\n")
    print("\n".join(promise_table(results)))
    print(f"\n{out}/bench.md, {out}/bench.json")


main()
