#include "metrics/tier.h"

#define ALTERNATION_WEIGHT 2.0
#define PRINT_WEIGHT       4.0 /* all three votes of a print, at confidence 1 */

/* The line of progression: least squares of the heels against their order, so that both feet weigh alike. */
void tier_progression(const struct step *s, uint32_t n, struct gait_tier_trial *ret)
{
    double k1 = 0, x1 = 0, y1 = 0, kx = 0, ky = 0, length;
    uint32_t known = 0;

    ret->progression_x = ret->progression_y = (double)NAN;
    for (uint32_t k = 0; k < n; k++) {
        if (!heel_known(s[k].f))
            continue;
        known++;
        k1 += k;
        x1 += s[k].f->heel_x_mm;
        y1 += s[k].f->heel_y_mm;
    }
    if (known < 2)
        return;
    for (uint32_t k = 0; k < n; k++) {
        if (!heel_known(s[k].f))
            continue;
        kx += (k - k1 / known) * (s[k].f->heel_x_mm - x1 / known);
        ky += (k - k1 / known) * (s[k].f->heel_y_mm - y1 / known);
    }
    length = sqrt(kx * kx + ky * ky);
    if (length > 0) {
        ret->progression_x = kx / length;
        ret->progression_y = ky / length;
    }
}

/* Where each heel lies: mean of the distances to the left of the line, signed by a guess that the first foot is a left one. */
static double first_is_left(const struct step *s, uint32_t n, const struct gait_tier_trial *t)
{
    double middle[2] = {0, 0}, votes = 0;
    uint32_t count[2] = {0, 0};

    for (uint32_t k = 0; k < n; k++) {
        const struct gait_footfall *f = s[k].f;
        const double print = f->side_print == GAIT_SIDE_LEFT ? 1 : f->side_print == GAIT_SIDE_RIGHT ? -1 : 0;
        const double sure = f->value[GAIT_METRIC_SIDE_CONFIDENCE] > 0 ? f->value[GAIT_METRIC_SIDE_CONFIDENCE] : 0;

        if (heel_known(f) && !isnan(t->progression_x)) {
            middle[k % 2] += f->heel_y_mm * t->progression_x - f->heel_x_mm * t->progression_y;
            count[k % 2]++;
        }
        votes += (k % 2 ? -1 : 1) * print * sure * PRINT_WEIGHT;
    }
    if (count[0] && count[1]) {
        const double left = middle[0] / count[0] - middle[1] / count[1];

        votes += left > 0 ? ALTERNATION_WEIGHT * n : left < 0 ? -ALTERNATION_WEIGHT * n : 0;
    }
    return votes;
}

/* The order of a walk: with three footfalls or more each foot follows the other. */
void tier_sides(const struct step *s, uint32_t n, const struct gait_tier_trial *t)
{
    const double votes = n >= 3 ? first_is_left(s, n, t) : 0;

    for (uint32_t k = 0; k < n && votes != 0; k++) {
        const uint8_t by_order = (votes > 0) == (k % 2 == 0) ? GAIT_SIDE_LEFT : GAIT_SIDE_RIGHT;
        const double print = s[k].f->side_print ? PRINT_WEIGHT * s[k].row->side_confidence : 0;
        struct gait_tier_row *row = s[k].row;

        if (row->flags & GAIT_FOOTFALL_SIDE_OVERRIDE)
            continue;
        if (s[k].f->side_print && s[k].f->side_print != by_order)
            row->flags |= GAIT_FOOTFALL_SIDE_CHECK;
        if (!(print > ALTERNATION_WEIGHT) || s[k].f->side_print == by_order) {
            row->side = by_order;
            row->side_confidence = s[k].f->side_print == by_order
                                       ? (print + ALTERNATION_WEIGHT) / (PRINT_WEIGHT + ALTERNATION_WEIGHT)
                                       : (ALTERNATION_WEIGHT - print) / (PRINT_WEIGHT + ALTERNATION_WEIGHT);
        }
    }
}
