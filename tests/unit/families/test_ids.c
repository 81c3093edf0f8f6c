/* The tables agree: what a driver or a bridge claims, the profiles and the list of generic chips know. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "assert_close.h"
#include "bridge/bridge.h"
#include "driver.h"
#include "mats/chips.h"
#include "mats/profile.h"

#include <dirent.h>

/* Does a shipped profile of this driver match the device without being named? */
static bool shipped(const char *driver, const struct mat_usb_id *id)
{
    struct mat_device device = {.vid = id->vid, .pid = id->pid, .product = "open mat"};
    char folder[4096], path[8192];
    struct dirent **entry;
    bool found = false;

    snprintf(folder, sizeof folder, "%s/config/mats", getenv("GAIT_SOURCE_DIR"));
    int n = scandir(folder, &entry, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        struct mat_profile *p = NULL;
        size_t faults;

        snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name);
        if (strstr(path, ".yaml") && mat_profile_read(path, &p, NULL, 0, &faults, NULL) == 0)
            found |=
                mat_profile_score(p, &device, false) > 0 && (!strcmp(p->driver, driver) || !strcmp(driver, "open-mat"));
        mat_profile_free(p);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    return found;
}

/* The udev rules are printed from the profiles: a driver's id without a profile would have no rule. */
static void test_drivers(void **state)
{
    (void)state;
    unsigned ids = 0;

    for (const struct mat_driver *const *d = mat_registry(); *d; d++)
        for (const struct mat_usb_id *id = (*d)->ids; id && id->vid; id++, ids++)
            if (!shipped((*d)->name, id))
                fail_msg("driver %s claims %04x:%04x: no profile in config/mats does", (*d)->name, id->vid, id->pid);
    assert_true(ids >= 3);
}

static void test_bridges(void **state)
{
    (void)state;
    for (enum mat_bridge_kind kind = MAT_BRIDGE_CDC_ACM; kind <= MAT_BRIDGE_PL2303; kind++)
        for (const struct mat_usb_id *id = mat_bridge_find(kind)->ids; id && id->vid; id++)
            if (!mat_generic_chip(id->vid, id->pid))
                fail_msg("%04x:%04x is a bridge's and not in drivers/mats/chips.c", id->vid, id->pid);
}

/* A generic chip scores only for a device that gaitd.yaml names. */
static void test_named(void **state)
{
    (void)state;
    struct mat_profile p = {.matches = 1,
                            .match = {{.vid = 0x1a86, .pid = 0x7523, .bcd_device = -1, .generic_bridge = true}}};
    struct mat_device device = {.vid = 0x1a86, .pid = 0x7523};

    assert_int_equal(mat_profile_score(&p, &device, false), 0);
    assert_true(mat_profile_score(&p, &device, true) > 0);
    device.pid = 0x7524;
    assert_int_equal(mat_profile_score(&p, &device, true), 0);
}

/* Two that share their ids are told apart by their class. */
static void test_class(void **state)
{
    (void)state;
    struct mat_profile p = {.matches = 1, .match = {{.vid = 1, .pid = 2, .bcd_device = -1, .device_class = 0xff}}};
    struct mat_device device = {.vid = 1, .pid = 2, .device_class = 0xff};
    int score = mat_profile_score(&p, &device, false);

    p.match[0].device_class = 0;
    assert_in_range(mat_profile_score(&p, &device, false), 1, score - 1);
    p.match[0].device_class = 2;
    assert_int_equal(mat_profile_score(&p, &device, false), 0);
}

/* kPa = 0.02 count^1.5, as the profile says it. */
static void test_power(void **state)
{
    (void)state;
    struct mat_profile p = {
        .name = "p",
        .framing = {.kind = MAT_FRAMING_FIXED, .header = {0xaa}, .header_length = 1, .length = 9},
        .fields = {.payload_offset = 1},
        .integrity = {.kind = MAT_INTEGRITY_NONE},
        .samples = {.kind = MAT_SAMPLE_U16LE, .full_scale = 1000, .missing = -1},
        .layout = {.rows = 2, .cols = 2, .pitch_x_mm = 5, .pitch_y_mm = 5},
        .calibration = {.kPa_per_count = 0.02, .power = 1.5, .saturation_count = 1000, .rate_hz = 50},
    };
    const struct mat_driver *driver = mat_driver_find("profile");
    struct mat_instance *m;

    assert_int_equal(driver->open(NULL, &p, &m, NULL), 0);
    const struct gait_calibration *c = driver->calibration(m);
    assert_int_equal(gait_calibration_check(c, driver->geometry(m)), 0);
    assert_string_equal(c->model, "power");
    assert_int_equal(c->n_curve, 1001);
    assert_close_rel((double)c->curve_kPa[400], 160, 1e-6); /* 0.02 x 400^1.5 */
    driver->close(m);
    p.calibration.power = 1;
    assert_int_equal(driver->open(NULL, &p, &m, NULL), 0);
    assert_int_equal(driver->calibration(m)->n_curve, 0);
    assert_close_abs(driver->calibration(m)->kPa_per_count, 0.02, 0);
    assert_string_equal(driver->calibration(m)->model, "linear");
    driver->close(m);
    p.calibration.kPa_per_count = NAN;
    assert_int_equal(driver->open(NULL, &p, &m, NULL), 0);
    assert_string_equal(driver->calibration(m)->model, "identity"); /* nobody said what a count is */
    driver->close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_drivers), cmocka_unit_test(test_bridges),
                                       cmocka_unit_test(test_named), cmocka_unit_test(test_class),
                                       cmocka_unit_test(test_power)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
