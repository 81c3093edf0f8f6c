/* Letters in place of timepoints or arms, so that who reads a report does not know which came first. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/stats_resample.h>

#include "study.h"

enum { LETTERS = 26 };

/* The n-th different timepoint of the groups gets the letter order[n]. */
static void shuffle(unsigned *order, unsigned n, uint64_t seed)
{
    struct gait_stats_rng rng;

    gait_stats_rng_init(&rng, seed ^ 0x626c696e64); /* "blind" */
    for (unsigned i = 0; i < n; i++)
        order[i] = i;
    for (unsigned i = n; i > 1; i--) {
        unsigned k = gait_stats_rng_below(&rng, i), held = order[i - 1];

        order[i - 1] = order[k];
        order[k] = held;
    }
}

static int by_timepoint(const void *a, const void *b)
{
    return strcmp(((const struct steps_group *)a)->timepoint, ((const struct steps_group *)b)->timepoint);
}

/* Passes in the order of the letters, in order of time within each. */
static int sort_passes(struct steps *steps)
{
    _cleanup_free_ size_t *order = calloc(steps->n_pass + 1, sizeof(*order));
    size_t n = 0;

    if (!order)
        return -ENOMEM;
    for (char letter = 'A'; letter < 'A' + LETTERS; letter++)
        for (size_t i = 0; i < steps->n_pass; i++)
            if (steps->pass[i]->timepoint[0] == letter)
                order[n++] = i;
    return steps_reorder(steps, order);
}

int blind_steps(struct steps *steps, uint64_t seed)
{
    char name[LETTERS][STEPS_LABEL_MAX];
    unsigned order[LETTERS], n = 0, k;

    for (size_t i = 0; i < steps->n; i++) {
        for (k = 0; k < n && strcmp(name[k], steps->group[i].timepoint) != 0; k++)
            ;
        if (k == n && n < LETTERS)
            memcpy(name[n++], steps->group[i].timepoint, STEPS_LABEL_MAX);
        else if (k == LETTERS)
            return -E2BIG;
    }
    shuffle(order, n, seed);
    for (size_t i = 0; i < steps->n; i++)
        for (k = 0; k < n; k++)
            if (strcmp(name[k], steps->group[i].timepoint) == 0) {
                snprintf(steps->group[i].timepoint, STEPS_LABEL_MAX, "%c", (int)('A' + order[k]));
                break;
            }
    for (size_t i = 0; i < steps->n_pass; i++)
        for (k = 0; k < n; k++)
            if (strcmp(name[k], steps->pass[i]->timepoint) == 0) {
                snprintf(steps->pass[i]->timepoint, STEPS_LABEL_MAX, "%c", (int)('A' + order[k]));
                break;
            }
    qsort(steps->group, steps->n, sizeof(*steps->group), by_timepoint);
    return sort_passes(steps);
}

int blind_arms(struct steps *steps, uint64_t seed)
{
    char name[LETTERS][STEPS_LABEL_MAX];
    unsigned order[LETTERS], n = 0, k;

    for (size_t i = 0; i < steps->n_pass; i++) {
        for (k = 0; k < n && strcmp(name[k], steps->pass[i]->arm) != 0; k++)
            ;
        if (k < n || !steps->pass[i]->arm[0])
            continue;
        if (n == LETTERS)
            return -E2BIG;
        memcpy(name[n++], steps->pass[i]->arm, STEPS_LABEL_MAX);
    }
    shuffle(order, n, seed ^ 0x61726d); /* "arm" */
    for (size_t i = 0; i < steps->n_pass; i++)
        for (k = 0; k < n; k++)
            if (strcmp(name[k], steps->pass[i]->arm) == 0) {
                snprintf(steps->pass[i]->arm, STEPS_LABEL_MAX, "%c", (int)('A' + order[k]));
                break;
            }
    return (int)n;
}
