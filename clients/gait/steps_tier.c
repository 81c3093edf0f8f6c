#include "steps_tier.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int steps_tier(const struct recording *recording, struct steps_tier *ret_tier)
{
    const char *field = recording->vendor ? NULL : gait_journal_header_get(recording->header, "speed_m_per_s");
    size_t n = recording->n_footfalls;
    struct gait_tier_trial trial;

    *ret_tier = (struct steps_tier){.speed_m_per_s = NAN};
    if (n) {
        ret_tier->row = calloc(n, sizeof(*ret_tier->row));
        if (!ret_tier->row ||
            gait_session_tier(&recording->state, (const struct gait_footfall *const *)recording->footfall, (uint32_t)n,
                              recording->said, recording->n_said, ret_tier->row, &trial) < 0)
            return -ENOMEM;
        ret_tier->speed_m_per_s = trial.speed_m_per_s;
    }
    if (field && atof(field) > 0)
        ret_tier->speed_m_per_s = atof(field);
    return 0;
}

void steps_tier_apply(struct gait_footfall *f, const struct gait_tier_row *row)
{
    struct gait_action side = {.kind = GAIT_ACTION_SET_SIDE, .footfall = f->id, .side = (enum gait_side)row->side};

    if (row->side && row->side != f->side)
        gait_footfall_correct(f, &side, 1); /* what hung on the other side is forgotten */
    f->flags = row->flags;
    f->valid = f->valid && row->valid;
}

struct steps_crossing steps_tier_crossing(const struct gait_tier_row *row, size_t n, size_t first)
{
    struct steps_crossing c = {first, first, 0};

    for (size_t i = first; i < n; i++) {
        if (row[i].crossing != row[first].crossing)
            continue;
        c.feet++;
        c.last = i;
    }
    return c;
}
