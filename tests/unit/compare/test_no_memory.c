/* Every allocation of the library fails once, in turn: -ENOMEM, nothing written, nothing leaked (ASan looks). */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "assert_close.h"

#include <gait/stats.h>
#include <gait/stats_curve.h>
#include <gait/stats_rank.h>
#include <gait/stats_reliability.h>
#include <gait/stats_resample.h>

static const double pre[] = {412, 398, 455, 431, 387, 420, 405, 446}, post[] = {389, 385, 421, 426, 379, 398, 411, 409};
static const uint8_t group[] = {0, 0, 0, 0, 1, 1, 1, 1};

static int allowed = -1; /* callocs until one fails; negative: none does */

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
    if (allowed == 0) {
        allowed = -1;
        return NULL;
    }
    allowed -= allowed > 0;
    return __real_calloc(n, size);
}

/* All results in one place, so that "untouched" can be seen. */
union result {
    struct gait_stats_summary summary;
    struct gait_stats_estimate estimate;
    struct gait_stats_effect_paired effect;
    struct gait_stats_within_result within;
    struct gait_stats_wilcoxon wilcoxon;
    struct gait_stats_mann_whitney mann_whitney;
    struct gait_stats_permutation permutation;
    struct gait_stats_bootstrap bootstrap;
    struct gait_stats_error_terms terms;
    struct gait_stats_bland_altman agreement;
    struct gait_stats_adjusted adjusted;
    struct {
        struct gait_stats_curve curve;
        double t[4], p[4];
    } curve;
    double p[8];
    unsigned char bytes[512];
};

static int call(int which, union result *r)
{
    static const struct gait_stats_cell cells[] = {{pre, 4}, {post, 4}, {pre + 4, 4}, {post + 4, 4}};
    static const struct gait_stats_within data = {pre, post, post, pre, group, 8};
    static const double p[] = {0.01, 0.02, 0.03};
    struct gait_stats_rng rng;

    gait_stats_rng_init(&rng, 1);
    switch (which) {
    case 0:
        return gait_stats_summarise(pre, 8, &r->summary);
    case 1:
        return gait_stats_paired_t(pre, post, 8, 0.95, &r->estimate);
    case 2:
        return gait_stats_effect_paired(pre, post, 8, 0.95, &r->effect);
    case 3:
        return gait_stats_within_person(&data, 0.95, &r->within);
    case 4:
        return gait_stats_wilcoxon(pre, post, 8, &r->wilcoxon);
    case 5:
        return gait_stats_mann_whitney(pre, 8, post, 8, &r->mann_whitney);
    case 6:
        return gait_stats_permute_signs(pre, post, 8, &rng, &r->permutation);
    case 7:
        return gait_stats_permute_two(pre, 4, post, 4, 1, &rng, &r->permutation);
    case 8:
        return gait_stats_bca_two(pre, 8, post, 8, gait_stats_mean, NULL, 0.95, 100, &rng, &r->bootstrap);
    case 9:
        return gait_stats_bca_enumerated(pre, 4, gait_stats_mean, NULL, 0.95, &r->bootstrap);
    case 10:
        return gait_stats_error_terms(cells, 2, 2, &r->terms);
    case 11:
        return gait_stats_bland_altman(pre, post, 8, false, 0.95, &r->agreement);
    case 12:
        return gait_stats_curve_paired(pre, 4, 2, 0.05, &rng, r->curve.t, r->curve.p, &r->curve.curve);
    case 13:
        return gait_stats_curve_two(pre, 4, post, 4, 2, 0.05, &rng, r->curve.t, r->curve.p, &r->curve.curve);
    case 14:
        return gait_stats_holm(p, 3, r->p);
    case 15:
        return gait_stats_benjamini_hochberg(p, 3, r->p);
    default:
        return -ENOENT;
    }
}

static void each_allocation_fails(void **state)
{
    int which = 0, failures = 0;

    (void)state;
    for (;; which++) {
        union result result, before;
        int r = -ENOMEM;

        for (int n = 0; r == -ENOMEM; n++) {
            for (size_t i = 0; i < sizeof(result.bytes); i++)
                result.bytes[i] = before.bytes[i] = 0x5a;
            allowed = n;
            r = call(which, &result);
            failures += r == -ENOMEM;
            if (r == -ENOMEM)
                assert_memory_equal(result.bytes, before.bytes, sizeof(result.bytes));
            else
                assert_true(n > 0 || r == -ENOENT); /* each of these allocates */
            assert_true(n < 100);
        }
        allowed = -1;
        if (r == -ENOENT)
            break;
        assert_int_equal(r, 0);
    }
    assert_int_equal(which, 16);
    print_message("%d functions, %d failed allocations\n", which, failures);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_fails)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
