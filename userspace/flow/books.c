// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/flow/books.h"

#include <stddef.h>
#include <string.h>

#include "userspace/base/clock.h"

#define ALL_KINDS ((1 << BOOK_GSO_KINDS) - 1)
/* While a guard is put on, or a generation that counts follows one that did not, packets pass
 * uncounted: the account begins after that. */
#define BEGIN_NS (2 * SECOND_NS)
/* What the guard handed on so long ago was counted by a prompt driver, or is queued. */
#define SENT_NS   (SECOND_NS + SECOND_NS / 2)
#define RECENT_NS (60 * SECOND_NS)

/* Between samples so far apart anything can have been changed, and changed back. */
#define GAP_NS (5 * SECOND_NS)

/* Drivers with counters of 32 bits: a wrap, and not a new beginning, if no more than this was sent
 * in between. */
#define WRAP_MOST (1u << 28)

static const struct {
	const char *name, *text;
} whys[BOOKS_WHYS] = {
	[BOOKS_SURE] = {NULL, ""},
	[BOOKS_DRIVER] = {"driver", "how its driver counts what it sends is not known"},
	[BOOKS_SHARED] = {"shared", "another guarded interface has the same counter"},
	[BOOKS_ANSWERS] = {"answers", "the gateway answers there what it denies (on-deny: reject), "
				      "and does not count that as sent"},
	[BOOKS_BEHIND] = {"behind", "a program behind the guard may drop what the guard let pass, "
				    "and as many packets could leave unseen"},
	[BOOKS_BEGUN] = {"begun", "the count began a moment ago"},
	[BOOKS_BUSY] = {"busy", "there was no quiet moment yet to begin from"},
	[BOOKS_LOST] = {"lost", "packets that the guard let pass were dropped and counted nowhere, "
				"and as many could leave unseen"},
	[BOOKS_OFFLOAD] = {"offload", "it sends some big packets whole and has others cut up, so "
				      "that their number is not known"},
};

const char *books_verdict_name(enum books_verdict verdict)
{
	static const char *const names[] = {
		[BOOKS_BALANCED] = "balanced",
		[BOOKS_BYPASS] = "bypass",
		[BOOKS_UNCHECKED] = "unchecked",
	};

	return names[verdict];
}

const char *books_why_name(enum books_why why)
{
	return whys[why].name;
}

const char *books_why_text(enum books_why why)
{
	return whys[why].text;
}

enum books_why books_why_named(const char *name)
{
	for (int why = 0; name && why < BOOKS_WHYS; why++)
		if (whys[why].name && strcmp(whys[why].name, name) == 0)
			return (enum books_why)why;
	return BOOKS_SURE;
}

static bool is_in(uint8_t mask, int kind)
{
	return mask & 1u << kind;
}

/* What was handed on between two readings, as the driver counts it. @doubtful: so many of them may
 * be too many. */
static int64_t handed_between(const struct book *from, const struct book *to, uint8_t whole,
			      uint8_t cut, int64_t *doubtful)
{
	int64_t handed = (int64_t)(to->packets - from->packets);

	*doubtful = 0;
	for (int kind = 0; kind < BOOK_GSO_KINDS; kind++) {
		int64_t more = (int64_t)(to->segments_more[kind] - from->segments_more[kind]);

		if (is_in(whole, kind))
			continue;
		handed += more;
		if (!is_in(cut, kind))
			*doubtful += more;
	}
	return handed;
}

static bool is_wrap(uint64_t before, uint64_t now)
{
	return before <= UINT32_MAX && (uint32_t)(now - before) < WRAP_MOST;
}

static bool is_gap(const struct books_sample *last, const struct books_sample *sample)
{
	return sample->time_ns - last->time_ns >= GAP_NS;
}

/* What is queued was counted as it would have been sent; now it is sent otherwise. */
static bool counts_change_in_queue(const struct books_sample *last,
				   const struct books_sample *sample)
{
	return last->queued && (last->whole != sample->whole || last->cut != sample->cut);
}

static bool began_anew(const struct books_sample *last, const struct books_sample *sample)
{
	return sample->counters != last->counters || sample->time_ns < last->time_ns ||
	       (is_gap(last, sample) && sample->generation != last->generation) ||
	       counts_change_in_queue(last, sample) ||
	       sample->after.packets < last->after.packets || sample->dropped < last->dropped ||
	       (sample->sent < last->sent && !is_wrap(last->sent, sample->sent));
}

static void begin(struct books_account *account, const struct books_sample *sample)
{
	*account = (struct books_account){
		.begun = true,
		.since_ns = sample->time_ns,
		.last = *sample,
		.history[0] = {sample->time_ns, 0, sample->queued},
		.bypassed = account->bypassed,
		.lost = account->lost,
	};
}

static void remember(struct books_account *account, const struct books_sample *sample)
{
	memmove(&account->history[1], &account->history[0],
		sizeof(account->history) - sizeof(account->history[0]));
	account->history[0].time_ns = sample->time_ns;
	account->history[0].handed = account->handed;
	account->history[0].queued = sample->queued;
	account->last = *sample;
}

/* A queue that was replaced counts from 0 again. */
static uint64_t queue_dropped_since(const struct books_account *account,
				    const struct books_sample *sample)
{
	uint64_t last = account->last.queue_dropped;

	return sample->queue_dropped >= last ? sample->queue_dropped - last : sample->queue_dropped;
}

/* All that went on since the last sample. A change of who cuts up GSO packets may have been at any
 * moment in between. */
static void carry_over(struct books_account *account, const struct books_sample *sample)
{
	const struct books_sample *last = &account->last;
	uint8_t whole = sample->whole & last->whole, cut = sample->cut & last->cut;
	int64_t doubtful;

	if (is_gap(last, sample))
		whole = cut = 0;
	account->handed += handed_between(&last->after, &sample->after, whole, cut, &doubtful);
	account->sent += sample->sent >= last->sent ? (int64_t)(sample->sent - last->sent)
						    : (uint32_t)(sample->sent - last->sent);
	account->dropped += (int64_t)(sample->dropped - last->dropped) +
			    (int64_t)queue_dropped_since(account, sample);
	if (doubtful)
		account->offload_ns = sample->time_ns;
}

/* What was handed on so long ago that all of it was sent. */
static bool handed_then(const struct books_account *account, uint64_t now, int64_t *handed)
{
	for (int i = 0; i < BOOKS_HISTORY; i++) {
		if (!account->history[i].time_ns || account->history[i].queued)
			return false;
		*handed = account->history[i].handed;
		if (now - account->history[i].time_ns >= SENT_NS)
			return true;
	}
	return false;
}

static bool is_recent(uint64_t then, uint64_t now)
{
	return then && now - then < RECENT_NS;
}

/* The upper bounds of the difference, the lower of two. False: there is none now. What is queued is
 * counted in packets that may be cut up once they leave the queue; behind it they are. */
static bool upper_bound(const struct books_account *account, const struct books_sample *sample,
			int64_t *bound)
{
	int64_t gone = account->sent + account->dropped, handed, doubtful;
	bool any = false;

	if (!sample->queued || sample->whole == ALL_KINDS) {
		handed = account->handed - handed_between(&sample->before, &sample->after,
							  sample->whole, sample->cut, &doubtful);
		*bound = gone + (int64_t)sample->queued + sample->on_way_most - handed;
		any = true;
	}
	if (sample->prompt && !sample->queued && handed_then(account, sample->time_ns, &handed)) {
		int64_t later = gone - handed;

		*bound = !any || later < *bound ? later : *bound;
		any = true;
	}
	return any;
}

/* Moves the bounds. Returns the packets that went past the guard. */
static uint64_t compare(struct books_account *account, const struct books_sample *sample)
{
	int64_t low = account->sent + account->dropped - account->handed, high;
	uint64_t news = 0;
	bool has_high = upper_bound(account, sample, &high);

	if (account->bounded && low > account->ceiling) {
		news = (uint64_t)(low - account->ceiling);
		account->ceiling = low;
		account->bypassed += news;
	}
	account->floor = account->bounded && account->floor > low ? account->floor : low;
	if (!has_high)
		return news;
	if (account->bounded && high < account->floor) {
		if (!is_recent(account->offload_ns, sample->time_ns)) {
			account->lost += (uint64_t)(account->floor - high);
			account->lost_ns = sample->time_ns;
		}
		account->floor = high;
	}
	account->ceiling = !account->bounded || high < account->ceiling ? high : account->ceiling;
	account->bounded = true;
	return news;
}

static enum books_why doubt(const struct books_account *account, const struct books_sample *sample)
{
	if (sample->why)
		return sample->why;
	if (sample->time_ns - account->since_ns < BEGIN_NS)
		return BOOKS_BEGUN;
	if (!account->bounded)
		return BOOKS_BUSY;
	if (is_recent(account->offload_ns, sample->time_ns))
		return BOOKS_OFFLOAD;
	return is_recent(account->lost_ns, sample->time_ns) ? BOOKS_LOST : BOOKS_SURE;
}

/* Nothing can be made of the counters. */
static bool is_void(enum books_why why)
{
	return why == BOOKS_DRIVER || why == BOOKS_SHARED || why == BOOKS_ANSWERS;
}

struct books_result books_enter(struct books_account *account, const struct books_sample *sample)
{
	struct books_result result = {0};

	if (!account->begun || is_void(sample->why) || is_void(account->last.why) ||
	    began_anew(&account->last, sample)) {
		begin(account, sample);
	} else {
		carry_over(account, sample);
		if (sample->time_ns - account->since_ns >= BEGIN_NS)
			result.news = compare(account, sample);
		remember(account, sample);
	}
	result.why = doubt(account, sample);
	result.verdict = account->bypassed ? BOOKS_BYPASS
			 : result.why      ? BOOKS_UNCHECKED
					   : BOOKS_BALANCED;
	if (account->bounded)
		result.hidden = (uint64_t)(account->ceiling -
					   (account->sent + account->dropped - account->handed));
	return result;
}
