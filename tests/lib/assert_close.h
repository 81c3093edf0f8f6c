#ifndef ASSERT_CLOSE_H
#define ASSERT_CLOSE_H

/*
 * Closeness of doubles for cmocka 1.1.5, which has none. A failure prints both values with %.17g, their
 * difference, the tolerance and the place. NaN is close to nothing; use assert_nan() for it.
 * Include this file alone: it brings cmocka and what cmocka needs.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* |actual - expected| <= tolerance, in the values' own unit. */
#define assert_close_abs(actual, expected, tolerance) \
    assert_close_abs_at((actual), (expected), (tolerance), #actual, __FILE__, __LINE__)

/* |actual - expected| <= tolerance * |expected|; an expected 0 must be met exactly. */
#define assert_close_rel(actual, expected, tolerance) \
    assert_close_rel_at((actual), (expected), (tolerance), #actual, __FILE__, __LINE__)

/* The same bits: -0 differs from 0, a NaN equals the same NaN. */
#define assert_same_bits(actual, expected) assert_same_bits_at((actual), (expected), #actual, __FILE__, __LINE__)

#define assert_nan(actual)                 assert_nan_at((actual), #actual, __FILE__, __LINE__)

void assert_close_abs_at(double actual, double expected, double tolerance, const char *what, const char *file,
                         int line);
void assert_close_rel_at(double actual, double expected, double tolerance, const char *what, const char *file,
                         int line);
void assert_same_bits_at(double actual, double expected, const char *what, const char *file, int line);
void assert_nan_at(double actual, const char *what, const char *file, int line);

#endif
