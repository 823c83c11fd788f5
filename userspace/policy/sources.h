/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a policy, read once: the policy file, then its drop-ins, policy.d/NAME.yaml beside
 * it, in the order of their names (bytes compared). What is hashed, parsed and kept is these bytes.
 */
#ifndef GABELOU_POLICY_SOURCES_H
#define GABELOU_POLICY_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

#include "userspace/base/diagnostic.h"
#include "userspace/base/digest.h"

#define POLICY_DROP_INS      "policy.d"
#define POLICY_DROP_INS_MOST 256

struct policy_source {
	char *file;
	char *bytes; /* ended by a NUL behind @size */
	size_t size;
};

/* All zero is empty. */
struct policy_sources {
	struct policy_source *items; /* the first is the policy file */
	size_t count;
};

/* Reads the policy file and its drop-ins. A drop-in, or their folder, that somebody may change who
 * may not change the policy is refused. 0 or -errno with messages, and then @sources is empty. */
int policy_sources_read(const char *path, struct policy_sources *sources,
			struct diagnostics *diagnostics);

/* Appends a copy. 0 or -ENOMEM. */
int policy_sources_add(struct policy_sources *sources, const char *file, const void *bytes,
		       size_t size);
/* The same of a drop-in, to where its name belongs. */
int policy_sources_put(struct policy_sources *sources, const char *file, const char *text);
/* Takes the drop-in of that name out. False: there is none. */
bool policy_sources_drop(struct policy_sources *sources, const char *file);
/* 0 or -ENOMEM; @copy is to be empty. */
int policy_sources_copy(const struct policy_sources *sources, struct policy_sources *copy);
void policy_sources_free(struct policy_sources *sources);

/* Of a policy without drop-ins its own; else that of all digests, a line of 64 hexadecimal digits
 * each: what `sha256sum FILE policy.d/...yaml | cut -c1-64 | sha256sum` prints. */
struct digest policy_sources_digest(const struct policy_sources *sources);

/* "@policy's folder/policy.d", the caller's to free; NULL: out of memory. */
char *policy_sources_folder(const char *policy);

#endif
