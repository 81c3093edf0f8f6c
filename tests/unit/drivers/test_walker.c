#include "assert_close.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gait/cleanup.h"
#include "transport/walker.h"
#include "transport/walker_foot.h"
#include "transport/walker_gait.h"
#include "transport/walker_print.h"

/* Turns the foot's frame into the walkway: atan(12 / 165), the angle of its axis within it. */
#define STRAIGHT "toe_out_deg=-4.159642293712642"

GAIT_DEFINE_CLEANUP(struct gait_frame_source *, gait_source_free)

static struct mat_walker_config parsed(const char *text)
{
    struct mat_walker_config config;
    struct gait_error err = {0};

    if (mat_walker_parse(text, &config, &err) < 0)
        fail_msg("%s", err.text);
    return config;
}

static struct gait_frame_source *walker(const char *text)
{
    struct mat_walker_config config = parsed(text);
    struct gait_frame_source *source = NULL;

    assert_int_equal(mat_walker_new(&config, &source, NULL), 0);
    return source;
}

/* A number of the n-th footfall's (from 1) or, with 0, the walk's truth; NaN for null. */
static double truth(const struct gait_frame_source *source, int footfall, const char *name)
{
    const char *at = source->ops->truth_json(source);
    char key[64];

    for (int i = 0; i < footfall; i++)
        at = strstr(at + 1, "{\"footfall\"");
    assert_non_null(at);
    assert_true(strlen(name) < sizeof key - 4);
    strcpy(key, "\"");
    strcat(strcat(key, name), "\": ");
    at = strstr(at, key);
    assert_non_null(at);
    at += strlen(key);
    return strncmp(at, "null", 4) == 0 ? (double)NAN : strtod(at, NULL);
}

/* Every frame of a source, one after the other. */
struct film {
    unsigned char *bytes;
    struct gait_frame_meta *meta;
    size_t frame_bytes, frames;
};

static struct film shoot(struct gait_frame_source *source)
{
    const struct gait_source_info *info = gait_source_info(source);
    struct film film = {.frame_bytes = gait_geometry_frame_bytes(&info->geometry)};
    struct gait_error err = {0};

    film.bytes = malloc((info->frames + 1) * film.frame_bytes);
    film.meta = calloc(info->frames + 1, sizeof *film.meta);
    assert_non_null(film.bytes);
    assert_non_null(film.meta);
    while (film.frames <= info->frames &&
           gait_source_next(source, film.bytes + film.frames * film.frame_bytes, &film.meta[film.frames], &err) > 0)
        film.frames++;
    assert_int_equal(film.frames, info->frames);
    return film;
}

static void drop(struct film *film)
{
    free(film->bytes);
    free(film->meta);
}

static bool same(const struct film *a, const struct film *b)
{
    return a->frames == b->frames && memcmp(a->bytes, b->bytes, a->frames * a->frame_bytes) == 0 &&
           memcmp(a->meta, b->meta, a->frames * sizeof *a->meta) == 0;
}

/* The sum over the cells is the analytic force, wherever the blob lies between the cells and however the foot is turned. */
static void a_blob_weighs_2_pi_sx_sy_p(void **state)
{
    struct mat_walker_config config = parsed("variation=0,steps=1,toe_out_deg=23,rows=200,cols=120");
    struct gait_geometry g = {
        .rows = 200, .cols = 120, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_F32};
    _cleanup_free_ double *kPa = calloc(gait_geometry_cells(&g), sizeof *kPa);
    struct walker_walk walk;

    (void)state;
    assert_int_equal(walker_walk_make(&config, &walk), 0);
    walk.step[0].origin_x_mm += 1.7;
    walk.step[0].origin_y_mm -= 0.9;
    for (int i = 0; i < WALKER_BLOBS; i++) {
        struct walker_step step = walk.step[0];
        const struct walker_blob *b = &step.foot.blob[i];
        double t_s = step.landing_s + 0.55 * step.stance_s, sum = 0;
        struct walker_print print;

        for (int k = 0; k < WALKER_BLOBS; k++)
            step.foot.blob[k].peak_kPa *= k == i;
        memset(kPa, 0, gait_geometry_cells(&g) * sizeof *kPa);
        assert_int_equal(walker_print_make(&step, &g, &print), 0);
        walker_print_add(&print, &step, &g, t_s, kPa);
        walker_print_done(&print);
        for (size_t c = 0; c < gait_geometry_cells(&g); c++)
            sum += kPa[c] * 25e-3;
        assert_close_rel(
            sum, 2 * M_PI * b->sigma_u_mm * b->sigma_v_mm * b->peak_kPa * 1e-3 * walker_blob_window(b, 0.55), 1e-6);
    }
    walker_walk_done(&walk);
}

static void worked_example_of_one_blob(void **state)
{
    struct walker_blob blob = {.sigma_u_mm = 12, .sigma_v_mm = 15, .peak_kPa = 300, .from = 0, .to = 1};

    (void)state;
    assert_close_abs(walker_blob_force_N(&blob, 0.5), 339.292, 0.0005); /* metrics, synthetic truth T3 */
    assert_close_abs(walker_blob_window(&blob, 0.25), 0.5, 1e-15);
    assert_same_bits(walker_blob_window(&blob, 1), 0);
    blob.from = -0.5; /* the window begins before the landing: loaded at once, nothing before */
    assert_true(walker_blob_window(&blob, 0) > 0);
    assert_same_bits(walker_blob_window(&blob, -0.01), 0);
    blob = (struct walker_blob){.sigma_u_mm = 10, .sigma_v_mm = 10, .peak_kPa = 100, .from = 0, .to = 1, .widen = 0.5};
    assert_close_abs(walker_blob_sigma_v(&blob, 0.5), 12.5, 1e-12);
}

/* The slow preset is the realistic foot of the synthetic truth T3: 801.8 N, 316.3 N s, 296.2 kPa, arch index 0.269. */
static void the_slow_foot_is_the_worked_example(void **state)
{
    _cleanup_(gait_source_freep) struct gait_frame_source *s =
        walker("preset=slow,variation=0," STRAIGHT ",start_mm=212,steps=1,dtype=f32");

    (void)state;
    assert_close_abs(truth(s, 1, "force_max_p10_N"), 801.8, 0.05);
    assert_close_rel(truth(s, 1, "impulse_p10_Ns"), 316.3, 0.005);
    assert_close_abs(truth(s, 1, "peak_kPa"), 296.2, 0.05);
    assert_close_abs(truth(s, 1, "arch_index"), 0.269, 0.01);
    assert_close_abs(truth(s, 1, "landing_s"), 0.5, 1e-12);
    assert_close_abs(truth(s, 1, "contact_s"), 0.69, 1e-12);
    assert_close_abs(truth(s, 1, "placed_x_mm"), 115, 1e-9);
    assert_close_abs(truth(s, 1, "placed_y_mm"), 212, 1e-9);
}

static void the_normal_foot_is_one_of_normal_speed(void **state)
{
    _cleanup_(gait_source_freep) struct gait_frame_source *s =
        walker("variation=0," STRAIGHT ",start_mm=212,steps=1,dtype=f32");

    (void)state;
    assert_close_abs(truth(s, 1, "contact_s"), 0.63, 1e-12);
    assert_close_abs(truth(s, 1, "heel31_share_pct"), 32, 0.5);
    assert_close_abs(truth(s, 1, "arch_index"), 0.18, 0.015);
    assert_in_range((int)truth(s, 1, "force_max_p10_N"), 686, 824); /* 1.0 to 1.2 of body weight */
}

/* The numbers beside the frames are those of the frames: read back from the cells alone. */
static void truth_is_what_the_cells_say(void **state)
{
    _cleanup_(gait_source_freep) struct gait_frame_source *s = walker("seed=7,dtype=f32,steps=1,collapse=0.6");
    struct film film = shoot(s);
    double force_max = 0, impulse = 0, peak = 0;

    (void)state;
    for (size_t i = 0; i < film.frames; i++) {
        const float *kPa = (const float *)(const void *)(film.bytes + i * film.frame_bytes);
        double force = 0;

        for (size_t c = 0; c < film.frame_bytes / 4; c++) {
            force += (double)kPa[c] * 25e-3;
            peak = fmax(peak, (double)kPa[c]);
        }
        force_max = fmax(force_max, force);
        impulse += force / 100;
    }
    assert_close_rel(truth(s, 1, "force_max_N"), force_max, 1e-6);
    assert_close_rel(truth(s, 1, "impulse_Ns"), impulse, 1e-6);
    assert_close_rel(truth(s, 1, "peak_kPa"), peak, 1e-6);
    drop(&film);
}

static void the_walk_is_where_and_when_it_was_asked_for(void **state)
{
    _cleanup_(gait_source_freep) struct gait_frame_source *s =
        walker("variation=0,step_length_mm=500,step_width_mm=80,cadence=120,toe_out_deg=7,lead_s=0.25,first=right");

    (void)state;
    assert_close_abs(truth(s, 0, "speed_m_per_s"), 1.0, 1e-12);
    assert_close_abs(truth(s, 0, "cadence_per_min"), 120, 1e-9);
    assert_close_abs(truth(s, 1, "landing_s"), 0.25, 1e-12);
    assert_nan(truth(s, 1, "step_length_mm"));
    for (int k = 2; k <= 4; k++) {
        assert_close_abs(truth(s, k, "step_length_mm"), 500, 1e-9);
        assert_close_abs(truth(s, k, "step_width_mm"), 80, 1e-9);
        assert_close_abs(truth(s, k, "step_time_s"), 0.5, 1e-12);
        assert_close_abs(truth(s, k, "progression_angle_deg"), 7, 1e-12);
    }
    assert_close_abs(truth(s, 3, "stride_length_mm"), 1000, 1e-9);
    assert_non_null(strstr(s->ops->truth_json(s), "{\"footfall\": 1, \"side\": \"right\", \"whole\": true"));
    assert_null(strstr(s->ops->truth_json(s), "\"footfall\": 5"));
}

/* Toes point outwards on both feet in both directions, and left is left of the way. */
static void left_is_left_both_ways(void **state)
{
    static const char *const text[] = {"direction=up,variation=0,first=left", "direction=down,variation=0,first=left"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        _cleanup_(gait_source_freep) struct gait_frame_source *s = walker(text[i]);
        double way = truth(s, 0, "progression_y");
        double left_x = truth(s, 1, "placed_x_mm"), right_x = truth(s, 2, "placed_x_mm");

        assert_close_abs(way, i == 0 ? 1 : -1, 0);
        assert_true((right_x - left_x) * way > 0);
        assert_true(truth(s, 1, "axis_x") * way < 0);
        assert_true(truth(s, 2, "axis_x") * way > 0);
        assert_true(truth(s, 1, "axis_y") * way > 0.9);
        assert_true((truth(s, 2, "placed_y_mm") - truth(s, 1, "placed_y_mm")) * way > 0);
    }
}

static void a_pass_over_the_default_mat_has_whole_feet(void **state)
{
    (void)state;
    for (int pass = 1; pass <= 10; pass++) {
        struct mat_walker_config config = parsed("");
        _cleanup_(gait_source_freep) struct gait_frame_source *s = NULL;
        int feet = 0;

        config.pass = (uint32_t)pass;
        config.direction = MAT_WALKER_ALTERNATE;
        assert_int_equal(mat_walker_new(&config, &s, NULL), 0);
        assert_null(strstr(s->ops->truth_json(s), "\"whole\": false"));
        for (const char *at = s->ops->truth_json(s); (at = strstr(at, "\"whole\": true")); at++)
            feet++;
        assert_in_range(feet, 3, 5);
        assert_close_rel(truth(s, 1, "force_max_p10_N"), 780, 0.15);
    }
}

static void a_foot_over_the_edge_is_not_whole(void **state)
{
    _cleanup_(gait_source_freep) struct gait_frame_source *s = walker("variation=0,start_mm=-60,step_length_mm=600");

    (void)state;
    assert_non_null(strstr(s->ops->truth_json(s), "{\"footfall\": 1, \"side\": \"left\", \"whole\": false"));
    assert_non_null(strstr(s->ops->truth_json(s), "{\"footfall\": 2, \"side\": \"right\", \"whole\": true"));
}

/* What pre and post shall differ in differs, and nothing else does. */
static void the_knobs_turn_what_they_say(void **state)
{
    _cleanup_(gait_source_freep) struct gait_frame_source *plain = walker("steps=1"),
                                                          *heel = walker("steps=1,heel=0.8"),
                                                          *collapse = walker("steps=1,collapse=1.5,arch_kPa=40"),
                                                          *arch = walker("steps=1,arch_kPa=40"),
                                                          *right = walker("steps=1,asymmetry_pct=20,first=right"),
                                                          *left = walker("steps=1,asymmetry_pct=20,first=left");

    (void)state;
    assert_close_rel(truth(heel, 1, "heel31_force_max_N"), 0.8 * truth(plain, 1, "heel31_force_max_N"), 0.02);
    assert_true(truth(heel, 1, "heel31_share_pct") < truth(plain, 1, "heel31_share_pct") - 3);
    assert_true(truth(collapse, 1, "arch_index") > truth(arch, 1, "arch_index") + 0.02);
    assert_true(truth(arch, 1, "arch_index") > truth(plain, 1, "arch_index"));
    assert_close_rel(truth(right, 1, "force_max_N") / truth(left, 1, "force_max_N"), 1.1 / 0.9, 1e-6);
}

static void flat_and_hollow_feet(void **state)
{
    _cleanup_(gait_source_freep) struct gait_frame_source *flat =
        walker("preset=slow,arch_kPa=120,arch_width=20,variation=0," STRAIGHT ",steps=1");
    _cleanup_(gait_source_freep) struct gait_frame_source *hollow =
        walker("preset=slow,arch_kPa=5,variation=0," STRAIGHT ",steps=1");

    (void)state;
    /* T3 says 0.37 and 0.06 with the toe cut of the metrics; here the toes are told by their blobs */
    assert_close_abs(truth(flat, 1, "arch_index"), 0.35, 0.03);
    assert_close_abs(truth(hollow, 1, "arch_index"), 0.09, 0.04);
}

/* Spread of the loads from step to step of one person: a few percent, as in real feet. */
static void natural_variation_is_that_of_real_steps(void **state)
{
    double sum = 0, squares = 0, n = 0;

    (void)state;
    for (uint32_t pass = 1; pass <= 40; pass++) {
        struct mat_walker_config config = parsed("steps=1,rows=95");
        _cleanup_(gait_source_freep) struct gait_frame_source *s = NULL;
        double x;

        config.pass = pass;
        assert_int_equal(mat_walker_new(&config, &s, NULL), 0);
        x = truth(s, 1, "heel31_impulse_Ns");
        sum += x;
        squares += x * x;
        n++;
    }
    assert_in_range((int)(1000 * sqrt(squares / n - sum / n * sum / n) / (sum / n)), 20, 80); /* per mille */
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
    static const char text[] = "seed=5,noise=2,offset=12,drop=3,rows=120";
    _cleanup_(gait_source_freep) struct gait_frame_source *a = walker(text), *b = walker(text),
                                                          *other = walker("seed=6,noise=2,offset=12,drop=3,rows=120"),
                                                          *pass =
                                                              walker("seed=5,pass=3,noise=2,offset=12,drop=3,rows=120");
    struct film fa = shoot(a), fb = shoot(b), fo = shoot(other), fp = shoot(pass), again;

    (void)state;
    assert_true(same(&fa, &fb));
    assert_string_equal(a->ops->truth_json(a), b->ops->truth_json(b));
    assert_false(same(&fa, &fo));
    assert_false(same(&fa, &fp));
    assert_int_equal(gait_source_rewind(a, NULL), 0);
    again = shoot(a);
    assert_true(same(&fa, &again));
    drop(&fa);
    drop(&fb);
    drop(&fo);
    drop(&fp);
    drop(&again);
}

static void dropped_frames_are_told_by_the_counter(void **state)
{
    _cleanup_(gait_source_freep) struct gait_frame_source *s = walker("rows=95,drop=5,drop_from=60,drop_count=4");
    _cleanup_(gait_source_freep) struct gait_frame_source *whole = walker("rows=95");
    struct film film = shoot(s), all = shoot(whole);
    uint64_t gaps = 0;
    bool burst = false;

    (void)state;
    for (size_t i = 0; i < film.frames; i++) {
        uint64_t seq = film.meta[i].seq;

        gaps += film.meta[i].gap_device;
        if (i > 0)
            assert_int_equal(film.meta[i].gap_device, seq - film.meta[i - 1].seq - 1);
        assert_int_equal(film.meta[i].t_mat_ns, seq * 10000000);
        assert_memory_equal(film.bytes + i * film.frame_bytes, all.bytes + seq * film.frame_bytes, film.frame_bytes);
        burst = burst || film.meta[i].gap_device >= 4;
    }
    assert_true(burst);
    assert_true(gaps >= 4);
    assert_true(all.frames - film.frames >= gaps); /* what is lost after the last frame nobody can tell */
    drop(&film);
    drop(&all);
}

static void quantisation_ceiling_and_dead_rows(void **state)
{
    _cleanup_(gait_source_freep) struct gait_frame_source *s =
        walker("rows=95,dtype=u8,kPa_per_count=2,saturation=200,dead_row=40,dead_rows=2,dead_known=1");
    const struct gait_source_info *info = gait_source_info(s);
    struct film film = shoot(s);
    unsigned largest = 0, flagged = 0;

    (void)state;
    assert_close_abs(info->calibration.saturation_count, 100, 0);
    assert_close_abs(info->calibration.kPa_per_count, 2, 0);
    assert_int_equal(gait_calibration_check(&info->calibration, &info->geometry), 0);
    assert_int_equal(info->geometry.cell[40 * 64], GAIT_CELL_DEAD);
    assert_int_equal(info->geometry.cell[42 * 64], GAIT_CELL_OK);
    for (size_t i = 0; i < film.frames; i++) {
        const unsigned char *raw = film.bytes + i * film.frame_bytes;

        flagged += (film.meta[i].flags & GAIT_FRAME_SATURATED) != 0;
        for (size_t c = 0; c < film.frame_bytes; c++) {
            largest = raw[c] > largest ? raw[c] : largest;
            if (c / 64 == 40 || c / 64 == 41)
                assert_int_equal(raw[c], 0);
        }
    }
    assert_int_equal(largest, 100);
    assert_true(flagged > 0 && flagged < film.frames);
    drop(&film);
}

static void noise_offset_and_drift(void **state)
{
    _cleanup_(gait_source_freep) struct gait_frame_source *s =
        walker("rows=95,noise=3,offset=40,drift=5,lead_s=4,tail_s=0,steps=1");
    struct film film = shoot(s);
    double sum[2] = {0}, squares = 0, n = 95 * 64;

    (void)state;
    assert_close_abs((double)gait_source_info(s)->calibration.offset[7], 40, 0);
    for (size_t c = 0; c < 95 * 64; c++) {
        double first = ((const uint16_t *)(const void *)film.bytes)[c];
        double later = ((const uint16_t *)(const void *)(film.bytes + 300 * film.frame_bytes))[c]; /* after 3 s */

        sum[0] += first;
        sum[1] += later;
        squares += (first - 40) * (first - 40);
    }
    assert_close_abs(sum[0] / n, 40, 0.2); /* 0.2 is 5 standard errors */
    assert_close_abs(sum[1] / n, 55, 0.2);
    assert_close_abs(sqrt(squares / n), sqrt(9 + 1 / 12.0), 0.15);
    drop(&film);
}

static void parse_reads_every_kind_of_key(void **state)
{
    struct mat_walker_config c =
        parsed("seed=18446744073709551615,heel=0.9,preset=slow,rate=250,pitch=7.5,dtype=i16,mass=55,first=right,"
               "direction=alternate,speed=1.2,cadence=100,dead_row=-1");

    (void)state;
    assert_true(c.seed == UINT64_MAX);
    assert_int_equal(c.preset, MAT_WALKER_SLOW);
    assert_close_abs(c.stance_s, 0.69, 0);
    assert_close_abs(c.pitch_x_mm, 7.5, 0);
    assert_close_abs(c.pitch_y_mm, 7.5, 0);
    assert_int_equal(c.dtype, GAIT_I16);
    assert_int_equal(c.first_side, GAIT_SIDE_RIGHT);
    assert_int_equal(c.direction, MAT_WALKER_ALTERNATE);
    assert_close_rel(c.step_time_s, 0.6, 1e-12);
    assert_close_rel(c.step_length_mm, 720, 1e-12);
    assert_close_abs(parsed("pass=1,pass=4").pass, 4, 0); /* the later key wins */
    assert_close_abs(parsed("stance_s=0.5,preset=slow").stance_s, 0.5, 0);
    assert_close_abs(parsed("speed=1,step_length_mm=444").step_length_mm, 444, 0);
}

static void parse_says_what_is_wrong_and_where(void **state)
{
    static const struct {
        const char *text, *said;
    } bad[] = {
        {"seed=1,masss=70", "byte 8: unknown key \"masss\""},
        {"rows=x", "rows=x is no number"},
        {"rows=1.5", "rows=1.5 must be a whole number"},
        {"seed=-1", "seed=-1 is no whole number"},
        {"mass=7000", "mass=7000 is out of range (5 to 300)"},
        {"mass=nan", "mass=nan is no number"},
        {"preset=fast", "preset=fast is none of: normal slow"},
        {"seed=1,,mass=70", "byte 8: expected key=value"},
        {"seed", "byte 1: expected key=value, found \"seed\""},
        {"=1", "byte 1: expected key=value"},
        {"seed=", "byte 1: expected key=value"},
        {"rows=2048,cols=2048", "rows times cols is beyond"},
        {"seed=11111111111111111111111111111111111111111111111111111111", "too long"},
        {"speed=1000", "speed=1000 is out of range"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mat_walker_config config = {.seed = 77};
        struct gait_error err = {0};

        assert_int_equal(mat_walker_parse(bad[i].text, &config, &err), -EINVAL);
        if (!strstr(err.text, bad[i].said))
            fail_msg("\"%s\" said \"%s\", not \"%s\"", bad[i].text, err.text, bad[i].said);
        assert_null(strchr(err.text, '\n'));
        assert_int_equal(config.seed, 77); /* untouched */
    }
}

static void new_refuses_what_parse_refuses(void **state)
{
    struct mat_walker_config config = parsed("");
    struct gait_frame_source *source = NULL;
    struct gait_error err = {0};

    (void)state;
    config.stance_s = NAN;
    assert_int_equal(mat_walker_new(&config, &source, &err), -EINVAL);
    assert_non_null(strstr(err.text, "stance_s"));
    config = parsed("");
    config.dtype = GAIT_DTYPE_INVALID;
    assert_int_equal(mat_walker_new(&config, &source, &err), -EINVAL);
    assert_null(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blob_weighs_2_pi_sx_sy_p),
        cmocka_unit_test(worked_example_of_one_blob),
        cmocka_unit_test(the_slow_foot_is_the_worked_example),
        cmocka_unit_test(the_normal_foot_is_one_of_normal_speed),
        cmocka_unit_test(truth_is_what_the_cells_say),
        cmocka_unit_test(the_walk_is_where_and_when_it_was_asked_for),
        cmocka_unit_test(left_is_left_both_ways),
        cmocka_unit_test(a_pass_over_the_default_mat_has_whole_feet),
        cmocka_unit_test(a_foot_over_the_edge_is_not_whole),
        cmocka_unit_test(the_knobs_turn_what_they_say),
        cmocka_unit_test(flat_and_hollow_feet),
        cmocka_unit_test(natural_variation_is_that_of_real_steps),
        cmocka_unit_test(the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(dropped_frames_are_told_by_the_counter),
        cmocka_unit_test(quantisation_ceiling_and_dead_rows),
        cmocka_unit_test(noise_offset_and_drift),
        cmocka_unit_test(parse_reads_every_kind_of_key),
        cmocka_unit_test(parse_says_what_is_wrong_and_where),
        cmocka_unit_test(new_refuses_what_parse_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
