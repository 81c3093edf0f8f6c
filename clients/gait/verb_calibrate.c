/* gait calibrate equilibrate, load, weight: what is on the mat is told, the daemon looks and writes the next calibration. */
#include <math.h>
#include <stdio.h>

#include "print.h"
#include "verb.h"

enum { KEY_FRAMES = 0x100, KEY_PRESSURE, KEY_FORCE, KEY_AREA, KEY_MODEL, KEY_MASS, KEY_OVERRIDE };

struct calibrate {
    const char *mat, *model, *override;
    double pressure_kPa, force_N, area_cm2, mass_kg;
    uint32_t frames;
};

#define COMMON                                                                   \
    {"mat", 'm', "ID", 0, "the mat; not needed where there is one", 0},          \
    {                                                                            \
        "frames", KEY_FRAMES, "N", 0, "how many frames to take (100 to 2000)", 0 \
    }

static const struct argp_option equilibrate_options[] = {
    COMMON, {"pressure-kPa", KEY_PRESSURE, "P", 0, "the uniform pressure that is on the whole mat now", 0}, {0}};
static const struct argp_option load_options[] = {
    COMMON,
    {"force-N", KEY_FORCE, "F", 0, "the force that is on the mat now", 0},
    {"area-cm2", KEY_AREA, "A", 0, "the area it stands on", 0},
    {"model", KEY_MODEL, "NAME", 0, "linear, power, poly2 or poly3 (default linear)", 0},
    {0}};
static const struct argp_option weight_options[] = {
    COMMON,
    {"mass-kg", KEY_MASS, "M", 0, "of who stands still on the mat now", 0},
    {"override", KEY_OVERRIDE, "WHY", 0, "in a session that has trials", 0},
    {0}};

static const struct argp_option forget_options[] = {{"mat", 'm', "ID", 0, "the mat; not needed where there is one", 0},
                                                    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct calibrate *c = state->input;

    switch (key) {
    case 'm':
        c->mat = arg;
        return 0;
    case KEY_FRAMES:
        c->frames = (uint32_t)verb_number(state, "--frames", arg, 100, 2000);
        return 0;
    case KEY_PRESSURE:
        c->pressure_kPa = verb_number(state, "--pressure-kPa", arg, 1, 5000);
        return 0;
    case KEY_FORCE:
        c->force_N = verb_number(state, "--force-N", arg, 1, 100000);
        return 0;
    case KEY_AREA:
        c->area_cm2 = verb_number(state, "--area-cm2", arg, 0.1, 100000);
        return 0;
    case KEY_MODEL:
        c->model = arg;
        return 0;
    case KEY_MASS:
        c->mass_kg = verb_number(state, "--mass-kg", arg, 5, 300);
        return 0;
    case KEY_OVERRIDE:
        c->override = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_cells(const json_t *cells)
{
    size_t i;
    const json_t *cell;

    json_array_foreach(cells, i, cell)
        printf("  row %lld, column %lld: %s\n", (long long)json_integer_value(json_array_get(cell, 0)),
               (long long)json_integer_value(json_array_get(cell, 1)), json_string_value(json_array_get(cell, 2)));
}

static void print_result(const struct client *client, const json_t *result)
{
    (void)client;
    printf("%s: %.0f frames taken", client_text(result, "mat"), client_number(result, "frames"));
    if (!isnan(client_number(result, "levels")))
        printf(", level %.0f", client_number(result, "levels"));
    if (!isnan(client_number(result, "count")))
        printf(", %.1f counts at %.1f kPa", client_number(result, "count"), client_number(result, "pressure_kPa"));
    if (!isnan(client_number(result, "step")))
        printf(", %.1f N seen, scale %.4f", client_number(result, "median_N"), client_number(result, "scale"));
    putchar('\n');
    if (!isnan(client_number(result, "spread_percent_after")))
        printf("spread of the cells %.1f %% before, %.1f %% now\n", client_number(result, "spread_percent_before"),
               client_number(result, "spread_percent_after"));
    if (!isnan(client_number(result, "rms_percent")))
        printf("%s curve, off by %.2f %% rms\n", client_text(result, "model"), client_number(result, "rms_percent"));
    print_cells(json_object_get(result, "cells"));
    if (client_number(result, "dead_cells") > 0) {
        print_dead_cells(result);
        putchar('\n');
    }
    if (*client_text(result, "text"))
        printf("%s\n", client_text(result, "text"));
    if (isnan(client_number(result, "calibration")))
        puts("nothing is changed yet: put another pressure or load on the mat and say it");
    else
        printf("calibration %.0f: %s\n", client_number(result, "calibration"), client_text(result, "path"));
}

static void print_forgotten(const struct client *client, const json_t *result)
{
    (void)client;
    printf("%s: %.0f pressures and %.0f loads are forgotten; calibrations that were written stay\n",
           client_text(result, "mat"), client_number(result, "forgotten_levels"),
           client_number(result, "forgotten_loads"));
}

static void set_number(json_t *args, const char *key, double value)
{
    if (value > 0)
        json_object_set_new(args, key, json_real(value));
}

static int ask(const struct client *client, const struct calibrate *c, const char *what)
{
    json_t *args = json_object();

    client_set_text(args, "what", what);
    client_set_text(args, "mat", c->mat);
    client_set_text(args, "model", c->model);
    client_set_text(args, "override", c->override);
    set_number(args, "pressure_kPa", c->pressure_kPa);
    set_number(args, "force_N", c->force_N);
    set_number(args, "area_cm2", c->area_cm2);
    set_number(args, "mass_kg", c->mass_kg);
    if (c->frames)
        json_object_set_new(args, "frames", json_integer(c->frames));
    return client_ask_print(client, "calibrate", args, 6 * CLIENT_ASK_MS, print_result);
}

static int run_forget(const struct client *client, const void *input)
{
    const struct calibrate *c = input;
    json_t *args = json_object();

    client_set_text(args, "what", "forget");
    client_set_text(args, "mat", c->mat);
    return client_ask_print(client, "calibrate", args, CLIENT_ASK_MS, print_forgotten);
}

static int run_equilibrate(const struct client *client, const void *input)
{
    return ask(client, input, "equilibrate");
}

static int run_load(const struct client *client, const void *input)
{
    return ask(client, input, "load");
}

static int run_weight(const struct client *client, const void *input)
{
    return ask(client, input, "weight");
}

const struct verb verb_equilibrate = {
    .name = "calibrate equilibrate",
    .summary = "Make all cells alike, from uniform pressures",
    .more = "Tare first. Once at each of two or more levels of pressure; from the second on each writes a calibration.",
    .options = equilibrate_options,
    .size = sizeof(struct calibrate),
    .parse = parse,
    .run = run_equilibrate,
};

const struct verb verb_load = {
    .name = "calibrate load",
    .summary = "Find counts to kPa, from known loads",
    .more = "Tare first. Once for each load; as soon as they are enough for the model each writes a calibration.",
    .options = load_options,
    .size = sizeof(struct calibrate),
    .parse = parse,
    .run = run_load,
};

const struct verb verb_weight = {
    .name = "calibrate weight",
    .summary = "Scale the mat to a known body mass: stand still for 2 s",
    .options = weight_options,
    .size = sizeof(struct calibrate),
    .parse = parse,
    .run = run_weight,
};

const struct verb verb_forget = {
    .name = "calibrate forget",
    .summary = "Forget the pressures and loads told so far",
    .more = "After one that was entered wrong: the next equilibrate or load begins anew.",
    .options = forget_options,
    .size = sizeof(struct calibrate),
    .parse = parse,
    .run = run_forget,
};
