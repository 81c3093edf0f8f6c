/* Passes in the order of walking, whatever the order of the files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "steps.h"

int steps_reorder(struct steps *steps, const size_t *order)
{
    _cleanup_free_ struct steps_pass **sorted = calloc(steps->n_pass + 1, sizeof(struct steps_pass *));
    _cleanup_free_ size_t *to = calloc(steps->n_pass + 1, sizeof(*to));

    if (!sorted || !to)
        return -ENOMEM;
    for (size_t i = 0; i < steps->n_pass; i++) {
        sorted[i] = steps->pass[order[i]];
        to[order[i]] = i;
    }
    memcpy(steps->pass, sorted, steps->n_pass * sizeof(struct steps_pass *));
    for (size_t i = 0; i < steps->n_step; i++)
        steps->step[i]->pass = to[steps->step[i]->pass];
    return 0;
}

/* For sorting: what was given first stays first where times are alike or, in vendors' files, unknown. */
struct place {
    uint64_t t_ns;
    size_t index;
};

static int by_time(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->t_ns != y->t_ns)
        return x->t_ns < y->t_ns ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static uint64_t group_time(const struct steps *steps, const struct steps_group *group)
{
    for (size_t i = 0; i < steps->n_pass; i++)
        if (strcmp(steps->pass[i]->condition, group->condition) == 0 &&
            strcmp(steps->pass[i]->timepoint, group->timepoint) == 0)
            return steps->pass[i]->start_realtime_ns; /* they stand in order already */
    return UINT64_MAX;                                /* all discarded */
}

static int sort_groups(struct steps *steps, struct place *place)
{
    _cleanup_free_ struct steps_group *sorted = calloc(steps->n + 1, sizeof(*sorted));

    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < steps->n; i++)
        place[i] = (struct place){group_time(steps, &steps->group[i]), i};
    qsort(place, steps->n, sizeof(*place), by_time);
    for (size_t i = 0; i < steps->n; i++)
        sorted[i] = steps->group[place[i].index];
    memcpy(steps->group, sorted, steps->n * sizeof(*sorted));
    return 0;
}

int steps_sort(struct steps *steps)
{
    _cleanup_free_ struct place *place = calloc(steps->n_pass + steps->n + 1, sizeof(*place));
    _cleanup_free_ size_t *order = calloc(steps->n_pass + 1, sizeof(*order));
    int r;

    if (!place || !order)
        return -ENOMEM;
    for (size_t i = 0; i < steps->n_pass; i++)
        place[i] = (struct place){steps->pass[i]->start_realtime_ns, i};
    qsort(place, steps->n_pass, sizeof(*place), by_time);
    for (size_t i = 0; i < steps->n_pass; i++)
        order[i] = place[i].index;
    r = steps_reorder(steps, order);
    return r < 0 ? r : sort_groups(steps, place);
}
