/* gait session fields: what may be kept of a subject and a visit. No daemon is asked. */
#include <stdio.h>

#include "protocol/field.h"
#include "verb.h"

/* Of which values. */
static void say_values(const struct field *f, char ret[80])
{
    const char *unit = f->unit;

    switch (f->kind) {
    case FIELD_REAL:
    case FIELD_COUNT:
        snprintf(ret, 80, "%g to %g%s%s", f->min, f->max, *unit ? " " : "", unit);
        break;
    case FIELD_WORD:
        snprintf(ret, 80, "%s", f->values);
        break;
    case FIELD_DATE:
        snprintf(ret, 80, "2026-03-01");
        break;
    case FIELD_TIME:
        snprintf(ret, 80, "14:05");
        break;
    case FIELD_BOOL:
        snprintf(ret, 80, "true false");
        break;
    default:
        snprintf(ret, 80, "%s, at most %g", f->kind == FIELD_CODE ? "one word" : "text", f->max);
        break;
    }
}

static void print_row(const struct client *client, const struct field *f)
{
    char values[80];
    json_t *row;

    if (!client->json) {
        say_values(f, values);
        printf("%-29s %-27s %s\n", f->name, values, f->about);
        return;
    }
    row = json_pack("{s:s, s:s, s:s, s:s}", "field", f->name, "type", field_kind_name(f->kind), "unit", f->unit,
                    "about", f->about);
    if (f->kind == FIELD_REAL || f->kind == FIELD_COUNT)
        json_object_update_new(row, json_pack("{s:f, s:f}", "min", f->min, "max", f->max));
    if (f->values)
        json_object_set_new(row, "values", json_string(f->values));
    client_print_json(row);
    json_decref(row);
}

static int run(const struct client *client, const void *options)
{
    static const struct field known[] = {
        {"mass_kg", FIELD_REAL, "kg", 2, 400, NULL, "body mass of today"},
        {"stature_m", FIELD_REAL, "m", 0.3, 2.8, NULL, "stature"},
        {"foot_length_left_mm", FIELD_REAL, "mm", 50, 450, NULL, "measured foot length, left"},
        {"foot_length_right_mm", FIELD_REAL, "mm", 50, 450, NULL, "measured foot length, right"},
    };

    (void)options;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        print_row(client, &known[i]);
    for (const struct field *f = subject_fields; f->name; f++)
        print_row(client, f);
    if (!client->json)
        puts("x_...                        number or text                 a field of your own");
    return CLIENT_OK;
}

const struct verb verb_session_fields = {
    .name = "session fields",
    .summary = "List what may be kept of a subject and a visit",
    .more = "All may be left out, none names anybody. They are set with gait session open --set FIELD=VALUE or gait "
            "session "
            "set FIELD=VALUE.",
    .run = run,
};
