#include <math.h>
#include <stdio.h>
#include <string.h>

#include "print.h"
#include "verb.h"

/* Trials that the daemon's or the machine's end cut off, and what is left of them. */
static void print_cut_off(const struct client *client, const json_t *trials)
{
    const json_t *trial;
    size_t i;

    json_array_foreach(trials, i, trial)
    {
        if (!json_is_true(json_object_get(trial, "recovered")))
            continue;
        printf("          %strial %.0f was cut off", print_colour(client, PRINT_YELLOW), client_number(trial, "trial"));
        if (isnan(client_number(trial, "frames")))
            fputs(" and is being recovered", stdout);
        else
            printf(": %.0f frames and %.0f footfalls are recovered", client_number(trial, "frames"),
                   client_number(trial, "footfalls"));
        puts(print_colour(client, PRINT_PLAIN));
    }
}

static void print_session(const struct client *client, const json_t *session)
{
    if (!json_is_object(session)) {
        puts("session   none open: gait session open --subject ID");
        return;
    }
    printf("session   %s, subject %s, %zu trial%s", client_text(session, "session"), client_text(session, "subject"),
           json_array_size(json_object_get(session, "trials")),
           json_array_size(json_object_get(session, "trials")) == 1 ? "" : "s");
    if (*client_text(session, "condition") || *client_text(session, "timepoint"))
        printf(", %s %s", client_text(session, "condition"), client_text(session, "timepoint"));
    if (!isnan(client_number(session, "mass_kg")))
        printf(", %.1f kg", client_number(session, "mass_kg"));
    putchar('\n');
    print_cut_off(client, json_object_get(session, "trials"));
}

static void print_not_valid(const json_t *counts)
{
    printf("%.0f not (%.0f partial, %.0f merged)", client_number(counts, "invalid"), client_number(counts, "partial"),
           client_number(counts, "merged"));
}

/* Valid steps so far, in the cell at work. */
static void print_cell(const json_t *quality)
{
    const json_t *cell, *no_side = json_object_get(quality, "no_side");
    size_t i;

    json_array_foreach(json_object_get(quality, "cells"), i, cell)
    {
        if (strcmp(client_text(cell, "timepoint"), client_text(quality, "timepoint")) != 0 ||
            strcmp(client_text(cell, "condition"), client_text(quality, "condition")) != 0)
            continue;
        printf("          %-5s  %.0f", client_text(cell, "foot"), client_number(cell, "valid"));
        if (client_number(cell, "target") > 0)
            printf(" of %.0f", client_number(cell, "target"));
        fputs(" valid", stdout);
        if (client_number(cell, "invalid") > 0) {
            fputs(", ", stdout);
            print_not_valid(cell);
        }
        if (!isnan(client_number(cell, "stance_median_s")))
            printf(", stance %.3f s", client_number(cell, "stance_median_s"));
        if (client_number(cell, "in_window") + client_number(cell, "out_of_window") > 0)
            printf(", %.0f in the window, %.0f not", client_number(cell, "in_window"),
                   client_number(cell, "out_of_window"));
        putchar('\n');
    }
    if (client_number(no_side, "invalid") > 0) {
        fputs("          of neither foot for certain: ", stdout);
        print_not_valid(no_side);
        putchar('\n');
    }
}

static void print_range(const json_t *window, const char *foot, const char *before)
{
    const json_t *range = json_object_get(window, foot);

    if (isnan(client_number(range, "low")))
        printf("%sno %s step yet", before, foot);
    else
        printf("%s%.3f to %.3f s %s", before, client_number(range, "low"), client_number(range, "high"), foot);
}

static void print_window(const json_t *quality)
{
    const json_t *window = json_object_get(quality, "window"), *left = json_object_get(window, "left");
    const json_t *right = json_object_get(window, "right");
    bool speed = strcmp(client_text(window, "by"), "speed") == 0;

    if (isnan(client_number(left, "low")) && isnan(client_number(right, "low")))
        return;
    if (speed) {
        printf("          window: %.3f to %.3f m/s\n", client_number(left, "low"), client_number(left, "high"));
        return;
    }
    print_range(window, "left", "          window: stance ");
    print_range(window, "right", ", ");
    putchar('\n');
}

static void print_quality(const struct client *client, const json_t *quality)
{
    const json_t *warning;
    size_t i;

    printf("quality   %s, %s: %s", client_text(quality, "timepoint"), client_text(quality, "condition"),
           client_text(quality, "text"));
    if (!isnan(client_number(quality, "balance_s")))
        printf("; left and right %.0f s apart", fabs(client_number(quality, "balance_s")));
    putchar('\n');
    print_cell(quality);
    print_window(quality);
    json_array_foreach(json_object_get(quality, "warnings"), i, warning)
        printf("          %s%s%s\n", print_colour(client, PRINT_RED), json_string_value(warning),
               print_colour(client, PRINT_PLAIN));
}

static void print_treatment(const json_t *treatment)
{
    if (!json_is_object(treatment))
        return;
    printf("treatment %.0f ", client_number(treatment, "n"));
    if (strcmp(client_text(treatment, "state"), "running") == 0)
        printf("under way for %.0f s", client_number(treatment, "running_s"));
    else
        printf("ended %.0f s ago", client_number(treatment, "since_s"));
    if (json_is_true(json_object_get(treatment, "hidden")))
        fputs(", what it was is hidden", stdout);
    else if (*client_text(treatment, "technique"))
        printf(", %s", client_text(treatment, "technique"));
    if (*client_text(treatment, "side"))
        printf(", %s", client_text(treatment, "side"));
    putchar('\n');
}

/* The way through the protocol, a timepoint a word. */
static void print_study(const struct client *client, const json_t *session)
{
    const json_t *p = json_object_get(session, "protocol"), *t;
    size_t i;

    print_treatment(json_object_get(session, "treatment"));
    if (!json_is_object(p))
        return;
    printf("protocol  %s%s:", client_text(p, "name"), json_is_true(json_object_get(session, "blind")) ? ", blind" : "");
    json_array_foreach(json_object_get(p, "timepoints"), i, t)
        printf(" %s %.0f/%.0f", client_text(t, "timepoint"), client_number(t, "passes"), client_number(t, "of"));
    putchar('\n');
    if (json_is_object(json_object_get(session, "quality")))
        print_quality(client, json_object_get(session, "quality"));
    printf("next      %s%s%s\n", print_colour(client, PRINT_BOLD),
           client_text(json_object_get(session, "next"), "text"), print_colour(client, PRINT_PLAIN));
}

static void print_output(const struct client *client, const json_t *output)
{
    double minutes = client_number(output, "minutes_left"), free_MiB = client_number(output, "free_MiB");

    printf("output    %s", client_text(output, "path"));
    if (!isnan(minutes))
        printf(", room for %.0f %s (%.0f %s)", minutes < 1 ? minutes * 60 : minutes, minutes < 1 ? "s" : "min",
               free_MiB < 1024 ? free_MiB : free_MiB / 1024, free_MiB < 1024 ? "MiB" : "GiB");
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

struct count_word {
    const char *name, *word;
};

/* Only what went wrong. */
static void print_counts(const char *title, const json_t *counts, const struct count_word *words)
{
    const char *before = title;

    for (; words->name; words++)
        if (client_number(counts, words->name) > 0) {
            printf("%s%.0fx %s", before, client_number(counts, words->name), words->word);
            before = ", ";
        }
    if (before != title)
        putchar('\n');
}

static const struct count_word transfers[] = {{"stalls", "stalled"},
                                              {"overflows", "overflown"},
                                              {"errors", "failed"},
                                              {"no_device", "without a device"},
                                              {"clear_halts", "halt cleared"},
                                              {"resets", "reset"},
                                              {"reopens", "opened again"},
                                              {"reconnects", "came back"},
                                              {0}};
static const struct count_word skipped[] = {{"skip_early", "bytes before a frame"},
                                            {"skip_length", "wrong length"},
                                            {"bad_checksum", "wrong checksum"},
                                            {"bad_sanity", "impossible content"},
                                            {0}};

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

    printf("mat       %s%s%s  %s, ", print_colour(client, PRINT_BOLD), client_text(mat, "mat"),
           print_colour(client, PRINT_PLAIN), client_text(mat, "source"));
    if (isnan(client_number(mat, "cols")))
        fputs("not open yet, ", stdout);
    else
        printf("%.0f x %.0f cells of %.3g x %.3g mm, ", client_number(mat, "cols"), client_number(mat, "rows"),
               client_number(mat, "pitch_x_mm"), client_number(mat, "pitch_y_mm"));
    print_state(mat);
    if (isnan(client_number(mat, "cols"))) {
        putchar('\n');
        return;
    }
    if (strcmp(client_text(mat, "text"), "unplugged") == 0 && json_is_object(json_object_get(mat, "trial")))
        fputs("; plug it in again, the trial goes on", stdout);
    printf("\n          %.1f of %.0f Hz, %.0f frames, ", client_number(mat, "rate_hz"),
           client_number(mat, "nominal_rate_hz"), client_number(mat, "frames"));
    if (isnan(age))
        fputs("none yet", stdout);
    else
        printf("the last %.1f s ago", age);
    printf("; lost %.0f by the mat, %.0f by us; %.0f not shown\n", client_number(mat, "lost_device"),
           client_number(mat, "lost_ring"), client_number(mat, "skipped"));
    print_counts("          transfers: ", json_object_get(mat, "usb"), transfers);
    print_counts("          skipped: ", json_object_get(mat, "decode"), skipped);
    print_calibration(client, mat);
    print_trial(json_object_get(mat, "trial"));
}

static void print_status(const struct client *client, const json_t *result)
{
    const json_t *mats = json_object_get(result, "mats"), *sealer = json_object_get(result, "sealer");
    const json_t *mat;
    size_t i;

    printf("gaitd     %s, up %.0f s\n", client_text(result, "version"), client_number(result, "uptime_s"));
    print_session(client, json_object_get(result, "session"));
    print_study(client, json_object_get(result, "session"));
    print_output(client, json_object_get(result, "output"));
    if (json_array_size(mats) == 0)
        puts("mat       none: connect one, or name a source in gaitd.yaml");
    json_array_foreach(mats, i, mat) print_mat(client, mat);
    if (*client_text(sealer, "text") || client_number(sealer, "waiting") > 0 ||
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
