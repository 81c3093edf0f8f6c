/* What the files of the pipeline share. */
#ifndef PIPELINE_STATE_H
#define PIPELINE_STATE_H

#include <stdbool.h>

#include "gait/calibrate.h"
#include "gait/measure.h"
#include "gait/pipeline.h"
#include "metrics/contact.h"
#include "metrics/gait_steps.h"
#include "metrics/label.h"
#include "metrics/sway.h"
#include "pipeline/arena.h"
#include "pipeline/extent.h"
#include "pipeline/pool.h"
#include "pipeline/split.h"
#include "pipeline/standing.h"

enum {
    SMALL_CONTACTS = 48, /* open contacts beside footfalls: noise, legs of chairs */
    TOUCHED_MAX = 8,     /* feet that one component can touch */
    SERIAL_DROPPED = UINT32_MAX,
};

/* A frame of the trial, as long as an open contact may need it. */
struct frame_info {
    uint64_t t_mat_ns, t_ns;
};

/* One contact that is open: a footfall from the moment it carries event_force_N, which gives it its number. */
struct foot {
    uint32_t serial; /* unique in the trial, rising with first contact; 0: slot free */
    uint32_t group;  /* serial of the first of the contacts that touched and are closed together; own when alone */
    uint32_t id;     /* footfall number, 0 not yet */
    uint32_t flags;  /* enum gait_footfall_flag */
    uint8_t side_override, expected_side;
    bool sums_only; /* longer or larger than the arena holds */

    uint64_t first_frame, last_frame; /* trial frames */
    uint64_t t_first_ns, t_last_ns;   /* mat time of first and last contact */
    struct arena_chain chain;
    uint32_t *count; /* [frames_max] cells of each frame since the first */

    struct extent extent; /* of the footprint */
    uint32_t footprint_cells;
    uint64_t t_tried_ns; /* mat time of the last try to part its group */
    double carried_mm;   /* by the belt before this part of a group landed */
    bool at_edge, near_hole;

    /* the frame being worked */
    uint32_t cells_now;
    double p_now, px_now, py_now; /* kPa; kPa times columns, rows */
    uint32_t row0_now, row1_now, col0_now, col1_now;

    double force_N, force_max_N;     /* of the last frame with contact; so far */
    double force_before_N;           /* one frame before, 0 without contact */
    uint32_t row0, row1, col0, col1; /* box of the last frame with contact */

    /* running sums, all that is left of a contact with sums_only */
    double impulse_Ns, peak_kPa, area_max_mm2;
    double cop_x0_mm, cop_y0_mm, cop_x_mm, cop_y_mm; /* first and latest with event_force_N */
    uint64_t t_ic_ns, t_to_ns;                       /* first and last frame with event_force_N */
    uint64_t t_ic_placed_ns;
    struct sway own, all; /* centre of pressure of this contact; of all feet that were down with it */

    /* provisional, for gait/live.h only */
    double axis_x, axis_y;         /* NaN not known yet; then fixed */
    double rear_mm;                /* rearmost edge along the axis */
    double heel_v0_mm, heel_v1_mm; /* breadth of the heel across the axis */
    double heel_peak_N;
    uint8_t phase; /* enum gait_phase: never goes back */
};

struct gait_pipeline {
    struct gait_ring *ring;
    struct gait_pipeline_limits limits;
    struct gait_trial_state state; /* arrays in memory taken at new */
    struct gait_calibrator *calibrator;
    struct contact_pass pass;
    struct label label;
    struct arena arena;
    struct pool pool;
    struct split split;
    struct gait_measure_scratch *scratch;
    struct gait_pipeline_counters counters;

    uint32_t frames_max;      /* longest contact kept cell by cell */
    uint32_t frames_known;    /* longer by what a closing gap takes */
    struct frame_info *frame; /* [frames_known] ring by trial frame */
    uint64_t frames;          /* worked in this trial */
    bool
        blind; /* more frames are missing just before this one than can be bridged: what begins now may have begun in the gap */
    uint64_t gap_begin; /* oldest frame that a blob can still connect to */
    uint64_t t_mat_ns;  /* of the frame being worked */
    uint64_t period_ns;
    double cell_mm2;
    bool insole;           /* no mat: cut to the shape of a sole, and what reaches its outline is no less whole */
    double belt_mm_per_s;  /* towards -y; 0: the floor stands still, or nobody knows how fast it goes */
    double foot_length_mm; /* FL of metrics.md 2.1 */

    uint32_t slots;
    struct foot *foot; /* [slots] */
    uint32_t open;
    uint32_t *order; /* [open] slots in order of first contact */
    uint32_t *count; /* [slots * frames_max] */
    uint32_t next_serial, next_id;
    uint8_t next_side, next_side_pending; /* protocol's word for the next footfall; pending until frame 0 is worked */
    struct {
        uint32_t serial, frame;
    } * home;                    /* [cells] which contact had a cell last, and when */
    struct standing_cell *stand; /* [cells] pictures of contacts with sums_only */
    uint8_t *share;              /* [cells] scratch of touching feet */
    uint32_t *queue;             /* [cells] likewise */

    uint32_t members;            /* of the group being closed */
    uint32_t *member;            /* [slots] */
    struct arena_cursor *cursor; /* [slots] */
    uint32_t gather_entries;     /* room of the next three */
    uint32_t *gather_cell;
    float *gather_p_kPa;
    uint8_t *gather_owner;                   /* which member */
    uint32_t *gather_first;                  /* [frames_max + 1] */
    uint64_t *gather_t_mat_ns, *gather_t_ns; /* [frames_max] */
    double *gather_offset_y_mm;              /* [frames_max] */
    double toe_out_cos[2], toe_out_sin[2];   /* of the session, by side - 1; 1 and 0 when not known */
    double walk_x, walk_y;                   /* progression of the last footfall; NaN none yet */
    uint8_t last_side;
    struct gait_steps steps; /* what earlier footfalls of the trial were */
};

/** Hand every component of the frame to a contact; `saturated`: cells at their ceiling are to be looked for in raw. */
void track_frame(struct gait_pipeline *p, const void *raw, bool saturated);

/** A slot for a new contact, that begins with this frame; SERIAL_DROPPED: there is none. */
uint32_t track_new(struct gait_pipeline *p);

/** Add a cell of a frame of the trial, not before that of the cell added last. */
void track_add_cell(struct gait_pipeline *p, struct foot *f, uint64_t frame, uint32_t row, uint32_t col,
                    float pressure);

/** Sums of a frame into the contact, when all its cells are added. */
void track_end_frame(struct gait_pipeline *p, struct foot *f, uint64_t frame);

/** Past what is kept cell by cell: from here on only the running sums go on. `early`: the arena is full. */
void track_to_sums(struct gait_pipeline *p, struct foot *f, bool early);

/** True when blobs that reach so far may be of one foot. */
bool track_one_foot(const struct gait_pipeline *p, const struct extent *extent);

/** True for a contact without a foot's force that hardly enlarges the print of a footfall that was there before it: cells that flicker about the threshold beyond what blobs are joined to. */
bool track_at_rim(const struct gait_pipeline *p, const struct foot *f, const struct foot *speck);

/** True while an open footfall may still take a contact in as its rim. */
bool track_waits(const struct gait_pipeline *p, const struct foot *speck);

/** Take a contact out of the list, its cells back into the arena. */
void track_drop(struct gait_pipeline *p, uint32_t slot);

/** Take one contact and what it touched as the group being closed: members and member of p. */
void gather_group(struct gait_pipeline *p, uint32_t slot);

/** All contacts of the group as one. Returns false when the group is longer or larger than can be worked as one. */
bool gather_whole(struct gait_pipeline *p, struct foot *ret_whole);

/** The group's cells and times, in the form that is measured, for the frames of `whole`; on a belt where they would stand without it. Returns the number of frames. */
uint32_t gather_cells(struct gait_pipeline *p, struct foot *whole);

/** Keep of what was gathered only the cells of one part of the split. */
void gather_keep(struct gait_pipeline *p, uint32_t frames, uint32_t part);

/** Drop the frames before the first and after the last contact. Returns how many are left; *ret_lead went at the front. */
uint32_t gather_trim(struct gait_pipeline *p, uint32_t frames, uint32_t *ret_lead);

/** Set from what was gathered: force_max_N, landing and last centre of pressure and their times, at_edge. */
void gather_sums(const struct gait_pipeline *p, uint32_t frames, struct foot *f);

/** The n-th number that the group's contacts have shown live, or a fresh one. */
uint32_t close_number(struct gait_pipeline *p, uint32_t n);

/** Record one foot of a group that was dealt out, with its number. Returns the number of records made. */
int close_part(struct gait_pipeline *p, struct foot *whole, uint32_t part, uint32_t id);

/** Where one of two feet that touched has left and the other goes on: record the one, keep the other as a contact of its own. Returns the number of records made. */
int part_due(struct gait_pipeline *p);

/** Make the records of a contact and of all it touched, and take them out. Returns the number of records made. */
int close_foot(struct gait_pipeline *p, uint32_t slot);

/** The provisional numbers of the open footfalls. */
void live_frame(struct gait_pipeline *p, struct gait_frame_live *ret_live);

/** Force of a sum of pressures. */
static inline double force_of(const struct gait_pipeline *p, double p_kPa)
{
    return p_kPa * p->cell_mm2 * 1e-3;
}

/** True for a cell at the mat's edge: what is there may go on beside the mat. */
static inline bool at_mat_edge(const struct gait_pipeline *p, uint32_t row, uint32_t col)
{
    const struct gait_geometry *g = &p->state.geometry;

    return !p->insole && (row == 0 || col == 0 || row + 1 == g->rows || col + 1 == g->cols);
}

/** How far a belt has gone in the trial, mm. */
static inline double belt_at_mm(const struct gait_pipeline *p, uint64_t t_mat_ns)
{
    return p->belt_mm_per_s * ((double)t_mat_ns * 1e-9);
}

static inline uint64_t seconds_ns(double s)
{
    return (uint64_t)(s * 1e9 + 0.5);
}

#endif
