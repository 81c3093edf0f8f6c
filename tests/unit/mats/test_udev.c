/* udev rules come from the rows that match devices, and only from those. */
#include <stdlib.h>
#include <string.h>

#include "assert_close.h"
#include "mats/chips.h"
#include "mats/udev.h"

static char *rule(const struct mat_match *row, const char *serial, bool *ret_printed)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    *ret_printed = mat_udev_rule(out, "a-mat", row, serial, NULL);
    fclose(out);
    return text;
}

static void test_rule(void **state)
{
    (void)state;
    struct mat_match row = {.vid = 0x1209, .pid = 1, .bcd_device = -1, .product = "open \"mat\"*"};
    bool printed;
    char *text = rule(&row, NULL, &printed);

    assert_true(printed);
    assert_non_null(
        strstr(text, "ATTR{idVendor}==\"1209\", ATTR{idProduct}==\"0001\", ATTR{product}==\"open ?mat??\", "));
    assert_non_null(strstr(text, "GROUP=\"gaitd\", MODE=\"0660\""));
    assert_non_null(strstr(text, "ATTR{power/control}=\"on\""));
    free(text);
}

/* Nobody's treadmill: a chip that anybody's device may have only with the serial of the one that is meant. */
static void test_generic(void **state)
{
    (void)state;
    struct mat_match row = {
        .vid = 0x10c4, .pid = 0xea60, .bcd_device = 0x0100, .device_class = 0xff, .generic_bridge = true};
    bool printed;
    char *text = rule(&row, NULL, &printed);

    assert_false(printed);
    assert_string_equal(text, "");
    free(text);
    text = rule(&row, "0001", &printed);
    assert_true(printed);
    assert_non_null(strstr(text, "ATTR{bcdDevice}==\"0100\", ATTR{bDeviceClass}==\"ff\", ATTR{serial}==\"0001\""));
    free(text);
    char *by_port = NULL;
    size_t n;
    FILE *out = open_memstream(&by_port, &n);
    assert_true(mat_udev_rule(out, "a-mat", &row, NULL, "1-1.2")); /* no serial: this one port */
    fclose(out);
    assert_non_null(strstr(by_port, "KERNEL==\"1-1.2\""));
    free(by_port);
    assert_non_null(mat_generic_chip(0x10c4, 0xea60));
    assert_null(mat_generic_chip(0x1209, 1));
}

static void test_once(void **state)
{
    (void)state;
    static struct mat_profile a = {.name = "a",
                                   .matches = 2,
                                   .match = {{.vid = 1, .pid = 2, .bcd_device = -1},
                                             {.vid = 3, .pid = 4, .bcd_device = -1, .generic_bridge = true}}};
    static struct mat_profile b = {
        .name = "b",
        .matches = 2,
        .match = {{.vid = 1, .pid = 2, .bcd_device = -1}, {.vid = 5, .pid = 6, .bcd_device = -1}}};
    const struct mat_profile *const both[] = {&a, &b};
    char *text = NULL;
    size_t n;
    unsigned rules = 0;
    FILE *out = open_memstream(&text, &n);

    mat_udev_rules(out, both, 2);
    fclose(out);
    for (const char *at = text; (at = strstr(at, "SUBSYSTEM")); at++)
        rules++;
    assert_int_equal(rules, 2);
    assert_null(strstr(text, "0003"));
    free(text);
    out = open_memstream(&text, &n);
    mat_udev_hwdb(out, both, 2);
    fclose(out);
    assert_non_null(strstr(text, "usb:v0001p0002*\n GAIT_MAT=a\n"));
    assert_non_null(strstr(text, "usb:v0005p0006*\n GAIT_MAT=b\n"));
    assert_null(strstr(text, "v0003"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rule), cmocka_unit_test(test_generic),
                                       cmocka_unit_test(test_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
