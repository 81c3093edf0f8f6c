#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "session/check.h"
#include "session/layout.h"

enum { ROWS_MAX = 1 << 22 }; /* of a table that is summed */

void check_clash(struct check *check, const char *format, ...)
{
    va_list args;

    if (check->clashes++ > 0)
        return;
    va_start(args, format);
    vsnprintf(check->clash, sizeof(check->clash), format, args);
    va_end(args);
}

/* Rows of a column of the trial's, and their sum where they are whole numbers. False: there is no such column. */
static bool column(const struct check *check, const char *path, uint64_t *ret_rows, uint64_t *ret_sum)
{
    _cleanup_h5_ hid_t set =
        H5Lexists(check->rec->file, path, H5P_DEFAULT) > 0 ? H5Dopen2(check->rec->file, path, H5P_DEFAULT) : -1;
    _cleanup_h5_ hid_t space = set < 0 ? -1 : H5Dget_space(set);
    hssize_t n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    _cleanup_free_ uint64_t *value = n < 0 || n > ROWS_MAX ? NULL : calloc((size_t)n + 1, sizeof(*value));

    if (!value || (n && H5Dread(set, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0))
        return false;
    *ret_sum = 0;
    for (hssize_t i = 0; i < n; i++)
        *ret_sum += value[i];
    *ret_rows = (uint64_t)n;
    return true;
}

static void check_attribute(struct check *check, const char *group, const char *name, uint64_t is)
{
    _cleanup_h5_ hid_t object = H5Gopen2(check->rec->file, group, H5P_DEFAULT);
    uint64_t says;

    if (object >= 0 && recording_read_u64(object, name, &says) && says != is)
        check_clash(check, "%s holds %llu and its attribute %s says %llu", group + 1, (unsigned long long)is, name,
                    (unsigned long long)says);
}

static void check_attributes(struct check *check, const char *group, const struct gait_recorded_trial *t)
{
    check_attribute(check, group, "frames", t->frames);
    check_attribute(check, group, "footfalls", t->n_footfalls);
    if (check->rec->minor < 1) /* earlier writers counted what was lost before the first frame */
        return;
    check_attribute(check, group, "gap_device", t->gap_device);
    check_attribute(check, group, "gap_ring", t->gap_ring);
    check_attribute(check, group, "gap_damage", t->gap_damage);
}

/* The table of gaps against what frames, records and numbers say. */
static void check_gaps(struct check *check, struct layout *l, const struct gait_recorded_trial *t)
{
    uint64_t rows, device, ring, damage;
    char path[H5_PATH_MAX];

    if (check->rec->minor < 1)
        return;
    if (!column(check, layout_path(l, path, "gaps/gap_device"), &rows, &device) ||
        !column(check, layout_path(l, path, "gaps/gap_ring"), &rows, &ring) ||
        !column(check, layout_path(l, path, "gaps/gap_damage"), &rows, &damage))
        check_clash(check, "%s has no table of gaps", l->group + 1);
    else if (device != t->gap_device || ring + damage != t->gap_ring || damage != t->gap_damage)
        check_clash(check, "%s lost %llu and %llu frames and its table of gaps says %llu and %llu", l->group + 1,
                    (unsigned long long)t->gap_device, (unsigned long long)t->gap_ring, (unsigned long long)device,
                    (unsigned long long)(ring + damage));
}

static void check_footfalls(struct check *check, struct layout *l, const struct gait_recorded_trial *t)
{
    uint64_t rows, sum;
    char path[H5_PATH_MAX];

    if (!column(check, layout_path(l, path, "footfalls/side"), &rows, &sum))
        check_clash(check, "%s has no table of footfalls", l->group + 1);
    else if (rows != t->n_footfalls)
        check_clash(check, "%s holds %u footfalls and its table %llu", l->group + 1, t->n_footfalls,
                    (unsigned long long)rows);
}

void check_counts(struct check *check, const struct trial *trial)
{
    struct layout l = {.w = NULL};

    layout_group(l.group, &trial->t.header);
    check_attributes(check, l.group, &trial->t);
    check_gaps(check, &l, &trial->t);
    check_footfalls(check, &l, &trial->t);
}
