#include "gait/footfall.h"

#include <errno.h>
#include <stdlib.h>

#include "gait/frame.h"

enum {
    FRAMES_MAX = 1 << 20,
    COP_ARRAYS = 5,
    PICTURES = 2,
};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

const char *gait_side_name(enum gait_side side)
{
    static const char *const name[] = {"unknown", "left", "right"};

    return (size_t)side < COUNT_OF(name) ? name[side] : name[0];
}

const char *gait_class_name(enum gait_class c)
{
    static const char *const name[] = {"unknown", "walking", "running", "standing"};

    return (size_t)c < COUNT_OF(name) ? name[c] : name[0];
}

static const struct {
    const char *name, *mask;
} region_table[GAIT_REGION_COUNT] = {
    [GAIT_REGION_FOOT] = {"foot", "foot"},
    [GAIT_REGION_HEEL31] = {"heel31", "heel31"},
    [GAIT_REGION_HEEL27] = {"heel27", "heel27"},
    [GAIT_REGION_THIRD_HEEL] = {"third_heel", "thirds"},
    [GAIT_REGION_THIRD_MID] = {"third_mid", "thirds"},
    [GAIT_REGION_THIRD_FORE] = {"third_fore", "thirds"},
    [GAIT_REGION_TOES] = {"toes", "thirds"},
    [GAIT_REGION_MH] = {"MH", "prc11"},
    [GAIT_REGION_LH] = {"LH", "prc11"},
    [GAIT_REGION_MM] = {"MM", "prc11"},
    [GAIT_REGION_LM] = {"LM", "prc11"},
    [GAIT_REGION_M1] = {"M1", "prc11"},
    [GAIT_REGION_M2] = {"M2", "prc11"},
    [GAIT_REGION_M3] = {"M3", "prc11"},
    [GAIT_REGION_M4] = {"M4", "prc11"},
    [GAIT_REGION_M5] = {"M5", "prc11"},
    [GAIT_REGION_HALLUX] = {"hallux", "prc11"},
    [GAIT_REGION_TOES25] = {"toes25", "prc11"},
};

const char *gait_region_name(enum gait_region region)
{
    return (size_t)region < GAIT_REGION_COUNT ? region_table[region].name : "?";
}

const char *gait_region_mask(enum gait_region region)
{
    return (size_t)region < GAIT_REGION_COUNT ? region_table[region].mask : "?";
}

static const struct {
    const char *name, *unit;
} curve_table[GAIT_CURVE_COUNT] = {
    [GAIT_CURVE_FORCE] = {"force_N", "N"},         [GAIT_CURVE_HEEL_FORCE] = {"heel_force_N", "N"},
    [GAIT_CURVE_MID_FORCE] = {"mid_force_N", "N"}, [GAIT_CURVE_FORE_FORCE] = {"fore_force_N", "N"},
    [GAIT_CURVE_MID_SPREAD] = {"mid_spread", "1"}, [GAIT_CURVE_MEDIAL_MID_FORCE] = {"medial_mid_force_N", "N"},
    [GAIT_CURVE_COP_U] = {"cop_u_mm", "mm"},       [GAIT_CURVE_COP_V] = {"cop_v_mm", "mm"},
};

const char *gait_curve_name(enum gait_curve curve)
{
    return (size_t)curve < GAIT_CURVE_COUNT ? curve_table[curve].name : "?";
}

const char *gait_curve_unit(enum gait_curve curve)
{
    return (size_t)curve < GAIT_CURVE_COUNT ? curve_table[curve].unit : "?";
}

/* Name of the only bit that is set, or NULL. */
static const char *bit_name(uint32_t bit, const char *const *name, size_t n)
{
    if (bit == 0 || (bit & (bit - 1)) != 0)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (bit == 1u << i)
            return name[i];
    return NULL;
}

const char *gait_footfall_flag_name(uint32_t bit)
{
    static const char *const name[] = {
        "partial",
        "merged_feet",
        "slow",
        "toe_drag",
        "accel",
        "saturated",
        "gap",
        "gap_filled",
        "cut",
        "ic_extrapolated",
        "no_toes",
        "toes_default",
        "no_midfoot",
        "coarse_time",
        "coarse_peak",
        "peak_interp",
        "not_heel_strike",
        "side_override",
        "side_check",
        "too_light",
        "too_small",
        "too_short",
        "split",
        "dead_cells",
        "operator_invalid",
        "truncated",
        "low_fs",
        "to_extrapolated",
    };

    return bit_name(bit, name, COUNT_OF(name));
}

const char *gait_frame_flag_name(uint32_t bit)
{
    static const char *const name[] = {
        "gap_estimated", "partial", "saturated", "pre_trigger", "pad_missing", "pad_stale", "reconnect", "bad_cells",
    };

    return bit_name(bit, name, COUNT_OF(name));
}

/* One block: the record, its five paths, its two pictures. */
int gait_footfall_new(uint32_t frames, uint32_t cells, struct gait_footfall **ret_footfall)
{
    struct gait_footfall *f;
    double *path;

    if (frames > FRAMES_MAX || cells > GAIT_CELLS_MAX)
        return -EINVAL;
    f = calloc(1, sizeof *f + COP_ARRAYS * (size_t)frames * sizeof(double) + PICTURES * (size_t)cells * sizeof(float));
    if (!f)
        return -ENOMEM;
    path = (double *)(f + 1);
    f->cop_capacity = frames;
    f->cop_t_s = path;
    f->cop_x_mm = path + (size_t)frames;
    f->cop_y_mm = path + (size_t)frames * 2;
    f->cop_force_N = path + (size_t)frames * 3;
    f->heel_force_N = path + (size_t)frames * 4;
    f->picture_capacity = cells;
    f->picture_max_kPa = (float *)(path + (size_t)frames * COP_ARRAYS);
    f->picture_mean_kPa = f->picture_max_kPa + cells;
    *ret_footfall = f;
    return 0;
}

void gait_footfall_free(struct gait_footfall *footfall)
{
    free(footfall);
}
