/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is at work: for records, not for rights. */
#ifndef GABELOU_AGENT_USER_H
#define GABELOU_AGENT_USER_H

#include <jansson.h>
#include <sys/types.h>

#define USER_NAME_SIZE 64

struct user {
	uid_t uid;
	char name[USER_NAME_SIZE]; /* "1000" where the uid has none */
};

/* Who logged in, which sudo and su do not change (the kernel's loginuid); else whom sudo names;
 * else who runs us. */
struct user user_find(void);

/* {"uid","login"}; a new reference. */
json_t *user_json(void);

#endif
