/* gait profile udev: the rules that give mats to the group gaitd. */
#include <stdlib.h>

#include "mats/udev.h"
#include "profile_tools.h"
#include "verb.h"

enum { KEY_HWDB = 0x100, FILES_MAX = 256 };

struct udev {
    const char *file[FILES_MAX];
    size_t files;
    bool hwdb;
};

static const struct argp_option options[] = {
    {"hwdb", KEY_HWDB, NULL, 0, "entries for udev's hardware database instead of rules", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct udev *udev = state->input;

    switch (key) {
    case KEY_HWDB:
        udev->hwdb = true;
        return 0;
    case ARGP_KEY_ARG:
        if (udev->files == FILES_MAX)
            argp_error(state, "more than %d files", FILES_MAX);
        udev->file[udev->files++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (!udev->files)
            argp_error(state, "FILE is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run(const struct client *client, const void *input)
{
    const struct udev *udev = input;
    struct mat_profile *profile[FILES_MAX] = {NULL};
    int r = CLIENT_OK;

    for (size_t i = 0; i < udev->files && r == CLIENT_OK; i++)
        r = profile_tools_read(client, udev->file[i], &profile[i]);
    if (r == CLIENT_OK)
        (udev->hwdb ? mat_udev_hwdb : mat_udev_rules)(stdout, (const struct mat_profile *const *)profile, udev->files);
    for (size_t i = 0; i < udev->files; i++)
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
