/* Bytes to a message: everything that docs/STREAM.md promises about head and payload is checked here. */
#include <gait/stream.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "stream/base64.h"
#include "stream/json_read.h"

enum { HEADER_BYTES_MAX = 4 << 20, PAYLOAD_BYTES_MAX = 64 << 20 };

GAIT_DEFINE_CLEANUP(struct gait_message *, gait_message_free)

void gait_message_free(struct gait_message *message)
{
    if (!message)
        return;
    json_decref(message->header);
    free((void *)(uintptr_t)message->payload);
    free(message);
}

static int refuse(struct gait_error *err, const char *what)
{
    return gait_error_set(err, -EBADMSG, "stream message: %s; the sender does not follow docs/STREAM.md", what);
}

/* "frame/ID/" or "json/frame/ID/": which one it is. */
static int topic_of(const char *text, size_t n, struct gait_message *m)
{
    m->single = n > 5 && memcmp(text, "json/", 5) == 0;
    if (m->single) {
        text += 5;
        n -= 5;
    }
    for (int i = 0; i < GAIT_TOPIC_COUNT; i++) {
        const char *name = gait_topic_name((enum gait_topic)i);
        size_t k = strlen(name);

        if (n <= k || memcmp(text, name, k) != 0 || text[k] != '/')
            continue;
        text += k + 1;
        n -= k + 1;
        if (n > GAIT_ID_MAX + 1 || (n && (n < 2 || text[n - 1] != '/')) || (n == 0) != (i == GAIT_TOPIC_STATUS))
            return -EBADMSG;
        memcpy(m->head.mat, text, n ? n - 1 : 0);
        m->head.topic = (enum gait_topic)i;
        return 0;
    }
    return -EBADMSG;
}

static int head_of(struct gait_message *m, struct gait_error *err)
{
    struct reader r = {.object = m->header};
    char text[GAIT_ERROR_TEXT_MAX / 2];
    char mat[GAIT_ID_MAX + 1];

    if (strncmp(get_text(&r, "v"), "1.", 2) != 0)
        return gait_error_set(err, -EPROTONOSUPPORT,
                              "stream message of version \"%.16s\": this program reads 1.x; update it",
                              get_text(&r, "v"));
    get_copy(&r, "instance", m->head.instance, sizeof m->head.instance);
    get_copy(&r, "mat", mat, sizeof mat);
    m->head.seq = get_u64(&r, "seq", INT64_MAX);
    m->head.frame = get_u64(&r, "frame", INT64_MAX);
    m->head.t_ns = get_u64(&r, "t_ns", INT64_MAX);
    m->head.gap_device = get_u64(&r, "gap_device", INT64_MAX);
    m->head.gap_ring = get_u64(&r, "gap_ring", INT64_MAX);
    m->head.skipped = get_u64(&r, "skipped", INT64_MAX);
    if (json_object_get(m->header, "lost_ring")) { /* of a frame; a daemon of another minor version may not say it */
        m->head.lost_device = get_u64(&r, "lost_device", INT64_MAX);
        m->head.lost_ring = get_u64(&r, "lost_ring", INT64_MAX);
    }
    if (r.bad) {
        snprintf(text, sizeof text, "header member \"%s\" is missing or of the wrong type", r.bad);
        return refuse(err, text);
    }
    return strcmp(mat, m->head.mat) == 0 ? 0 : refuse(err, "topic and header name different mats");
}

/* dtype, shape, unit; *ret_bytes what the payload must measure. */
static int shape_of(struct gait_message *m, size_t *ret_bytes, struct gait_error *err)
{
    const json_t *shape = json_object_get(m->header, "shape");
    struct reader r = {.object = m->header};
    uint64_t bytes = 4;

    *ret_bytes = 0;
    if (!shape && !json_object_get(m->header, "dtype"))
        return 0;
    get_copy(&r, "dtype", m->dtype, sizeof m->dtype);
    get_copy(&r, "unit", m->unit, sizeof m->unit);
    if (r.bad || strcmp(m->dtype, "<f4") != 0 || json_array_size(shape) < 1 ||
        json_array_size(shape) > GAIT_MESSAGE_DIMS_MAX)
        return refuse(err, "dtype, shape or unit is not one that is defined");
    m->n_shape = (uint32_t)json_array_size(shape);
    for (uint32_t i = 0; i < m->n_shape; i++) {
        json_int_t n = json_integer_value(json_array_get(shape, i));

        if (!json_is_integer(json_array_get(shape, i)) || n < 0 || n > GAIT_CELLS_MAX)
            return refuse(err, "shape is out of range");
        m->shape[i] = (uint32_t)n;
        bytes *= (uint64_t)n;
        if (bytes > PAYLOAD_BYTES_MAX)
            return refuse(err, "shape is out of range");
    }
    *ret_bytes = (size_t)bytes;
    return 0;
}

static int payload_of(struct gait_message *m, const void *payload, size_t bytes, struct gait_error *err)
{
    const json_t *text = json_object_get(m->header, "payload");
    size_t want, size = m->single ? json_string_length(text) / 4 * 3 : bytes;
    _cleanup_free_ void *copy = NULL;
    int r = shape_of(m, &want, err);

    if (r < 0)
        return r;
    copy = malloc(size + 1);
    if (!copy)
        return -ENOMEM;
    if (m->single) {
        long n = base64_decode(text ? json_string_value(text) : "", json_string_length(text), copy);

        if (n < 0)
            return refuse(err, "payload is not base64");
        size = (size_t)n;
    } else if (bytes) {
        memcpy(copy, payload, bytes);
    }
    if (size != want)
        return refuse(err, "payload is not as long as dtype and shape say");
    m->payload = gait_steal(&copy);
    m->payload_bytes = size;
    return 0;
}

static int header_of(struct gait_message *m, const char *text, size_t n, struct gait_error *err)
{
    json_error_t at;

    if (n > HEADER_BYTES_MAX)
        return refuse(err, "header is longer than 4 MiB");
    m->header = json_loadb(text, n, JSON_REJECT_DUPLICATES, &at);
    if (!json_is_object(m->header))
        return refuse(err, "header is not a JSON object");
    return head_of(m, err);
}

int gait_message_decode(const void *const *part, const size_t *length, size_t n_parts,
                        struct gait_message **ret_message, struct gait_error *err)
{
    _cleanup_(gait_message_freep) struct gait_message *m = NULL;
    const char *space = NULL;
    size_t n_topic;
    int r;

    if (n_parts != 1 && n_parts != 3)
        return gait_error_set(err, -EINVAL, "stream message of %zu parts: there are 3, or 1 in json/ topics", n_parts);
    m = calloc(1, sizeof *m);
    if (!m)
        return -ENOMEM;
    if (n_parts == 1)
        space = memchr(part[0], ' ', length[0]);
    n_topic = space ? (size_t)(space - (const char *)part[0]) : length[0];
    if (topic_of(part[0], n_topic, m) < 0 || m->single != (n_parts == 1) || (m->single && !space))
        return refuse(err, "the topic is none that is defined");
    r = m->single ? header_of(m, space + 1, length[0] - n_topic - 1, err) : header_of(m, part[1], length[1], err);
    if (r == 0)
        r = payload_of(m, m->single ? NULL : part[2], m->single ? 0 : length[2], err);
    if (r == 0)
        *ret_message = gait_steal(&m);
    return r;
}
