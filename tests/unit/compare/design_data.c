#include "design_data.h"

#include <math.h>
#include <string.h>

#include "assert_close.h"

struct study study;
struct gait_design_finding finding[GAIT_DESIGN_FINDINGS_MAX];

void begin(void)
{
    memset(&study, 0, sizeof(study));
    gait_design_plan_init(&study.plan);
    study.data = (struct gait_design_data){study.pass, 0, study.step, 0};
}

double noise(void)
{
    study.noise = study.noise * 1664525u + 1013904223u;
    return (double)(study.noise >> 8) / (1u << 24) - 0.5;
}

static void put_step(size_t pass, uint8_t side, double peak, double stance)
{
    size_t i = study.data.steps++;

    for (int m = 0; m < GAIT_METRIC_COUNT; m++)
        study.value[i][m] = NAN;
    study.value[i][GAIT_METRIC_STANCE] = stance;
    study.value[i][GAIT_METRIC_IMPULSE] = 300 + noise();
    study.value[i][GAIT_METRIC_HEEL31_PEAK] = peak;
    study.value[i][GAIT_METRIC_HEEL31_IMPULSE] = peak / 3 + noise();
    study.value[i][GAIT_METRIC_DAI_MEAN] = 0.2 + noise() / 100;
    study.step[i] = (struct gait_design_step){pass, side, true, study.value[i]};
}

struct gait_design_pass *put_pass(const char *subject, const char *timepoint, double peak)
{
    struct gait_design_pass *p = &study.pass[study.data.passes];

    *p = (struct gait_design_pass){.subject = subject,
                                   .session = subject,
                                   .condition = "barefoot",
                                   .timepoint = timepoint,
                                   .mat = "M",
                                   .arm = "",
                                   .treated = "",
                                   .trial = (uint32_t)study.data.passes + 1,
                                   .speed_m_per_s = NAN,
                                   .settings = {.algorithm_version = 1,
                                                .masks = "heel31 thirds",
                                                .footwear = "",
                                                .p_on_kPa = 10,
                                                .pitch_x_mm = 5,
                                                .pitch_y_mm = 5,
                                                .rate_hz = 100,
                                                .surface = 1,
                                                .calibration_version = 1,
                                                .calibration_date = ""}};
    put_step(study.data.passes, GAIT_SIDE_LEFT, peak + noise(), 0.7);
    put_step(study.data.passes, GAIT_SIDE_RIGHT, peak + noise(), 0.7);
    study.data.passes++;
    return p;
}

void put_passes(const char *subject, const char *timepoint, size_t n, double peak)
{
    for (size_t i = 0; i < n; i++)
        put_pass(subject, timepoint, peak + noise());
}

size_t check(void)
{
    int n;

    assert_int_equal(gait_design_deduce(&study.data, &study.plan), 0);
    n = gait_design_check(&study.data, &study.plan, GAIT_DESIGN_FINDINGS_MAX, finding);
    assert_in_range(n, 0, GAIT_DESIGN_FINDINGS_MAX);
    return (size_t)n;
}

size_t found(const char *code, enum gait_design_severity severity)
{
    size_t n = check(), count = 0;

    for (size_t i = 0; i < n; i++)
        if (strcmp(finding[i].code, code) == 0) {
            assert_int_equal(finding[i].severity, severity);
            assert_true(strlen(finding[i].text) > 20);
            count++;
        }
    return count;
}

size_t refusals(void)
{
    size_t n = check(), count = 0;

    for (size_t i = 0; i < n; i++)
        count += finding[i].severity == GAIT_DESIGN_REFUSED;
    return count;
}
