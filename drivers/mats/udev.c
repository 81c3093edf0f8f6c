#include "mats/udev.h"

#include <string.h>

/* A text inside a rule; what would end it or match more than itself is matched by '?'. */
static void put_text(FILE *out, const char *key, const char *text)
{
    fprintf(out, ", ATTR{%s}==\"", key);
    for (; *text; text++)
        fputc(strchr("\"\\*?[]|", *text) || (unsigned char)*text < 0x20 ? '?' : *text, out);
    fputc('"', out);
}

bool mat_udev_rule(FILE *out, const char *profile, const struct mat_match *row, const char *serial, const char *port)
{
    if (row->generic_bridge && (!serial || !serial[0]) && !port)
        return false;
    fprintf(out,
            "SUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\", ATTR{idVendor}==\"%04x\", ATTR{idProduct}==\"%04x\"",
            row->vid, row->pid);
    if (row->bcd_device >= 0)
        fprintf(out, ", ATTR{bcdDevice}==\"%04x\"", (unsigned)row->bcd_device);
    if (row->device_class)
        fprintf(out, ", ATTR{bDeviceClass}==\"%02x\"", row->device_class);
    if (row->product[0])
        put_text(out, "product", row->product);
    if (row->manufacturer[0])
        put_text(out, "manufacturer", row->manufacturer);
    if (serial && serial[0])
        put_text(out, "serial", serial);
    if (port)
        fprintf(out, ", KERNEL==\"%s\"", port);
    fprintf(out,
            ", GROUP=\"gaitd\", MODE=\"0660\", TEST==\"power/control\", ATTR{power/control}=\"on\", "
            "ENV{GAIT_MAT}=\"%s\"\n",
            profile);
    return true;
}

static bool same_row(const struct mat_match *a, const struct mat_match *b)
{
    return a->vid == b->vid && a->pid == b->pid && a->bcd_device == b->bcd_device &&
           a->device_class == b->device_class && !strcmp(a->product, b->product) &&
           !strcmp(a->manufacturer, b->manufacturer);
}

/* Did an earlier profile, or an earlier row, say the same? */
static bool said(const struct mat_profile *const *profiles, size_t p, unsigned r, bool ids_only)
{
    const struct mat_match *row = &profiles[p]->match[r];

    for (size_t i = 0; i <= p; i++)
        for (unsigned k = 0; k < profiles[i]->matches && !(i == p && k == r); k++) {
            const struct mat_match *other = &profiles[i]->match[k];

            if (!other->generic_bridge &&
                (ids_only ? other->vid == row->vid && other->pid == row->pid : same_row(other, row)))
                return true;
        }
    return false;
}

void mat_udev_rules(FILE *out, const struct mat_profile *const *profiles, size_t count)
{
    fputs("# Pressure mats for gaitd. Printed by: gait profile udev FILE... (from the rows that match devices; not to "
          "be edited).\n"
          "# Serial chips that anybody's device may have are not here: gait devices adopt prints a rule for the one "
          "that you name.\n",
          out);
    for (size_t p = 0; p < count; p++)
        for (unsigned r = 0; r < profiles[p]->matches; r++)
            if (!said(profiles, p, r, false))
                (void)mat_udev_rule(out, profiles[p]->name, &profiles[p]->match[r], NULL, NULL);
}

void mat_udev_hwdb(FILE *out, const struct mat_profile *const *profiles, size_t count)
{
    fputs("# Pressure mats for gaitd. Printed by: gait profile udev --hwdb FILE... (from the rows that match devices; "
          "not to be edited).\n",
          out);
    for (size_t p = 0; p < count; p++)
        for (unsigned r = 0; r < profiles[p]->matches; r++) {
            const struct mat_match *row = &profiles[p]->match[r];

            if (row->generic_bridge || said(profiles, p, r, true))
                continue;
            /* the test id is anybody's: its rows name a product, which a modalias does not have */
            if (row->product[0])
                continue;
            fprintf(out, "\nusb:v%04Xp%04X*\n GAIT_MAT=%s\n ID_AUTOSUSPEND=0\n", row->vid, row->pid, profiles[p]->name);
        }
}
