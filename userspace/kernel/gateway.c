// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/gateway.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "maps/config.h"

#include "bpf/egress.skel.h"
#include "bpf/gateway.skel.h"
#include "userspace/kernel/fault.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"

const char *const gateway_names[GATEWAY_FORMS] = {"gateway", "gateway_layer3"};

int gateway_program(const struct gateway_bpf *gateway, enum form form)
{
	if (!gateway)
		return -1;
	return bpf_program__fd(form == FORM_LAYER3 ? gateway->progs.gateway_layer3
						   : gateway->progs.gateway);
}

void gateway_destroy(struct gateway_bpf *gateway)
{
	gateway_bpf__destroy(gateway);
}

int gateway_load(const struct egress_bpf *guard, struct gateway_bpf **gateway,
		 struct diagnostics *diagnostics)
{
	struct gateway_bpf *loaded;
	int error = -ENOMEM;

	libbpf_silence();
	loaded = gateway_bpf__open();
	if (loaded) {
		loaded->rodata->config = guard->rodata->config;
		bpf_program__set_autoload(loaded->progs.gateway_layer3,
					  loaded_program(guard, FORM_LAYER3) >= 0);
		error = loaded_share_maps(guard, loaded->obj);
	}
	if (!error)
		error = gateway_bpf__load(loaded);
	if (error) {
		gateway_bpf__destroy(loaded);
		return message(diagnostics, error,
			       "the gateway cannot be loaded: %s; XDP with packets in pieces came "
			       "with Linux 5.18; on an older one leave interfaces.inside out%s",
			       strerror(-error), libbpf_said());
	}
	*gateway = loaded;
	return 0;
}

int gateway_pin(const struct kernel *kernel, uint32_t generation, const struct gateway_bpf *gateway,
		struct diagnostics *diagnostics)
{
	for (int i = 0; gateway && i < GATEWAY_FORMS; i++) {
		int error = generation_pin_one(kernel, generation, gateway_names[i],
					       gateway_program(gateway, (enum form)i));

		FAULT("pin.gateway");
		if (error)
			return message(diagnostics, error,
				       "the gateway of generation %u cannot be pinned: %s",
				       generation, strerror(-error));
	}
	return 0;
}
