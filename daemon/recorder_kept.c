/*
 * Records between the frames that no sync covers yet: footfalls and actions. The ring still holds the frames of that stretch; these are kept here as they were
 * packed, so that a journal that fails can be written again elsewhere without a hole.
 */
#include <stdlib.h>

#include "memory.h"
#include "recorder.h"

struct kept_record {
    struct kept_record *next;
    enum gait_record_type type;
    uint64_t index;  /* ring index it stands before */
    uint64_t number; /* in the journal it was appended to; UINT64_MAX: it could not be appended */
    struct gait_pack pack;
};

static struct kept_record *kept_free(struct kept_record *k)
{
    struct kept_record *next = k->next;

    gait_pack_done(&k->pack);
    free(k);
    return next;
}

/* Counted as a footfall of the journal it went into. */
static int append(struct recorder_lane *rec, struct gait_journal *journal, struct kept_record *k)
{
    struct gait_journal_mark mark;
    int r = gait_journal_append(journal, k->type, &k->pack);

    gait_journal_appended(journal, &mark);
    k->number = r < 0 ? UINT64_MAX : mark.records - 1;
    if (r == 0 && k->type == GAIT_RECORD_FOOTFALL)
        rec->journal_footfalls++;
    return r;
}

/* What is synced needs no keeping. */
static void forget_synced(struct recorder_lane *rec)
{
    struct gait_journal_mark mark;

    gait_journal_synced(rec->journal, &mark);
    while (rec->kept && rec->kept->number < mark.records)
        rec->kept = kept_free(rec->kept);
}

void recorder_keep(struct recorder_lane *rec, enum gait_record_type type, uint64_t index, struct gait_pack *pack)
{
    struct kept_record *k = malloc(sizeof *k), **last;

    if (!k || gait_pack_error(pack)) {
        if (type == GAIT_RECORD_ACTION) /* it was obeyed: live would not be offline */
            memory_gone();
        free(k);
        gait_pack_done(pack);
        atomic_fetch_add(&rec->trial->footfalls_dropped, type == GAIT_RECORD_FOOTFALL);
        return;
    }
    *k = (struct kept_record){.type = type, .index = index, .pack = *pack};
    (void)append(rec, rec->journal, k); /* a failure shows at the next frame or at the close, and is mended there */
    forget_synced(rec);
    for (last = &rec->kept; *last; last = &(*last)->next)
        ;
    *last = k;
}

int recorder_kept_rewrite(struct recorder_lane *rec, struct gait_journal *journal, uint64_t from, uint64_t upto)
{
    int r = 0;

    for (struct kept_record *k = rec->kept; k && r == 0; k = k->next)
        if (k->index >= from && k->index < upto)
            r = append(rec, journal, k);
    return r;
}

void recorder_kept_safe(struct recorder_lane *rec, const struct gait_journal_mark *safe)
{
    struct kept_record **at = &rec->kept;

    while (*at) {
        if ((*at)->number < safe->records)
            *at = kept_free(*at);
        else
            at = &(*at)->next;
    }
}

bool recorder_kept_unwritten(const struct recorder_lane *rec)
{
    for (const struct kept_record *k = rec->kept; k; k = k->next)
        if (k->number == UINT64_MAX)
            return true;
    return false;
}

uint64_t recorder_kept_footfalls(const struct recorder_lane *rec)
{
    uint64_t n = 0;

    for (const struct kept_record *k = rec->kept; k; k = k->next)
        n += k->type == GAIT_RECORD_FOOTFALL && k->number != UINT64_MAX;
    return n;
}

void recorder_kept_done(struct recorder_lane *rec)
{
    while (rec->kept) {
        if (rec->kept->number == UINT64_MAX && rec->kept->type == GAIT_RECORD_FOOTFALL && rec->trial)
            atomic_fetch_add(&rec->trial->footfalls_dropped, 1);
        rec->kept = kept_free(rec->kept);
    }
}
