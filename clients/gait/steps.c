#include "steps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "offline.h"

/* The group of a trial, made when it is the first of its kind. */
static struct steps_group *group_of(struct steps *steps, const char *condition, const char *timepoint)
{
    struct steps_group *more;

    for (size_t i = 0; i < steps->n; i++)
        if (strcmp(steps->group[i].condition, condition) == 0 && strcmp(steps->group[i].timepoint, timepoint) == 0)
            return &steps->group[i];
    more = reallocarray(steps->group, steps->n + 1, sizeof(*more));
    if (!more)
        return NULL;
    steps->group = more;
    more = &steps->group[steps->n++];
    memset(more, 0, sizeof(*more));
    snprintf(more->condition, sizeof(more->condition), "%s", condition);
    snprintf(more->timepoint, sizeof(more->timepoint), "%s", timepoint);
    return more;
}

/* Where footfalls of one trial go. */
struct adding {
    struct steps_group *group;
    int r;
};

static void add(void *user, const struct gait_footfall *footfall)
{
    struct adding *adding = user;
    struct steps_group *group = adding->group;
    struct step *more;

    if (!footfall->valid || (footfall->side != GAIT_SIDE_LEFT && footfall->side != GAIT_SIDE_RIGHT)) {
        group->left_out++;
        return;
    }
    more = reallocarray(group->step, group->n + 1, sizeof(*more));
    if (!more) {
        adding->r = -ENOMEM;
        return;
    }
    group->step = more;
    group->step[group->n].side = footfall->side;
    memcpy(group->step[group->n++].value, footfall->value, sizeof(footfall->value));
}

static int add_trial(struct steps *steps, const char *path, struct recording *recording, struct gait_error *err)
{
    const struct gait_journal_header *h = recording->header;
    const char *slash = strrchr(path, '/');
    struct adding adding = {.group = group_of(steps, h->condition,
                                              h->timepoint[0] ? h->timepoint
                                              : slash         ? slash + 1
                                                              : path)};
    struct offline_hooks hooks = {.footfall = add, .user = &adding};
    struct offline_result result;

    if (!adding.group)
        return gait_error_set(err, -ENOMEM, "%s: no memory", path);
    if (recording->discarded) {
        adding.group->discarded++;
        return 0;
    }
    adding.group->trials++;
    if (recording->vendor)
        adding.r = offline_run(recording, &hooks, &result, err);
    for (size_t i = 0; i < recording->n_footfalls && adding.r == 0; i++)
        add(&adding, recording->footfall[i]);
    return adding.r < 0 && !err->text[0] ? gait_error_set(err, adding.r, "%s: no memory", path) : adding.r;
}

int steps_add_file(struct steps *steps, const char *path, struct gait_error *err)
{
    struct recording *recording = NULL;
    int r = recording_open(path, &recording, err);

    for (uint32_t i = 0; r == 0 && i < recording_trials(recording); i++) {
        r = recording_go(recording, i, err);
        if (r == 0)
            r = add_trial(steps, path, recording, err);
    }
    recording_free(recording);
    return r;
}

void steps_done(struct steps *steps)
{
    for (size_t i = 0; i < steps->n; i++)
        free(steps->group[i].step);
    free(steps->group);
    *steps = (struct steps){0};
}
