#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "session/layout.h"

/* ---- gaps ---- */

struct gap_row {
    uint64_t frame, t_ns;
    uint64_t device, ring, damage;
    uint8_t estimated, told_by;
};

static const char *told_by_name(uint32_t i)
{
    static const char *const name[] = {"frame", "record", "damage"};

    return name[i];
}

/* Rows of the table: what frames say of themselves, what gap records say, what the numbers say. NULL to count only. */
static size_t gap_rows(const struct trial *trial, struct gap_row *row)
{
    const struct gait_recorded_trial *t = &trial->t;
    size_t n = 0;

    for (uint64_t i = 0; i <= t->frames; i++) {
        const struct gait_journal_frame *f = i < t->frames ? &trial->frame[i] : NULL;
        uint64_t damage = trial_damage_before(trial, i);

        if (f && f->frame > 0 && (f->meta.gap_device || f->meta.gap_ring)) {
            if (row)
                row[n] = (struct gap_row){f->frame,
                                          f->meta.t_ns,
                                          f->meta.gap_device,
                                          f->meta.gap_ring,
                                          0,
                                          (f->meta.flags & GAIT_FRAME_GAP_ESTIMATED) != 0,
                                          0};
            n++;
        }
        if (damage) {
            if (row)
                row[n] = (struct gap_row){
                    f ? f->frame : t->header.first_frame + t->end.frames, f ? f->meta.t_ns : 0, 0, 0, damage, 0, 2};
            n++;
        }
    }
    for (uint32_t i = 0; i < t->n_gaps; i++, n++) {
        if (row)
            row[n] = (struct gap_row){t->gap[i].frame, t->gap[i].t_ns, t->gap[i].device, t->gap[i].ring, 0, 0, 1};
    }
    return n;
}

static int gap_columns(struct layout *l, const struct gap_row *row, size_t n)
{
    static const struct {
        const char *name, *units, *long_name;
        enum gait_pack_dtype dtype;
        size_t offset;
    } column[] = {
        {"gaps/frame", "1", "trial frame that the gap stands before", GAIT_PACK_U64, offsetof(struct gap_row, frame)},
        {"gaps/t_ns", "ns", "time of that frame, CLOCK_MONOTONIC; 0 unknown", GAIT_PACK_U64,
         offsetof(struct gap_row, t_ns)},
        {"gaps/gap_device", "1", "frames lost by the mat", GAIT_PACK_U64, offsetof(struct gap_row, device)},
        {"gaps/gap_ring", "1", "frames that we could not take", GAIT_PACK_U64, offsetof(struct gap_row, ring)},
        {"gaps/gap_damage", "1", "frames lost in bad bytes of the journal", GAIT_PACK_U64,
         offsetof(struct gap_row, damage)},
        {"gaps/estimated", "1", "1: judged by time, the mat has no counter", GAIT_PACK_U8,
         offsetof(struct gap_row, estimated)},
        {"gaps/told_by", "1", "what the row was made from", GAIT_PACK_U8, offsetof(struct gap_row, told_by)},
    };
    char gap[H5_PATH_MAX], path[H5_PATH_MAX];
    int r = h5_dimension(l->w, layout_path(l, gap, "gaps/gap"), n);

    for (size_t i = 0; r == 0 && i < sizeof(column) / sizeof(column[0]); i++)
        r = layout_column(l, layout_path(l, path, column[i].name), gap, column[i].dtype, n,
                          (const uint8_t *)row + column[i].offset, sizeof(*row), column[i].units, column[i].long_name);
    return r < 0 ? r : layout_flag_values(l->w, layout_path(l, path, "gaps/told_by"), 3, told_by_name);
}

static int gaps(struct layout *l)
{
    size_t n = gap_rows(l->trial, NULL);
    _cleanup_free_ struct gap_row *row = calloc(n + 1, sizeof(*row));
    char path[H5_PATH_MAX];
    int r;

    if (!row)
        return gait_error_set(l->w->err, -ENOMEM, "%s: no memory", l->w->name);
    gap_rows(l->trial, row);
    r = h5_group(l->w, layout_path(l, path, "gaps"));
    return r < 0 ? r : gap_columns(l, row, n);
}

/* ---- clock ---- */

static int clocks(struct layout *l)
{
    static const struct {
        const char *name, *units, *long_name;
        size_t offset;
    } column[] = {
        {"clock/monotonic_ns", "ns", "CLOCK_MONOTONIC", offsetof(struct gait_clock_record, triple.monotonic_ns)},
        {"clock/boottime_ns", "ns", "CLOCK_BOOTTIME", offsetof(struct gait_clock_record, triple.boottime_ns)},
        {"clock/realtime_ns", "ns", "CLOCK_REALTIME, UTC since 1970",
         offsetof(struct gait_clock_record, triple.realtime_ns)},
        {"clock/frame", "1", "trial frames recorded when it was read", offsetof(struct gait_clock_record, frame)},
    };
    const struct gait_recorded_trial *t = &l->trial->t;
    char reading[H5_PATH_MAX], path[H5_PATH_MAX];
    int r = h5_group(l->w, layout_path(l, path, "clock"));

    if (r == 0)
        r = h5_attr_text(l->w, path, "boot_id", t->n_clocks ? t->clock[0].boot_id : "");
    if (r == 0)
        r = h5_dimension(l->w, layout_path(l, reading, "clock/reading"), t->n_clocks);
    for (size_t i = 0; r == 0 && i < sizeof(column) / sizeof(column[0]); i++)
        r = layout_column(l, layout_path(l, path, column[i].name), reading, GAIT_PACK_U64, t->n_clocks,
                          (const uint8_t *)t->clock + column[i].offset, sizeof(*t->clock), column[i].units,
                          column[i].long_name);
    return r;
}

/* ---- the records of the journal as they were ---- */

static int kept_records(struct layout *l)
{
    char byte[H5_PATH_MAX], path[H5_PATH_MAX];
    struct h5_array a = {.dtype = GAIT_PACK_U8,
                         .ndim = 1,
                         .shape = {l->trial->records_bytes},
                         .units = "1",
                         .long_name = "every record of the journal but frames, byte for byte"};
    int r = h5_group(l->w, layout_path(l, path, "journal"));

    if (r == 0)
        r = h5_dimension(l->w, layout_path(l, byte, "journal/byte"), l->trial->records_bytes);
    a.path = layout_path(l, path, "journal/records");
    a.scale[0] = byte;
    return r < 0 ? r : h5_write(l->w, &a, l->trial->records);
}

int layout_tables(struct layout *l)
{
    int r = gaps(l);

    if (r == 0)
        r = clocks(l);
    return r == 0 ? kept_records(l) : r;
}

/* ---- events ---- */

enum { EVENT_TEXTS_MAX = 2000 }; /* as an attribute, which has to fit an object header */

struct event_row {
    uint32_t trial, footfall;
    uint64_t frame, t_ns;
    uint8_t kind, side;
    const char *code, *text;
};

static const char *kind_name(uint32_t i)
{
    static const char *const name[] = {"event", "mark", "set_side", "invalid", "next_side"};

    return i < 5 ? name[i] : "unknown";
}

static const char *side_name(uint32_t i)
{
    return gait_side_name((enum gait_side)i);
}

static int by_place(const void *a, const void *b)
{
    const struct event_row *x = a, *y = b;

    if (x->trial != y->trial)
        return x->trial < y->trial ? -1 : 1;
    return x->t_ns < y->t_ns ? -1 : x->t_ns > y->t_ns;
}

static struct event_row *event_rows(const struct gait_recorded_trial *const *trial, size_t n, size_t *ret_rows)
{
    struct event_row *row;
    size_t rows = 0;

    for (size_t i = 0; i < n; i++)
        rows += trial[i]->n_events + trial[i]->n_actions;
    row = calloc(rows + 1, sizeof(*row));
    *ret_rows = 0;
    for (size_t i = 0; row && i < n; i++) {
        const struct gait_recorded_trial *t = trial[i];

        for (uint32_t k = 0; k < t->n_events; k++)
            row[(*ret_rows)++] = (struct event_row){
                t->header.trial, 0, t->event[k].frame, t->event[k].t_ns, 0, 0, t->event[k].code, t->event[k].text};
        for (uint32_t k = 0; k < t->n_actions; k++) {
            const struct gait_action *a = &t->action[k];

            row[(*ret_rows)++] = (struct event_row){t->header.trial,  a->footfall,      a->at_frame,        a->t_ns,
                                                    (uint8_t)a->kind, (uint8_t)a->side, kind_name(a->kind), a->text};
        }
    }
    if (row)
        qsort(row, *ret_rows, sizeof(*row), by_place);
    return row;
}

/* Which word of the list a row's code is; a new one is added. */
static size_t word_of(const char **word, size_t *n, const char *code)
{
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(word[i], code) == 0)
            return i;
    }
    word[*n] = code;
    return (*n)++;
}

/* Codes as numbers with their words beside: no two readers agree on texts in datasets (netCDF wants variable-length ones, Octave refuses them). */
static int event_codes(struct h5_writer *w, const struct event_row *row, size_t n)
{
    _cleanup_free_ const char **word = calloc(n + 1, sizeof(*word));
    _cleanup_free_ uint16_t *code = calloc(n + 1, sizeof(*code));
    struct h5_array a = {
        "/events/code", GAIT_PACK_U16, 1, {n}, {"/events/event"}, "1", "what happened: a number of texts_code"};
    size_t words = 0;
    int r;

    if (!word || !code)
        return gait_error_set(w->err, -ENOMEM, "%s: no memory", w->name);
    for (size_t i = 0; i < n; i++)
        code[i] = (uint16_t)word_of(word, &words, row[i].code);
    r = h5_write(w, &a, code);
    return r < 0 ? r : h5_attr_texts(w, "/events", "texts_code", words, word);
}

/* Texts as bytes, for everybody, and as an attribute, which is nicer where there are not too many. */
static size_t longest_text(const struct event_row *row, size_t n)
{
    size_t longest = 1;

    for (size_t i = 0; i < n; i++)
        longest = strlen(row[i].text) > longest ? strlen(row[i].text) : longest;
    return longest;
}

static int event_texts(struct h5_writer *w, const struct event_row *row, size_t n)
{
    size_t width = longest_text(row, n);
    _cleanup_free_ const char **text = calloc(n + 1, sizeof(*text));
    _cleanup_free_ uint8_t *bytes = calloc(n + 1, width);
    struct h5_array a = {"/events/text",
                         GAIT_PACK_U8,
                         2,
                         {n, width},
                         {"/events/event", "/events/text_byte"},
                         "1",
                         "what happened, for people: UTF-8 with zeros behind"};
    int r = h5_dimension(w, "/events/text_byte", width);

    if (!text || !bytes)
        return gait_error_set(w->err, -ENOMEM, "%s: no memory", w->name);
    for (size_t i = 0; i < n; i++) {
        text[i] = row[i].text;
        memcpy(bytes + i * width, row[i].text, strlen(row[i].text));
    }
    if (r == 0)
        r = h5_write(w, &a, bytes);
    return r < 0 || n > EVENT_TEXTS_MAX ? r : h5_attr_texts(w, "/events", "texts", n, text);
}

int layout_events(struct h5_writer *w, const struct gait_recorded_trial *const *trial, size_t n)
{
    static const struct {
        const char *path, *units, *long_name;
        enum gait_pack_dtype dtype;
        size_t offset;
    } column[] = {
        {"/events/trial", "1", "number of the trial", GAIT_PACK_U32, offsetof(struct event_row, trial)},
        {"/events/frame", "1", "trial frame", GAIT_PACK_U64, offsetof(struct event_row, frame)},
        {"/events/t_ns", "ns", "time, CLOCK_MONOTONIC", GAIT_PACK_U64, offsetof(struct event_row, t_ns)},
        {"/events/kind", "1", "an event, or which action of the operator", GAIT_PACK_U8,
         offsetof(struct event_row, kind)},
        {"/events/footfall", "1", "footfall that an action means; 0 none", GAIT_PACK_U32,
         offsetof(struct event_row, footfall)},
        {"/events/side", "1", "side that an action says", GAIT_PACK_U8, offsetof(struct event_row, side)},
    };
    size_t rows;
    _cleanup_free_ struct event_row *row = event_rows(trial, n, &rows);
    struct layout l = {.w = w};
    int r = row ? h5_group(w, "/events") : gait_error_set(w->err, -ENOMEM, "%s: no memory", w->name);

    if (r == 0)
        r = h5_dimension(w, "/events/event", rows);
    for (size_t i = 0; r == 0 && i < sizeof(column) / sizeof(column[0]); i++)
        r = layout_column(&l, column[i].path, "/events/event", column[i].dtype, rows,
                          (const uint8_t *)row + column[i].offset, sizeof(*row), column[i].units, column[i].long_name);
    if (r == 0)
        r = layout_flag_values(w, "/events/kind", 5, kind_name);
    if (r == 0)
        r = layout_flag_values(w, "/events/side", 3, side_name);
    if (r == 0)
        r = event_codes(w, row, rows);
    return r < 0 ? r : event_texts(w, row, rows);
}
