# SPDX-License-Identifier: GPL-2.0-or-later
"""A strict reader of frames, written from the standards and not from the guard's source.

IEEE 802.3 (frames, padding), 802.1Q (tags); RFC 791 (IPv4), RFC 8200 (IPv6), RFC 2675 (jumbograms),
RFC 9293, 768, 792, 4443 (TCP, UDP, ICMP: their fixed headers); of control traffic RFC 826, 4861,
2710, 3810, 2236, 3376, 2113, 2131, 8415, IEEE 802.1AB, 802.1AX, 802.1D, 802.1X, 1588.
"""
from reading import control, odd, to

LEAST_FRAME = 60  # what a link pads to, without its checksum; 64 with a tag where a bridge does
TAGS = (0x8100, 0x88a8)
TCP, UDP, ICMP, ICMP6, IGMP = 6, 17, 1, 58, 2
HEADER = {TCP: 20, UDP: 8, ICMP: 8, ICMP6: 8}  # bytes: the fixed part, which must be there
HOP_BY_HOP, ROUTING, FRAGMENT, NO_NEXT, DESTINATION = 0, 43, 44, 59, 60
TUNNEL_PORTS = (4789, 8472, 6081)  # VXLAN, its older port, GENEVE: a guard may want to look inside
CHAIN, CHAIN_BYTES = 4, 128  # so much of an extension header chain any guard should understand


def number(octets):
    return int.from_bytes(octets, "big")


def read_frame(frame):
    """With an Ethernet header."""
    if len(frame) < 14:
        return odd("no Ethernet header")
    kind, at = number(frame[12:14]), 14
    if kind in TAGS:
        if len(frame) < 18:
            return odd("a tag cut short")
        kind, at = number(frame[16:18]), 18
        if kind in TAGS:
            return odd("two tags")
    if kind == 0x0800:
        return read_ipv4(frame[at:], LEAST_FRAME - 14, at == 18)
    if kind == 0x86dd:
        return read_ipv6(frame[at:], LEAST_FRAME - 14, at == 18)
    return read_link(frame, kind, at)


def read_packet(packet):
    """Without a link header: the version says what it is."""
    if not packet:
        return odd("empty")
    if packet[0] >> 4 == 6:
        return read_ipv6(packet, LEAST_FRAME - 14, False)
    return read_ipv4(packet, LEAST_FRAME - 14, False)


def padded(room, length, least, tagged):
    """Is what follows the IP packet a link's padding? None: only with a tag."""
    if length >= room:
        return length == room
    if not tagged:
        return room <= least
    return True if room <= least - 4 else None if room <= least else False


def transport(protocol, upper, destination, certain):
    """@upper: what IP carries, no more. The start of a datagram."""
    if len(upper) < HEADER[protocol]:
        return odd("a transport header cut short")
    if protocol == UDP and number(upper[2:4]) in TUNNEL_PORTS:
        return to(destination, False, "perhaps a tunnel")
    return to(destination, certain)


def read_ipv4(packet, least, tagged):
    if len(packet) < 20:
        return odd("no IPv4 header")
    if packet[0] >> 4 != 4:
        return odd("not version 4")
    header, length = (packet[0] & 15) * 4, number(packet[2:4])
    certain = padded(len(packet), length, least, tagged)
    if header < 20 or length < header or certain is False:
        return odd("IPv4 lengths")
    protocol, destination, field = packet[9], packet[16:20], number(packet[6:8])
    more, offset = bool(field & 0x2000), field & 0x1fff
    if protocol == IGMP:
        return read_igmp(packet, header, more or offset, certain)
    if header != 20:
        return odd("IPv4 options")
    if protocol not in (TCP, UDP, ICMP):
        return odd("IPv4 protocol")
    if offset:
        return to(destination, bool(certain), "a later fragment")
    upper = packet[20:length]
    if protocol == UDP and destination == b"\xff" * 4 and upper[:4] == b"\x00\x44\x00\x43":
        return control("DHCP", len(upper) >= 240 and not more and certain) \
            if len(upper) >= 8 else odd("DHCP cut short")
    return transport(protocol, upper, destination, bool(certain))


def read_igmp(packet, header, fragment, certain):
    alone = header == 20 or packet[20:header] == b"\x94\x04\x00\x00"
    if packet[8] == 1 and packet[16] >> 4 == 14 and alone and not fragment:
        return control("IGMP", certain and len(packet) >= header + 8 and len(packet) <= 1500)
    return odd("IGMP")


def read_ipv6(packet, least, tagged):
    if len(packet) < 40:
        return odd("no IPv6 header")
    if packet[0] >> 4 != 6:
        return odd("not version 6")
    length, room = number(packet[4:6]), len(packet) - 40
    certain = padded(room + 40, length + 40, least, tagged)
    if certain is False or (length == 0 and room):
        return odd("IPv6 lengths")
    return read_chain(packet[:40 + length], bool(certain), len(packet) + 14)


def read_chain(packet, certain, frame_length):
    destination, kind, at, count, alert = packet[24:40], packet[6], 40, 0, None
    fragments = 0
    while kind in (HOP_BY_HOP, DESTINATION, FRAGMENT):
        if kind == HOP_BY_HOP and count:
            return odd("hop-by-hop options out of place")
        if len(packet) < at + 8:
            return odd("an extension header cut short")
        following = packet[at]
        if kind == FRAGMENT:
            fragments += 1
            if number(packet[at + 2:at + 4]) & 0xfff8:
                return later_fragment(following, destination, certain, count, fragments)
            at += 8
        else:
            size = packet[at + 1] * 8 + 8
            if len(packet) < at + size:
                return odd("an extension header cut short")
            if kind == HOP_BY_HOP:
                alert = router_alert(packet[at + 2:at + size])
            at += size
        kind, count = following, count + 1
    if kind == ROUTING:
        return odd("a routing header")
    if kind not in (TCP, UDP, ICMP6):
        return odd("IPv6 protocol")
    certain = certain and count <= CHAIN and at <= CHAIN_BYTES and fragments < 2
    return read_upper6(packet, kind, at, certain, alert, frame_length)


def later_fragment(following, destination, certain, count, fragments):
    """What it carries is the first fragment's to say, and that one is read as well."""
    usual = following in (TCP, UDP, ICMP6, DESTINATION)
    return to(destination, certain and usual and count <= CHAIN - 1 and fragments < 2,
              "a later fragment")


def router_alert(options):
    """Where among hop-by-hop options (RFC 2711); None: nowhere."""
    at = 0
    while at + 1 < len(options):
        if options[at] == 0:
            at += 1
            continue
        if options[at:at + 2] == b"\x05\x02":
            return at
        at += options[at + 1] + 2
    return None


def read_upper6(packet, kind, at, certain, alert, frame_length):
    destination, upper, hops = packet[24:40], packet[at:], packet[7]
    if len(upper) < HEADER[kind]:
        return odd("a transport header cut short")
    link_scope = destination[:2] == b"\xff\x02" or number(destination[:2]) & 0xffc0 == 0xfe80
    if kind == ICMP6 and 133 <= upper[0] <= 137 and link_scope:
        if hops != 255 or frame_length > LEAST_FRAME + 470:
            return odd("neighbour discovery from afar, or with data")
        return control("ND", certain and frame_length <= 500)
    if kind == ICMP6 and upper[0] in (130, 131, 132, 143) and destination[0] == 0xff:
        if hops != 1 or alert is None:
            return odd("MLD from afar")
        return control("MLD", certain and alert == 0 and frame_length <= 1500)
    relays = b"\xff\x02" + bytes(11) + b"\x01\x00\x02"
    if kind == UDP and destination == relays and upper[:4] == b"\x02\x22\x02\x23":
        return control("DHCPv6", certain)
    return transport(kind, upper, destination, certain)


GROUP = b"\x01\x80\xc2\x00\x00"


def read_link(frame, kind, at):
    """Neither IPv4 nor IPv6."""
    group, body = frame[:6], frame[at:]
    narrow = at == 14 and len(frame) <= 1500
    if kind == 0x0806:
        shape = body[:6] == b"\x00\x01\x08\x00\x06\x04" and body[6:8] in (b"\x00\x01", b"\x00\x02")
        if len(body) < 28 or not shape or (len(body) > 28 and len(frame) > LEAST_FRAME + at - 14):
            return odd("ARP")
        return control("ARP", len(body) == 28 or len(frame) <= LEAST_FRAME)
    if kind == 0x8809 and group == GROUP + b"\x02" and len(frame) <= 128:
        return control("slow protocol", narrow)
    if kind == 0x88cc and group[:5] == GROUP and group[5] < 16:
        return control("LLDP", narrow)
    if kind == 0x888e and group == GROUP + b"\x03":
        return control("EAPOL", narrow)
    if kind == 0x88f7 and group in (GROUP + b"\x0e", b"\x01\x1b\x19\x00\x00\x00"):
        return control("PTP", narrow)
    if 3 <= kind <= len(body) and kind < 0x600 and body[:3] == b"\x42\x42\x03" and \
       group == GROUP + b"\x00":
        return control("BPDU", narrow and len(frame) <= 128) if len(frame) <= 128 else odd("BPDU")
    return odd("neither IP nor control")
