/*
 * C3D as the guide at c3d.org describes it: blocks of 512 bytes; a header, parameters, data. No points, so that a frame is the analog samples alone.
 *
 *     block 1   header of 16-bit words: parameters' block, key 0x50, points, analog samples a frame, first and last frame, gap, scale, data's block, ...
 *     block 2   parameters: 4 bytes (1, 0x50, blocks, 84 for Intel), then groups and parameters, each with the distance to the next
 *     then      data: 32-bit floats, since the scale is negative
 */
#include "gait/export.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "track.h"

enum {
    BLOCK = 512,
    PARAMETER_BLOCKS_MAX = 255,
    FRAMES_MAX = 65535, /* of the header's words; more are told by POINT:FRAMES */
    EVENTS_MAX = 255,   /* of one parameter */
    LABEL = 24,         /* bytes of a channel's or an event's name */
    PLATE_CHANNELS = 6, /* Fx, Fy, Fz, Px, Py, Tz */
    CHANNELS_MAX = TRACK_FEET * (PLATE_CHANNELS + TRACK_REGIONS),
};

enum type { TEXT = -1, INT16 = 2, FLOAT = 4 };

struct parameters {
    uint8_t *bytes;
    size_t n, last; /* where the last record's distance stands */
};

static void put_word(uint8_t *to, unsigned value)
{
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

static void put_float(uint8_t *to, double value)
{
    float f = (float)value;

    memcpy(to, &f, sizeof(f));
}

/* ---- parameters ----------------------------------------------------------------------------------------------------------------------- */

/* Room for n bytes more; the buffer has all that 255 blocks hold. NULL: they are full. */
static uint8_t *room(struct parameters *p, size_t n)
{
    uint8_t *at = p->bytes + p->n;

    if (p->n + n > (size_t)PARAMETER_BLOCKS_MAX * BLOCK - 8)
        return NULL;
    p->n += n;
    return at;
}

/* Begin a group (negative id) or a parameter (its group's id); what follows the name is still to come. Returns where the distance stands. */
static uint8_t *begin(struct parameters *p, int id, const char *name)
{
    size_t n = strlen(name);
    uint8_t *at = room(p, 2 + n + 2);

    if (!at)
        return NULL;
    at[0] = (uint8_t)n;
    at[1] = (uint8_t)id;
    memcpy(at + 2, name, n);
    p->last = (size_t)(at - p->bytes) + 2 + n;
    return at + 2 + n;
}

/* The distance runs from its own place to the next record. */
static int end(struct parameters *p)
{
    uint8_t *description = room(p, 1);

    if (!description)
        return -EFBIG;
    *description = 0;
    put_word(p->bytes + p->last, (unsigned)(p->n - p->last));
    return 0;
}

static int group(struct parameters *p, int id, const char *name)
{
    return begin(p, -id, name) ? end(p) : -EFBIG;
}

/* A parameter of up to 3 axes, the fastest first; data holds bytes, words or floats already as they are stored. */
static int parameter(struct parameters *p, int id, const char *name, enum type type, unsigned axes,
                     const unsigned *shape, const void *data)
{
    size_t n = type == TEXT ? 1 : (size_t)type;
    uint8_t *at;

    for (unsigned i = 0; i < axes; i++)
        n *= shape[i];
    if (!begin(p, id, name) || !(at = room(p, 2 + axes + n)))
        return -EFBIG;
    at[0] = (uint8_t)(int8_t)type;
    at[1] = (uint8_t)axes;
    for (unsigned i = 0; i < axes; i++)
        at[2 + i] = (uint8_t)shape[i];
    memcpy(at + 2 + axes, data, n);
    return end(p);
}

static int words(struct parameters *p, int id, const char *name, unsigned axes, const unsigned *shape, const int *value)
{
    uint8_t bytes[2 * PLATE_CHANNELS * CHANNELS_MAX];
    unsigned n = 1;

    for (unsigned i = 0; i < axes; i++)
        n *= shape[i];
    for (unsigned i = 0; i < n; i++)
        put_word(bytes + 2 * i, (unsigned)value[i]);
    return parameter(p, id, name, INT16, axes, shape, bytes);
}

static int word(struct parameters *p, int id, const char *name, int value)
{
    return words(p, id, name, 0, NULL, &value);
}

static int number(struct parameters *p, int id, const char *name, double value)
{
    uint8_t bytes[4];

    put_float(bytes, value);
    return parameter(p, id, name, FLOAT, 0, NULL, bytes);
}

/* n texts of LABEL bytes, filled up with blanks. */
static int texts(struct parameters *p, int id, const char *name, size_t n, char (*text)[LABEL + 1])
{
    char bytes[EVENTS_MAX * LABEL];

    memset(bytes, ' ', sizeof(bytes));
    for (size_t i = 0; i < n; i++)
        memcpy(bytes + i * LABEL, text[i], strlen(text[i]));
    return parameter(p, id, name, TEXT, 2, (const unsigned[]){LABEL, (unsigned)n}, bytes);
}

static int text(struct parameters *p, int id, const char *name, const char *value)
{
    size_t n = strlen(value);

    return parameter(p, id, name, TEXT, 1, (const unsigned[]){(unsigned)(n > 255 ? 255 : n)}, value);
}

/* ---- what the parameters say ------------------------------------------------------------------------------------------------------------- */

enum { POINT = 1, ANALOG, FORCE_PLATFORM, EVENT, TRIAL, SUBJECTS, MANUFACTURER };

struct c3d {
    const struct gait_export_trial *trial;
    struct track track;
    struct parameters p;
    unsigned channels;
    size_t n_events;
    struct event {
        double t_s;
        char label[LABEL + 1], context[LABEL + 1];
    } * event;
};

static int point_group(struct c3d *c, unsigned data_block)
{
    int r = group(&c->p, POINT, "POINT");

    r = r ? r : word(&c->p, POINT, "USED", 0);
    r = r ? r : number(&c->p, POINT, "SCALE", -1);
    r = r ? r : number(&c->p, POINT, "RATE", c->track.rate_hz);
    r = r ? r : word(&c->p, POINT, "DATA_START", (int)data_block);
    r = r                          ? r
        : c->track.n <= FRAMES_MAX ? word(&c->p, POINT, "FRAMES", (int)c->track.n)
                                   : number(&c->p, POINT, "FRAMES", (double)c->track.n);
    return r ? r : text(&c->p, POINT, "UNITS", "mm");
}

static int trial_group(struct c3d *c)
{
    unsigned last = (unsigned)c->track.n;
    int r = group(&c->p, TRIAL, "TRIAL");

    /* 32-bit frame numbers as two words each, the low one first: what a header's 16 bits cannot say */
    r = r ? r : words(&c->p, TRIAL, "ACTUAL_START_FIELD", 1, (const unsigned[]){2}, (const int[]){1, 0});
    return r ? r
             : words(&c->p, TRIAL, "ACTUAL_END_FIELD", 1, (const unsigned[]){2},
                     (const int[]){(int)(last & 0xffff), (int)(last >> 16)});
}

/* Names and units of the channels, in the order of the data. */
static unsigned name_channels(const struct track *track, char (*label)[LABEL + 1], char (*unit)[LABEL + 1])
{
    static const char *const plate[PLATE_CHANNELS] = {"Fx", "Fy", "Fz", "Px", "Py", "Tz"};
    static const char *const plate_unit[PLATE_CHANNELS] = {"N", "N", "N", "mm", "mm", "Nmm"};
    unsigned n = 0;

    for (unsigned f = 0; f < track->feet; f++)
        for (int i = 0; i < PLATE_CHANNELS; i++, n++) {
            snprintf(label[n], LABEL + 1, "%s_%s", plate[i], track_foot_name((enum track_foot)f));
            snprintf(unit[n], LABEL + 1, "%s", plate_unit[i]);
        }
    for (unsigned f = 0; f < track->feet; f++)
        for (int i = 0; i < TRACK_REGIONS; i++, n++) {
            snprintf(label[n], LABEL + 1, "%s_%s", track_region_name((enum track_region)i),
                     track_foot_name((enum track_foot)f));
            snprintf(unit[n], LABEL + 1, "N");
        }
    return n;
}

static int analog_group(struct c3d *c)
{
    char label[CHANNELS_MAX][LABEL + 1], unit[CHANNELS_MAX][LABEL + 1];
    uint8_t scale[4 * CHANNELS_MAX];
    int offset[CHANNELS_MAX] = {0}, r = group(&c->p, ANALOG, "ANALOG");

    c->channels = name_channels(&c->track, label, unit);
    for (unsigned i = 0; i < c->channels; i++)
        put_float(scale + 4 * i, 1);
    r = r ? r : word(&c->p, ANALOG, "USED", (int)c->channels);
    r = r ? r : texts(&c->p, ANALOG, "LABELS", c->channels, label);
    r = r ? r : texts(&c->p, ANALOG, "DESCRIPTIONS", c->channels, label);
    r = r ? r : number(&c->p, ANALOG, "GEN_SCALE", 1);
    r = r ? r : parameter(&c->p, ANALOG, "SCALE", FLOAT, 1, &c->channels, scale);
    r = r ? r : words(&c->p, ANALOG, "OFFSET", 1, &c->channels, offset);
    r = r ? r : texts(&c->p, ANALOG, "UNITS", c->channels, unit);
    return r ? r : number(&c->p, ANALOG, "RATE", c->track.rate_hz);
}

static int plate_group(struct c3d *c)
{
    const struct gait_geometry *g = c->trial->geometry;
    double w = g->cols * g->pitch_x_mm, l = g->rows * g->pitch_y_mm;
    const double corner[12] = {w, 0, 0, 0, 0, 0,
                               0, l, 0, w, l, 0}; /* quadrants of (x, -y): +x +y, -x +y, -x -y, +x -y */
    unsigned feet = c->track.feet;
    int type[TRACK_FEET] = {1, 1, 1}, channel[TRACK_FEET * PLATE_CHANNELS], r;
    uint8_t corners[4 * 12 * TRACK_FEET], origin[4 * 3 * TRACK_FEET];

    for (unsigned i = 0; i < 12 * feet; i++)
        put_float(corners + 4 * i, corner[i % 12]);
    for (unsigned i = 0; i < 3 * feet; i++)
        put_float(origin + 4 * i, 0);
    for (unsigned i = 0; i < PLATE_CHANNELS * feet; i++)
        channel[i] = (int)i + 1;
    r = group(&c->p, FORCE_PLATFORM, "FORCE_PLATFORM");
    r = r ? r : word(&c->p, FORCE_PLATFORM, "USED", (int)feet);
    r = r ? r : words(&c->p, FORCE_PLATFORM, "TYPE", 1, &feet, type);
    r = r ? r : words(&c->p, FORCE_PLATFORM, "ZERO", 1, (const unsigned[]){2}, (const int[]){0, 0});
    r = r ? r : parameter(&c->p, FORCE_PLATFORM, "CORNERS", FLOAT, 3, (const unsigned[]){3, 4, feet}, corners);
    r = r ? r : parameter(&c->p, FORCE_PLATFORM, "ORIGIN", FLOAT, 2, (const unsigned[]){3, feet}, origin);
    return r ? r : words(&c->p, FORCE_PLATFORM, "CHANNEL", 2, (const unsigned[]){PLATE_CHANNELS, feet}, channel);
}

/* ---- events ---------------------------------------------------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct event *x = a, *y = b;

    return (x->t_s > y->t_s) - (x->t_s < y->t_s);
}

static void add_event(struct c3d *c, double t_s, const char *label, const char *context)
{
    struct event *e = &c->event[c->n_events++];

    e->t_s = t_s;
    snprintf(e->label, sizeof(e->label), "%s", label);
    snprintf(e->context, sizeof(e->context), "%s", context);
}

static int collect_events(struct c3d *c)
{
    const struct gait_export_trial *t = c->trial;

    c->event = calloc(2 * t->n_footfalls + t->n_frames + 1, sizeof(*c->event));
    if (!c->event)
        return -ENOMEM;
    for (size_t i = 0; i < t->n_footfalls; i++) {
        uint8_t side = t->footfall[i]->side;
        const char *context = side == GAIT_SIDE_LEFT ? "Left" : side == GAIT_SIDE_RIGHT ? "Right" : "General";

        add_event(c, track_ic_s(t, i), "Foot Strike", context);
        add_event(c, track_to_s(t, i), "Foot Off", context);
    }
    for (size_t i = 0; i < t->n_frames; i++)
        if (t->frame[i].lost)
            add_event(c, t->frame[i].t_s, "Frames lost", "General");
    qsort(c->event, c->n_events, sizeof(*c->event), by_time);
    return 0;
}

/* LABELS, LABELS2, ...: one parameter's axis counts to 255. */
static int event_part(struct c3d *c, size_t first, unsigned part)
{
    size_t left = c->n_events - first, n = left < EVENTS_MAX ? left : EVENTS_MAX;
    char label[EVENTS_MAX][LABEL + 1], context[EVENTS_MAX][LABEL + 1], name[4][16];
    uint8_t times[8 * EVENTS_MAX];
    static const char *const base[] = {"CONTEXTS", "LABELS", "TIMES"};
    int r;

    for (size_t i = 0; i < n; i++) {
        const struct event *e = &c->event[first + i];
        double minutes = floor(e->t_s / 60);

        memcpy(label[i], e->label, sizeof(label[i]));
        memcpy(context[i], e->context, sizeof(context[i]));
        put_float(times + 8 * i, minutes);
        put_float(times + 8 * i + 4, e->t_s - 60 * minutes);
    }
    for (int i = 0; i < 3; i++)
        snprintf(name[i], sizeof(name[i]), part > 1 ? "%s%u" : "%s", base[i], part);
    r = texts(&c->p, EVENT, name[0], n, context);
    r = r ? r : texts(&c->p, EVENT, name[1], n, label);
    return r ? r : parameter(&c->p, EVENT, name[2], FLOAT, 2, (const unsigned[]){2, (unsigned)n}, times);
}

static int event_group(struct c3d *c)
{
    int r = collect_events(c);

    if (r < 0 || c->n_events == 0)
        return r;
    r = group(&c->p, EVENT, "EVENT");
    r = r ? r : word(&c->p, EVENT, "USED", (int)c->n_events);
    for (size_t i = 0; r == 0 && i < c->n_events; i += EVENTS_MAX)
        r = event_part(c, i, (unsigned)(i / EVENTS_MAX) + 1);
    return r;
}

static int text_groups(struct c3d *c)
{
    char subject[1][LABEL + 1];
    int r = group(&c->p, SUBJECTS, "SUBJECTS");

    snprintf(subject[0], sizeof(subject[0]), "%s", c->trial->subject);
    r = r ? r : word(&c->p, SUBJECTS, "USED", 1);
    r = r ? r : texts(&c->p, SUBJECTS, "NAMES", 1, subject);
    r = r ? r : group(&c->p, MANUFACTURER, "MANUFACTURER");
    r = r ? r : text(&c->p, MANUFACTURER, "COMPANY", "gaitd");
    return r ? r : text(&c->p, MANUFACTURER, "SOFTWARE", c->trial->software);
}

/* Everything between the 4 bytes at the begin and the zeros at the end. */
static int parameter_section(struct c3d *c, unsigned data_block)
{
    int r;

    c->p.n = 4;
    free(c->event);
    c->event = NULL;
    c->n_events = 0;
    r = point_group(c, data_block);
    r = r ? r : trial_group(c);
    r = r ? r : analog_group(c);
    r = r ? r : plate_group(c);
    r = r ? r : event_group(c);
    return r ? r : text_groups(c);
}

/* ---- header and data ----------------------------------------------------------------------------------------------------------------------------- */

static void write_header(FILE *out, const struct c3d *c, unsigned data_block)
{
    uint8_t block[BLOCK] = {2, 0x50};
    unsigned last = c->track.n > FRAMES_MAX ? FRAMES_MAX : (unsigned)c->track.n;

    put_word(block + 2, 0);
    put_word(block + 4, c->channels);
    put_word(block + 6, 1);
    put_word(block + 8, last);
    put_float(block + 12, -1);
    put_word(block + 16, data_block);
    put_word(block + 18, 1);
    put_float(block + 20, c->track.rate_hz);
    fwrite(block, 1, sizeof(block), out);
}

static double zero_without(double value)
{
    return isfinite(value) ? value : 0;
}

static void write_sample(FILE *out, const struct c3d *c, const struct track_sample *s)
{
    const struct gait_geometry *g = c->trial->geometry;
    double x0 = g->cols * g->pitch_x_mm / 2, y0 = g->rows * g->pitch_y_mm / 2;
    uint8_t bytes[4 * CHANNELS_MAX] = {0};
    unsigned at = 0;

    for (unsigned f = 0; f < c->track.feet; f++, at += PLATE_CHANNELS) {
        put_float(bytes + 4 * (at + 2), s->force_N[f]);
        put_float(bytes + 4 * (at + 3), zero_without(s->cop_x_mm[f] - x0));
        put_float(bytes + 4 * (at + 4), zero_without(y0 - s->cop_y_mm[f]));
    }
    for (unsigned f = 0; f < c->track.feet; f++)
        for (int r = 0; r < TRACK_REGIONS; r++, at++)
            put_float(bytes + 4 * at, s->region_N[f][r]);
    fwrite(bytes, 4, c->channels, out);
}

static int write_file(FILE *out, struct c3d *c)
{
    size_t blocks, data = 0;
    int r = parameter_section(c, 0);

    blocks = (c->p.n + 2 + BLOCK - 1) / BLOCK; /* a zero length ends the list */
    r = r ? r : parameter_section(c, 2 + (unsigned)blocks);
    if (r < 0)
        return r;
    memcpy(c->p.bytes, (const uint8_t[]){1, 0x50, (uint8_t)blocks, 84}, 4);
    write_header(out, c, 2 + (unsigned)blocks);
    fwrite(c->p.bytes, 1, blocks * BLOCK, out);
    for (size_t i = 0; i < c->track.n; i++, data += 4 * c->channels)
        write_sample(out, c, &c->track.sample[i]);
    for (; data % BLOCK; data++)
        fputc(0, out);
    return out_status(out);
}

int gait_export_c3d(FILE *out, const struct gait_export_trial *trial, struct gait_error *err)
{
    struct c3d c = {.trial = trial};
    int r = track_new(trial, &c.track, err);

    if (r < 0)
        return r;
    c.p.bytes = calloc(PARAMETER_BLOCKS_MAX + 1, BLOCK);
    r = c.p.bytes ? write_file(out, &c) : -ENOMEM;
    free(c.p.bytes);
    free(c.event);
    track_done(&c.track);
    if (r == -EFBIG && !ferror(out))
        return gait_error_set(err, r, "%zu events are more than a C3D file holds", c.n_events);
    return r < 0 && !(err && err->text[0]) ? gait_error_set(err, r, "C3D: %s", strerror(-r)) : r;
}
