/*
 * The contacts that are closed together, brought into the form that is measured: one after the other in time, their cells side by side in each frame.
 */
#include <math.h>
#include <string.h>

#include "pipeline/state.h"

void gather_group(struct gait_pipeline *p, uint32_t slot)
{
    p->members = 0;
    for (uint32_t k = 0; k < p->open; k++)
        if (p->foot[p->order[k]].group == p->foot[slot].group)
            p->member[p->members++] = p->order[k];
}

static void join(struct foot *whole, const struct foot *f)
{
    whole->first_frame = f->first_frame < whole->first_frame ? f->first_frame : whole->first_frame;
    whole->last_frame = f->last_frame > whole->last_frame ? f->last_frame : whole->last_frame;
    whole->footprint_cells += f->footprint_cells;
    whole->flags |= f->flags;
    whole->side_override = whole->side_override ? whole->side_override : f->side_override;
    whole->expected_side = whole->expected_side ? whole->expected_side : f->expected_side;
    whole->near_hole |= f->near_hole;
    whole->at_edge |= f->at_edge;
    whole->sums_only |= f->sums_only;
    extent_join(&whole->extent, &f->extent);
}

bool gather_whole(struct gait_pipeline *p, struct foot *ret_whole)
{
    uint64_t entries = 0;

    *ret_whole = p->foot[p->member[0]];
    for (uint32_t k = 0; k < p->members; k++) {
        entries += p->foot[p->member[k]].chain.entries;
        if (k > 0)
            join(ret_whole, &p->foot[p->member[k]]);
    }
    return !ret_whole->sums_only && entries <= p->gather_entries &&
           ret_whole->last_frame - ret_whole->first_frame < p->frames_max &&
           p->frames - ret_whole->first_frame < p->frames_known;
}

/* Cells of one contact in one frame of the trial. */
static uint32_t cells_at(const struct foot *f, uint64_t frame)
{
    return frame < f->first_frame || frame > f->last_frame ? 0 : f->count[frame - f->first_frame];
}

/*
 * Takes the belt's way since first contact out of the cells from..to of frame k: whole rows here, the rest as the frame's offset. Cells that would lie ahead of
 * the mat are dropped: the footfall is partial. Returns the new end.
 */
static uint32_t undo_belt(struct gait_pipeline *p, struct foot *whole, uint32_t k, uint32_t from, uint32_t to)
{
    const struct gait_geometry *g = &p->state.geometry;
    const double way_mm = p->belt_mm_per_s * ((double)(p->gather_t_mat_ns[k] - p->gather_t_mat_ns[0]) * 1e-9);
    const uint32_t rows = (uint32_t)(way_mm / g->pitch_y_mm + 0.5);
    uint32_t kept = from;

    p->gather_offset_y_mm[k] = way_mm - rows * g->pitch_y_mm;
    for (uint32_t i = from; i < to; i++) {
        if (p->gather_cell[i] / g->cols + rows >= g->rows) {
            whole->at_edge = true;
            continue;
        }
        p->gather_cell[kept] = p->gather_cell[i] + rows * g->cols;
        p->gather_p_kPa[kept] = p->gather_p_kPa[i];
        p->gather_owner[kept++] = p->gather_owner[i];
    }
    return kept;
}

uint32_t gather_cells(struct gait_pipeline *p, struct foot *whole)
{
    const uint32_t frames = (uint32_t)(whole->last_frame - whole->first_frame + 1);
    uint32_t at = 0;

    for (uint32_t m = 0; m < p->members; m++)
        p->cursor[m] = arena_begin(&p->foot[p->member[m]].chain);
    p->gather_first[0] = 0;
    for (uint32_t k = 0; k < frames; k++) {
        const struct frame_info *info = &p->frame[(whole->first_frame + k) % p->frames_known];

        for (uint32_t m = 0; m < p->members; m++) {
            const uint32_t n = cells_at(&p->foot[p->member[m]], whole->first_frame + k);

            arena_read(&p->arena, &p->cursor[m], n, p->gather_cell + at, p->gather_p_kPa + at);
            memset(p->gather_owner + at, (int)m, n);
            at += n;
        }
        p->gather_t_mat_ns[k] = info->t_mat_ns;
        p->gather_t_ns[k] = info->t_ns;
        p->gather_offset_y_mm[k] = 0;
        if (p->belt_mm_per_s > 0)
            at = undo_belt(p, whole, k, p->gather_first[k], at);
        p->gather_first[k + 1] = at;
    }
    return frames;
}

void gather_keep(struct gait_pipeline *p, uint32_t frames, uint32_t part)
{
    uint32_t kept = 0, from = 0;

    for (uint32_t k = 0; k < frames; k++) {
        const uint32_t to = p->gather_first[k + 1];

        for (uint32_t i = from; i < to; i++) {
            if (split_part_of(&p->split, p->gather_cell[i], p->gather_t_mat_ns[k]) != part)
                continue;
            p->gather_cell[kept] = p->gather_cell[i];
            p->gather_p_kPa[kept++] = p->gather_p_kPa[i];
        }
        from = to;
        p->gather_first[k + 1] = kept;
    }
}

uint32_t gather_trim(struct gait_pipeline *p, uint32_t frames, uint32_t *ret_lead)
{
    uint32_t lead = 0;

    while (frames > 0 && p->gather_first[frames - 1] == p->gather_first[frames])
        frames--;
    while (lead < frames && p->gather_first[lead + 1] == 0)
        lead++;
    frames -= lead;
    memmove(p->gather_first, p->gather_first + lead, ((size_t)frames + 1) * sizeof *p->gather_first);
    memmove(p->gather_t_mat_ns, p->gather_t_mat_ns + lead, frames * sizeof *p->gather_t_mat_ns);
    memmove(p->gather_t_ns, p->gather_t_ns + lead, frames * sizeof *p->gather_t_ns);
    memmove(p->gather_offset_y_mm, p->gather_offset_y_mm + lead, frames * sizeof *p->gather_offset_y_mm);
    *ret_lead = lead;
    return frames;
}

static void add_frame(const struct gait_pipeline *p, uint32_t k, struct foot *f)
{
    const struct gait_geometry *g = &p->state.geometry;
    double sum = 0, x = 0, y = 0, force_N;

    for (uint32_t i = p->gather_first[k]; i < p->gather_first[k + 1]; i++) {
        const double pressure = (double)p->gather_p_kPa[i];
        const uint32_t row = p->gather_cell[i] / g->cols, col = p->gather_cell[i] % g->cols;

        sum += pressure;
        x += pressure * ((double)col + 0.5);
        y += pressure * ((double)row + 0.5);
        if (!(p->belt_mm_per_s > 0)) /* else the cells are no longer where they touched the mat */
            f->at_edge |= at_mat_edge(p, row, col);
    }
    force_N = force_of(p, sum);
    f->force_max_N = force_N > f->force_max_N ? force_N : f->force_max_N;
    if (force_N < p->state.parameters.event_force_N)
        return;
    f->cop_x_mm = x / sum * g->pitch_x_mm;
    f->cop_y_mm = y / sum * g->pitch_y_mm + p->gather_offset_y_mm[k];
    f->t_to_ns = p->gather_t_mat_ns[k];
    if (!isnan(f->cop_x0_mm))
        return;
    f->cop_x0_mm = f->cop_x_mm;
    f->cop_y0_mm = f->cop_y_mm;
    f->t_ic_ns = p->gather_t_mat_ns[k];
    f->t_ic_placed_ns = p->gather_t_ns[k];
}

void gather_sums(const struct gait_pipeline *p, uint32_t frames, struct foot *f)
{
    f->force_max_N = 0;
    f->at_edge &= p->belt_mm_per_s > 0;
    f->cop_x0_mm = f->cop_y0_mm = f->cop_x_mm = f->cop_y_mm = (double)NAN;
    f->t_ic_ns = f->t_to_ns = 0;
    for (uint32_t k = 0; k < frames; k++)
        add_frame(p, k, f);
}
