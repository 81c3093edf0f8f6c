#include "assert_close.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void check(double actual, double expected, double limit, const char *what, const char *file, int line)
{
    double difference = fabs(actual - expected);

    if (actual == expected || difference <= limit) /* the first for equal infinities */
        return;
    print_error("%s is %.17g, expected %.17g: off by %.3g, allowed %.3g\n", what, actual, expected, difference, limit);
    _fail(file, line);
}

void assert_close_abs_at(double actual, double expected, double tolerance, const char *what, const char *file, int line)
{
    check(actual, expected, tolerance, what, file, line);
}

void assert_close_rel_at(double actual, double expected, double tolerance, const char *what, const char *file, int line)
{
    check(actual, expected, tolerance * fabs(expected), what, file, line);
}

void assert_same_bits_at(double actual, double expected, const char *what, const char *file, int line)
{
    uint64_t a, e;

    memcpy(&a, &actual, sizeof(a));
    memcpy(&e, &expected, sizeof(e));
    if (a == e)
        return;
    print_error("%s is %.17g (%016" PRIx64 "), expected the bits of %.17g (%016" PRIx64 ")\n", what, actual, a,
                expected, e);
    _fail(file, line);
}

void assert_nan_at(double actual, const char *what, const char *file, int line)
{
    if (isnan(actual))
        return;
    print_error("%s is %.17g, expected NaN\n", what, actual);
    _fail(file, line);
}
