/* Names, texts and the plain records that everybody shares. */
#include "assert_close.h"

#include <errno.h>
#include <string.h>

#include "gait/footfall.h"
#include "gait/metric.h"
#include "gait/trial_state.h"

static void every_metric_says_what_it_is(void **state)
{
    (void)state;
    for (int i = 0; i < GAIT_METRIC_COUNT; i++) {
        const struct gait_metric_info *info = gait_metric_info((enum gait_metric)i);
        const char *const text[] = {info->name,   info->unit,       info->definition,
                                    info->source, info->valid_when, info->bias};

        for (size_t k = 0; k < sizeof text / sizeof text[0]; k++)
            assert_true(text[k] && *text[k]);
        assert_in_range(info->tier, GAIT_TIER_STEP, GAIT_TIER_SESSION);
        assert_int_equal(gait_metric_find(info->name), i);
        assert_true(strlen(info->definition) > 20);
        assert_int_equal(info->definition[strlen(info->definition) - 1], '.');
    }
    assert_null(gait_metric_info(GAIT_METRIC_COUNT));
    assert_null(gait_metric_info((enum gait_metric) - 1));
    assert_int_equal(gait_metric_find("no_such_metric"), -ENOENT);
    assert_int_equal(gait_metric_find(NULL), -ENOENT);
}

/* A name ends in the unit it has, so that a column read alone says what it is. */
static void names_and_units_agree(void **state)
{
    static const struct {
        const char *ending, *unit;
    } rule[] = {
        {"_s", "s"},       {"_N", "N"},           {"_Ns", "N s"},        {"_kPa", "kPa"},         {"_mm", "mm"},
        {"_cm2", "cm2"},   {"_deg", "degree"},    {"_pct", "percent"},   {"_kPas", "kPa s"},      {"_pctBW", "percent"},
        {"_min", "min-1"}, {"_N_per_s", "N s-1"}, {"_m_per_s", "m s-1"}, {"_mm_per_s", "mm s-1"}, {"_BW_per_s", "s-1"}};

    (void)state;
    for (int i = 0; i < GAIT_METRIC_COUNT; i++) {
        const struct gait_metric_info *info = gait_metric_info((enum gait_metric)i);
        const char *expected = "1";
        size_t longest = 0;

        for (size_t k = 0; k < sizeof rule / sizeof rule[0]; k++) {
            size_t n = strlen(rule[k].ending), m = strlen(info->name);

            if (n > longest && m > n && strcmp(info->name + m - n, rule[k].ending) == 0) {
                longest = n;
                expected = rule[k].unit;
            }
        }
        if (strcmp(info->name + strlen(info->name) - 3, "BWs") == 0)
            expected = "percent s";
        assert_string_equal(info->unit, expected);
    }
}

/* The mask's id against what the metric's own text says. */
static void regional_numbers_name_their_mask(void **state)
{
    static const struct {
        const char *words, *mask;
    } say[] = {{"mask heel31", "heel31"},    {"mask heel27", "heel27"},    {"heel31 force", "heel31"},
               {"u >= 0.55", "fore55"},      {"beyond 0.55", "fore55"},    {"eleven-region mask", "prc11"},
               {"toeless thirds", "thirds"}, {"(M1+M2)-(M4+M5)", "prc11"}, {"(MH+M1+M2)", "prc11"}};
    size_t regional = 0;

    (void)state;
    for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
        const struct gait_metric_info *info = gait_metric_info((enum gait_metric)m);
        const char *mask = gait_metric_mask((enum gait_metric)m),
                   *texts[] = {info->definition, info->source, info->bias};

        regional += *mask != '\0';
        for (size_t i = 0; i < sizeof(say) / sizeof(say[0]); i++)
            for (size_t k = 0; k < 3; k++)
                if (strstr(texts[k], say[i].words) && !strstr(mask, say[i].mask))
                    fail_msg("%s: its text says '%s', its mask is '%s'", info->name, say[i].words, mask);
        if (strncmp(info->name, "heel", 4) == 0 && info->name[4] != '_')
            assert_int_equal(strncmp(mask, info->name, 6), 0);
    }
    assert_in_range(regional, 60, GAIT_METRIC_COUNT - 40);
    assert_string_equal(gait_metric_mask(GAIT_METRIC_STANCE), "");
    assert_string_equal(gait_metric_mask(GAIT_METRIC_COUNT), "");
}

static void reasons_go_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < GAIT_REASON_COUNT; i++)
        assert_int_equal(gait_reason_find(gait_reason_name((enum gait_reason)i)), i);
    assert_string_equal(gait_reason_name(GAIT_REASON_COUNT), "?");
    assert_int_equal(gait_reason_find("?"), -ENOENT);
    assert_int_equal(gait_reason_find(NULL), -ENOENT);
}

static void sides_regions_curves_and_flags_have_names(void **state)
{
    (void)state;
    assert_string_equal(gait_side_name(GAIT_SIDE_LEFT), "left");
    assert_string_equal(gait_side_name(GAIT_SIDE_RIGHT), "right");
    assert_string_equal(gait_side_name((enum gait_side)9), "unknown");
    assert_string_equal(gait_class_name(GAIT_CLASS_RUNNING), "running");
    for (int i = 0; i < GAIT_REGION_COUNT; i++) {
        assert_string_not_equal(gait_region_name((enum gait_region)i), "?");
        assert_string_not_equal(gait_region_mask((enum gait_region)i), "?");
        for (int k = 0; k < i; k++)
            assert_string_not_equal(gait_region_name((enum gait_region)i), gait_region_name((enum gait_region)k));
    }
    assert_string_equal(gait_region_mask(GAIT_REGION_HEEL31), "heel31");
    assert_string_equal(gait_region_mask(GAIT_REGION_TOES25), "prc11");
    for (int i = 0; i < GAIT_CURVE_COUNT; i++)
        assert_true(gait_curve_name((enum gait_curve)i) && gait_curve_unit((enum gait_curve)i));
    for (uint32_t bit = GAIT_FOOTFALL_PARTIAL; bit <= GAIT_FOOTFALL_TO_EXTRAPOLATED; bit <<= 1)
        assert_non_null(gait_footfall_flag_name(bit));
    assert_string_equal(gait_footfall_flag_name(GAIT_FOOTFALL_TRUNCATED), "truncated");
    assert_string_equal(gait_footfall_flag_name(GAIT_FOOTFALL_LOW_FS), "low_fs");
    assert_string_equal(gait_footfall_flag_name(GAIT_FOOTFALL_NOT_HEEL_STRIKE), "not_heel_strike");
    assert_null(gait_footfall_flag_name(GAIT_FOOTFALL_TO_EXTRAPOLATED << 1));
    assert_null(gait_footfall_flag_name(GAIT_FOOTFALL_PARTIAL | GAIT_FOOTFALL_SLOW));
    assert_null(gait_footfall_flag_name(0));
    assert_string_equal(gait_frame_flag_name(GAIT_FRAME_BAD_CELLS), "bad_cells");
    assert_string_equal(gait_frame_flag_name(GAIT_FRAME_GAP_ESTIMATED), "gap_estimated");
    assert_null(gait_frame_flag_name(GAIT_FRAME_BAD_CELLS << 1));
}

static void a_footfall_has_room_for_what_was_asked(void **state)
{
    struct gait_footfall *f = NULL;

    (void)state;
    assert_int_equal(gait_footfall_new(7, 9, &f), 0);
    assert_int_equal(f->cop_capacity, 7);
    assert_int_equal(f->picture_capacity, 9);
    for (int i = 0; i < 7; i++) {
        f->cop_t_s[i] = 1;
        f->cop_x_mm[i] = 2;
        f->cop_y_mm[i] = 3;
        f->cop_force_N[i] = 4;
        f->heel_force_N[i] = 5;
    }
    for (int i = 0; i < 9; i++) {
        f->picture_max_kPa[i] = 6;
        f->picture_mean_kPa[i] = 7;
    }
    for (int i = 0; i < 7; i++)
        assert_close_abs(f->cop_t_s[i] + f->cop_x_mm[i] + f->cop_y_mm[i] + f->cop_force_N[i] + f->heel_force_N[i], 15,
                         0);
    for (int i = 0; i < 9; i++)
        assert_close_abs((double)(f->picture_max_kPa[i] + f->picture_mean_kPa[i]), 13, 0);
    gait_footfall_free(f);
    gait_footfall_free(NULL);
    f = NULL;
    assert_int_equal(gait_footfall_new(UINT32_MAX, 1, &f), -EINVAL);
    assert_int_equal(gait_footfall_new(1, UINT32_MAX, &f), -EINVAL);
    assert_null(f);
}

static void default_parameters_are_those_of_the_metrics(void **state)
{
    struct gait_parameters p;

    (void)state;
    gait_parameters_default(&p);
    assert_close_abs(p.p_on_kPa, 10, 0);
    assert_close_abs(p.p_off_kPa, 5, 0);
    assert_close_abs(p.event_force_N, 20, 0);
    assert_close_abs(p.closing_gap_s, 0.1, 0);
    assert_close_abs(p.min_force_BW, 0.2, 0);
    assert_nan(p.belt_speed_m_per_s);
    assert_int_equal(gait_parameters_check(&p), 0);
    p.p_on_kPa = p.p_off_kPa = 0;
    assert_int_equal(gait_parameters_check(&p), 0);
    p.p_off_kPa = 1;
    assert_int_equal(gait_parameters_check(&p), -EINVAL);
    gait_parameters_default(&p);
    p.closing_gap_s = -0.1;
    assert_int_equal(gait_parameters_check(&p), -EINVAL);
    gait_parameters_default(&p);
    p.surface = (enum gait_surface)0;
    assert_int_equal(gait_parameters_check(&p), -EINVAL);
}

static void a_state_owns_its_copies(void **state)
{
    uint8_t map[6] = {0};
    float offset[6] = {1, 2, 3, 4, 5, 6};
    struct gait_geometry g = {
        .rows = 2, .cols = 3, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_U8, .cell = map};
    struct gait_trial_state s, copy;
    struct gait_calibration c;

    (void)state;
    gait_calibration_identity(&c);
    c.offset = offset;
    assert_int_equal(gait_trial_state_init(&s, &g, &c), 0);
    assert_int_equal(s.algorithm_version, GAIT_ALGORITHM_VERSION);
    assert_nan(s.subject.mass_kg);
    assert_nan(s.session.toe_out_deg[1]);
    assert_int_equal(s.session.steps[0], 0);
    s.subject.mass_kg = 70;
    assert_int_equal(gait_trial_state_copy(&s, &copy), 0);
    gait_trial_state_done(&s);
    map[1] = GAIT_CELL_DEAD;
    offset[2] = 99;
    assert_close_abs(copy.subject.mass_kg, 70, 0);
    assert_int_equal(copy.geometry.cell[1], GAIT_CELL_OK);
    assert_close_abs((double)copy.calibration.offset[2], 3, 0);
    gait_trial_state_done(&copy);
    gait_trial_state_done(NULL);
    c.scale = -1;
    s.algorithm_version = 77;
    assert_int_equal(gait_trial_state_init(&s, &g, &c), -EINVAL);
    assert_int_equal(s.algorithm_version, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_metric_says_what_it_is),
        cmocka_unit_test(names_and_units_agree),
        cmocka_unit_test(regional_numbers_name_their_mask),
        cmocka_unit_test(reasons_go_both_ways),
        cmocka_unit_test(sides_regions_curves_and_flags_have_names),
        cmocka_unit_test(a_footfall_has_room_for_what_was_asked),
        cmocka_unit_test(default_parameters_are_those_of_the_metrics),
        cmocka_unit_test(a_state_owns_its_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
