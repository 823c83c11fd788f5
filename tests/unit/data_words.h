/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a registered name fit a parent?
 *
 * Names become words: runs of letters and digits, in lower case. A name fits if it shares a word
 * with the parent that is not one of the many that say nothing ("telecom", "GmbH", "France"), if
 * the parent's own name stands in it word for word ("China Mobile"), or one of its brands does.
 */
#ifndef GABELOU_TESTS_UNIT_DATA_WORDS_H
#define GABELOU_TESTS_UNIT_DATA_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MOST 32
#define WORD_SIZE  40

struct words {
	size_t count;
	char text[WORDS_MOST][WORD_SIZE];
};

/* Words that say nothing of whose a network is: legal forms, countries, the trade. */
static const char words_generic[] =
	" ab academy access ad africa ag america american americas and ao ap aps as asa asia"
	" asian asn at australia austria authorities av backbone bank belgium bodies brasil"
	" brazil broadband business bv bvba ca cable canada capital center centers central"
	" centre centres china chinese city cjsc cloud cloud2 co com communication"
	" communications company connect corp corporation credit cv cyber czech da danmark"
	" data datacenter de del denmark department der des deutschland development di digital"
	" division do doo du dubai ead east education eg ehf eirl emea en energy enterprise"
	" enterprises entertainment eu europe european ev ex exchange fiber fibre finland"
	" first for foundation fr france french fz general german germany gie global gmbh"
	" government group groupe holding holdings hong hongkong host hosting idc inc"
	" incorporated india indian indonesia infrastructure international internet intl ip"
	" ireland isp israel it italia italy japan jsc kft kg kk kong korea korean la las le"
	" les limited line llc llp local lp ltd ltda luxembourg macau mbh media mexico"
	" ministry mobile national nederland net netherlands network networking networks new"
	" nl norge north norway nv of one online ooo open operates operations ou oy oyj"
	" pacific partners pjsc platform platforms plc poland polska post private process"
	" project province pt pte pty public pvt region republic research romania russia"
	" russian sa sab sae saem sarl sas sasu sau saudi sc sca scs se security sem service"
	" services shared sia singapore sl slu software solution solutions south sp spa space"
	" spain spol squared srl sro st state states station sub sverige sweden swedish swiss"
	" switzerland system systems taiwan tech technologies technology tel telco telecom"
	" telecommunication telecommunications telekom the trust turkey uab uk und united"
	" university us usa van von web west wireless world y za zao zoo zrt ";

static inline struct words words_of(const char *text)
{
	struct words words = {0};
	size_t length = 0;

	for (; *text && words.count < WORDS_MOST; text++) {
		char c = *text >= 'A' && *text <= 'Z' ? (char)(*text + 'a' - 'A') : *text;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
			if (length + 1 < WORD_SIZE)
				words.text[words.count][length++] = c;
		} else if (length) {
			length = 0;
			words.count++;
		}
	}
	if (length)
		words.count++;
	return words;
}

/* One letter says nothing, nor do three digits. */
static inline bool words_significant(const char *word)
{
	size_t digits = strspn(word, "0123456789"), length = strlen(word);
	char wanted[WORD_SIZE + 2];

	snprintf(wanted, sizeof(wanted), " %s ", word);
	return length > 1 && (digits < length || length > 3) && !strstr(words_generic, wanted);
}

static inline bool words_share(const struct words *first, const struct words *second)
{
	for (size_t i = 0; i < first->count; i++)
		for (size_t j = 0; j < second->count; j++)
			if (strcmp(first->text[i], second->text[j]) == 0 &&
			    words_significant(first->text[i]))
				return true;
	return false;
}

/* @phrase, word for word, somewhere in @words. */
static inline bool words_contain(const struct words *words, const struct words *phrase)
{
	for (size_t at = 0; phrase->count && at + phrase->count <= words->count; at++) {
		size_t same = 0;

		while (same < phrase->count &&
		       strcmp(words->text[at + same], phrase->text[same]) == 0)
			same++;
		if (same == phrase->count)
			return true;
	}
	return false;
}

/* "China Telecom" of "China Telecom (Group)", "The Constant Company" of "... Company LLC". */
static inline struct words words_of_parent(const char *parent)
{
	static const char *const legal[] = {
		"ab",          "ag",      "asa",   "as",      "bv",       "co",  "corp",
		"corporation", "gmbh",    "group", "holding", "holdings", "inc", "llc",
		"ltd",         "limited", "nv",    "plc",     "sa",       "sas", "se",
		"spa",         "aps",     "oyj",   "ou",      "pjsc"};
	char head[256];
	bool cut = true;

	snprintf(head, sizeof(head), "%.*s", (int)strcspn(parent, "(,/"), parent);
	struct words words = words_of(head);
	while (cut && words.count > 1) {
		cut = false;
		for (size_t i = 0; i < sizeof(legal) / sizeof(*legal); i++)
			cut = cut || strcmp(words.text[words.count - 1], legal[i]) == 0;
		words.count -= cut;
	}
	return words;
}

/* Without its brands. */
static inline bool words_fit(const struct words *name, const char *parent)
{
	struct words all = words_of(parent), core = words_of_parent(parent);

	return words_share(name, &all) || words_contain(name, &core);
}

#endif
