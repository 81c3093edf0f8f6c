/*
 * Feet that touched and were taken for one contact (metrics.md 2.2): once for the whole contact, its cells are dealt out to the feet that made it.
 */
#ifndef PIPELINE_SPLIT_H
#define PIPELINE_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "gait/frame.h"
#include "pipeline/extent.h"

enum { SPLIT_LATE = 3, SPLIT_PARTS_MAX = 6 };
enum { SPLIT_LEFT, SPLIT_DOWN, SPLIT_BOTH }; /* parts of split_in_two() */

/* One cell of the footprint. */
struct split_cell {
    uint32_t cell;
    float max_kPa;
    double x_mm, y_mm;
    double sum_kPa, so_far_kPa; /* over frames */
    double first_s, half_s;     /* first contact; when half of its sum was reached */
    uint8_t owner;              /* contact that it was followed in */
    uint8_t part;
    bool seed;
};

/* A foot's share. */
struct split_part {
    struct extent extent;
    uint32_t cells;
    double sum_kPa;
    double first_half_s; /* earliest half_s of its cells: feet are told in this order */
    bool drag;           /* no foot: what the toes left behind or before it */
};

struct split {
    struct gait_geometry geometry;
    double foot_length_mm;
    uint32_t capacity, n;
    uint32_t *index;         /* [cells of the mat] 1 + place in `cell`, 0: not of this contact */
    struct split_cell *cell; /* [capacity] */
    uint32_t *heap;          /* [capacity] */
    double *time_s;          /* [capacity] scratch */
    bool across;             /* clusters by the distance along (nx, ny) alone */
    double nx, ny;
    double late_s[SPLIT_LATE]; /* when nearly all load had been carried */
    uint64_t turn_ns;          /* SPLIT_BOTH: before it SPLIT_LEFT, from then on SPLIT_DOWN */
    uint32_t parts;
    struct split_part part[SPLIT_PARTS_MAX];
};

/** Room for footprints of `capacity` cells. Owner: split_done(). Returns 0; -ENOMEM. */
int split_init(const struct gait_geometry *geometry, uint32_t capacity, struct split *ret_split);
void split_done(struct split *split);

/** True when a footprint is larger than one foot can be. */
bool split_wanted(const struct extent *extent, const struct gait_geometry *geometry, double foot_length_mm);

/**
 * Deal a contact's cells out.
 *
 * Shape    first[frames + 1], cell and p_kPa as in struct gait_contact; owner: which of the contacts that touched each entry was followed in; t_ns[frames].
 * Returns  number of parts in split->part, at least 2 of them feet or one a drag; 1: one foot whose rim makes it long; 0: they cannot be told apart (merged_feet).
 */
uint32_t split_contact(struct split *split, double foot_length_mm, uint32_t frames, const uint64_t *t_ns,
                       const uint32_t *first, const uint32_t *cell, const float *p_kPa, const uint8_t *owner);

/** Take a contact's footprint over without dealing it out: every cell in part 0. Shape as above. Returns false when it is larger than the room for it. */
bool split_open(struct split *split, double foot_length_mm, uint32_t frames, const uint64_t *t_ns,
                const uint32_t *first, const uint32_t *cell, const float *p_kPa, const uint8_t *owner);

/**
 * Two feet, of which one has left: the cells have been put into SPLIT_LEFT and SPLIT_DOWN by what is down still. Those of the second that were loaded long
 * before it landed become SPLIT_BOTH: its heel came down on the other's toes.
 *
 * Unit     t0_ns: of the first frame.
 * Returns  false when SPLIT_LEFT is no foot, or SPLIT_DOWN more than one or only dragged toes.
 */
bool split_in_two(struct split *split, uint64_t t0_ns);

/** Part of a cell of the contact last dealt out, at a time. */
static inline uint8_t split_part_of(const struct split *split, uint32_t cell, uint64_t t_ns)
{
    const uint8_t part = split->cell[split->index[cell] - 1].part;

    if (split->turn_ns == 0 || part != SPLIT_BOTH)
        return part;
    return t_ns < split->turn_ns ? SPLIT_LEFT : SPLIT_DOWN;
}

#endif
