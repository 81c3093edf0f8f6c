/* The plain table: mean, SD and number of footfalls at each timepoint, and the difference from the baseline. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/stats.h>

#include "print.h"
#include "study.h"

enum { FEW_STEPS = 5 };

/* Mean, SD and n of one metric of one foot in one group. */
static struct gait_stats_summary summarise(const struct steps *steps, const struct steps_group *group,
                                           enum gait_side side, enum gait_metric m)
{
    struct gait_stats_summary summary = {.mean = NAN, .sd = NAN};
    _cleanup_free_ double *x = malloc((group->n + 1) * sizeof(*x));
    size_t n = 0;

    for (size_t i = 0; x && i < group->n; i++)
        if (steps->step[group->step[i]]->side == side)
            x[n++] = steps->step[group->step[i]]->value[m];
    n = x ? gait_stats_drop_missing(x, n, x) : 0;
    if (n)
        gait_stats_summarise(x, n, &summary);
    return summary;
}

/* The plan's baseline, else the first group walked in the same way: what the others are compared with. */
static const struct steps_group *baseline(const struct study *study, const struct steps_group *group)
{
    const struct steps *steps = &study->steps;

    for (size_t i = 0; i < steps->n; i++)
        if (strcmp(steps->group[i].condition, group->condition) == 0 &&
            strcmp(steps->group[i].timepoint, study->plan.baseline) == 0)
            return &steps->group[i];
    for (size_t i = 0; i < steps->n; i++)
        if (strcmp(steps->group[i].condition, group->condition) == 0)
            return &steps->group[i];
    return group;
}

static void name_of(const struct steps *steps, const struct steps_group *group, char name[2 * STEPS_LABEL_MAX])
{
    bool several = false;

    for (size_t i = 0; i < steps->n; i++)
        several |= strcmp(steps->group[i].condition, group->condition) != 0;
    snprintf(name, 2 * STEPS_LABEL_MAX, "%s%s%s", several ? group->condition : "", several ? " " : "",
             group->timepoint);
}

/* ---- as text ------------------------------------------------------------------------------------------------------------------ */

enum { COLUMN = 22 };

static void print_cell(const struct gait_stats_summary *s, int digits)
{
    char text[64];

    if (!s->n)
        snprintf(text, sizeof(text), "-");
    else if (isnan(s->sd))
        snprintf(text, sizeof(text), "%.*f (n 1)", digits, s->mean);
    else
        snprintf(text, sizeof(text), "%.*f +- %.*f (n %zu)", digits, s->mean, digits, s->sd, s->n);
    printf("  %*s", COLUMN, text);
}

static void print_row(const struct study *c, const struct steps *steps, enum gait_side side, enum gait_metric m)
{
    const struct gait_metric_info *info = gait_metric_info(m);
    int digits = print_digits(info->unit);

    printf("%-24s %-8s", info->name,
           strcmp(info->unit, "1") == 0         ? ""
           : strcmp(info->unit, "percent") == 0 ? "%"
                                                : info->unit);
    for (size_t i = 0; i < steps->n; i++) {
        const struct steps_group *group = &steps->group[i], *base = baseline(c, group);
        struct gait_stats_summary s = summarise(steps, group, side, m), b;

        print_cell(&s, digits);
        if (group == base)
            continue;
        b = summarise(steps, base, side, m);
        if (s.n && b.n)
            printf("  %+9.*f", digits, print_rounded(s.mean - b.mean, digits));
        else
            printf("  %9s", "-");
    }
    putchar('\n');
}

static void print_head(const struct client *client, const struct study *c, const struct steps *steps,
                       enum gait_side side)
{
    char name[2 * STEPS_LABEL_MAX];

    printf("\n%s%-33s", print_colour(client, PRINT_BOLD), side == GAIT_SIDE_LEFT ? "LEFT FOOT" : "RIGHT FOOT");
    for (size_t i = 0; i < steps->n; i++) {
        name_of(steps, &steps->group[i], name);
        printf("  %*.*s", COLUMN, COLUMN, name);
        if (&steps->group[i] != baseline(c, &steps->group[i]))
            printf("  %9s", "diff");
    }
    puts(print_colour(client, PRINT_PLAIN));
}

static size_t count(const struct steps *steps, const struct steps_group *group, enum gait_side side)
{
    size_t n = 0;

    for (size_t i = 0; i < group->n; i++)
        n += steps->step[group->step[i]]->side == side;
    return n;
}

static void print_groups(const struct client *client, const struct steps *steps)
{
    char name[2 * STEPS_LABEL_MAX];

    for (size_t i = 0; i < steps->n; i++) {
        const struct steps_group *g = &steps->group[i];
        size_t left = count(steps, g, GAIT_SIDE_LEFT), right = count(steps, g, GAIT_SIDE_RIGHT);

        name_of(steps, g, name);
        printf("%-16s %u trials, %zu left and %zu right footfalls count, %zu do not", name, g->trials, left, right,
               g->left_out);
        if (g->extra)
            printf(", %u extra trials are over the plan", g->extra);
        if (g->discarded)
            printf(", %u trials were discarded", g->discarded);
        if (left < FEW_STEPS || right < FEW_STEPS)
            printf("  %sfewer than %d a foot%s", print_colour(client, PRINT_YELLOW), FEW_STEPS,
                   print_colour(client, PRINT_PLAIN));
        putchar('\n');
    }
}

void table_print(const struct client *client, const struct study *c)
{
    const struct steps *steps = &c->steps;

    print_groups(client, steps);
    for (int side = GAIT_SIDE_LEFT; side <= GAIT_SIDE_RIGHT; side++) {
        print_head(client, c, steps, (enum gait_side)side);
        for (int m = 0; m < GAIT_METRIC_COUNT; m++)
            if (study_shows(c, (enum gait_metric)m))
                print_row(c, steps, (enum gait_side)side, (enum gait_metric)m);
    }
    puts("\nMean +- SD over footfalls (n); diff: mean minus the mean of the baseline. Not a diagnostic device.");
    if (c->plan.kind != GAIT_DESIGN_ONE_PERSON)
        puts("Here the footfalls of all people lie together; what is said below counts people.");
}

/* ---- as JSON ------------------------------------------------------------------------------------------------------------------- */

static json_t *cell_json(const struct study *c, const struct steps *steps, const struct steps_group *group,
                         enum gait_side side, enum gait_metric m)
{
    const struct steps_group *base = baseline(c, group);
    struct gait_stats_summary s = summarise(steps, group, side, m), b = summarise(steps, base, side, m);

    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:o,s:o,s:o}", "metric", gait_metric_info(m)->name, "unit",
                     gait_metric_info(m)->unit, "mask", gait_metric_mask(m), "side", gait_side_name(side), "condition",
                     group->condition, "timepoint", group->timepoint, "n", (int)s.n, "mean", study_real(s.mean), "sd",
                     study_real(s.sd), "difference", group == base ? json_null() : study_real(s.mean - b.mean));
}

json_t *table_json(const struct study *c)
{
    const struct steps *steps = &c->steps;
    json_t *rows = json_array(), *groups = json_array();

    for (size_t i = 0; i < steps->n; i++) {
        const struct steps_group *g = &steps->group[i];

        json_array_append_new(groups, json_pack("{s:s,s:s,s:i,s:i,s:i,s:i,s:i}", "condition", g->condition, "timepoint",
                                                g->timepoint, "trials", (int)g->trials, "left",
                                                (int)count(steps, g, GAIT_SIDE_LEFT), "right",
                                                (int)count(steps, g, GAIT_SIDE_RIGHT), "discarded", (int)g->discarded,
                                                "left_out", (int)g->left_out));
        for (int side = GAIT_SIDE_LEFT; side <= GAIT_SIDE_RIGHT; side++)
            for (int m = 0; m < GAIT_METRIC_COUNT; m++)
                if (study_shows(c, (enum gait_metric)m))
                    json_array_append_new(rows, cell_json(c, steps, g, (enum gait_side)side, (enum gait_metric)m));
    }
    return json_pack("{s:o,s:o}", "groups", groups, "rows", rows);
}
