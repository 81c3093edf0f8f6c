#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "walker_truth.h"

/* "name": number, or null where there is none. */
static void put(FILE *out, const char *name, double value)
{
    if (isfinite(value))
        fprintf(out, "\"%s\": %.12g, ", name, value);
    else
        fprintf(out, "\"%s\": null, ", name);
}

/* Distance from the heel before to this one, along and across the way. */
static void put_distances(FILE *out, const struct walker_walk *walk, uint32_t k)
{
    double length = NAN, width = NAN, time = NAN, stride = NAN;
    const struct walker_step *step = walk->step;

    if (k >= 1) {
        double dx = step[k].heel_x_mm - step[k - 1].heel_x_mm, dy = step[k].heel_y_mm - step[k - 1].heel_y_mm;

        length = dx * walk->px + dy * walk->py;
        width = fabs(-dx * walk->py + dy * walk->px);
        time = step[k].landing_s - step[k - 1].landing_s;
    }
    if (k >= 2)
        stride = (step[k].heel_x_mm - step[k - 2].heel_x_mm) * walk->px +
                 (step[k].heel_y_mm - step[k - 2].heel_y_mm) * walk->py;
    put(out, "step_length_mm", length);
    put(out, "step_width_mm", width);
    put(out, "step_time_s", time);
    put(out, "stride_length_mm", stride);
}

static void put_step(FILE *out, const struct walker_walk *walk, const struct walker_truth *truth, uint32_t k)
{
    const struct walker_step *step = &walk->step[k];
    const struct walker_truth *t = &truth[k];

    fprintf(out, "    {\"footfall\": %u, \"side\": \"%s\", \"whole\": %s, ", k + 1,
            step->side == GAIT_SIDE_LEFT ? "left" : "right", t->whole ? "true" : "false");
    put(out, "landing_s", step->landing_s);
    put(out, "contact_s", step->stance_s);
    put(out, "ic_s", t->ic_s);
    put(out, "to_s", t->to_s);
    put(out, "ic_p10_s", t->ic_p10_s);
    put(out, "to_p10_s", t->to_p10_s);
    put(out, "stance_s", t->to_s - t->ic_s);
    put(out, "placed_x_mm", step->heel_x_mm);
    put(out, "placed_y_mm", step->heel_y_mm);
    put(out, "heel_x_mm", t->heel_x_mm);
    put(out, "heel_y_mm", t->heel_y_mm);
    put(out, "axis_x", step->axis_x);
    put(out, "axis_y", step->axis_y);
    put(out, "progression_angle_deg", step->toe_out_deg);
    put_distances(out, walk, k);
    put(out, "length_mm", t->length_mm);
    put(out, "toeless_length_mm", t->toeless_length_mm);
    put(out, "force_max_N", t->force_max_N);
    put(out, "impulse_Ns", t->impulse_Ns);
    put(out, "force_max_p10_N", t->force_max_p10_N);
    put(out, "impulse_p10_Ns", t->impulse_p10_Ns);
    put(out, "peak_kPa", t->peak_kPa);
    put(out, "heel31_force_max_N", t->heel31_force_max_N);
    put(out, "heel31_impulse_Ns", t->heel31_impulse_Ns);
    put(out, "heel31_share_pct", t->heel31_share_pct);
    put(out, "arch_index", t->arch_index);
    fprintf(out, "\"p_on_kPa\": 10}%s\n", k + 1 < walk->steps ? "," : "");
}

/* Over the whole walk: speed and cadence from the first landing to the last. */
static void put_walk(FILE *out, const struct mat_walker_config *config, const struct walker_walk *walk)
{
    const struct walker_step *first = &walk->step[0], *last = &walk->step[walk->steps - 1];
    double time = last->landing_s - first->landing_s;
    double way = (last->heel_x_mm - first->heel_x_mm) * walk->px + (last->heel_y_mm - first->heel_y_mm) * walk->py;

    fprintf(out, "  \"seed\": %llu, \"pass\": %u, ", (unsigned long long)config->seed, config->pass);
    put(out, "mass_kg", config->mass_kg);
    put(out, "progression_x", walk->px);
    put(out, "progression_y", walk->py);
    put(out, "speed_m_per_s", walk->steps > 1 ? way / 1000 / time : (double)NAN);
    put(out, "cadence_per_min", walk->steps > 1 ? 60 * (walk->steps - 1) / time : (double)NAN);
}

int walker_truth_json(const struct mat_walker_config *config, const struct walker_walk *walk,
                      const struct walker_truth *truth, char **ret_json)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    if (!out)
        return -ENOMEM;
    fprintf(out, "{\"walker\": 1,\n");
    put_walk(out, config, walk);
    fprintf(out, "\"footfalls\": [\n");
    for (uint32_t k = 0; k < walk->steps; k++)
        put_step(out, walk, truth, k);
    fprintf(out, "  ]}\n");
    if (fclose(out) != 0) {
        free(text);
        return -ENOMEM;
    }
    *ret_json = text;
    return 0;
}
