/* What an operator may not see while a session is blind: which arm, which timepoint, numbers that could be compared. Quality and counts stay. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study.h"

bool study_is_blind(const struct session *s)
{
    return s && s->protocol && s->protocol->blind && !json_object_get(s->state, "locked");
}

const char *study_shown(const struct session *s, const char *timepoint, char buffer[STUDY_NAME_MAX + 1])
{
    int i;

    if (!study_is_blind(s) || !timepoint || !*timepoint)
        return timepoint;
    i = protocol_timepoint_find(s->protocol, timepoint);
    snprintf(buffer, STUDY_NAME_MAX + 1, "t%d", i + 1);
    return buffer;
}

const char *study_meant(const struct session *s, const char *shown)
{
    char *end;
    unsigned long i;

    if (!study_is_blind(s) || *shown != 't' || shown[1] < '1' || shown[1] > '9')
        return shown;
    i = strtoul(shown + 1, &end, 10);
    return *end || i > s->protocol->n_timepoints ? shown : s->protocol->timepoints[i - 1].name;
}

json_t *study_hide_row(const struct session *s, json_t *row)
{
    const char *timepoint = json_string_value(json_object_get(row, "timepoint"));
    char buffer[STUDY_NAME_MAX + 1];

    if (study_is_blind(s) && timepoint) {
        json_object_set_new(row, "timepoint", json_string(study_shown(s, timepoint, buffer)));
        json_object_del(row, "t_since_treatment_s");
        json_object_del(row, "late");
        json_object_del(row, "override");
    }
    return row;
}

void study_tell_blind(struct daemon *d)
{
    atomic_store(&d->publisher.blind, study_is_blind(d->session));
}
