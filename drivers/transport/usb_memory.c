/*
 * usbfs lends the kernel memory for transfers out of one limit for all programs (16 MB unless somebody changed it). Planned at start, so that a transfer is
 * refused then and with a reason, not in the middle of a trial.
 */
#include <errno.h>
#include <stdio.h>

#include "transport/usb_internal.h"

enum { DEFAULT_MB = 16, RESERVE_BYTES = 1 << 20, TRANSFERS_LEAST = 2 };

uint64_t usb_memory_limit(const struct mat_usb_context *c)
{
    unsigned long mb = DEFAULT_MB;
    FILE *f = fopen(c->config.usbfs_memory_path, "re");

    if (f) {
        if (fscanf(f, "%lu", &mb) != 1)
            mb = DEFAULT_MB;
        fclose(f);
    }
    return mb == 0 ? UINT64_MAX : (uint64_t)mb << 20;
}

/* Fewer transfers rather than none; other programs need a little as well. */
int usb_memory_plan(struct mat_usb *m, size_t transfer_bytes, unsigned wanted, unsigned *ret_transfers,
                    struct gait_error *err)
{
    uint64_t limit = usb_memory_limit(m->context), used = m->context->budget_bytes + RESERVE_BYTES;
    uint64_t fits = limit > used ? (limit - used) / transfer_bytes : 0;

    if (fits < TRANSFERS_LEAST)
        return gait_error_set(err, -ENOMEM,
                              "%s: usbfs may hold %llu MB for all programs together, and our mats have taken %.1f MB: "
                              "raise it with `echo 128 > %s` as root",
                              m->id, (unsigned long long)(limit >> 20), (double)m->context->budget_bytes / (1 << 20),
                              m->context->config.usbfs_memory_path);
    *ret_transfers = wanted < fits ? wanted : (unsigned)fits;
    return 0;
}
