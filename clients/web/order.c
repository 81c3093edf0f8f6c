#include "order.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum type { TEXT, WORD, NUMBER, INTEGER, FIELDS }; /* WORD: a name that can be no path */
enum { ARGS_MAX = 8, QUICK_MS = 15000, SLOW_MS = 180000 };

/* The arguments that pass, of docs/CONTROL.md. `source` of trial start is not among them: it names files. */
struct rule {
    const char *verb;
    int timeout_ms;
    struct {
        const char *name;
        enum type type;
    } arg[ARGS_MAX];
};

static const struct rule rules[] = {
    {"session open",
     QUICK_MS,
     {{"subject", TEXT},
      {"mass_kg", NUMBER},
      {"stature_m", NUMBER},
      {"foot_length_left_mm", NUMBER},
      {"foot_length_right_mm", NUMBER},
      {"fields", FIELDS},
      {"protocol", WORD},
      {"override", TEXT}}},
    {"session set",
     QUICK_MS,
     {{"mass_kg", NUMBER}, {"stature_m", NUMBER}, {"condition", TEXT}, {"timepoint", TEXT}, {"fields", FIELDS}}},
    {"session close", SLOW_MS, {{NULL, TEXT}}},
    {"session list", QUICK_MS, {{NULL, TEXT}}},
    {"session lock", QUICK_MS, {{NULL, TEXT}}},
    {"treatment start",
     QUICK_MS,
     {{"technique", TEXT},
      {"muscle", TEXT},
      {"side", WORD},
      {"planned_min", NUMBER},
      {"intensity", TEXT},
      {"by", TEXT},
      {"override", TEXT}}},
    {"treatment stop", QUICK_MS, {{NULL, TEXT}}},
    {"review open", QUICK_MS, {{"session", WORD}}}, /* gaitweb's own */
    {"trial start", QUICK_MS, {{"mat", TEXT}, {"condition", TEXT}, {"timepoint", TEXT}, {"override", TEXT}}},
    {"trial stop", QUICK_MS, {{"mat", TEXT}}},
    {"trial discard", QUICK_MS, {{"why", TEXT}, {"mat", TEXT}, {"trial", INTEGER}}},
    {"tare", QUICK_MS, {{"mat", TEXT}, {"frames", INTEGER}}},
    {"mark", QUICK_MS, {{"text", TEXT}, {"mat", TEXT}}},
    {"footfall set-side", QUICK_MS, {{"footfall", INTEGER}, {"side", TEXT}, {"mat", TEXT}, {"trial", INTEGER}}},
    {"footfall invalid", QUICK_MS, {{"footfall", INTEGER}, {"why", TEXT}, {"mat", TEXT}, {"trial", INTEGER}}},
};

static bool text_fits(const json_t *value, size_t max)
{
    return json_is_string(value) && json_string_length(value) >= 1 && json_string_length(value) <= max &&
           strlen(json_string_value(value)) == json_string_length(value);
}

static bool fields_fit(const json_t *fields)
{
    const char *name;
    json_t *value;

    if (!json_is_object(fields) || json_object_size(fields) > ORDER_FIELDS_MAX)
        return false;
    json_object_foreach((json_t *)(uintptr_t)fields, name,
                        value) if (strlen(name) > ORDER_TEXT_MAX || !(json_is_number(value) || json_is_true(value) ||
                                                                      text_fits(value, ORDER_TEXT_MAX))) return false;
    return true;
}

static bool fits(const json_t *value, enum type type)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    switch (type) {
    case TEXT:
        return text_fits(value, ORDER_TEXT_MAX);
    case WORD:
        return text_fits(value, GAIT_ID_MAX) && json_string_value(value)[0] != '.' &&
               json_string_length(value) == strspn(json_string_value(value), letters);
    case NUMBER:
        return json_is_number(value) && isfinite(json_number_value(value));
    case INTEGER:
        return json_is_integer(value) && json_integer_value(value) >= 0;
    case FIELDS:
        return fields_fit(value);
    }
    return false;
}

static bool args_fit(const struct rule *rule, const json_t *args)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)args, name, value)
    {
        size_t i = 0;

        while (i < ARGS_MAX && rule->arg[i].name && strcmp(rule->arg[i].name, name) != 0)
            i++;
        if (i == ARGS_MAX || !rule->arg[i].name || !fits(value, rule->arg[i].type))
            return false;
    }
    return true;
}

static const struct rule *rule_of(const json_t *verb)
{
    const char *text = json_string_value(verb);

    for (size_t i = 0; text && i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i].verb, text) == 0)
            return &rules[i];
    return NULL;
}

/* Why an asking message is refused; NULL: it is taken. */
static const char *read_ask(const json_t *message, struct order *order)
{
    json_t *args = json_object_get(message, "args");
    const json_t *id = json_object_get(message, "id");
    const struct rule *rule = rule_of(json_object_get(message, "verb"));

    if (!text_fits(id, ORDER_ID_MAX))
        return "id must be a text of 1..32 bytes";
    strcpy(order->id, json_string_value(id));
    if (!rule)
        return "no verb that this page may use";
    if (args && !json_is_object(args))
        return "args must be an object";
    if (args && !args_fit(rule, args))
        return "an argument is unknown, of the wrong type or too long";
    order->verb = rule->verb;
    order->timeout_ms = rule->timeout_ms;
    order->args = args ? json_incref(args) : json_object();
    return order->args ? NULL : "no memory";
}

static const char *read_message(const json_t *message, struct order *order)
{
    const json_t *watch = json_object_get(message, "watch");

    if (!json_is_object(message))
        return "not a JSON object";
    if (!watch) {
        order->kind = ORDER_ASK;
        return read_ask(message, order);
    }
    order->kind = ORDER_WATCH;
    if (!text_fits(watch, GAIT_ID_MAX))
        return "watch must be the id of a mat";
    strcpy(order->mat, json_string_value(watch));
    return NULL;
}

int order_read(const char *text, size_t n, struct order *ret_order, const char **ret_why)
{
    struct order order = {0};
    json_t *message = n <= ORDER_BYTES_MAX ? json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *why = read_message(message, &order);

    json_decref(message);
    *ret_order = order;
    *ret_why = why;
    return why ? -EINVAL : 0;
}

void order_done(struct order *order)
{
    json_decref(order->args);
    order->args = NULL;
}
