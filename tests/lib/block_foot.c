#include "block_foot.h"

#include <math.h>
#include <string.h>

#include "assert_close.h"
#include "contact_maker.h"

enum { ROWS = 110, COLS = 40 };

static double force_at(const struct point *p, double t_s)
{
    for (int i = 0; i + 1 < BLOCK_POINTS && p[i + 1].t_s > p[i].t_s; i++)
        if (t_s >= p[i].t_s && t_s <= p[i + 1].t_s)
            return p[i].N + (p[i + 1].N - p[i].N) * (t_s - p[i].t_s) / (p[i + 1].t_s - p[i].t_s);
    return 0;
}

static bool is_lost(const struct lost_frames *l, int frame)
{
    return frame >= l->first && frame < l->first + 2 * l->n && (frame - l->first) % 2 == 0;
}

static void draw(const struct block *b, double t_s, float *kPa)
{
    const double N = force_at(b->at, t_s);

    for (int c = 0; N > 0 && c < b->rows * b->cols; c++)
        kPa[(BLOCK_ROW0 + b->row + c / b->cols) * COLS + BLOCK_COL0 + b->col + c % b->cols] +=
            (float)(N / (b->rows * b->cols * 25e-3));
}

struct gait_footfall *block_walk(const struct block *block, size_t n, const struct block_walk *how)
{
    struct contact_maker m;
    struct gait_footfall *f;
    float kPa[ROWS * COLS];

    contact_maker_init(&m, ROWS, COLS, 5, 5, how->rate_hz, 0);
    for (int k = 0; k <= (int)(how->until_s * how->rate_hz); k++) {
        if (is_lost(&how->lost, k)) {
            m.seen++;
            continue;
        }
        memset(kPa, 0, sizeof(kPa));
        for (size_t i = 0; i < n; i++)
            draw(&block[i], k / how->rate_hz, kPa);
        contact_maker_frame(&m, kPa);
    }
    contact_maker_close(&m);
    m.contact.first_frame++; /* of a longer recording: blocks that begin at full load were not down before */
    m.contact.last_frame++;
    m.contact.progression_x = 0;
    m.contact.progression_y = 1;
    m.contact.side_override = (uint8_t)how->side;
    m.state.subject.mass_kg = how->mass_kg;
    f = contact_maker_measure(&m);
    assert_non_null(f);
    contact_maker_done(&m);
    return f;
}

struct gait_footfall *walked(const struct block *block, size_t n, double rate_hz, enum gait_side side)
{
    return block_walk(block, n, &(struct block_walk){rate_hz, 0.72, 70, side, {0, 0}});
}
