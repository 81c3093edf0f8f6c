#include "words.h"

#include <math.h>
#include <string.h>

#include "../client.h"

enum { SILENT_S = 2 };

static void mat_trouble(const struct model *model, const json_t *mat, char text[WORDS_MAX])
{
    const char *state = client_text(mat, "state"), *why = client_text(mat, "text");
    double age_s = client_number(mat, "last_frame_age_s");

    if (strcmp(state, "failed") == 0)
        snprintf(text, WORDS_MAX, "The mat %s has failed: %s", model->mat, why);
    else if (strcmp(why, "silent") == 0 && age_s > SILENT_S) /* plugged in, whatever its state */
        snprintf(text, WORDS_MAX, "The mat %s has been silent for %.0f s", model->mat, age_s);
    else if (strcmp(state, "waiting") == 0 || strcmp(why, "unplugged") == 0) /* a trial goes on without its mat */
        snprintf(text, WORDS_MAX, "The mat %s is not there: %s%s", model->mat, *why ? why : "check its cable",
                 model->recording ? ". The trial goes on, and takes it again when it is back." : "");
    else if (strcmp(state, "recording") == 0 && age_s > SILENT_S)
        snprintf(text, WORDS_MAX, "The mat %s has been silent for %.0f s%s%s", model->mat, age_s, *why ? ": " : "",
                 why);
}

void words_trouble(const struct model *model, char ret_text[WORDS_MAX])
{
    const json_t *output = json_object_get(model->status, "output"), *mat = model_mat(model);

    ret_text[0] = 0;
    if (model->review) {
        if (model->link[0])
            snprintf(ret_text, WORDS_MAX, "The file could not be read to its end: %s", model->link);
        return;
    }
    if (model->link[0])
        snprintf(ret_text, WORDS_MAX, "The daemon is gone: %s. Trying again.", model->link);
    else if (!model->status)
        snprintf(ret_text, WORDS_MAX, "Waiting for the daemon to speak.");
    else if (json_array_size(json_object_get(model->status, "mats")) == 0)
        snprintf(ret_text, WORDS_MAX, "The daemon knows no mat: plug one in, or name one in gaitd.yaml.");
    else if (!mat)
        snprintf(ret_text, WORDS_MAX, "The daemon does not know that mat: Tab looks at another one.");
    else
        mat_trouble(model, mat, ret_text);
    if (!ret_text[0] && json_is_false(json_object_get(output, "writable")))
        snprintf(ret_text, WORDS_MAX, "Nothing can be recorded: %s", client_text(output, "text"));
}

const char *words_side(const json_t *object, const char *key)
{
    const char *side = client_text(object, key);

    return strcmp(side, "left") == 0 ? "Left" : strcmp(side, "right") == 0 ? "Right" : "Side unknown";
}

const char *words_number(char ret_text[24], const json_t *object, const char *key, int digits)
{
    double value = client_number(object, key);

    if (isnan(value))
        strcpy(ret_text, "-");
    else
        snprintf(ret_text, 24, "%.*f", digits, value);
    return ret_text;
}

const char *words_clock(char ret_text[24], double seconds)
{
    long s = seconds > 0 && seconds < 1e7 ? (long)seconds : 0;

    snprintf(ret_text, 24, "%02ld:%02ld", s / 60, s % 60);
    return ret_text;
}

void words_flags(const json_t *footfall, char ret_text[WORDS_MAX])
{
    const json_t *flags = json_object_get(footfall, "flags"), *flag;
    const char *reason = client_text(json_object_get(footfall, "reason"), "stance_s");
    size_t i, n = 0;

    ret_text[0] = 0;
    json_array_foreach(flags, i, flag) if (json_is_string(flag) && n < WORDS_MAX - 1) n +=
        (size_t)snprintf(ret_text + n, WORDS_MAX - n, "%s%s", n ? ", " : "", json_string_value(flag));
    if (!n && !json_is_true(json_object_get(footfall, "valid")))
        snprintf(ret_text, WORDS_MAX, "%s",
                 *reason                                                   ? reason
                 : strcmp(client_text(footfall, "class"), "standing") == 0 ? "standing"
                                                                           : "not the foot that was next");
    for (char *c = ret_text; *c; c++)
        *c = (char)(*c == '_' ? ' ' : *c);
}

/* Why a number is not there, or ""; of a blind session nothing is said. */
static const char *why_not(const json_t *footfall, const char *metric)
{
    const char *reason = client_text(json_object_get(footfall, "reason"), metric);

    return isnan(client_number(json_object_get(footfall, "metrics"), metric)) && strcmp(reason, "blinded") != 0 ? reason
                                                                                                                : "";
}

/* Only numbers that are there, and why the heel's are not. */
static void say_numbers(const json_t *footfall, char ret_text[WORDS_MAX])
{
    static const struct {
        const char *metric, *name, *unit;
        int digits;
    } shown[] = {{"heel31_force_max_pctBW", "heel max", "%BW", 1},
                 {"heel31_force_max_N", "heel max", "N", 0},
                 {"heel31_impulse_Ns", "impulse", "N s", 1},
                 {"ho_pct", "heel-off", "%", 0},
                 {"mid_share_pct", "midfoot", "%", 1}};
    const json_t *metrics = json_object_get(footfall, "metrics");
    const char *why = why_not(footfall, "heel31_force_max_N");
    bool bw = !isnan(client_number(metrics, "heel31_force_max_pctBW"));
    char number[24];
    size_t n = (size_t)snprintf(ret_text, WORDS_MAX, "valid%s%.60s", *why ? ": no heel numbers: " : "", why);

    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (!isnan(client_number(metrics, shown[i].metric)) && !(bw && i == 1))
            n += (size_t)snprintf(ret_text + n, WORDS_MAX - n, "%s %s %s %s", strchr(ret_text, ':') ? "," : ":",
                                  shown[i].name, words_number(number, metrics, shown[i].metric, shown[i].digits),
                                  shown[i].unit);
    for (char *c = ret_text; *c; c++)
        *c = (char)(*c == '_' ? ' ' : *c);
}

void words_footfall(const json_t *footfall, char ret_text[WORDS_MAX])
{
    char why[WORDS_MAX];

    if (!json_is_true(json_object_get(footfall, "valid"))) {
        words_flags(footfall, why);
        snprintf(ret_text, WORDS_MAX, "does not count: %.*s", WORDS_MAX - 32, why);
        return;
    }
    say_numbers(footfall, ret_text);
}
