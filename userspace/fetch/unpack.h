/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes on their way into a file, unpacked if they are compressed by gzip (RFC 1952). Told from
 * their first two bytes: a file's name and what a server says of it prove nothing. */
#ifndef GABELOU_FETCH_UNPACK_H
#define GABELOU_FETCH_UNPACK_H

#include <stddef.h>

struct unpack;

/* At most @most bytes are written to @fd. NULL: out of memory. */
struct unpack *unpack_start(int fd, size_t most);
/* 0; -EFBIG; or -errno with *detail, what is wrong in words. */
int unpack_add(struct unpack *unpack, const void *bytes, size_t size, const char **detail);
/* All came. *written is how many bytes the file has. */
int unpack_end(struct unpack *unpack, size_t *written, const char **detail);
void unpack_free(struct unpack *unpack);

#endif
