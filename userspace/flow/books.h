/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The books of one interface: what it says it sent, against what the guard handed on. Pure.
 *
 * The difference, sent + dropped behind the guard - handed on, stays what it was when the account
 * was begun, but for
 *   - packets on their way from the guard to where the driver counts: less for a while;
 *   - packets that were lost on that way, and counted nowhere: less for good;
 *   - packets that went past the guard: more.
 *
 * A sample reads the guard's counters before and after the interface's, so that each gives a bound:
 * the difference is at least "sent, then handed on", and at most "handed on, then sent" and all
 * that may be on its way. No honest packet brings the lower bound of one moment above the upper
 * bound of another (the ceiling), so that what is above it went past the guard: never a false
 * alarm. How far the ceiling is above the lower bound is what could have gone past and is not seen
 * yet; it falls to 0 once nothing is on its way.
 *
 * What the driver counts of a GSO packet, one or one per segment, depends on who cuts it up. Where
 * that is not known, all segments are taken to be handed on, and what they may be too many is like
 * a loss: it could hide a bypass, and the verdict says so.
 */
#ifndef GABELOU_FLOW_BOOKS_H
#define GABELOU_FLOW_BOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "maps/books.h"

enum books_verdict {
	BOOKS_BALANCED,
	BOOKS_BYPASS,    /* packets went past the guard */
	BOOKS_UNCHECKED, /* not checkable: see enum books_why */
};

/* Why a balance proves nothing. */
enum books_why {
	BOOKS_SURE,
	BOOKS_DRIVER,  /* how it counts is not known */
	BOOKS_SHARED,  /* another interface has the same slot */
	BOOKS_ANSWERS, /* a gateway's answers leave there, too, past any count of the guard */
	BOOKS_BEHIND,  /* a program behind the guard may drop what the guard handed on */
	BOOKS_BEGUN,   /* the account was begun a moment ago */
	BOOKS_BUSY,    /* there was no moment yet in which all was sent */
	BOOKS_LOST,    /* packets vanished behind the guard lately */
	BOOKS_OFFLOAD, /* nobody can say who cut up GSO packets lately */
	BOOKS_WHYS
};

/* "balanced", "bypass", "unchecked": for JSON and logs. */
const char *books_verdict_name(enum books_verdict verdict);
/* "driver", "lost"...: for JSON; NULL for BOOKS_SURE. */
const char *books_why_name(enum books_why why);
/* For people, to go on after "not checkable here: ". "" for BOOKS_SURE. */
const char *books_why_text(enum books_why why);
/* BOOKS_SURE for a name that is not one. */
enum books_why books_why_named(const char *name);

/* Counters only rise, unless whatever counts began anew. */
struct books_sample {
	uint64_t time_ns;    /* of a clock that does not jump, the same until reboot */
	uint32_t counters;   /* which ones of the guard: others count from another beginning */
	uint32_t generation; /* in force: one of them may not have counted */
	struct book before, after; /* of the guard: read before the others, and after them */
	uint64_t sent;             /* as the interface says */
	uint64_t dropped;          /* by its driver: not among those sent */
	uint64_t queue_dropped;    /* by its queueing disciplines */
	uint64_t queued;           /* waiting there */
	uint32_t on_way_most;      /* between queue and driver's counter; 0: nothing can be */
	bool prompt;               /* what is not queued is counted within a second */
	/* Masks of 1 << enum book_gso: which kinds are counted as one packet, and which segment by
	 * segment. In neither: not known. */
	uint8_t whole, cut;
	enum books_why why; /* the interface cannot be checked, whatever the counters say */
};

#define BOOKS_HISTORY 3

struct books_account {
	bool begun;
	uint64_t since_ns;
	struct books_sample last;
	/* Since it was begun. */
	int64_t sent, dropped, handed;
	struct {
		uint64_t time_ns;
		int64_t handed;
		bool queued;
	} history[BOOKS_HISTORY]; /* the latest first */
	int64_t floor, ceiling;   /* bounds of the difference */
	bool bounded;             /* there is a ceiling */

	/* For good. */
	uint64_t bypassed; /* packets that went past the guard, at least */
	uint64_t lost;     /* that vanished behind it, at least */
	uint64_t lost_ns, offload_ns;
};

struct books_result {
	enum books_verdict verdict;
	enum books_why why;
	uint64_t news;   /* packets past the guard that were not yet known of */
	uint64_t hidden; /* so many more could have gone past it unseen */
};

/* An account that is all zero is a new one. A bypass stays in the verdict. It may be put away
 * between two samples and taken up again: what went past meanwhile is seen. */
struct books_result books_enter(struct books_account *account, const struct books_sample *sample);

#endif
