/*
 * gait doctor: what the system must have for mats to be read, each with the command that mends it. It looks, it changes nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <math.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "mats/profile.h"
#include "print.h"
#include "usb_devices.h"
#include "verb.h"

enum { KEY_ROOT = 0x100, KEY_RING, PROFILES_MAX = 256, DEVICES_MAX = 256, RING_DEFAULT_MIB = 512 };
enum { BESIDE_RING_MIB = 128, TRANSFERS_MIB = 1, RT_PRIORITY = 40, DISK_LEAST_GB = 5, USBFS_LEAST_MIB = 16 };

struct doctor {
    const char *root;
    uint32_t ring_MiB;
};

static const struct argp_option options[] = {
    {"root", KEY_ROOT, "DIR", 0, "look at the system below DIR instead of this one", 0},
    {"ring", KEY_RING, "MiB", 0, "ring.memory_MiB of gaitd.yaml (default 512)", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct doctor *doctor = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        doctor->root = "";
        doctor->ring_MiB = RING_DEFAULT_MIB;
        return 0;
    case KEY_ROOT:
        doctor->root = arg;
        return 0;
    case KEY_RING:
        doctor->ring_MiB = (uint32_t)verb_number(state, "--ring", arg, 1, 1048576);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

struct visit {
    const struct client *client;
    const char *root;
    uint32_t ring_MiB;
    json_t *list; /* with --json */
    unsigned ill;
    struct mat_profile *profile[PROFILES_MAX];
    size_t profiles;
    struct usb_device device[DEVICES_MAX];
    const struct mat_profile *mat[DEVICES_MAX]; /* of each device, or NULL */
    int devices;
};

/* One finding; mend NULL: it is well. */
GAIT_PRINTF(4, 5)
static void say(struct visit *v, const char *what, const char *mend, const char *format, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    v->ill += mend != NULL;
    if (v->list) {
        json_array_append_new(
            v->list, json_pack("{s:s,s:b,s:s,s:s*}", "what", what, "ok", mend == NULL, "text", text, "mend", mend));
        return;
    }
    printf("%s%-5s%s %-12s %s\n", print_colour(v->client, mend ? PRINT_YELLOW : PRINT_GREEN), mend ? "MEND" : "ok",
           print_colour(v->client, PRINT_PLAIN), what, text);
    if (mend)
        printf("      %-12s   %s\n", "", mend);
}

static bool exists(const struct visit *v, const char *path)
{
    char whole[4096];

    snprintf(whole, sizeof whole, "%s%s", v->root, path);
    return access(whole, F_OK) == 0;
}

static void check_rule(struct visit *v)
{
    static const char *const place[] = {"/etc/udev/rules.d/70-gaitd.rules", "/usr/lib/udev/rules.d/70-gaitd.rules",
                                        "/lib/udev/rules.d/70-gaitd.rules",
                                        "/usr/local/lib/udev/rules.d/70-gaitd.rules"};

    for (size_t i = 0; i < sizeof place / sizeof place[0]; i++)
        if (exists(v, place[i])) {
            say(v, "udev rule", NULL, "%s", place[i]);
            return;
        }
    say(v, "udev rule",
        "gait profile udev " GAIT_MATS_DIR "/*.yaml | sudo tee /etc/udev/rules.d/70-gaitd.rules; sudo udevadm control "
        "--reload && sudo udevadm trigger --subsystem-match=usb",
        "70-gaitd.rules is not installed: mats cannot be opened");
}

static bool in_group(const char *name, bool *ret_exists)
{
    const struct group *group = getgrnam(name);
    gid_t list[256];
    int n = getgroups(256, list);

    *ret_exists = group != NULL;
    if (!group)
        return false;
    for (int i = 0; i < n; i++)
        if (list[i] == group->gr_gid)
            return true;
    return getegid() == group->gr_gid || geteuid() == 0;
}

static void check_group(struct visit *v, const char *name, const char *what_for)
{
    const struct passwd *me = getpwuid(geteuid());
    char mend[256];
    bool there;

    if (in_group(name, &there)) {
        say(v, "group", NULL, "you may %s (%s)", what_for, name);
        return;
    }
    if (!there)
        say(v, "group", "sudo systemd-sysusers", "the group %s does not exist", name);
    else {
        snprintf(mend, sizeof mend, "sudo usermod -aG %s %s   (then log in again)", name, me ? me->pw_name : "$USER");
        say(v, "group", mend, "you are not in the group %s: you may not %s", name, what_for);
    }
}

static void check_usbfs(struct visit *v)
{
    char path[4096], line[32] = "";
    FILE *f;

    snprintf(path, sizeof path, "%s/sys/module/usbcore/parameters/usbfs_memory_mb", v->root);
    f = fopen(path, "re");
    if (!f || !fgets(line, sizeof line, f)) {
        say(v, "usbfs memory", "sudo modprobe usbcore", "this kernel tells nothing of USB");
    } else {
        unsigned long MiB = strtoul(line, NULL, 10);

        if (MiB == 0 || MiB >= USBFS_LEAST_MIB)
            say(v, "usbfs memory", NULL, "%lu MiB%s", MiB, MiB ? "" : " (no limit)");
        else
            say(v, "usbfs memory", "echo 64 | sudo tee /sys/module/usbcore/parameters/usbfs_memory_mb",
                "%lu MiB: a mat takes about %d MiB of it, other cameras and radios share it", MiB, TRANSFERS_MIB);
    }
    if (f)
        fclose(f);
}

static void check_power(struct visit *v, const struct usb_device *d)
{
    char mend[256];

    snprintf(mend, sizeof mend,
             "echo on | sudo tee /sys/bus/usb/devices/%s/power/control   (the udev rule does it at each "
             "plugging in)",
             d->device.port);
    if (!strcmp(d->power, "auto"))
        say(v, "autosuspend", mend, "the mat at port %s may be put to sleep", d->device.port);
    else
        say(v, "autosuspend", NULL, "off for the mat at port %s", d->device.port);
}

static void check_node(struct visit *v, const struct usb_device *d)
{
    char path[4096], mend[256];

    snprintf(path, sizeof path, "%s%s", v->root, d->node);
    if (access(path, R_OK | W_OK) == 0) {
        say(v, "mat", NULL, "%s at port %s can be opened", d->device.product[0] ? d->device.product : "a mat",
            d->device.port);
        return;
    }
    snprintf(mend, sizeof mend, "sudo udevadm trigger --action=add /sys/bus/usb/devices/%s   (with the rule in place)",
             d->device.port);
    say(v, "mat", mend, "%s at port %s: you may not open %s", d->device.product[0] ? d->device.product : "a mat",
        d->device.port, d->node);
}

static void check_devices(struct visit *v)
{
    unsigned mats = 0;

    if (v->devices < 0) {
        say(v, "usb", "sudo modprobe usbcore", "no list of USB devices: %s", strerror(-v->devices));
        return;
    }
    for (int i = 0; i < v->devices; i++) {
        if (!v->mat[i])
            continue;
        mats++;
        check_node(v, &v->device[i]);
        check_power(v, &v->device[i]);
    }
    if (!mats)
        say(v, "mat", NULL,
            "none is plugged in that a profile knows (%d USB devices, %zu profiles; a mat behind a serial "
            "chip must be named in gaitd.yaml)",
            v->devices, v->profiles);
}

static void check_limit(struct visit *v, const char *what, int resource, uint64_t needed, uint64_t unit,
                        const char *mend)
{
    struct rlimit limit;

    if (getrlimit((__rlimit_resource_t)resource, &limit) < 0)
        return;
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= needed * unit)
        say(v, what, NULL, "enough for a gaitd that you start yourself (%ju needed)", (uintmax_t)needed);
    else
        say(v, what, mend, "%ju, and %ju are needed for a gaitd that you start yourself",
            (uintmax_t)(limit.rlim_max / unit), (uintmax_t)needed);
}

/* The service brings its own limits; these are for gaitd --user. */
static void check_limits(struct visit *v)
{
    static const char *const unit[] = {"/etc/systemd/system/gaitd.service", "/usr/lib/systemd/system/gaitd.service",
                                       "/lib/systemd/system/gaitd.service",
                                       "/usr/local/lib/systemd/system/gaitd.service"};
    uint64_t MiB = v->ring_MiB + BESIDE_RING_MIB;
    char mend[256];

    for (size_t i = 0; i < sizeof unit / sizeof unit[0]; i++)
        if (exists(v, unit[i])) {
            say(v, "limits", NULL, "%s sets them; LimitMEMLOCK must be at least %juM", unit[i], (uintmax_t)MiB);
            return;
        }
    check_limit(v, "real time", RLIMIT_RTPRIO, RT_PRIORITY, 1,
                "echo '@gaitd - rtprio 40' | sudo tee /etc/security/limits.d/gaitd-rtprio.conf   (then log in again)");
    snprintf(mend, sizeof mend,
             "echo '@gaitd - memlock %ju' | sudo tee /etc/security/limits.d/gaitd-memlock.conf   (then log in again)",
             (uintmax_t)(MiB << 10));
    check_limit(v, "locked MiB", RLIMIT_MEMLOCK, MiB, 1 << 20, mend);
}

static void check_socket(struct visit *v)
{
    struct gait_endpoints e;
    struct gait_error err = {0};
    const char *path;

    if (gait_endpoints_find(v->client->place, &e, &err) < 0) {
        say(v, "sockets", "unset GAIT_SOCKET", "%s", err.text);
        return;
    }
    if (strncmp(e.control, "ipc://", 6) != 0) {
        say(v, "sockets", NULL, "%s: over the network, gait status tells", e.control);
        return;
    }
    path = e.control + 6;
    if (!exists(v, path))
        say(v, "sockets", "sudo systemctl start gaitd   (or: gaitd --user)", "%s is not there: no daemon runs", path);
    else if (!v->root[0] && access(path, W_OK) < 0)
        say(v, "sockets", "sudo usermod -aG gaitd $USER   (then log in again)", "you may not write to %s", path);
    else
        say(v, "sockets", NULL, "%s", path);
}

static void check_disk(struct visit *v)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME"), *place = "/var/lib/gaitd";
    char path[4096], own[2048], mend[2300];
    struct statvfs st;

    if (state && *state == '/')
        snprintf(own, sizeof own, "%s/gaitd", state);
    else
        snprintf(own, sizeof own, "%s/.local/state/gaitd", home && *home == '/' ? home : "/nonexistent");
    if (!v->root[0] && !exists(v, place) && exists(v, own))
        place = own;
    snprintf(path, sizeof path, "%s%s", v->root, place);
    if (statvfs(path, &st) < 0) {
        say(v, "disk", "sudo systemd-tmpfiles --create; sudo systemctl start gaitd", "%s is not there yet", place);
        return;
    }
    snprintf(mend, sizeof mend,
             "sudo du -sh %s/sessions/* | sort -h   (move closed sessions to another disk, or set recording.path in "
             "gaitd.yaml)",
             place);
    double GB = (double)st.f_bavail * (double)st.f_frsize / 1e9;
    if (GB < DISK_LEAST_GB)
        say(v, "disk", mend, "%.1f GB free in %s: less than %d GB", GB, place, DISK_LEAST_GB);
    else
        say(v, "disk", NULL, "%.0f GB free in %s", GB, place);
}

static void read_profiles(struct visit *v, const char *folder)
{
    char path[8192];
    struct dirent **entry;
    int n;

    snprintf(path, sizeof path, "%s%s", v->root, folder);
    n = scandir(path, &entry, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        struct gait_error err = {0};
        size_t faults;

        snprintf(path, sizeof path, "%s%s/%s", v->root, folder, entry[i]->d_name);
        if (v->profiles < PROFILES_MAX && strstr(entry[i]->d_name, ".yaml")) {
            int r = mat_profile_read(path, &v->profile[v->profiles], NULL, 0, &faults, &err);

            if (r < 0) {
                char mend[8300];

                snprintf(mend, sizeof mend, "gait profile check %s", path);
                say(v, "profile", mend, "%s/%s has mistakes", folder, entry[i]->d_name);
            } else {
                v->profiles++;
            }
        }
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
}

static void find_mats(struct visit *v)
{
    v->devices = usb_devices_list(v->root, v->device, DEVICES_MAX);
    for (int i = 0; i < v->devices; i++)
        for (size_t p = 0; p < v->profiles && !v->mat[i]; p++)
            if (mat_profile_score(v->profile[p], &v->device[i].device, false) > 0)
                v->mat[i] = v->profile[p];
}

static void visit(struct visit *v)
{
    read_profiles(v, "/etc/gaitd/mats");
    read_profiles(v, GAIT_MATS_DIR);
    find_mats(v);
    check_rule(v);
    check_group(v, "gaitd", "command the daemon and open mats");
    check_group(v, "gaitd-view", "watch");
    check_usbfs(v);
    check_devices(v);
    check_limits(v);
    check_socket(v);
    check_disk(v);
}

static int run(const struct client *client, const void *input)
{
    const struct doctor *doctor = input;
    struct visit *v = calloc(1, sizeof *v);
    int r;

    if (!v)
        return client_fail(client, CLIENT_FAILED, "no memory");
    v->client = client;
    v->root = doctor->root;
    v->ring_MiB = doctor->ring_MiB;
    v->list = client->json ? json_array() : NULL;
    visit(v);
    if (v->list) {
        json_t *line = json_pack("{s:I,s:o}", "to_mend", (json_int_t)v->ill, "findings", v->list);

        client_print_json(line);
        json_decref(line);
    }
    r = v->ill ? CLIENT_FAILED : CLIENT_OK;
    for (size_t i = 0; i < v->profiles; i++)
        mat_profile_free(v->profile[i]);
    free(v);
    return r;
}

const struct verb verb_doctor = {
    .name = "doctor",
    .summary = "Say what keeps this system from reading mats",
    .more = "It changes nothing. The exit status is 1 when there is something to mend.",
    .options = options,
    .size = sizeof(struct doctor),
    .parse = parse,
    .run = run,
};
