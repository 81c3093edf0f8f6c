/* Calibration files: what is written is read, bit for bit; nothing is overwritten; damage is named. */
#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assert_close.h"
#include "mats/calibration_file.h"

enum { ROWS = 3, COLS = 4, CELLS = ROWS * COLS };

static char folder[] = "/tmp/gait-calibration-XXXXXX";
static const struct gait_geometry geometry = {
    .rows = ROWS, .cols = COLS, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_U16};

static void fill(struct mat_calibration *c)
{
    struct gait_calibration *k = &c->calibration;

    memset(c, 0, sizeof *c);
    gait_calibration_identity(k);
    strcpy(k->model, "power");
    strcpy(k->serial, "SN 12-b");
    strcpy(c->note, "tare over 100 frames");
    k->scale = 1.0 / 3;
    k->saturation_count = 4095;
    k->n_curve = 3;
    k->curve_count = calloc(3, sizeof(float));
    k->curve_kPa = calloc(3, sizeof(float));
    k->offset = calloc(CELLS, sizeof(float));
    k->gain = calloc(CELLS, sizeof(float));
    c->cell = calloc(CELLS, 1);
    for (int i = 0; i < 3; i++) {
        k->curve_count[i] = (float)(i * 1000.1);
        k->curve_kPa[i] = (float)(i / 3.0);
    }
    for (int i = 0; i < CELLS; i++) {
        k->offset[i] = (float)(i / 7.0 - 0.3);
        k->gain[i] = (float)(1 + i / 11.0);
    }
    c->cell[7] = GAIT_CELL_DEAD;
}

static void test_round(void **state)
{
    (void)state;
    struct mat_calibration a, b = {0};
    struct gait_error err = {0};
    char path[MAT_CALIBRATION_PATH_MAX], latest[MAT_CALIBRATION_PATH_MAX];

    fill(&a);
    assert_int_equal(mat_calibration_latest(folder, "mat-a", &geometry, &b, latest, &err), -ENOENT);
    assert_int_equal(mat_calibration_write(folder, "mat-a", &geometry, &a, 1767225600, path, &err), 0);
    assert_int_equal(a.calibration.version, 1);
    assert_string_equal(a.calibration.date, "2026-01-01T00:00:00Z");
    assert_int_equal(mat_calibration_write(folder, "mat-a", &geometry, &a, 1767225601, path, &err), 0);
    assert_int_equal(a.calibration.version, 2);
    assert_int_equal(mat_calibration_latest(folder, "mat-a", &geometry, &b, latest, &err), 0);
    assert_string_equal(path, latest);
    assert_int_equal(b.calibration.version, 2);
    assert_string_equal(b.calibration.serial, "SN 12-b");
    assert_string_equal(b.calibration.model, "power");
    assert_string_equal(b.note, a.note);
    assert_same_bits(b.calibration.scale, 1.0 / 3);
    assert_same_bits(b.calibration.saturation_count, 4095);
    assert_int_equal(b.calibration.n_curve, 3);
    assert_memory_equal(b.calibration.curve_count, a.calibration.curve_count, 3 * sizeof(float));
    assert_memory_equal(b.calibration.curve_kPa, a.calibration.curve_kPa, 3 * sizeof(float));
    assert_memory_equal(b.calibration.offset, a.calibration.offset, CELLS * sizeof(float));
    assert_memory_equal(b.calibration.gain, a.calibration.gain, CELLS * sizeof(float));
    assert_null(b.calibration.sigma);
    assert_memory_equal(b.cell, a.cell, CELLS);
    mat_calibration_done(&a);
    mat_calibration_done(&b);
}

/* The next file is never one that is there, and a name that is taken is passed over. */
static void test_taken(void **state)
{
    (void)state;
    struct mat_calibration a, b = {0};
    struct gait_error err = {0};
    char path[MAT_CALIBRATION_PATH_MAX];
    struct stat st;

    fill(&a);
    assert_int_equal(mat_calibration_write(folder, "mat-b", &geometry, &a, 0, path, NULL), 0);
    snprintf(path, sizeof path, "%s/mat-b/000007.calibration.yaml", folder);
    fclose(fopen(path, "w"));
    assert_int_equal(mat_calibration_write(folder, "mat-b", &geometry, &a, 0, path, NULL), 0);
    assert_int_equal(a.calibration.version, 8);
    snprintf(path, sizeof path, "%s/mat-b/000007.calibration.yaml", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(mat_calibration_write(folder, "../mat", &geometry, &a, 0, path, NULL), -EINVAL);
    assert_int_equal(mat_calibration_write("/nonexistent", "mat", &geometry, &a, 0, path, NULL), -ENOENT);
    assert_int_equal(a.calibration.version, 8);
    snprintf(path, sizeof path, "%s/mat-b/000008.calibration.yaml", folder);
    assert_int_equal(truncate(path, 100), 0); /* the one before it is empty, the one before that good */
    assert_int_equal(mat_calibration_latest(folder, "mat-b", &geometry, &b, path, &err), 1);
    assert_int_equal(b.calibration.version, 1);
    assert_non_null(strstr(path, "000001."));
    assert_non_null(strstr(err.text, "000008."));
    mat_calibration_done(&b);
    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(mat_calibration_latest(folder, "mat-b", &geometry, &b, path, &err), -EINVAL);
    assert_non_null(strstr(err.text, "000008."));
    mat_calibration_done(&a);
}

/* Several programs at once: each file is one of them's, none is lost. */
static void test_at_once(void **state)
{
    (void)state;
    enum { WRITERS = 4, EACH = 25 };
    struct mat_calibration a;
    char path[MAT_CALIBRATION_PATH_MAX];
    int status, bad = 0;

    fill(&a);
    for (int w = 0; w < WRITERS; w++)
        if (fork() == 0) {
            for (int i = 0; i < EACH; i++)
                bad |= mat_calibration_write(folder, "mat-e", &geometry, &a, 0, path, NULL) < 0;
            _exit(bad);
        }
    for (int w = 0; w < WRITERS; w++) {
        wait(&status);
        bad |= status;
    }
    assert_int_equal(bad, 0);
    assert_int_equal(mat_calibration_write(folder, "mat-e", &geometry, &a, 0, path, NULL), 0);
    assert_int_equal(a.calibration.version, WRITERS * EACH + 1);
    mat_calibration_done(&a);
}

static size_t slurp(const char *path, char *text, size_t size)
{
    FILE *f = fopen(path, "rb");
    size_t n = fread(text, 1, size, f);

    fclose(f);
    return n;
}

static int read_bytes(const char *text, size_t n, struct gait_error *err)
{
    struct mat_calibration c = {.rows = 99};
    char path[MAT_CALIBRATION_PATH_MAX];
    FILE *f;

    snprintf(path, sizeof path, "%s/hurt", folder);
    f = fopen(path, "wb");
    fwrite(text, 1, n, f);
    fclose(f);
    int r = mat_calibration_read(path, &geometry, &c, err);
    if (r < 0)
        assert_int_equal(c.rows, 99); /* untouched */
    else
        mat_calibration_done(&c);
    return r;
}

/* Cut anywhere, or one bit wrong anywhere: refused, with one line. */
static void test_damage(void **state)
{
    (void)state;
    struct mat_calibration a;
    struct gait_error err = {0};
    char path[MAT_CALIBRATION_PATH_MAX], text[8192], hurt[8192];

    fill(&a);
    assert_int_equal(mat_calibration_write(folder, "mat-c", &geometry, &a, 0, path, &err), 0);
    size_t n = slurp(path, text, sizeof text);
    assert_int_equal(read_bytes(text, n, &err), 0);
    for (size_t cut = 0; cut < n; cut += 3)
        assert_int_equal(read_bytes(text, cut, &err), -EINVAL);
    for (size_t at = 0; at < n - 1; at += 5) {
        memcpy(hurt, text, n);
        hurt[at] ^= 1;
        assert_int_equal(read_bytes(hurt, n, &err), -EINVAL);
        assert_null(strchr(err.text, '\n'));
    }
    struct gait_geometry other = geometry;
    other.cols = 5;
    struct mat_calibration c;
    assert_int_equal(mat_calibration_read(path, &other, &c, &err), -EINVAL);
    assert_non_null(strstr(err.text, "3 x 4 cells: this one has 3 x 5"));
    mat_calibration_done(&a);
}

static void test_doubts(void **state)
{
    (void)state;
    struct mat_calibration a;
    char text[512], path[MAT_CALIBRATION_PATH_MAX];
    const int64_t made_s = 1767225600, day_s = 86400;

    fill(&a);
    assert_int_equal(mat_calibration_write(folder, "mat-d", &geometry, &a, made_s, path, NULL), 0);
    assert_int_equal(mat_calibration_doubts(&a, "SN 12-b", made_s + 365 * day_s, text, sizeof text), 0);
    assert_string_equal(text, "");
    assert_int_equal(mat_calibration_doubts(&a, "", made_s + 366 * day_s, text, sizeof text), 1);
    assert_non_null(strstr(text, "366 days old (2026-01-01)"));
    assert_int_equal(mat_calibration_doubts(&a, "other", made_s - 2 * day_s, text, sizeof text), 2);
    assert_non_null(strstr(text, "not come yet"));
    assert_non_null(strstr(text, "serial SN 12-b, this one is other"));
    a.calibration.date[0] = '\0';
    strcpy(a.calibration.model, "identity");
    assert_int_equal(mat_calibration_doubts(&a, NULL, made_s, text, sizeof text), 2);
    assert_int_equal(mat_calibration_doubts(&a, NULL, made_s, text, 10), 2); /* cut, not overrun */
    mat_calibration_done(&a);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round),  cmocka_unit_test(test_taken),   cmocka_unit_test(test_damage),
        cmocka_unit_test(test_doubts), cmocka_unit_test(test_at_once),
    };
    if (!mkdtemp(folder))
        return 1;
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return r;
}
