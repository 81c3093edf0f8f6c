/*
 * Transfers of an imported mat. Big-endian but for setup.
 *
 *     head         u32 command, seqnum, devid, direction (0 out, 1 in), endpoint, then 28 bytes:
 *     SUBMIT 1     u32 flags, length, start frame, packets, interval  u8 setup[8]; OUT data; 16 bytes a packet
 *     ANSWER 3     u32 status, actual, start frame, packets, errors; IN data; 16 bytes a packet
 *     UNLINK 2     u32 seqnum of what to unlink
 *     UNLINKED 4   u32 status: -ECONNRESET it was waiting and gets no answer; 0 it was answered before
 *     packet       u32 offset, length, actual, status; the data of IN packets follow each other without holes
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "virtual/usbip_internal.h"

enum {
    SUBMIT = 1,
    UNLINK = 2,
    ANSWER = 3,
    UNLINKED = 4,
    NOT_ISOCHRONOUS = -1,
    FLAG_SHORT_NOT_OK = 1,
    SETUP_AT = 40,
};

struct submit {
    uint32_t seqnum, flags, length, packets;
    bool in;
    uint8_t endpoint; /* number */
    const uint8_t *setup, *data, *packet_table;
};

/* --- answers ----------------------------------------------------------------------------------------------- */

static uint8_t *put_answer(struct usbip_link *link, uint32_t command, uint32_t seqnum, int status, size_t more)
{
    uint8_t *p = usbip_out(link, USBIP_HEADER_BYTES + more);

    if (!p)
        return NULL;
    put32(p, command);
    put32(p + 4, seqnum);
    put32(p + 20, (uint32_t)status);
    return p;
}

static int answer(struct usbip_link *link, const struct submit *s, int status, uint32_t actual, const uint8_t *data)
{
    uint8_t *p = put_answer(link, ANSWER, s->seqnum, status, data ? actual : 0);

    if (!p)
        return -ENOMEM;
    put32(p + 24, actual);
    put32(p + 32, s->packets);
    if (data)
        memcpy(p + USBIP_HEADER_BYTES, data, actual);
    return 1;
}

static int answer_transfer(struct usbip_link *link, const struct transfer *t)
{
    size_t table = (size_t)t->packets * USBIP_PACKET_BYTES;
    uint8_t *p = put_answer(link, ANSWER, t->seqnum, t->status, t->actual + table);

    if (!p)
        return -ENOMEM;
    put32(p + 24, t->actual);
    put32(p + 32, t->packets ? t->packets : (uint32_t)NOT_ISOCHRONOUS);
    put32(p + 36, t->errors);
    memcpy(p + USBIP_HEADER_BYTES, t->data, t->actual);
    if (table)
        memcpy(p + USBIP_HEADER_BYTES + t->actual, t->packet_table, table);
    return 0;
}

/* --- the list of those that wait ------------------------------------------------------------------------------ */

static void transfer_free(struct transfer *t)
{
    free(t->data);
    free(t->packet_table);
    free(t);
}

void usbip_transfers_free(struct usbip_link *link)
{
    while (link->first) {
        struct transfer *t = link->first;

        link->first = t->next;
        transfer_free(t);
    }
    link->waiting = 0;
}

static struct transfer *unhook(struct usbip_link *link, struct transfer **at)
{
    struct transfer *t = *at;

    *at = t->next;
    link->waiting--;
    return t;
}

static int unlink_transfer(struct usbip_link *link, uint32_t seqnum, uint32_t which)
{
    int status = 0;

    for (struct transfer **at = &link->first; *at; at = &(*at)->next)
        if ((*at)->seqnum == which) {
            transfer_free(unhook(link, at));
            status = -ECONNRESET;
            break;
        }
    return put_answer(link, UNLINKED, seqnum, status, 0) ? 1 : -ENOMEM;
}

static int wait_for_mat(struct usbip_link *link, const struct submit *s)
{
    struct transfer *t = calloc(1, sizeof *t), **at = &link->first;
    size_t table = (size_t)s->packets * USBIP_PACKET_BYTES;

    if (!t)
        return -ENOMEM;
    *t = (struct transfer){.seqnum = s->seqnum,
                           .flags = s->flags,
                           .length = s->length,
                           .packets = s->packets == (uint32_t)NOT_ISOCHRONOUS ? 0 : s->packets,
                           .endpoint = s->endpoint | 0x80};
    t->data = malloc(t->length ? t->length : 1);
    if (t->packets) {
        t->packet_table = malloc(table);
        if (t->packet_table)
            memcpy(t->packet_table, s->packet_table, table);
    }
    if (!t->data || (t->packets && !t->packet_table)) {
        transfer_free(t);
        return -ENOMEM;
    }
    while (*at)
        at = &(*at)->next;
    *at = t;
    link->waiting++;
    return 1;
}

/* --- data ----------------------------------------------------------------------------------------------------- */

static unsigned packet_bytes(const struct usbip_link *link)
{
    return usbip_speed(link->mat->model) == 3 ? 512 : 64;
}

/* A transfer ends when it is full or by a short packet. 1 it is complete, 0 the mat has no more for now, -ENODEV. */
static int fill_bulk(struct usbip_link *link, struct transfer *t, uint64_t now_ns, uint64_t *ret_due_ns)
{
    for (;;) {
        int r =
            mat_model_in(link->mat->model, t->endpoint, t->data + t->actual, t->length - t->actual, now_ns, ret_due_ns);

        if (r == 0 || r == -ENODEV)
            return r;
        if (r < 0) {
            t->status = r;
            return 1;
        }
        t->actual += (uint32_t)r;
        if (t->actual == t->length)
            return 1;
        if ((unsigned)r % packet_bytes(link)) {
            t->status = t->flags & FLAG_SHORT_NOT_OK ? -EREMOTEIO : 0;
            return 1;
        }
    }
}

static int fill_packets(struct usbip_link *link, struct transfer *t, uint64_t now_ns, uint64_t *ret_due_ns)
{
    for (; t->packet < t->packets; t->packet++) {
        uint8_t *entry = t->packet_table + (size_t)t->packet * USBIP_PACKET_BYTES;
        uint32_t length = get32(entry + 4), room = t->length - t->actual;
        int r = mat_model_in(link->mat->model, t->endpoint, t->data + t->actual, length < room ? length : room, now_ns,
                             ret_due_ns);

        if (r == 0 || r == -ENODEV)
            return r;
        put32(entry + 8, r < 0 ? 0 : (uint32_t)r);
        put32(entry + 12, r < 0 ? (uint32_t)r : 0);
        t->errors += r < 0;
        t->actual += r < 0 ? 0 : (uint32_t)r;
    }
    return 1;
}

/* Oldest first, as USB promises: when the mat has nothing for one, it has nothing for those behind it either. */
int usbip_fill(struct usbip_link *link, uint64_t now_ns, uint64_t *ret_due_ns)
{
    struct transfer **at = &link->first;

    *ret_due_ns = UINT64_MAX;
    while (*at) {
        struct transfer *t = *at;
        uint64_t due_ns = UINT64_MAX;
        int r = t->packets ? fill_packets(link, t, now_ns, &due_ns) : fill_bulk(link, t, now_ns, &due_ns);

        *ret_due_ns = due_ns < *ret_due_ns ? due_ns : *ret_due_ns;
        if (r < 0)
            return r;
        if (r == 0) {
            at = &t->next;
            continue;
        }
        r = answer_transfer(link, unhook(link, at));
        transfer_free(t);
        if (r < 0)
            return r;
    }
    return 0;
}

/* --- requests ---------------------------------------------------------------------------------------------------- */

/* A port's reset does not cross USB/IP; that the host configures the device anew does. */
static int control(struct usbip_link *link, const struct submit *s)
{
    struct mat_model *model = link->mat->model;
    uint32_t wish = (uint32_t)(s->setup[6] | s->setup[7] << 8), n = s->length < wish ? s->length : wish;
    uint8_t data[65536];
    int r;

    if (s->setup[0] == 0x00 && s->setup[1] == 0x09)
        mat_model_reset(model);
    if (!s->in && s->data)
        memcpy(data, s->data, n);
    r = mat_model_control(model, s->setup, data, n);
    if (r < 0)
        return answer(link, s, r, 0, NULL);
    return answer(link, s, 0, (uint32_t)r, s->in ? data : NULL);
}

static int serve(struct usbip_link *link, const struct submit *s, struct gait_error *err)
{
    int r;

    if (s->endpoint == 0)
        return control(link, s);
    if (s->in && link->waiting >= USBIP_TRANSFERS_MAX)
        return gait_error_set(err, -EPROTO, "the host has more than %d transfers under way", USBIP_TRANSFERS_MAX);
    if (s->in)
        return wait_for_mat(link, s);
    r = mat_model_out(link->mat->model, s->endpoint, s->data, s->length);
    return r < 0 ? answer(link, s, r, 0, NULL) : answer(link, s, 0, (uint32_t)r, NULL);
}

/* Nothing of it is believed before this. */
static int check(const uint8_t *p, struct gait_error *err)
{
    uint32_t direction = get32(p + 12), endpoint = get32(p + 16), length = get32(p + 24), packets = get32(p + 32);

    if (direction > 1 || endpoint > 15)
        return gait_error_set(err, -EPROTO, "the host named endpoint %u in direction %u: there is none", endpoint,
                              direction);
    if (length > USBIP_TRANSFER_BYTES_MAX)
        return gait_error_set(err, -EPROTO, "the host wants a transfer of %u bytes: at most %d are served", length,
                              USBIP_TRANSFER_BYTES_MAX);
    if (packets != (uint32_t)NOT_ISOCHRONOUS && packets > USBIP_PACKETS_MAX)
        return gait_error_set(err, -EPROTO, "the host wants %u packets in a transfer: at most %d are served", packets,
                              USBIP_PACKETS_MAX);
    if (packets != (uint32_t)NOT_ISOCHRONOUS && packets > 0 && !direction)
        return gait_error_set(err, -EPROTO, "the host writes isochronous packets: no mat takes them");
    return 0;
}

int usbip_transfer(struct usbip_link *link, size_t *ret_bytes, bool *ret_done, struct gait_error *err)
{
    const uint8_t *p = link->in.at;
    uint32_t packets;
    struct submit s;

    *ret_bytes = USBIP_HEADER_BYTES;
    if (link->in.used < USBIP_HEADER_BYTES)
        return 1;
    if (get32(p) == UNLINK) {
        *ret_done = true;
        return unlink_transfer(link, get32(p + 4), get32(p + 20));
    }
    if (get32(p) != SUBMIT)
        return gait_error_set(err, -EPROTO, "the host sent command %u: there is none", get32(p));
    if (check(p, err) < 0)
        return -EPROTO;
    packets = get32(p + 32) == (uint32_t)NOT_ISOCHRONOUS ? 0 : get32(p + 32);
    s = (struct submit){.seqnum = get32(p + 4),
                        .flags = get32(p + 20),
                        .length = get32(p + 24),
                        .packets = get32(p + 32),
                        .in = get32(p + 12),
                        .endpoint = (uint8_t)get32(p + 16),
                        .setup = p + SETUP_AT,
                        .data = p + USBIP_HEADER_BYTES};
    s.packet_table = s.data + (s.in ? 0 : s.length);
    *ret_bytes += (s.in ? 0 : s.length) + (size_t)packets * USBIP_PACKET_BYTES;
    if (link->in.used < *ret_bytes)
        return 1;
    *ret_done = true;
    return serve(link, &s, err);
}
