#include <math.h>
#include <stdio.h>

#include "print.h"
#include "verb.h"

static void print_session(const json_t *session)
{
    if (!json_is_object(session)) {
        puts("session   none open: gait session open --subject ID");
        return;
    }
    printf("session   %s, subject %s, %zu trials", client_text(session, "session"), client_text(session, "subject"),
           json_array_size(json_object_get(session, "trials")));
    if (*client_text(session, "condition") || *client_text(session, "timepoint"))
        printf(", %s %s", client_text(session, "condition"), client_text(session, "timepoint"));
    if (!isnan(client_number(session, "mass_kg")))
        printf(", %.1f kg", client_number(session, "mass_kg"));
    putchar('\n');
}

static void print_output(const struct client *client, const json_t *output)
{
    printf("output    %s", client_text(output, "path"));
    if (!isnan(client_number(output, "minutes_left")))
        printf(", room for %.0f min (%.0f GiB)", client_number(output, "minutes_left"),
               client_number(output, "free_MiB") / 1024);
    if (*client_text(output, "text"))
        printf("  %s%s%s", print_colour(client, PRINT_RED), client_text(output, "text"),
               print_colour(client, PRINT_PLAIN));
    putchar('\n');
}

static void print_trial(const json_t *trial)
{
    if (json_is_object(trial))
        printf("          trial %.0f (run %.0f) %s %s: %.1f s, %.0f frames, %.0f footfalls, lost %.0f by the mat, %.0f "
               "by us\n",
               client_number(trial, "trial"), client_number(trial, "run"), client_text(trial, "condition"),
               client_text(trial, "timepoint"), client_number(trial, "seconds"), client_number(trial, "frames"),
               client_number(trial, "footfalls"), client_number(trial, "lost_device"),
               client_number(trial, "lost_ring"));
}

/* Only what went wrong; the words are those of the answer. */
static void print_usb(const json_t *usb)
{
    static const char *const name[] = {"stalls",      "overflows", "errors",  "no_device",
                                       "clear_halts", "resets",    "reopens", "reconnects"};
    static const char *const word[] = {"stalled",       "overflown", "failed",       "without a device",
                                       "halts cleared", "resets",    "opened again", "came back"};
    int n = 0;

    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        if (client_number(usb, name[i]) > 0)
            printf("%s%.0f %s", n++ ? ", " : "          transfers: ", client_number(usb, name[i]), word[i]);
    if (n)
        putchar('\n');
}

static void print_calibration(const struct client *client, const json_t *mat)
{
    const char *path = client_text(mat, "calibration_path"), *text = client_text(mat, "calibration_text");

    if (*path)
        printf("          calibration %.0f, %s\n", client_number(mat, "calibration"), path);
    if (*text)
        printf("          %scalibration: %s%s\n", print_colour(client, PRINT_YELLOW), text,
               print_colour(client, PRINT_PLAIN));
    if (client_number(mat, "dead_cells") > 0) {
        fputs("          ", stdout);
        print_dead_cells(mat);
        putchar('\n');
    }
}

static void print_mat(const struct client *client, const json_t *mat)
{
    double age = client_number(mat, "last_frame_age_s");

    printf("mat       %s%s%s  %s, %.0f x %.0f cells of %.3g x %.3g mm, %s", print_colour(client, PRINT_BOLD),
           client_text(mat, "mat"), print_colour(client, PRINT_PLAIN), client_text(mat, "source"),
           client_number(mat, "cols"), client_number(mat, "rows"), client_number(mat, "pitch_x_mm"),
           client_number(mat, "pitch_y_mm"), client_text(mat, "state"));
    if (*client_text(mat, "text"))
        printf(": %s", client_text(mat, "text"));
    printf("\n          %.1f of %.0f Hz, %.0f frames, ", client_number(mat, "rate_hz"),
           client_number(mat, "nominal_rate_hz"), client_number(mat, "frames"));
    if (isnan(age))
        fputs("none yet", stdout);
    else
        printf("the last %.1f s ago", age);
    printf("; lost %.0f by the mat, %.0f by us; %.0f not shown\n", client_number(mat, "lost_device"),
           client_number(mat, "lost_ring"), client_number(mat, "skipped"));
    print_usb(json_object_get(mat, "usb"));
    print_calibration(client, mat);
    print_trial(json_object_get(mat, "trial"));
}

static void print_status(const struct client *client, const json_t *result)
{
    const json_t *mats = json_object_get(result, "mats"), *sealer = json_object_get(result, "sealer");
    const json_t *mat;
    size_t i;

    printf("gaitd     %s, up %.0f s\n", client_text(result, "version"), client_number(result, "uptime_s"));
    print_session(json_object_get(result, "session"));
    print_output(client, json_object_get(result, "output"));
    if (json_array_size(mats) == 0)
        puts("mat       none: connect one, or name a source in gaitd.yaml");
    json_array_foreach(mats, i, mat) print_mat(client, mat);
    if (client_number(sealer, "failed") > 0 || client_number(sealer, "waiting") > 0 ||
        json_is_string(json_object_get(sealer, "running")))
        printf("sealer    %.0f waiting, %.0f done, %.0f failed  %s\n", client_number(sealer, "waiting"),
               client_number(sealer, "done"), client_number(sealer, "failed"), client_text(sealer, "text"));
}

static void print_page(const struct client *client, const json_t *result)
{
    (void)client;
    fputs(client_text(result, "text"), stdout);
}

struct status {
    bool prometheus;
};

static const struct argp_option options_of[] = {
    {"prometheus", 'p', NULL, 0, "print the page that Prometheus reads", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct status *status = state->input;

    (void)arg;
    if (key != 'p')
        return ARGP_ERR_UNKNOWN;
    status->prometheus = true;
    return 0;
}

static int run(const struct client *client, const void *options)
{
    const struct status *status = options;

    if (status->prometheus)
        return client_ask_print(client, "metrics", NULL, CLIENT_ASK_MS, print_page);
    return client_ask_print(client, "status", NULL, CLIENT_ASK_MS, print_status);
}

const struct verb verb_status = {
    .name = "status",
    .summary = "Show mats, rates, losses, the session, room on the disk",
    .more = "Examples:\n  gait status\n  gait status --json | jq .mats[0].rate_hz",
    .options = options_of,
    .size = sizeof(struct status),
    .parse = parse,
    .run = run,
};
