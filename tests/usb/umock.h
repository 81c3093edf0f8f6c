/*
 * The virtual mat in front of the unmodified libusb, in user space: umockdev catches the ioctls, and the device model answers them. One process has one bed;
 * the program under test may be the same process or a child of it.
 *
 * The device node is a FIFO whose being full says that there is nothing to reap: libusb polls it for writing, as it does the kernel's. With UMOCK_PTY it is a
 * terminal instead, whose closing gives POLLERR.
 */
#ifndef UMOCK_H
#define UMOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "virtual/model.h"

enum umock_flag {
    UMOCK_PTY = 1 << 0,
    UMOCK_NO_SCATTER = 1 << 1,    /* large transfers come as several URBs of 16 KiB */
    UMOCK_KERNEL_DRIVER = 1 << 2, /* cdc_acm sits on the interface */
    UMOCK_DENIED = 1 << 3,        /* the node may not be opened until umock_allow() */
    UMOCK_BUSY = 1 << 4,          /* another program has claimed it, until umock_allow() */
};

/* What the emulated kernel saw and answered. */
struct umock_counts {
    uint64_t submitted, reaped, discarded, clear_halts, resets, claims, releases, detached, attached, control;
    uint64_t in_flight, most_in_flight;
};

struct umock_bed;
struct umock_mat;

/* Ends the test with 77 where umockdev does not work. */
struct umock_bed *umock_bed_new(void);
void umock_bed_free(struct umock_bed *bed);

/* port: "1-1". The model stays the caller's, and may be plugged in again after unplugging. Never NULL. */
struct umock_mat *umock_plug(struct umock_bed *bed, struct mat_model *model, const char *port, unsigned flags);

/* status: what pending URBs end with: -ESHUTDOWN, -ENOENT, -EPROTO. */
void umock_unplug(struct umock_mat *mat, int status);
/* The same in two steps: URBs end and every ioctl fails, but udev says nothing yet. */
void umock_pull(struct umock_mat *mat, int status);
void umock_announce_gone(struct umock_mat *mat);

void umock_allow(struct umock_mat *mat);

/* From now on: submits fail with this errno (0: none), `count` times (UINT32_MAX: for ever). */
void umock_fail_submit(struct umock_mat *mat, int error, uint32_t count);
/* The next IN completions carry this URB status, with `bytes` bytes of data. */
void umock_fail_urb(struct umock_mat *mat, int status, uint32_t count, uint32_t bytes);
/* Every nth isochronous packet is lost. */
void umock_lose_packets(struct umock_mat *mat, unsigned every);
/* Hold all completions, or go on. */
void umock_hold(struct umock_mat *mat, bool hold);

struct umock_counts umock_counts(struct umock_mat *mat);
/* Model calls from the test while frames flow must be made under this lock. */
void umock_lock(struct umock_bed *bed);
void umock_unlock(struct umock_bed *bed);

#endif
