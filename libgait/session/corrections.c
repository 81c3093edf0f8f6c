#include "session/corrections.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static bool take(const json_t *row, const struct gait_recorded_trial *trial, struct gait_action *ret)
{
    const char *kind = json_string_value(json_object_get(row, "kind"));
    const char *side = json_string_value(json_object_get(row, "side")),
               *why = json_string_value(json_object_get(row, "why"));
    json_int_t footfall = json_integer_value(json_object_get(row, "footfall"));

    if (json_integer_value(json_object_get(row, "trial")) != (json_int_t)trial->header.trial || !kind || footfall < 1)
        return false;
    *ret = (struct gait_action){
        .footfall = (uint32_t)footfall,
        .at_frame = trial->header.first_frame + trial->frames,
        .t_ns = (uint64_t)json_integer_value(json_object_get(row, "t_ns")),
    };
    snprintf(ret->text, sizeof(ret->text), "%s", why ? why : "");
    if (strcmp(kind, "invalid") == 0)
        ret->kind = GAIT_ACTION_INVALID;
    else if (strcmp(kind, "set_side") == 0 && side)
        ret->kind = GAIT_ACTION_SET_SIDE;
    if (ret->kind == GAIT_ACTION_SET_SIDE)
        ret->side = strcmp(side, "left") == 0 ? GAIT_SIDE_LEFT : strcmp(side, "right") == 0 ? GAIT_SIDE_RIGHT : 0;
    return ret->kind == GAIT_ACTION_INVALID || ret->side;
}

int corrections_add(const struct json_t *root, const struct gait_recorded_trial *trial, struct gait_action **ret_action,
                    uint32_t *ret_n)
{
    const json_t *rows = json_object_get(root, "corrections");
    struct gait_action *action = calloc(trial->n_actions + json_array_size(rows) + 1, sizeof(*action));
    uint32_t n = trial->n_actions;

    if (!action)
        return -ENOMEM;
    if (n)
        memcpy(action, trial->action, n * sizeof(*action));
    for (size_t i = 0; i < json_array_size(rows); i++)
        n += take(json_array_get(rows, i), trial, &action[n]);
    *ret_action = action;
    *ret_n = n;
    return 0;
}

int gait_recording_said(const struct gait_recording *recording, uint32_t i, struct gait_action **ret_action,
                        uint32_t *ret_n)
{
    const struct gait_recorded_trial *trial = gait_recording_trial(recording, i);
    _cleanup_free_ char *text = NULL;
    json_t *root;
    int r;

    if (!trial)
        return -EINVAL;
    root = gait_recording_session_json(recording, &text) == 0 ? json_loads(text, 0, NULL) : NULL;
    r = corrections_add(root, trial, ret_action, ret_n);
    json_decref(root);
    return r;
}
