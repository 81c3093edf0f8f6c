/* gait profile udev: the rules that give mats to the group gaitd. */
#include <stdlib.h>

#include "mats/udev.h"
#include "profile_tools.h"
#include "verb.h"

enum { KEY_HWDB = 0x100 };

struct udev {
    struct verb_files files; /* first */
    bool hwdb;
};

static const struct argp_option options[] = {
    {"hwdb", KEY_HWDB, NULL, 0, "entries for udev's hardware database instead of rules", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct udev *udev = state->input;

    if (key != KEY_HWDB)
        return verb_files_parse(key, arg, state);
    udev->hwdb = true;
    return 0;
}

static int run(const struct client *client, const void *input)
{
    const struct udev *udev = input;
    struct mat_profile *profile[VERB_FILES_MAX] = {NULL};
    int r = CLIENT_OK;

    for (size_t i = 0; i < udev->files.n && r == CLIENT_OK; i++)
        r = profile_tools_read(client, udev->files.file[i], &profile[i]);
    if (r == CLIENT_OK)
        (udev->hwdb ? mat_udev_hwdb : mat_udev_rules)(stdout, (const struct mat_profile *const *)profile,
                                                      udev->files.n);
    for (size_t i = 0; i < udev->files.n; i++)
        mat_profile_free(profile[i]);
    return r;
}

const struct verb verb_profile_udev = {
    .name = "profile udev",
    .args = "FILE...",
    .summary = "Print the udev rules of mat profiles",
    .more = "The shipped rules, config/udev/70-gaitd.rules, are what this prints for the shipped profiles. For a "
            "profile of\n"
            "your own:\n  gait profile udev my-mat.yaml | sudo tee /etc/udev/rules.d/71-my-mat.rules\n"
            "  sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=usb",
    .options = options,
    .files = "file",
    .guarded = true,
    .size = sizeof(struct udev),
    .parse = parse,
    .run = run,
};
