# SPDX-License-Identifier: GPL-2.0-or-later
"""The same reading out of what scapy dissects: which layers there are, how long, and their fields."""
from scapy.config import conf

conf.ipv6_enabled = True
conf.debug_dissector = False
# pylint: disable=wrong-import-position
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                                IPv6ExtHdrHopByHop)
from scapy.layers.l2 import ARP, LLC, STP, Dot1AD, Dot1Q, Dot3, Ether
from scapy.packet import Padding

from reading import control, odd, to

# What lies above the transport headers is not our matter.
conf.layers.filter([Ether, Dot3, Dot1Q, Dot1AD, LLC, STP, ARP, IP, IPv6, TCP, UDP, ICMP])

LEAST = 46  # bytes of payload in the least Ethernet frame
TUNNELS = (4789, 8472, 6081)
OWN = {1: 8, 6: 20, 17: 8, 58: 8}


def read_frame(frame):
    ethernet = below = Ether(frame)
    tags = 0
    while isinstance(below.payload, (Dot1Q, Dot1AD)):
        tags += 1
        below = below.payload
    # Dot3 calls it a length. Behind a tag it is a type to scapy, whatever it says.
    kind, layer = getattr(below, "type", None) or getattr(below, "len", 0), below.payload
    if tags > 1:
        return odd("two tags")
    if isinstance(layer, IP) and kind == 0x0800:
        return read_ipv4(layer, tags)
    if isinstance(layer, IPv6) and kind == 0x86dd:
        return read_ipv6(layer, tags, len(frame))
    return read_link(ethernet.dst, kind, layer, tags, len(frame))


def dissect(layer, octets):
    """None: scapy raised, in one way or another. (Above the first layer it falls back to Raw.)"""
    try:
        return layer(octets)
    except Exception:  # pylint: disable=broad-except
        return None


def read_packet(packet):
    six = packet[:1] and packet[0] >> 4 == 6
    ip = dissect(IPv6 if six else IP, packet)
    if ip is None:
        return odd("not dissected")
    return read_ipv6(ip, 0, len(packet) + 14) if six else read_ipv4(ip, 0)


def fits(room, length, tags):
    """None: only as the padding of a tagged frame."""
    if length >= room:
        return length == room
    return room <= LEAST if not tags or room <= LEAST - 4 or room > LEAST else None


def upper_of(layer):
    """The bytes that scapy gave to what is above @layer. (Padding comes in its place if nothing is.)"""
    return b"" if isinstance(layer.payload, Padding) else layer.payload.original


def read_ipv4(ip, tags):
    if len(ip.original) < 20:
        return odd("an IPv4 header cut short")
    certain = fits(len(ip.original), ip.len, tags)
    if ip.version != 4 or ip.ihl < 5 or ip.len < ip.ihl * 4 or certain is False:
        return odd("IPv4 header")
    destination = ip.original[16:20]
    if ip.proto == 2:
        alone = not ip.options or bytes(ip.original[20:ip.ihl * 4]) == b"\x94\x04\x00\x00"
        if ip.ttl == 1 and destination[0] >> 4 == 14 and alone and not ip.frag and \
           not ip.flags.MF:
            return control("IGMP", bool(certain) and len(upper_of(ip)) >= 8 and ip.len <= 1500)
        return odd("IGMP")
    if ip.options or ip.ihl != 5 or ip.proto not in (1, 6, 17):
        return odd("IPv4 options or protocol")
    if ip.frag:
        return to(destination, bool(certain), "a later fragment")
    return read_upper4(ip, destination, bool(certain))


def read_upper4(ip, destination, certain):
    upper = ip.payload
    # Of ICMP and ICMPv6 scapy wants the whole message that a type should have, or it is Raw.
    if len(upper_of(ip)) < OWN[ip.proto] or \
       (ip.proto != 1 and not isinstance(upper, (TCP, UDP))):
        return odd("a transport header cut short")
    if isinstance(upper, UDP):
        if destination == b"\xff" * 4 and (upper.sport, upper.dport) == (68, 67):
            return control("DHCP", certain and len(upper.original) >= 240 and not ip.flags.MF)
        certain = certain and upper.dport not in TUNNELS
    return to(destination, certain)


def read_ipv6(ip, tags, frame_length):
    if len(ip.original) < 40:
        return odd("an IPv6 header cut short")
    room = len(ip.original) - 40
    certain = fits(room + 40, ip.plen + 40, tags)
    if ip.version != 6 or certain is False or (ip.plen == 0 and room):
        return odd("IPv6 header")
    layer, count, fragments, alert = ip, 0, 0, None
    while isinstance(layer.payload, (IPv6ExtHdrHopByHop, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment)):
        below, layer = layer, layer.payload
        if len(layer.original) < 8:  # scapy shows what fields there are
            return odd("an extension header cut short")
        if isinstance(layer, IPv6ExtHdrHopByHop):
            if below is not ip:
                return odd("hop-by-hop options out of place")
            alert = router_alert(layer.options)
        if isinstance(layer, IPv6ExtHdrFragment):
            fragments += 1
            if layer.offset:
                usual = layer.nh in (6, 17, 58, 60)
                return to(ip.original[24:40], bool(certain) and usual and count < 4 and
                          fragments < 2, "a later fragment")
        count += 1
    before = len(ip.original) - (room - ip.plen) - len(upper_of(layer))
    certain = bool(certain) and count <= 4 and before <= 128 and fragments < 2
    return read_upper6(ip, layer, certain, alert, frame_length)


def router_alert(options):
    """Its place among hop-by-hop options; None: nowhere."""
    for place, option in enumerate(options):
        if (getattr(option, "otype", None), getattr(option, "optlen", None)) == (5, 2):
            return place
    return None


def read_upper6(ip, layer, certain, alert, frame_length):
    destination, upper = ip.original[24:40], upper_of(layer)
    if layer.nh not in (6, 17, 58):
        return odd("IPv6 protocol")
    if len(upper) < OWN[layer.nh]:
        return odd("a transport header cut short")
    if layer.nh == 58:
        link_scope = destination[:2] == b"\xff\x02" or \
            (destination[0] == 0xfe and destination[1] & 0xc0 == 0x80)
        if 133 <= upper[0] <= 137 and link_scope:
            if ip.hlim != 255 or frame_length > 530:
                return odd("neighbour discovery from afar, or with data")
            return control("ND", certain and frame_length <= 500)
        if upper[0] in (130, 131, 132, 143) and destination[0] == 0xff:
            if ip.hlim != 1 or alert is None:
                return odd("MLD from afar")
            return control("MLD", certain and alert == 0)
    if isinstance(layer.payload, UDP):
        if ip.dst == "ff02::1:2" and (layer.payload.sport, layer.payload.dport) == (546, 547):
            return control("DHCPv6", certain)
        certain = certain and layer.payload.dport not in TUNNELS
    return to(destination, certain)


def read_link(group, kind, layer, tags, length):
    narrow = not tags and length <= 1500
    if isinstance(layer, ARP):
        whole = len(layer.original) == 28 or length <= 60 + 4 * tags
        if (layer.hwtype, layer.ptype, layer.hwlen, layer.plen) == (1, 0x0800, 6, 4) and \
           layer.op in (1, 2) and len(layer.original) >= 28 and whole:
            return control("ARP", len(layer.original) == 28 or length <= 60)
        return odd("ARP")
    if isinstance(layer, LLC):
        if not 3 <= kind <= len(layer.original):
            return odd("LLC of another length")
        if (layer.dsap, layer.ssap, layer.ctrl) == (0x42, 0x42, 3) and \
           group == "01:80:c2:00:00:00" and length <= 128:
            return control("BPDU", narrow)
        return odd("LLC")
    if kind == 0x8809 and group == "01:80:c2:00:00:02" and length <= 128 or \
       kind == 0x88cc and group.startswith("01:80:c2:00:00:0") or \
       kind == 0x888e and group == "01:80:c2:00:00:03" or \
       kind == 0x88f7 and group in ("01:80:c2:00:00:0e", "01:1b:19:00:00:00"):
        return control("control", narrow)
    return odd("neither IP nor control")
