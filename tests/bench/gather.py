# SPDX-License-Identifier: GPL-2.0-or-later
"""From what the benches printed to measurements: medians, spread, and gabelou beside each peer.

A measurement is {"name", "value", "unit", "peer", "peer_value", "ratio", "runs", "spread"}. The
programs that take turns inside one process print it themselves; what a shell script ran in turn
comes as samples, {"sample", "subject", ...}, and is put together here.
"""
import json
import statistics
import sys


# Where gabelou stands: the guard outside, the gateway inside, or both.
OURS = {"gabelou": "", "gabelou-gateway": "/gateway", "gabelou-router": "/router"}


def read(paths):
    """All lines of the files: measurements and samples."""
    measurements, samples = [], []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                found = json.loads(line)
                (samples if "sample" in found else measurements).append(found)
    return measurements, samples


def series(samples, name, subject, key):
    return [
        found[key]
        for found in samples
        if found["sample"] == name and found["subject"] == subject and key in found
    ]


def spread(values):
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0


def measurement(name, unit, values, peer=None, peer_values=None):
    """None if there is nothing to compare."""
    if not values or (peer and not peer_values):
        return None
    value = statistics.median(values)
    made = {"name": name, "value": value, "unit": unit, "peer": peer, "peer_value": None,
            "ratio": None, "runs": len(values), "spread": round(spread(values), 4)}
    if peer:
        other = statistics.median(peer_values)
        made["peer_value"] = other
        over, under = (value, other) if unit.endswith("/s") else (other, value)
        made["ratio"] = over / under if under else None
    return made


def names(samples, prefix):
    found = [sample["sample"] for sample in samples if sample["sample"].startswith(prefix)]
    return list(dict.fromkeys(found))


def subjects(samples, name):
    found = [sample["subject"] for sample in samples if sample["sample"] == name]
    return list(dict.fromkeys(found))


def forward(samples):
    """Packets a second on the one CPU that does everything, and nanoseconds of the forwarding host
    and sink alone: what the generator costs is taken off."""
    for name in names(samples, "forward/"):
        generator = series(samples, name, "generator", "cpu_ns")
        own = statistics.median(generator) if generator else 0
        for subject, suffix in OURS.items():
            ours = series(samples, name, subject, "cpu_ns")
            for peer in subjects(samples, name):
                theirs = series(samples, name, peer, "cpu_ns")
                if peer in OURS or peer == "generator":
                    continue
                yield measurement(name + suffix, "packets/s", [1e9 / ns for ns in ours], peer,
                                  [1e9 / ns for ns in theirs])
                if own:
                    yield measurement(f"{name}{suffix}/host", "ns", [ns - own for ns in ours],
                                      peer, [ns - own for ns in theirs])
        yield measurement(f"{name}/generator", "ns", generator)


def grown(samples):
    """The same as forward(), by the number of prefixes that are known to the guard."""
    for name in names(samples, "grown/"):
        _, family, count = name.split("/")
        for subject, suffix in OURS.items():
            ours = series(samples, name, subject, "cpu_ns")
            for peer in subjects(samples, name):
                if peer not in OURS and peer != "generator":
                    yield measurement(f"growth/{family}/{count}/forward{suffix}", "packets/s",
                                      [1e9 / ns for ns in ours], peer,
                                      [1e9 / ns for ns in series(samples, name, peer, "cpu_ns")])


def enforce(samples):
    seconds = {
        subject_name: [ns / 1e9 for ns in series(samples, *subject_name, "wall_ns")]
        for subject_name in (("enforce/same", "gabelou"), ("enforce/same", "nftables"),
                             ("enforce/allowed", "nftables"), ("enforce/allowed", "ipset"),
                             ("enforce/reapply", "gabelou"))
    }
    ours = seconds["enforce/same", "gabelou"]
    yield measurement("enforce/same", "s", ours, "nftables", seconds["enforce/same", "nftables"])
    for peer in ("nftables", "ipset"):
        yield measurement("enforce/allowed", "s", ours, peer, seconds["enforce/allowed", peer])
    yield measurement("enforce/reapply", "s", seconds["enforce/reapply", "gabelou"])
    rss = series(samples, "enforce/same", "gabelou", "rss")
    for name, peer in (("enforce/same", "nftables"), ("enforce/allowed", "nftables"),
                       ("enforce/allowed", "ipset")):
        yield measurement(f"{name}/kernel", "B",
                          series(samples, "enforce/same", "gabelou", "kernel"), peer,
                          series(samples, name, peer, "kernel"))
        yield measurement(f"{name}/process", "B", rss, peer, series(samples, name, peer, "rss"))
    steady = series(samples, "enforce/memory", "gabelou", "maps_after")
    peak = series(samples, "enforce/swap", "gabelou", "maps_peak")
    yield measurement("enforce/memory", "B", steady)
    yield measurement("enforce/swap", "B", peak)
    if steady and peak:
        yield measurement("enforce/swap/times", "",
                          [most / statistics.median(steady) for most in peak])
    yield measurement("enforce/sources/memory", "B",
                      series(samples, "enforce/sources", "gabelou", "maps_after"))
    yield measurement("enforce/agent", "B", series(samples, "enforce/agent", "gabelou", "rss"))


def growth(samples, measurements):
    """Loading by nftables beside our build-and-fill of the same prefixes."""
    for name in names(samples, "growth/"):
        own = name.replace("/load", "/build-and-fill")
        ours = [found["value"] for found in measurements if found["name"] == own]
        theirs = series(samples, name, "nftables", "cpu_ns")
        made = measurement(own, "ns", ours, "nftables", theirs)
        if made:
            made["runs"] = len(theirs)
        yield made
        memory = name.replace("/load", "/memory")
        ours = [found["value"] for found in measurements if found["name"] == memory]
        yield measurement(memory, "B", ours, "nftables",
                          series(samples, name, "nftables", "kernel"))


def atlas(samples):
    """Addresses explained a second of CPU, without the time to begin."""
    begin = series(samples, "atlas/explain/one", "gabelou", "cpu_ns")
    many = series(samples, "atlas/explain/many", "gabelou", "cpu_ns")
    count = series(samples, "atlas/explain/many", "gabelou", "addresses")
    if begin and many:
        begin = statistics.median(begin)
        yield measurement("atlas/explain", "addresses/s",
                          [n * 1e9 / (ns - begin) for n, ns in zip(count, many)])
        yield measurement("atlas/explain/begin", "s", [begin / 1e9])


def everything(paths):
    measurements, samples = read(paths)
    made = list(forward(samples)) + list(enforce(samples)) + list(atlas(samples))
    made += list(growth(samples, measurements))
    made += list(grown(samples))
    failed = [found for found in samples if "failed" in found]
    return measurements + [found for found in made if found], failed


if __name__ == "__main__":
    for one in everything(sys.argv[1:])[0]:
        print(json.dumps(one))
