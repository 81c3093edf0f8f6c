#include "session/trial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gait/cleanup.h"

void trial_done(struct trial *trial)
{
    struct gait_recorded_trial *t = &trial->t;

    for (uint32_t i = 0; i < t->n_footfalls; i++)
        gait_footfall_free(t->footfall[i]);
    free(t->footfall);
    free(t->action);
    free(t->event);
    free(t->gap);
    free(t->clock);
    gait_journal_header_done(&t->header);
    if (trial->have_state)
        gait_trial_state_done(&t->state);
    free(trial->frame);
    free(trial->row);
    free(trial->pads);
    free(trial->records);
    memset(trial, 0, sizeof(*trial));
}

/* One more element; rooms double. Returns the new element or NULL. */
static void *one_more(void *array, uint32_t *n, size_t size)
{
    void **base = array;
    void *grown = *base;

    if ((*n & (*n - 1)) == 0) { /* 0, 1, 2, 4, 8, ...: full */
        grown = reallocarray(*base, *n ? 2 * (size_t)*n : 1, size);
        if (!grown)
            return NULL;
        *base = grown;
    }
    return (char *)grown + size * (*n)++;
}

static int keep_bytes(struct trial *trial, enum gait_record_type type, uint64_t number, const void *payload, size_t n)
{
    size_t padded = (n + 7) & ~(size_t)7, want = trial->records_bytes + TRIAL_RECORD_HEAD_BYTES + padded;
    uint8_t *p;

    if (want > trial->records_room) {
        size_t room = want > 2 * trial->records_room ? want + 65536 : 2 * trial->records_room;
        uint8_t *grown = realloc(trial->records, room);

        if (!grown)
            return -ENOMEM;
        trial->records = grown;
        trial->records_room = room;
    }
    p = trial->records + trial->records_bytes;
    memset(p, 0, TRIAL_RECORD_HEAD_BYTES + padded);
    memcpy(p, &(uint16_t){(uint16_t)type}, 2);
    memcpy(p + 4, &(uint32_t){(uint32_t)n}, 4);
    memcpy(p + 8, &number, 8);
    if (n)
        memcpy(p + TRIAL_RECORD_HEAD_BYTES, payload, n);
    trial->records_bytes = want;
    return 0;
}

static int take_footfall(struct gait_recorded_trial *t, const void *payload, size_t n)
{
    struct gait_footfall *f, **slot;
    int r = gait_footfall_unpack(payload, n, &f);

    if (r < 0)
        return r;
    slot = one_more(&t->footfall, &t->n_footfalls, sizeof(*slot));
    if (!slot) {
        gait_footfall_free(f);
        return -ENOMEM;
    }
    *slot = f;
    return 0;
}

#define TAKE(word, type, array, count)                                                   \
    static int take_##word(struct gait_recorded_trial *t, const void *payload, size_t n) \
    {                                                                                    \
        struct type value, *slot;                                                        \
        int r = gait_##word##_unpack(payload, n, &value);                                \
                                                                                         \
        if (r < 0)                                                                       \
            return r;                                                                    \
        slot = one_more(&t->array, &t->count, sizeof(*slot));                            \
        if (!slot)                                                                       \
            return -ENOMEM;                                                              \
        *slot = value;                                                                   \
        return 0;                                                                        \
    }
TAKE(action, gait_action, action, n_actions)
TAKE(event, gait_event, event, n_events)
TAKE(gap, gait_gap, gap, n_gaps)
TAKE(clock, gait_clock_record, clock, n_clocks)

static int take_pads(struct trial *trial, const void *payload, size_t n)
{
    struct gait_pads_record pads, *slot;
    int r = gait_pads_unpack(payload, n, &pads);

    if (r < 0)
        return r;
    slot = one_more(&trial->pads, &trial->n_pads, sizeof(*slot));
    if (!slot)
        return -ENOMEM;
    *slot = pads;
    return 0;
}

static int take_header(struct trial *trial, const void *payload, size_t n)
{
    int r = trial->have_header ? 0 : gait_journal_header_unpack(payload, n, &trial->t.header);

    if (r == 0)
        trial->have_header = true;
    return r;
}

static int take_state(struct trial *trial, const void *payload, size_t n)
{
    int r = trial->have_state ? 0 : gait_trial_state_unpack(payload, n, &trial->t.state);

    if (r == 0)
        trial->have_state = true;
    return r;
}

static int decode(struct trial *trial, enum gait_record_type type, const void *payload, size_t n)
{
    switch (type) {
    case GAIT_RECORD_HEADER:
        return take_header(trial, payload, n);
    case GAIT_RECORD_STATE:
        return take_state(trial, payload, n);
    case GAIT_RECORD_FOOTFALL:
        return take_footfall(&trial->t, payload, n);
    case GAIT_RECORD_ACTION:
        return take_action(&trial->t, payload, n);
    case GAIT_RECORD_EVENT:
        return take_event(&trial->t, payload, n);
    case GAIT_RECORD_GAP:
        return take_gap(&trial->t, payload, n);
    case GAIT_RECORD_CLOCK:
        return take_clock(&trial->t, payload, n);
    case GAIT_RECORD_PADS:
        return take_pads(trial, payload, n);
    case GAIT_RECORD_END:
        trial->t.ended = true;
        return gait_end_unpack(payload, n, &trial->t.end);
    default: /* of a newer writer: kept, not understood */
        return 0;
    }
}

int trial_take(struct trial *trial, enum gait_record_type type, uint64_t number, const void *payload, size_t n,
               const char *name, struct gait_error *err)
{
    int r = decode(trial, type, payload, n);

    if (r == 0)
        r = keep_bytes(trial, type, number, payload, n);
    if (r < 0)
        return gait_error_set(err, r, "%s: record %llu (%s) cannot be taken: %s", name, (unsigned long long)number,
                              gait_record_name(type), strerror(-r));
    return 0;
}

int trial_take_frame(struct trial *trial, const struct gait_journal_frame *frame)
{
    struct gait_recorded_trial *t = &trial->t;

    if (!trial->have_state || frame->raw_bytes != gait_geometry_frame_bytes(&t->state.geometry))
        return 0;
    if (t->frames ? frame->frame <= trial->frame[t->frames - 1].frame : frame->frame < t->header.first_frame)
        return 0;
    if (t->frames == trial->frame_room) {
        size_t room = trial->frame_room ? 2 * trial->frame_room : 1024;
        struct gait_journal_frame *grown = reallocarray(trial->frame, room, sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        trial->frame = grown;
        trial->frame_room = room;
    }
    trial->frame[t->frames] = *frame;
    trial->frame[t->frames].raw = NULL;
    t->frames++;
    return 1;
}

uint64_t trial_damage_before(const struct trial *trial, uint64_t i)
{
    const struct gait_recorded_trial *t = &trial->t;
    uint64_t expected = i ? trial->frame[i - 1].frame + 1 : t->header.first_frame;

    if (i < t->frames)
        return trial->frame[i].frame - expected;
    if (!t->ended || t->end.frames + t->header.first_frame <= expected)
        return 0;
    return t->end.frames + t->header.first_frame - expected;
}

/* Both rise; the last record of a frame counts. */
static void give_pads(struct trial *trial)
{
    uint64_t i = 0;

    for (uint32_t k = 0; k < trial->n_pads; k++) {
        while (i < trial->t.frames && trial->frame[i].frame < trial->pads[k].frame)
            i++;
        if (i < trial->t.frames && trial->frame[i].frame == trial->pads[k].frame)
            trial->frame[i].meta.pads = trial->pads[k].pads;
    }
}

int trial_complete(struct trial *trial, const char *name, struct gait_error *err)
{
    struct gait_recorded_trial *t = &trial->t;

    if (!trial->have_state && trial->frames_passed == 0 && t->n_footfalls == 0)
        return gait_error_set(err, -ENODATA, "%s: the trial never began: there is no state and no frame in it", name);
    if (!trial->have_state)
        return gait_error_set(
            err, -EBADMSG, "%s: no state record: its frames have no size or calibration, so it cannot be used", name);
    give_pads(trial);
    t->gap_device = t->gap_ring = t->gap_damage = 0;
    for (uint64_t i = 0; i <= t->frames; i++) {
        if (i < t->frames && trial->frame[i].frame > 0) { /* what was lost before the first is not the trial's */
            t->gap_device += trial->frame[i].meta.gap_device;
            t->gap_ring += trial->frame[i].meta.gap_ring;
        }
        t->gap_damage += trial_damage_before(trial, i);
    }
    for (uint32_t i = 0; i < t->n_gaps; i++) {
        t->gap_device += t->gap[i].device;
        t->gap_ring += t->gap[i].ring;
    }
    t->gap_ring += t->gap_damage;
    return 0;
}

/* What the reader could not read, for whoever asks the trial. */
static void tell_missing(struct trial *trial)
{
    struct gait_recorded_trial *t = &trial->t;
    size_t n = 0;

    t->missing_records = trial->stats.missing_records;
    t->bad_bytes = trial->stats.bad_bytes;
    t->torn_bytes = trial->stats.torn_bytes;
    for (int i = 1; i < GAIT_RECORD_TYPES && n < sizeof(t->missing_kinds); i++) {
        unsigned long long of = trial->stats.missing_of[i];

        if (of)
            n += (size_t)snprintf(t->missing_kinds + n, sizeof(t->missing_kinds) - n, "%s%llu %s", n ? ", " : "", of,
                                  gait_record_name((enum gait_record_type)i));
    }
}

static int take_any(struct trial *trial, const struct gait_journal_record *record, const char *name,
                    struct gait_error *err)
{
    struct gait_journal_frame frame;
    int r;

    if (record->type == GAIT_RECORD_DAMAGED)
        return 0;
    if (record->type != GAIT_RECORD_FRAME)
        return trial_take(trial, record->type, record->number, record->payload, record->payload_bytes, name, err);
    if (gait_journal_frame(record, &frame) < 0)
        return 0;
    r = trial_take_frame(trial, &frame);
    trial->frames_passed += r == 0;
    return r < 0 ? gait_error_set(err, r, "%s: no memory for %llu frames", name, (unsigned long long)trial->t.frames)
                 : 0;
}

int trial_load(struct gait_journal_reader *reader, const char *name, struct trial *ret_trial, struct gait_error *err)
{
    struct trial trial = {0};
    struct gait_journal_record record;
    int r;

    while ((r = gait_journal_next(reader, &record, err)) > 0) {
        r = take_any(&trial, &record, name, err);
        if (r < 0)
            break;
    }
    if (r == 0)
        r = trial_complete(&trial, name, err);
    if (r < 0) {
        trial_done(&trial);
        return r;
    }
    gait_journal_stats(reader, &trial.stats);
    tell_missing(&trial);
    memcpy(trial.t.header.uuid, gait_journal_reader_uuid(reader), GAIT_UUID_BYTES); /* also when the header is lost */
    *ret_trial = trial;
    return 0;
}

int trial_load_records(struct trial *trial, const uint8_t *records, size_t n, const char *name, struct gait_error *err)
{
    for (size_t at = 0; at < n;) {
        uint16_t type;
        uint32_t bytes;
        uint64_t number;
        size_t left = n - at, whole;
        int r;

        if (left < TRIAL_RECORD_HEAD_BYTES)
            return gait_error_set(err, -EBADMSG, "%s: the kept records end in the middle", name);
        memcpy(&type, records + at, 2);
        memcpy(&bytes, records + at + 4, 4);
        memcpy(&number, records + at + 8, 8);
        whole = TRIAL_RECORD_HEAD_BYTES + (((size_t)bytes + 7) & ~(size_t)7);
        if (whole > left)
            return gait_error_set(err, -EBADMSG, "%s: the kept records end in the middle", name);
        r = trial_take(trial, (enum gait_record_type)type, number, records + at + TRIAL_RECORD_HEAD_BYTES, bytes, name,
                       err);
        if (r < 0)
            return r;
        at += whole;
    }
    return 0;
}
