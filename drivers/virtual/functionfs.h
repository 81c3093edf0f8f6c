/*
 * The virtual mat as a USB gadget: a FunctionFS folder (Linux's usb_f_fs) on one side, the device model on the other. What the kernel's own gadget stack keeps is
 * real here and nowhere else: endpoint queues that outlive a stop, halts, resets, unbinding in the middle of a transfer.
 *
 * The gadget itself (ids, strings, configuration, which controller) is made with configfs by whoever mounts the folder: docs/MATSIM.md. No threads, no clock: the owner
 * polls functionfs_fds() and calls functionfs_work().
 */
#ifndef MAT_VIRTUAL_FUNCTIONFS_H
#define MAT_VIRTUAL_FUNCTIONFS_H

#include <stdbool.h>
#include <stdint.h>

#include <gait/error.h>

#include "virtual/model.h"

struct functionfs;

/**
 * Describe the mat in a FunctionFS folder; then the gadget can be bound.
 *
 * Owner    the model must outlive it.
 * Returns  0; with err: -ENOTSUP the mat poses as a serial chip, is isochronous or has an alternate setting; -EINVAL the folder is none of FunctionFS; what the kernel
 *          says; -ENOMEM.
 */
int functionfs_new(const char *folder, struct mat_model *model, struct functionfs **ret_gadget, struct gait_error *err);

/** Close the folder: the kernel unbinds the gadget, the host sees an unplug. NULL is fine. */
void functionfs_free(struct functionfs *gadget);

/** What to poll for POLLIN. */
void functionfs_fds(const struct functionfs *gadget, int ret_fd[2]);

/** Whether a host has configured it. */
bool functionfs_taken(const struct functionfs *gadget);

/**
 * Answer the host, hand what the mat has to say by now to the endpoint.
 *
 * Unit     *ret_due_ns on the clock of now_ns: call again then even without an event; UINT64_MAX: no need.
 * Returns  0; with err: -ENODEV the mat unplugged itself; what the kernel says.
 */
int functionfs_work(struct functionfs *gadget, uint64_t now_ns, uint64_t *ret_due_ns, struct gait_error *err);

#endif
