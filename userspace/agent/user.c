// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/agent/user.h"

#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/flow/text.h"

#define NOBODY UINT32_MAX /* as the kernel writes it: nobody logged in */

static unsigned parse(const char *text)
{
	unsigned uid;
	char more;

	return text && sscanf(text, "%u%c", &uid, &more) == 1 ? uid : NOBODY;
}

static unsigned login_uid(void)
{
	FILE *file = fopen("/proc/self/loginuid", "re");
	char text[16] = "";

	if (!file)
		return NOBODY;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return parse(text);
}

static unsigned find_uid(void)
{
	unsigned uid = login_uid();

	/* Only root is run by sudo for somebody else; others may write there what they like. */
	if (uid == NOBODY && getuid() == 0)
		uid = parse(getenv("SUDO_UID"));
	return uid == NOBODY ? getuid() : uid;
}

struct user user_find(void)
{
	struct user user = {.uid = find_uid()};
	const struct passwd *known = getpwuid(user.uid);

	if (known)
		snprintf(user.name, sizeof(user.name), "%s", known->pw_name);
	else
		snprintf(user.name, sizeof(user.name), "%u", user.uid);
	return user;
}

json_t *user_json(void)
{
	uid_t uid = find_uid();
	const struct passwd *known = getpwuid(uid);

	return json_pack("{s:I, s:o}", "uid", (json_int_t)uid, "login",
			 text_json(known ? known->pw_name : NULL));
}
