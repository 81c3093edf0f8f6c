/*
 * The header of a frame. It is made for each of them while a subscriber waits, so it is written straight into one text; what is made less often is built as an
 * object first (json_write.h).
 */
#include <gait/stream.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room is reckoned before anything is written: names and numbers of all members; a byte of a text becomes six at most; a word of a flag; an age. */
enum { MEMBERS_BYTES = 640, BYTE_BYTES = 6, FLAGS_BYTES = 32 * 32, AGE_BYTES = 32 };

struct text {
    char *at;
};

static void add(struct text *t, const char *what)
{
    const size_t n = strlen(what);

    memcpy(t->at, what, n);
    t->at += n;
}

static void add_count(struct text *t, const char *key, uint64_t value)
{
    char digits[20];
    size_t first = sizeof digits;

    do
        digits[--first] = (char)('0' + value % 10);
    while (value /= 10);
    add(t, key);
    memcpy(t->at, digits + first, sizeof digits - first);
    t->at += sizeof digits - first;
}

static void add_text(struct text *t, const char *key, const char *value)
{
    add(t, key);
    *t->at++ = '"';
    for (; *value; value++) {
        if ((unsigned char)*value < 0x20) {
            t->at += sprintf(t->at, "\\u%04x", (unsigned)*value);
            continue;
        }
        if (*value == '"' || *value == '\\')
            *t->at++ = '\\';
        *t->at++ = *value;
    }
    *t->at++ = '"';
}

/* A real that looks like one, also when it is whole. */
static void add_real(struct text *t, double value)
{
    int n = sprintf(t->at, "%.17g", value);

    if (!memchr(t->at, '.', (size_t)n) && !memchr(t->at, 'e', (size_t)n))
        n += sprintf(t->at + n, ".0");
    t->at += n;
}

static void add_flags(struct text *t, uint32_t flags)
{
    const char *between = "";

    add(t, ",\"flags\":[");
    for (unsigned i = 0; i < 32; i++) {
        const char *word = flags & (1u << i) ? gait_frame_flag_name(1u << i) : NULL;

        if (!word)
            continue;
        add_text(t, between, word);
        between = ",";
    }
    add(t, "]");
}

/* null: the pad is not in the frame, and the flags say pad_missing. */
static void add_pads(struct text *t, const struct gait_frame_pads *pads)
{
    if (!pads->n)
        return;
    add(t, ",\"pad_age_s\":[");
    for (uint32_t i = 0; i < pads->n && i < GAIT_PADS_MAX; i++) {
        add(t, i ? "," : "");
        if (pads->age_us[i] == GAIT_PAD_MISSING)
            add(t, "null");
        else
            add_real(t, pads->age_us[i] * 1e-6);
    }
    add(t, "]");
}

static void add_head(struct text *t, const struct gait_stream_head *head)
{
    add_text(t, "{\"v\":", GAIT_STREAM_VERSION);
    add_text(t, ",\"instance\":", head->instance);
    add_count(t, ",\"seq\":", head->seq);
    add_count(t, ",\"frame\":", head->frame);
    add_count(t, ",\"t_ns\":", head->t_ns);
    add_text(t, ",\"mat\":", head->mat);
    add_count(t, ",\"gap_device\":", head->gap_device);
    add_count(t, ",\"gap_ring\":", head->gap_ring);
    add_count(t, ",\"skipped\":", head->skipped);
}

int gait_stream_frame(const struct gait_stream_head *head, const struct gait_geometry *geometry,
                      const struct gait_frame_meta *meta, uint32_t calibration_version, char **ret_header)
{
    struct text t;
    char *header;

    if (!head || !geometry || !meta)
        return -EINVAL;
    header = malloc(MEMBERS_BYTES + BYTE_BYTES * (strlen(head->instance) + strlen(head->mat)) + FLAGS_BYTES +
                    AGE_BYTES * GAIT_PADS_MAX);
    if (!header)
        return -ENOMEM;
    t.at = header;
    add_head(&t, head);
    add(&t, ",\"dtype\":\"<f4\"");
    add_count(&t, ",\"shape\":[", geometry->rows);
    add_count(&t, ",", geometry->cols);
    add(&t, "],\"unit\":\"kPa\"");
    add_count(&t, ",\"t_mat_ns\":", meta->t_mat_ns);
    add_flags(&t, meta->flags);
    add_pads(&t, &meta->pads);
    add_count(&t, ",\"t_arrival_ns\":", meta->t_arrival_ns);
    add_count(&t, ",\"mat_seq\":", meta->seq);
    add_count(&t, ",\"connection\":", meta->connection);
    add_count(&t, ",\"calibration\":", calibration_version);
    add_count(&t, ",\"lost_device\":", head->lost_device);
    add_count(&t, ",\"lost_ring\":", head->lost_ring);
    add(&t, "}");
    *t.at = '\0';
    *ret_header = header;
    return 0;
}
