/* What kind of study the passes make up, and what stands against what. */
#include <gait/design.h>

#include <errno.h>
#include <string.h>

static bool is_side(const char *treated)
{
    return strcmp(treated, "left") == 0 || strcmp(treated, "right") == 0;
}

static enum gait_design_kind deduce_kind(const struct gait_design_data *data)
{
    bool people = false, arms = false, crossed = false, sides = false;

    for (size_t i = 0; i < data->passes; i++) {
        sides |= is_side(data->pass[i].treated);
        for (size_t k = 0; k < i; k++) {
            bool other_person = strcmp(data->pass[i].subject, data->pass[k].subject) != 0;
            bool other_arm =
                data->pass[i].arm[0] && data->pass[k].arm[0] && strcmp(data->pass[i].arm, data->pass[k].arm) != 0;

            people |= other_person;
            arms |= other_arm;
            crossed |= other_arm && !other_person;
        }
    }
    if (!people)
        return GAIT_DESIGN_ONE_PERSON;
    if (crossed)
        return GAIT_DESIGN_CROSSOVER;
    if (arms)
        return GAIT_DESIGN_PARALLEL;
    return sides ? GAIT_DESIGN_ONE_FOOT : GAIT_DESIGN_GROUP;
}

/* The last timepoint called pre...; else the first of all. */
static const char *deduce_baseline(const struct gait_design_data *data, const char *condition)
{
    const char *first = NULL, *before = NULL;

    for (size_t i = 0; i < data->passes; i++) {
        const struct gait_design_pass *p = &data->pass[i];

        if (strcmp(p->condition, condition) != 0)
            continue;
        if (!first)
            first = p->timepoint;
        if (strncmp(p->timepoint, "pre", 3) == 0 && (!before || strcmp(p->timepoint, before) > 0))
            before = p->timepoint;
    }
    return before ? before : first ? first : "";
}

int gait_design_deduce(const struct gait_design_data *data, struct gait_design_plan *plan)
{
    if (!data->passes)
        return -ENODATA;
    if (!plan->kind)
        plan->kind = deduce_kind(data);
    if (!plan->condition[0])
        plan->condition = data->pass[0].condition;
    if (!plan->baseline[0])
        plan->baseline = deduce_baseline(data, plan->condition);
    return 0;
}

size_t gait_design_timepoints(const struct gait_design_data *data, const struct gait_design_plan *plan, size_t room,
                              const char **ret_timepoint)
{
    size_t n = 0;

    for (size_t i = 0; i < data->passes; i++) {
        const struct gait_design_pass *p = &data->pass[i];
        bool seen =
            p->practice || strcmp(p->condition, plan->condition) != 0 || strcmp(p->timepoint, plan->baseline) == 0;

        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(data->pass[k].condition, plan->condition) == 0 &&
                   strcmp(data->pass[k].timepoint, p->timepoint) == 0;
        if (seen)
            continue;
        if (n < room)
            ret_timepoint[n] = p->timepoint;
        n++;
    }
    return n;
}
