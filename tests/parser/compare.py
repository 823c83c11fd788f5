#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares what the guard and the gateway say of frames (build/tests/prog/parser_frames, on standard
input) with two readers that share no line with them: scapy, and one written from the standards.

What a program does with a frame is one of three things: it *refuses* it as not understood, lets it
pass as *control* traffic, or asks the *table* about a destination. A disagreement is

  - a frame about which the table was asked, although a reader finds something by which a receiver
    might read it otherwise (options, routing headers, a second tag, lengths that disagree, headers
    that are cut short, something inside that has a destination of its own), or finds none;
  - a verdict that is not the table's for the destination that the reader sees, where "allow" and
    "deny" are judged from the reader's address by a table written again, embedded IPv4 included;
  - a frame that passes as control traffic, and to the reader is not in its narrow shape;
  - a frame that is refused, and to the reader is a plain TCP, UDP or ICMP packet or honest control
    traffic.

That the verdict of a denied destination must be the table's, too, makes every frame count: a frame
that is wrongly understood is found also where it was denied. What readers may leave to the guard's
own caution (chains of more than 4 headers or 128 bytes, ports of tunnels, padding of tagged
frames) is READABLE: see reading.py.

What scapy alone would misread is not asked of it: it shows what fields there are of a header that
is cut short, and does not know an ICMP message shorter than its type should have.
"""
import collections
import struct
import sys

import rfc_reader
import scapy_reader
from reading import CONTROL, EITHER, ODD, PLAIN, READABLE, approved

RECORD = struct.Struct("<HBBBBBBBB")
NOT_RUN = 0xff
TABLE = ("rule-allow", "soil")
SHOWN = 20
SAME = ((b"\x08\x00", 4), (b"\x86\xdd", 6))
PROGRAMS = ("guard", "gateway", "guard without link header", "gateway without link header")


def disagreement(verdict, reason, reading):
    """None, or what is wrong."""
    if reason == "control":
        return None if reading.kind in (CONTROL, EITHER) else "passes as control traffic"
    if reason in TABLE:
        if reading.kind not in (PLAIN, READABLE):
            return "the table was asked"
        return None if approved(reading.destination) == verdict else "not the table's verdict"
    if verdict:
        return "passes, though not by the table"
    return "refused" if reading.kind in (PLAIN, CONTROL) else None


class Comparison:
    def __init__(self, reasons):
        self.reasons = reasons
        self.counts = {name: collections.Counter() for name in PROGRAMS}
        self.kinds = collections.Counter()
        self.frames = self.compared = self.wrong = 0

    def say(self, what, program, octets, reason, reading, reader):
        self.wrong += 1
        if self.wrong <= SHOWN:
            print(f"# {what}: {program} {reason}; {reader}: {reading.kind} "
                  f"{reading.destination.hex() if reading.destination else ''} {reading.why}\n"
                  f"#   {octets.hex()}", flush=True)

    def take_frame(self, frame, pairs):
        scapy = scapy_reader.read_frame(frame)
        self.take(frame, pairs[:2], PROGRAMS[:2], rfc_reader.read_frame(frame), scapy)
        packet = frame[14:]
        # Where the frame says what its first nibble says, scapy has just dissected this packet.
        if not packet or (frame[12:14], packet[0] >> 4) not in SAME:
            scapy = scapy_reader.read_packet(packet)
        self.take(packet, pairs[2:], PROGRAMS[2:], rfc_reader.read_packet(packet), scapy)

    def take(self, octets, words, names, strict, scapy):
        self.kinds[strict.kind] += 1
        readings = (("strict", strict), ("scapy", scapy))
        for (verdict, number), program in zip(words, names):
            if verdict == NOT_RUN:
                self.counts[program]["too short for BPF_PROG_RUN"] += 1
                if program == "guard" and strict.kind != ODD:
                    self.say("not run", program, octets, "", strict, "strict")
                continue
            reason = self.reasons[number]
            self.counts[program][reason] += 1
            for reader, reading in readings:
                self.compared += 1
                what = disagreement(bool(verdict), reason, reading)
                if what:
                    self.say(what, program, octets, reason, reading, reader)

    def report(self):
        print(f"# {self.frames} frames, {self.compared} comparisons, {self.wrong} disagreements")
        print("# read as: " + counted(self.kinds))
        for program in PROGRAMS:
            print(f"# {program}: {counted(self.counts[program])}")


def counted(counter):
    return ", ".join(f"{name} {count}" for name, count in counter.most_common()) or "none"


def main():
    source = sys.stdin.buffer
    names = source.readline().split()
    if names[:2] != [b"gabelou", b"frames"]:
        sys.exit("compare.py: standard input is not from parser_frames")
    comparison = Comparison([name.decode() for name in names[2:]])
    while header := source.read(RECORD.size):
        length, *words = RECORD.unpack(header)
        frame = source.read(length)
        pairs = list(zip(words[::2], words[1::2]))
        comparison.frames += 1
        comparison.take_frame(frame, pairs)
    comparison.report()
    sys.exit(1 if comparison.wrong or not comparison.frames else 0)


if __name__ == "__main__":
    main()
