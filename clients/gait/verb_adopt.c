/*
 * gait devices adopt: a mat behind a chip that anybody's device may have is only opened when gaitd.yaml names it. This prints what to write there, and the udev rule
 * for that one device; it changes nothing itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mats/udev.h"
#include "profile_tools.h"
#include "usb_devices.h"
#include "verb.h"

enum { KEY_ROOT = 0x100, DEVICES_MAX = 256 };

struct adopt {
    const char *which, *profile, *root;
};

static const struct argp_option options[] = {
    {"profile", 'p', "FILE", 0, "the mat's profile: a file, or the name of an installed one", 0},
    {"root", KEY_ROOT, "DIR", 0, "look at the system below DIR instead of this one", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct adopt *adopt = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        adopt->root = "";
        return 0;
    case 'p':
        adopt->profile = arg;
        return 0;
    case KEY_ROOT:
        adopt->root = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (adopt->which)
            return ARGP_ERR_UNKNOWN;
        adopt->which = arg;
        return 0;
    case ARGP_KEY_END:
        if (!adopt->which || !adopt->profile)
            argp_error(state, "PORT or SERIAL, and --profile are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The file of a profile that is named by file or by name. */
static void profile_path(const struct adopt *adopt, char *ret_path, size_t size)
{
    static const char *const folder[] = {"/etc/gaitd/mats", GAIT_MATS_DIR};

    snprintf(ret_path, size, "%s", adopt->profile);
    if (strchr(adopt->profile, '/') || access(ret_path, F_OK) == 0)
        return;
    for (size_t i = 0; i < sizeof folder / sizeof folder[0]; i++) {
        snprintf(ret_path, size, "%s%s/%s.yaml", adopt->root, folder[i], adopt->profile);
        if (access(ret_path, F_OK) == 0)
            return;
    }
    snprintf(ret_path, size, "%s", adopt->profile);
}

static const struct usb_device *find(const struct usb_device *list, int n, const char *which, unsigned *ret_hits)
{
    const struct usb_device *found = NULL;

    *ret_hits = 0;
    for (int i = 0; i < n; i++) {
        const struct mat_device *d = &list[i].device;

        if (strcmp(d->port, which) == 0 || (d->serial[0] && strcmp(d->serial, which) == 0)) {
            found = &list[i];
            ++*ret_hits;
        }
    }
    return found;
}

/* As the daemon names mats: by serial, or by port when that is missing or another device has the same. */
static bool name_device(const struct usb_device *list, int n, const struct usb_device *d, char ret_id[GAIT_ID_MAX + 1])
{
    bool alone = d->device.serial[0] != '\0';
    char port[64];

    for (int i = 0; i < n; i++)
        alone &= &list[i] == d || strcmp(list[i].device.serial, d->device.serial) != 0;
    if (alone && gait_mat_id(d->device.serial, ret_id) == 0)
        return true;
    snprintf(port, sizeof port, "port-%s", d->device.port);
    gait_mat_id(port, ret_id);
    return false;
}

static const struct mat_match *matching_row(const struct mat_profile *p, const struct mat_device *d)
{
    for (unsigned i = 0; i < p->matches; i++) {
        struct mat_profile one = {.matches = 1, .match = {p->match[i]}};

        if (mat_profile_score(&one, d, true) > 0)
            return &p->match[i];
    }
    return NULL;
}

static int print(const struct client *client, const struct mat_profile *p, const struct usb_device *list, int n,
                 const struct usb_device *d)
{
    const struct mat_match *row = matching_row(p, &d->device);
    char id[GAIT_ID_MAX + 1];

    if (!row)
        return client_fail(client, CLIENT_BAD_INPUT, "profile %s is not for %04x:%04x %s: its match does not name it",
                           p->name, d->device.vid, d->device.pid, d->device.product);
    bool by_serial = name_device(list, n, d, id);
    if (client->json) {
        json_t *line =
            json_pack("{s:s,s:s,s:s,s:b}", "id", id, "profile", p->name, "port", d->device.port, "by_port", !by_serial);

        client_print_json(line);
        json_decref(line);
        return CLIENT_OK;
    }
    printf("# in gaitd.yaml:\nmats:\n  - id: \"%s\"\n    profile: %s\n    source: {usb: true}\n\n", id, p->name);
    printf("# in /etc/udev/rules.d/71-%s.rules, then: sudo udevadm control --reload && sudo udevadm trigger "
           "--subsystem-match=usb\n",
           p->name);
    mat_udev_rule(stdout, p->name, row, by_serial ? d->device.serial : NULL, by_serial ? NULL : d->device.port);
    if (!by_serial)
        client_note(client, "this device has no serial of its own: it is known by its port, keep it plugged in there");
    return CLIENT_OK;
}

static int run(const struct client *client, const void *input)
{
    const struct adopt *adopt = input;
    struct usb_device *list = calloc(DEVICES_MAX, sizeof *list);
    struct mat_profile *profile = NULL;
    const struct usb_device *device;
    char path[4096];
    unsigned hits = 0;
    int r, n;

    if (!list)
        return client_fail(client, CLIENT_FAILED, "no memory");
    profile_path(adopt, path, sizeof path);
    r = profile_tools_read(client, path, &profile);
    n = r == CLIENT_OK ? usb_devices_list(adopt->root, list, DEVICES_MAX) : 0;
    if (n < 0)
        r = client_fail(client, CLIENT_FAILED, "no list of USB devices: %s", strerror(-n));
    if (r == CLIENT_OK) {
        device = find(list, n, adopt->which, &hits);
        if (hits == 1)
            r = print(client, profile, list, n, device);
        else
            r = client_fail(client, CLIENT_BAD_INPUT,
                            hits ? "%s: more than one device has this serial: give the port (as in 1-1.2)"
                                 : "%s: no such device: lsusb -t shows the ports, as in 1-1.2",
                            adopt->which);
    }
    mat_profile_free(profile);
    free(list);
    return r;
}

const struct verb verb_adopt = {
    .name = "devices adopt",
    .args = "PORT|SERIAL",
    .summary = "Print what names a mat behind a serial chip",
    .more = "For a mat whose chip anybody's device may have (CH340, CP210x, FTDI, a Pico): gaitd opens it only when "
            "gaitd.yaml\n"
            "names it. Prints those lines and the udev rule; changes nothing.\n\n"
            "  gait devices adopt 1-1.2 --profile jq-foot",
    .options = options,
    .size = sizeof(struct adopt),
    .parse = parse,
    .run = run,
};
