/* What the files of a USB/IP link share: usbip.c moves bytes, usbip_offer.c shakes hands, usbip_transfer.c serves transfers. */
#ifndef MAT_USBIP_INTERNAL_H
#define MAT_USBIP_INTERNAL_H

#include <stddef.h>

#include "virtual/usbip.h"

enum { USBIP_HEADER_BYTES = 48, USBIP_PACKET_BYTES = 16 };

struct bytes {
    uint8_t *at;
    size_t used, capacity;
};

/* An IN transfer that waits for the mat. */
struct transfer {
    struct transfer *next;
    uint32_t seqnum, flags, length, packets, packet; /* packet: the next one to fill */
    uint8_t endpoint;                                /* 0x81 */
    uint32_t actual, errors;
    int status;
    uint8_t *data;
    uint8_t *packet_table; /* as the host sent it; filled in */
};

struct usbip_link {
    int fd;
    struct usbip_mat *mat;
    bool imported;
    struct bytes in, out;
    size_t out_sent;
    struct transfer *first;
    unsigned waiting;
};

static inline uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

/* usbip.c: room for n more bytes to be sent, zeroed; NULL no memory. */
uint8_t *usbip_out(struct usbip_link *link, size_t n);

/* Both look at the message at the head of link->in. Return the bytes it takes in all when they are not there yet or it was served (see *ret_done), negative errno. */
int usbip_offer(struct usbip_link *link, size_t *ret_bytes, bool *ret_done, struct gait_error *err);
int usbip_transfer(struct usbip_link *link, size_t *ret_bytes, bool *ret_done, struct gait_error *err);

/* What the mat has for the waiting transfers. 0; -ENODEV; -ENOMEM. */
int usbip_fill(struct usbip_link *link, uint64_t now_ns, uint64_t *ret_due_ns);
void usbip_transfers_free(struct usbip_link *link);

#endif
