/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads answers to denied packets, by the RFCs and by nothing of ours: what is wrong with one? */
#ifndef GABELOU_TESTS_PROG_ANSWER_READER_H
#define GABELOU_TESTS_PROG_ANSWER_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline unsigned read16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static inline uint32_t read32(const uint8_t *at)
{
	return (uint32_t)read16(at) << 16 | read16(at + 2);
}

/* RFC 1071, byte by byte. */
static inline uint32_t sum_of(const uint8_t *bytes, size_t size, uint32_t sum)
{
	for (size_t i = 0; i < size; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

struct answer_seen {
	bool v6;
	uint8_t protocol;
	const uint8_t *message; /* behind the IP header */
	size_t size;            /* of it */
};

/* The IP packet @bytes answers the IP packet @sent. NULL, or what is wrong. */
static inline const char *answer_read(const uint8_t *sent, const uint8_t *bytes, size_t size,
				      struct answer_seen *seen)
{
	bool v6 = sent[0] >> 4 == 6;
	size_t head = v6 ? 40 : 20, address = v6 ? 16 : 4, from = v6 ? 8 : 12;

	if (size < head || bytes[0] >> 4 != sent[0] >> 4)
		return "IP version";
	*seen = (struct answer_seen){v6, bytes[v6 ? 6 : 9], bytes + head, size - head};
	if (v6 ? read16(bytes + 4) + 40 != size : read16(bytes + 2) != size)
		return "IP length";
	if (!v6 && (bytes[0] != 0x45 || sum_of(bytes, 20, 0) != 0xffff))
		return "IPv4 header checksum";
	if (!v6 && read16(bytes + 6) & 0x3fff)
		return "a fragment";
	if (bytes[v6 ? 7 : 8] != 64)
		return "lifetime";
	if (memcmp(bytes + from, sent + from + address, address) != 0 ||
	    memcmp(bytes + from + address, sent + from, address) != 0)
		return "addresses";
	uint32_t sum = 0;
	if (seen->protocol != 1)
		sum = sum_of(bytes + from, 2 * address, (uint32_t)seen->size + seen->protocol);
	return sum_of(seen->message, seen->size, sum) == 0xffff ? NULL : "checksum";
}

/* RFC 9293, 3.10.7.1, CLOSED. @sent: the TCP header that is answered, @length: bytes of data. */
static inline const char *answer_read_reset(const struct answer_seen *seen, const uint8_t *sent,
					    size_t length)
{
	enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
	const uint8_t *reset = seen->message;
	uint8_t flags = sent[13];

	if (seen->protocol != 6 || seen->size != 20 || reset[12] != 5 << 4)
		return "not a bare TCP header";
	if (read16(reset) != read16(sent + 2) || read16(reset + 2) != read16(sent))
		return "ports";
	if (flags & ACK)
		return reset[13] == RST && read32(reset + 4) == read32(sent + 8)
			       ? NULL
			       : "not <SEQ=SEG.ACK><CTL=RST>";
	uint32_t end = read32(sent + 4) + (uint32_t)length + !!(flags & SYN) + !!(flags & FIN);
	return reset[13] == (RST | ACK) && read32(reset + 4) == 0 && read32(reset + 8) == end
		       ? NULL
		       : "not <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>";
}

/* RFC 792 and 1812, RFC 4443: quotes as much of the packet as 128 bytes hold. */
static inline const char *answer_read_prohibited(const struct answer_seen *seen,
						 const uint8_t *sent, size_t size)
{
	static const uint8_t unused[4];
	const uint8_t *message = seen->message;
	size_t quoted = size < 128 ? size : 128;

	if (seen->protocol != (seen->v6 ? 58 : 1) || seen->size != 8 + quoted)
		return "not an ICMP error that quotes the packet";
	if (message[0] != (seen->v6 ? 1 : 3) || message[1] != (seen->v6 ? 1 : 13))
		return "type and code";
	if (memcmp(message + 4, unused, sizeof(unused)) != 0)
		return "bytes that are unused";
	return memcmp(message + 8, sent, quoted) == 0 ? NULL : "another packet is quoted";
}

#endif
