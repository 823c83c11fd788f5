# SPDX-License-Identifier: GPL-2.0-or-later
"""What a reader of a packet says, whoever reads, and what the verdict table says of an address.

PLAIN     well-formed TCP, UDP or ICMP to `destination`: the guard must ask the table about it
READABLE  the destination is plain to see, and nothing leads elsewhere; yet a careful guard may
          refuse it for its own sake (a long chain of headers). If it does not, the destination
          is this
CONTROL   control traffic in its narrow shape, honest: the guard must let it pass as such
EITHER    control traffic at the edge of what is narrow: passes as control traffic, or not at all
ODD       a receiver might read it otherwise, or not as TCP, UDP, ICMP or control traffic: must be
          refused, whatever the destination
"""
import ipaddress
from collections import namedtuple

PLAIN, READABLE, CONTROL, EITHER, ODD = "plain", "readable", "control", "either", "odd"

Reading = namedtuple("Reading", "kind destination why")


def odd(why):
    return Reading(ODD, None, why)


def control(why, narrow=True):
    return Reading(CONTROL if narrow else EITHER, None, why)


def to(destination, plain=True, why=""):
    """destination: 4 or 16 bytes."""
    return Reading(PLAIN if plain else READABLE, bytes(destination), why)


def networks(*texts):
    return [ipaddress.ip_network(text) for text in texts]


# tests/prog/corpus_table.h, told again.
APPROVED4 = networks("198.51.100.0/24", "203.0.113.16/28")
APPROVED6 = networks("2001:db8:a::/48")
INSIDE = (
    (networks("::/96", "::ffff:0:0/96", "64:ff9b::/96"), lambda packed: packed[12:]),
    (networks("2002::/16"), lambda packed: packed[2:6]),
    (networks("2001::/32"), lambda packed: bytes(byte ^ 0xff for byte in packed[12:])),
)
known = {}


def judged(destination):
    address = ipaddress.ip_address(destination)
    if address.version == 4:
        return any(address in network for network in APPROVED4)
    for carriers, inner in INSIDE:
        if any(address in network for network in carriers):
            return judged(inner(destination))
    return any(address in network for network in APPROVED6)


def approved(destination):
    """Does the table allow it?"""
    if destination not in known:
        if len(known) > 1000000:
            known.clear()
        known[destination] = judged(destination)
    return known[destination]
