# SPDX-License-Identifier: GPL-2.0-or-later
"""Measurements as Markdown tables, each part in the shape in which it is read."""

# (at least so much, divided by, is that unit)
SCALES = {
    "ns": ((1e9, 1e9, "s"), (1e6, 1e6, "ms"), (1e4, 1e3, "µs"), (1e3, 1, "ns")),
    "B": ((1e5, 1e6, "MB"), (1e3, 1e3, "kB")),
    "s": ((1, 1, "s"), (0, 1e-3, "ms")),
    "packets/s": ((0, 1e3, "k/s"),),
}


def figure(value, unit):
    """A number as people read it."""
    if value is None:
        return ""
    for least, divisor, larger in SCALES.get(unit, ()):
        if value >= least:
            value, unit = value / divisor, larger
            break
    number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{number} {unit}".strip()


def times(ratio):
    if ratio is None:
        return ""
    return f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.2f}x"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def starts(results, prefix, parts):
    """The first so many parts of every name that begins with the prefix, each once, in order."""
    found = ["/".join(one["name"].split("/")[:parts]) for one in results.measurements
             if one["name"].startswith(prefix) and one["name"].count("/") >= parts - 1]
    return list(dict.fromkeys(found))


def cell(found, key="value"):
    return figure(found[key], found["unit"]) if found else ""


def lookup(results):
    rows, others = [], []
    for name in starts(results, "lookup/", 3):
        trie = results.find(name, "LPM trie")
        if not trie or trie["unit"] != "ns":
            others += [one for one in results.measurements if one["name"] == name]
            continue
        for suffix, how in (("", "independent"), ("/dependent", "each waits for the last")):
            trie = results.find(name + suffix, "LPM trie")
            floor = results.find(name + suffix + "/floor", "one random read")
            rows.append([name.removeprefix("lookup/"), how, cell(trie), cell(trie, "peer_value"),
                         times(trie["ratio"] if trie else None), cell(floor, "peer_value"),
                         f"{100 * trie['spread']:.0f} %" if trie else ""])
    return table(["addresses", "lookups are", "gabelou", "LPM trie", "ratio", "one random read",
                  "spread"], rows) + [""] + plain(others)


def program(results):
    rows = []
    for name in starts(results, "program/", 6):
        found = results.find(name, "empty program")
        if not found:
            continue
        rows.append([name.removeprefix("program/"), cell(found), cell(found, "peer_value"),
                     cell(results.find(name + "/added")), str(found["runs"]),
                     f"{100 * found['spread']:.0f} %"])
    return table(["packets", "gabelou", "empty program", "added", "runs", "spread"], rows)


def forward_matrix(results, suffix):
    mixes = starts(results, "forward/", 4)
    peers = list(dict.fromkeys(one["peer"] for one in results.measurements
                               if one["name"].startswith("forward/") and one["peer"]))
    rows = []
    for mix in mixes:
        found = {peer: results.find(mix + suffix, peer) for peer in peers}
        ours = next((one for one in found.values() if one), None)
        row = [mix.removeprefix("forward/")]
        for where in ("", "/gateway", "/router"):
            none = results.find(mix + where + suffix, "none")
            row += [cell(none), f"{100 * none['ratio']:.1f} %" if none else ""]
        rows.append(row + [cell(found[peer], "peer_value") for peer in peers] +
                    [f"{100 * ours['spread']:.0f} %" if ours else ""])
    return table(["traffic", "guard", "of none", "gateway", "of none", "both", "of none"] + peers +
                 ["spread"], rows)


def forward(results):
    return (["Packets a second on the one CPU that generates, forwards and counts them:", ""] +
            forward_matrix(results, "") +
            ["", "Time for each packet, what the generator costs taken off:", ""] +
            forward_matrix(results, "/host"))


def growth(results):
    rows = []
    for name in starts(results, "growth/", 3):
        look = results.find(name + "/lookup", "LPM trie")
        fill = results.find(name + "/build-and-fill", "LPM trie")
        fill_nft = results.find(name + "/build-and-fill", "nftables")
        memory = results.find(name + "/memory", "LPM trie")
        memory_nft = results.find(name + "/memory", "nftables")
        family, count = name.split("/")[1:]
        rows.append([family, f"{int(count):,}", cell(look), cell(look, "peer_value"), cell(fill),
                     cell(fill, "peer_value"), cell(fill_nft, "peer_value"), cell(memory),
                     cell(memory, "peer_value"), cell(memory_nft, "peer_value")])
    return table(["", "prefixes", "lookup", "LPM trie", "build and fill", "LPM trie", "nftables",
                  "memory", "LPM trie", "nftables"], rows) + growth_of_packets(results)


def growth_of_packets(results):
    """Allowed packets to many destinations: above an empty program, and through a host."""
    rows = []
    for name in starts(results, "growth/", 3):
        family, count = name.split("/")[1:]
        guard, gateway = name + "/forward", name + "/forward/gateway"
        rows.append([family, f"{int(count):,}", cell(results.find(name + "/tc/added")),
                     cell(results.find(name + "/xdp/added"))] +
                    [cell(results.find(one, "none")) for one in (guard, gateway)] +
                    [cell(results.find(guard, peer), "peer_value")
                     for peer in ("none", "lpm-trie", "nftables")])
    return ["", "The whole program above an empty one, and packets through a forwarding host:", ""
            ] + table(["", "prefixes", "guard", "gateway", "through the guard", "the gateway",
                       "none", "LPM trie", "nftables"], rows)


def plain(found):
    rows = []
    for one in found:
        rows.append([one["name"], cell(one), one["peer"] or "", cell(one, "peer_value"),
                     times(one["ratio"]), str(one["runs"]), f"{100 * one['spread']:.0f} %"])
    return table(["name", "measured", "peer", "the peer's", "ratio", "runs", "spread"], rows)


def enforce(results):
    return plain([one for one in results.measurements if one["name"].startswith("enforce/")])


def atlas(results):
    return plain([one for one in results.measurements if one["name"].startswith("atlas/")])


SECTIONS = [
    ("lookup/", "Lookups", lookup),
    ("program/", "The whole program, BPF_PROG_RUN", program),
    ("forward/", "Through a forwarding host", forward),
    ("enforce/", "From files to enforced, and memory", enforce),
    ("atlas/", "From soil sources to an atlas, and explaining it", atlas),
    ("growth/", "Growth", growth),
]
