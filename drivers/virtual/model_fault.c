/* Faults on command: what is due when the next frame is made. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "virtual/model_internal.h"

int mat_model_fault(struct mat_model *m, const struct mat_fault *fault)
{
    switch (fault->kind) {
    case MAT_FAULT_HOSTILE_DESCRIPTOR:
        model_lie(m, (unsigned)(fault->seed % MAT_MODEL_LIES));
        return 0;
    case MAT_FAULT_DUPLICATE_SERIAL: /* what cheap chips all say */
        snprintf(m->serial, sizeof m->serial, "0123456789");
        model_describe(m);
        return 0;
    case MAT_FAULT_NONE:
        m->faults = 0;
        return 0;
    default:
        break;
    }
    if (m->faults == MODEL_FAULTS_MAX)
        return -ENOSPC;
    m->fault[m->faults++] = *fault;
    return 0;
}

static struct mat_fault *due(struct mat_model *m, enum mat_fault_kind kind)
{
    for (unsigned i = 0; i < m->faults; i++)
        if (m->fault[i].kind == kind && m->fault[i].count && m->frames >= m->fault[i].after_frames)
            return &m->fault[i];
    return NULL;
}

static bool take(struct mat_model *m, enum mat_fault_kind kind, uint64_t *ret_seed)
{
    struct mat_fault *f = due(m, kind);

    if (!f)
        return false;
    f->count--;
    *ret_seed = f->seed = f->seed * 6364136223846793005u + 1442695040888963407u;
    return true;
}

void model_fault_seq(struct mat_model *m)
{
    struct mat_fault *gap = due(m, MAT_FAULT_SEQUENCE_GAP);

    if (!gap)
        return;
    m->seq += gap->count;
    gap->count = 0;
}

void model_fault_stop(struct mat_model *m)
{
    uint64_t seed;

    if (!take(m, MAT_FAULT_HALF, &seed) || model_next_frame(m) <= 0)
        return;
    m->out_used /= 2;
    for (unsigned k = 0; k < m->parts_made; k++)
        if (m->part_end[k] > m->out_used)
            m->part_end[k] = m->out_used;
}

static void fault_bytes(struct mat_model *m)
{
    uint64_t seed;

    if (take(m, MAT_FAULT_BIT_FLIP, &seed))
        m->out[(seed >> 8) % m->out_used] ^= (uint8_t)(1u << (seed >> 61));
    if (take(m, MAT_FAULT_TRUNCATE, &seed))
        m->out_used = 1 + (seed >> 8) % (m->out_used - 1);
    for (unsigned k = 0; k < m->parts; k++)
        if (m->part_end[k] > m->out_used)
            m->part_end[k] = m->out_used;
}

void model_fault_frame(struct mat_model *m)
{
    struct mat_fault *silence = due(m, MAT_FAULT_SILENCE);
    uint64_t seed;

    if (silence) {
        m->silence = silence->count;
        silence->count = 0;
    }
    fault_bytes(m);
    if (take(m, MAT_FAULT_STALL, &seed)) {
        m->halted = true;
        m->out_sent = m->out_used;
    }
    if (take(m, MAT_FAULT_OVERFLOW, &seed) || take(m, MAT_FAULT_BABBLE, &seed))
        m->pending_error = -EOVERFLOW;
    else if (take(m, MAT_FAULT_PROTOCOL, &seed))
        m->pending_error = -EPROTO;
    if (take(m, MAT_FAULT_SHORT, &seed)) { /* the transfer ends early, the rest comes in the next one */
        size_t cut = 1 + (seed >> 8) % m->part_end[0];

        memmove(m->part_end + 1, m->part_end, (m->parts_made < 63 ? m->parts_made : 63) * sizeof m->part_end[0]);
        m->part_end[0] = cut;
        m->parts_made++;
    }
    if (take(m, MAT_FAULT_UNPLUG, &seed))
        m->unplugged = true;
}
