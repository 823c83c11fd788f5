// SPDX-License-Identifier: GPL-2.0-or-later
/* What of the interfaces the backstop lets through: those that have their guard, and those that the
 * policy does not want guarded. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/kernel/attach.h"
#include "userspace/kernel/backstop.h"
#include "userspace/kernel/layers.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/record.h"

/* A name, or a prefix with "*" behind it. */
static bool is_expressible(const char *glob)
{
	size_t plain = strcspn(glob, "*?[\\");

	return !glob[plain] || strcmp(glob + plain, "*") == 0;
}

/* What the backstop can close of what the policy wants guarded. Its names are borrowed, the list is
 * the caller's to free. */
static int scope_of(const struct kernel_options *options, char ***list,
		    struct backstop_scope *scope)
{
	char **names = calloc(options->guard_count + 1, sizeof(*names));
	size_t count = 0;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < options->guard_count; i++)
		if (is_expressible(options->guard[i]))
			names[count++] = options->guard[i];
	*list = names;
	*scope = (struct backstop_scope){names, count, options->lifeline, options->lifeline_count};
	return 0;
}

static bool has_scope(const struct kernel_options *options, const struct backstop_scope *scope)
{
	return !options->guard || scope->count; /* an empty one would be everything */
}

static void say_what_is_left_out(const struct kernel_options *options,
				 struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < options->guard_count; i++)
		if (!is_expressible(options->guard[i]))
			message_warn(diagnostics,
				     "\"%s\" under interfaces.guard: the backstop knows names and "
				     "prefixes (\"eth*\"): a new interface of such a name is open "
				     "until its guard is on it",
				     options->guard[i]);
}

static int set_open(struct backstop *backstop, const struct kernel_options *options,
		    const struct backstop_scope *scope, struct diagnostics *diagnostics)
{
	struct interface *interfaces;
	size_t count, filled = 0;
	enum hook hook;
	int error = interfaces_list(&interfaces, &count, diagnostics);

	if (error)
		return error;
	uint32_t *open = calloc(count + 1, sizeof(*open));
	if (open)
		error = interfaces_select(interfaces, count, options, diagnostics);
	else
		error = message(diagnostics, -ENOMEM, "out of memory");
	for (size_t i = 0; i < count && !error; i++)
		if (!interfaces[i].wanted || attach_find(interfaces[i].ifindex, &hook))
			open[filled++] = interfaces[i].ifindex;
	if (!error)
		error = backstop_set(backstop, scope, open, filled, diagnostics);
	free(open);
	free(interfaces);
	return error;
}

static int follow(struct backstop *backstop, const struct kernel_options *options,
		  struct diagnostics *diagnostics)
{
	struct backstop_scope scope;
	char **names;
	int error;

	if (!options || options->monitor || options->without_backstop)
		return backstop_remove(backstop, diagnostics);
	if (options->without & LAYERS_OF_BACKSTOP) {
		error = backstop_remove(backstop, diagnostics);
		return error ? error : -EOPNOTSUPP;
	}
	error = scope_of(options, &names, &scope);
	if (error)
		return message(diagnostics, error, "out of memory");
	say_what_is_left_out(options, diagnostics);
	error = has_scope(options, &scope) ? set_open(backstop, options, &scope, diagnostics)
					   : backstop_remove(backstop, diagnostics);
	free(names);
	return error;
}

int backstop_follow(struct backstop **backstop, const struct kernel_options *options,
		    struct diagnostics *diagnostics)
{
	int error = *backstop ? 0 : backstop_begin(backstop, diagnostics);

	return error ? error : follow(*backstop, options, diagnostics);
}

static bool stands(const struct kernel_options *options)
{
	struct diagnostics unheard = {0};
	struct backstop *backstop = NULL;
	struct backstop_scope scope;
	char **names = NULL;
	bool found = false;

	if (scope_of(options, &names, &scope) == 0 && has_scope(options, &scope) &&
	    backstop_begin(&backstop, &unheard) == 0)
		found = backstop_present(backstop, &scope);
	backstop_end(backstop);
	free(names);
	diagnostics_free(&unheard);
	return found;
}

bool kernel_backstop_stands(const struct kernel *kernel)
{
	struct diagnostics unheard = {0};
	struct kernel_options options = {0};
	json_t *current = NULL;
	bool found = false;

	if (record_read_current(kernel, &current, &unheard) == 0 &&
	    record_options(current, &options) == 0)
		found = stands(&options);
	record_options_free(&options);
	json_decref(current);
	diagnostics_free(&unheard);
	return found;
}
