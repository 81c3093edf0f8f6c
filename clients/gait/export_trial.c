#include "export_trial.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "offline.h"

/* The next frame with what is missing before it; raw lies in e->raw. */
static int next_frame(struct export_trial *e, struct gait_slot *slot, uint64_t *ret_lost, struct gait_error *err)
{
    uint64_t frame = e->expected;
    int r;

    *slot = (struct gait_slot){.raw = e->raw};
    if (e->recording->stored)
        r = gait_recorded_frames_next(e->recording->stored, slot, &frame, err);
    else
        r = recording_next(e->recording, slot, err);
    if (r != 1)
        return r;
    *ret_lost = (uint64_t)slot->meta.gap_device + slot->meta.gap_ring + (e->expected ? frame - e->expected : 0);
    e->expected = frame + 1;
    return 1;
}

static int rewind_frames(void *user, struct gait_error *err)
{
    struct export_trial *e = user;

    e->expected = 0;
    return recording_go(e->recording, e->number, err);
}

static int next_pressure(void *user, float *ret_p_kPa, struct gait_error *err)
{
    struct export_trial *e = user;
    struct gait_slot slot;
    uint64_t lost;
    int r = next_frame(e, &slot, &lost, err);

    if (r == 1)
        gait_calibrate(e->calibrator, e->raw, NAN, ret_p_kPa);
    return r;
}

/* ---- frames ----------------------------------------------------------------------------------------------------------------------------- */

static int keep_frame(struct export_trial *e, const struct gait_slot *slot, uint64_t lost)
{
    struct gait_export_frame *more;

    if (e->t.n_frames == e->frame_room) {
        more = reallocarray(e->frame, e->frame_room + 4096, sizeof(*more));
        if (!more)
            return -ENOMEM;
        e->frame = more;
        e->frame_room += 4096;
    }
    if (e->t.n_frames == 0) { /* what was lost before it is not the trial's */
        lost = 0;
        e->first_ns = slot->meta.t_mat_ns;
    }
    e->frame[e->t.n_frames++] = (struct gait_export_frame){
        .t_s = (double)(int64_t)(slot->meta.t_mat_ns - e->first_ns) * 1e-9, .lost = lost, .numbers = slot->numbers};
    return 0;
}

static void take_largest(struct export_trial *e)
{
    gait_calibrate(e->calibrator, e->raw, NAN, e->p_kPa);
    for (size_t i = 0; i < gait_geometry_cells(&e->recording->state.geometry); i++)
        if (!(e->picture_kPa[i] >= e->p_kPa[i]) && !isnan(e->p_kPa[i]))
            e->picture_kPa[i] = e->p_kPa[i];
}

static int read_frames(struct export_trial *e, struct gait_error *err)
{
    struct gait_slot slot;
    uint64_t lost;
    int r = rewind_frames(e, err);

    while (r >= 0 && (r = next_frame(e, &slot, &lost, err)) == 1) {
        r = e->recording->vendor ? 0 : keep_frame(e, &slot, lost);
        if (r < 0)
            return gait_error_set(err, r, "no memory for the frames");
        take_largest(e);
    }
    return r;
}

/* ---- footfalls ---------------------------------------------------------------------------------------------------------------------------- */

/* A record with a block of its own. */
static struct gait_footfall *copy(const struct gait_footfall *f)
{
    size_t cells = (size_t)f->rows * f->cols;
    struct gait_footfall *c, block;

    if (gait_footfall_new(f->cop_frames, (uint32_t)cells, &c) < 0)
        return NULL;
    block = *c;
    *c = *f;
    c->cop_capacity = block.cop_capacity;
    c->picture_capacity = block.picture_capacity;
    c->cop_t_s = memcpy(block.cop_t_s, f->cop_t_s, f->cop_frames * sizeof(double));
    c->cop_x_mm = memcpy(block.cop_x_mm, f->cop_x_mm, f->cop_frames * sizeof(double));
    c->cop_y_mm = memcpy(block.cop_y_mm, f->cop_y_mm, f->cop_frames * sizeof(double));
    c->cop_force_N = memcpy(block.cop_force_N, f->cop_force_N, f->cop_frames * sizeof(double));
    c->heel_force_N = memcpy(block.heel_force_N, f->heel_force_N, f->cop_frames * sizeof(double));
    c->picture_max_kPa = memcpy(block.picture_max_kPa, f->picture_max_kPa, cells * sizeof(float));
    c->picture_mean_kPa = memcpy(block.picture_mean_kPa, f->picture_mean_kPa, cells * sizeof(float));
    return c;
}

/* What the pipeline tells while it works a vendor's recording. */
struct work {
    struct export_trial *e;
    int r;
};

static void on_footfall(void *user, const struct gait_footfall *footfall)
{
    struct work *work = user;
    struct export_trial *e = work->e;
    struct gait_footfall **more = reallocarray(e->own, e->n_own + 1, sizeof(struct gait_footfall *));
    struct gait_footfall *own = more ? copy(footfall) : NULL;

    e->own = more ? more : e->own;
    if (own)
        e->own[e->n_own++] = own;
    else
        work->r = -ENOMEM;
}

static void on_frame(void *user, const struct gait_slot *slot)
{
    struct work *work = user;

    if (work->r == 0)
        work->r = keep_frame(work->e, slot, (uint64_t)slot->meta.gap_device + slot->meta.gap_ring);
}

static int compute(struct export_trial *e, struct gait_error *err)
{
    struct work work = {.e = e};
    struct offline_hooks hooks = {.frame = on_frame, .footfall = on_footfall, .user = &work};
    struct offline_result result;
    int r = rewind_frames(e, err);

    r = r == 0 ? offline_run(e->recording, &hooks, &result, err) : r;
    return r == 0 && work.r < 0 ? gait_error_set(err, work.r, "no memory for the footfalls") : r;
}

static int by_contact(const void *a, const void *b)
{
    const struct gait_footfall *const *x = a, *const *y = b;

    return ((*x)->ic_mat_ns > (*y)->ic_mat_ns) - ((*x)->ic_mat_ns < (*y)->ic_mat_ns);
}

static int sort_footfalls(struct export_trial *e)
{
    const struct recording *rec = e->recording;
    struct gait_footfall *const *from = rec->vendor ? e->own : rec->footfall;
    size_t n = rec->vendor ? e->n_own : rec->n_footfalls;

    e->footfall = calloc(n + 1, sizeof(*e->footfall));
    if (!e->footfall)
        return -ENOMEM;
    if (n)
        memcpy(e->footfall, from, n * sizeof(*e->footfall));
    qsort(e->footfall, n, sizeof(*e->footfall), by_contact);
    e->t.n_footfalls = n;
    return 0;
}

/* ---- both ------------------------------------------------------------------------------------------------------------------------------------ */

static int take_memory(struct export_trial *e)
{
    const struct gait_geometry *g = &e->recording->state.geometry;
    size_t cells = gait_geometry_cells(g);
    int r;

    e->raw = malloc(gait_geometry_frame_bytes(g));
    e->picture_kPa = malloc(cells * sizeof(float));
    e->p_kPa = malloc(cells * sizeof(float));
    if (!e->raw || !e->picture_kPa || !e->p_kPa)
        return -ENOMEM;
    for (size_t i = 0; i < cells; i++)
        e->picture_kPa[i] = NAN;
    r = gait_calibrator_new(g, &e->calibrator);
    if (r < 0)
        return r;
    gait_calibrator_cells(e->calibrator, g->cell);
    return gait_calibrator_load(e->calibrator, &e->recording->state.calibration);
}

static void fill(struct export_trial *e)
{
    const struct recording *rec = e->recording;
    const struct gait_journal_header *h = rec->header;
    struct gait_export_trial *t = &e->t;
    const char *since;

    t->subject = h->subject;
    t->session = h->session;
    t->condition = h->condition;
    t->timepoint = h->timepoint;
    t->mat = h->mat[0] ? h->mat : rec->format;
    t->software = h->software;
    t->trial = h->trial;
    t->part = recording_part(rec);
    t->discarded = rec->discarded;
    since = rec->vendor ? NULL : gait_journal_header_get(h, "t_since_treatment_s");
    t->since_treatment_s = since ? atof(since) : (double)NAN;
    t->extra = !rec->vendor && gait_journal_header_get(h, "extra");
    t->start_realtime_ns = h->start_realtime_ns;
    t->t0_mat_ns = e->first_ns;
    t->body = &rec->state.subject;
    t->geometry = &rec->state.geometry;
    t->footfall = e->footfall;
    t->frame = e->frame;
    t->picture_kPa = e->picture_kPa;
    t->rewind = rewind_frames;
    t->next = next_pressure;
    t->user = e;
}

int export_trial_read(struct recording *recording, uint32_t i, struct export_trial *e, struct gait_error *err)
{
    int r;

    *e = (struct export_trial){.recording = recording, .number = i};
    r = recording_go(recording, i, err);
    if (r < 0)
        return r;
    r = take_memory(e);
    if (r < 0)
        return gait_error_set(err, r, "the recording's matrix or calibration cannot be worked with");
    if (recording->vendor)
        r = compute(e, err);
    r = r == 0 ? read_frames(e, err) : r;
    if (r < 0)
        return r;
    if (sort_footfalls(e) < 0)
        return gait_error_set(err, -ENOMEM, "no memory for the footfalls");
    fill(e);
    return 0;
}

void export_trial_done(struct export_trial *e)
{
    for (size_t i = 0; i < e->n_own; i++)
        gait_footfall_free(e->own[i]);
    free(e->own);
    free(e->footfall);
    free(e->frame);
    free(e->picture_kPa);
    free(e->p_kPa);
    free(e->raw);
    gait_calibrator_free(e->calibrator);
}
