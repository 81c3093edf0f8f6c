/*
 * Two isochronous endpoints carry halves of a frame; packets with the same number belong together. Packets of one endpoint may run ahead of the other's by
 * some transfers, so each side keeps a window. Number 0, or a packet too short to have one, is an empty packet.
 */
#include <stdlib.h>
#include <string.h>

#include "mats/framer_internal.h"
#include "transport/usb_internal.h"

struct waiting {
    bool used;
    uint64_t number;
    uint16_t len;
    uint8_t bytes[USB_PACKET_MAX];
};

struct usb_pair {
    struct mat_field sequence;
    unsigned next[2]; /* place that is overwritten next */
    struct waiting side[2][USB_PAIR_WINDOW];
    uint8_t joined[2 * USB_PACKET_MAX];
};

struct usb_pair *usb_pair_new(const struct mat_field *sequence)
{
    struct usb_pair *pair = calloc(1, sizeof *pair);

    if (pair)
        pair->sequence = *sequence;
    return pair;
}

void usb_pair_free(struct usb_pair *pair)
{
    free(pair);
}

void usb_pair_reset(struct usb_pair *pair)
{
    for (unsigned e = 0; e < 2; e++)
        for (unsigned i = 0; i < USB_PAIR_WINDOW; i++)
            pair->side[e][i].used = false;
}

static struct waiting *find(struct usb_pair *pair, unsigned endpoint, uint64_t number)
{
    for (unsigned i = 0; i < USB_PAIR_WINDOW; i++)
        if (pair->side[endpoint][i].used && pair->side[endpoint][i].number == number)
            return &pair->side[endpoint][i];
    return NULL;
}

static void keep(struct usb_pair *pair, unsigned endpoint, uint64_t number, const uint8_t *packet, size_t len,
                 uint64_t *ret_unpaired)
{
    struct waiting *w = &pair->side[endpoint][pair->next[endpoint]];

    pair->next[endpoint] = (pair->next[endpoint] + 1) % USB_PAIR_WINDOW;
    *ret_unpaired += w->used;
    w->used = true;
    w->number = number;
    w->len = (uint16_t)len;
    memcpy(w->bytes, packet, len);
}

/* Returns the two halves one after the other, or NULL: the other one has not come. */
const uint8_t *usb_pair_take(struct usb_pair *pair, unsigned endpoint, const uint8_t *packet, size_t len,
                             size_t *ret_len, uint64_t *ret_unpaired)
{
    size_t end = (size_t)pair->sequence.offset + pair->sequence.width, first;
    uint64_t number = len >= end && len <= USB_PACKET_MAX ? mat_field_read(&pair->sequence, packet) : 0;
    struct waiting *other;

    if (number == 0)
        return NULL;
    other = find(pair, !endpoint, number);
    if (!other) {
        keep(pair, endpoint, number, packet, len, ret_unpaired);
        return NULL;
    }
    other->used = false;
    first = endpoint == 0 ? len : other->len;
    memcpy(pair->joined, endpoint == 0 ? packet : other->bytes, first);
    memcpy(pair->joined + first, endpoint == 0 ? other->bytes : packet, endpoint == 0 ? other->len : len);
    *ret_len = len + other->len;
    return pair->joined;
}
