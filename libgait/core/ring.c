#include "gait/ring.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "gait/cleanup.h"

enum {
    LINE = 64,
    DEPTH_MIN = 8,
    ASSEMBLY = 2, /* frames a framer may have half done */
};

#define NOTHING         UINT64_MAX /* no slot is held */
#define MEMORY_DEFAULT  (512ull << 20)
#define SECONDS_DEFAULT 10.0

/* What one thread writes stands on cache lines of its own. */
struct producer {
    _Alignas(LINE) _Atomic uint64_t head;
    _Atomic uint64_t claim; /* head + slots taken for assembly: from here on nothing is being written */
    _Atomic uint64_t spilled;
    _Atomic uint64_t high_water;
    struct gait_slot *assembly[ASSEMBLY];  /* what acquire() gave; NULL not yet asked for */
    _Atomic uint32_t gap_ring, gap_device; /* lost since the last frame that was taken; others may look */
    uint64_t all_device, all_ring;         /* told with the frames that were taken */
    uint32_t connection;
    bool reconnect;
};

struct stage {
    _Alignas(LINE) _Atomic uint64_t cursor;
    _Atomic uint64_t hold; /* slot being read: recorder's peek, publisher's pin; NOTHING */
    _Atomic uint64_t lag_high_water;
    _Atomic uint64_t skipped; /* publisher */
    uint64_t untold;          /* publisher: skipped and not yet told by a pin */
};

struct gait_ring {
    struct gait_geometry geometry;
    uint64_t depth;
    size_t mapped_bytes;
    struct gait_slot *slot; /* [depth + ASSEMBLY], the last ones are the spill slots */
    struct producer producer;
    struct stage stage[GAIT_STAGE_COUNT];
    _Alignas(LINE) _Atomic uint64_t freed;
};

static uint64_t relaxed(const _Atomic uint64_t *cursor)
{
    return atomic_load_explicit(cursor, memory_order_relaxed);
}

static uint64_t acquired(const _Atomic uint64_t *cursor)
{
    return atomic_load_explicit(cursor, memory_order_acquire);
}

static void release(_Atomic uint64_t *cursor, uint64_t value)
{
    atomic_store_explicit(cursor, value, memory_order_release);
}

/* One writer each, so load and store make a maximum. */
static void raise_to(_Atomic uint64_t *mark, uint64_t value)
{
    if (value > relaxed(mark))
        atomic_store_explicit(mark, value, memory_order_relaxed);
}

static struct gait_slot *slot_at(const struct gait_ring *ring, uint64_t index)
{
    return &ring->slot[index % ring->depth];
}

/* --- making ---------------------------------------------------------------------------------- */

static size_t round_up(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

/* Frames that the wish and the budget allow, or 0. */
static uint64_t depth_of(const struct gait_ring_config *config, size_t frame_bytes)
{
    double seconds = config->seconds > 0 ? config->seconds : SECONDS_DEFAULT;
    double wish = ceil((seconds + config->pre_trigger_s) * config->geometry.rate_hz);
    uint64_t budget = config->memory_bytes ? config->memory_bytes : MEMORY_DEFAULT;
    uint64_t fixed = round_up(sizeof(struct gait_ring)) + ASSEMBLY * frame_bytes;
    uint64_t fits = budget > fixed ? (budget - fixed) / frame_bytes : 0;

    if (fits < DEPTH_MIN)
        return 0;
    if (wish < DEPTH_MIN)
        return DEPTH_MIN;
    return wish < (double)fits ? (uint64_t)wish : fits;
}

static void place_slots(struct gait_ring *ring, size_t raw_bytes)
{
    size_t n = (size_t)ring->depth + ASSEMBLY;
    unsigned char *base = (unsigned char *)ring + round_up(sizeof *ring);
    unsigned char *raw = base + n * round_up(sizeof(struct gait_slot));

    ring->slot = (struct gait_slot *)(void *)base;
    for (size_t i = 0; i < n; i++)
        ring->slot[i].raw = raw + i * raw_bytes;
}

int gait_ring_new(const struct gait_ring_config *config, struct gait_ring **ret_ring)
{
    struct gait_geometry geometry;
    struct gait_ring *ring;
    size_t raw_bytes, frame_bytes, bytes;
    uint64_t depth;
    int r;

    if (!config || !isfinite(config->seconds) || !isfinite(config->pre_trigger_s) || config->seconds < 0 ||
        config->pre_trigger_s < 0)
        return -EINVAL;
    r = gait_geometry_copy(&config->geometry, &geometry);
    if (r < 0)
        return r;
    raw_bytes = round_up(gait_geometry_frame_bytes(&geometry));
    frame_bytes = raw_bytes + round_up(sizeof(struct gait_slot));
    depth = depth_of(config, frame_bytes);
    bytes = round_up(sizeof *ring) + ((size_t)depth + ASSEMBLY) * frame_bytes;
    ring = MAP_FAILED;
    if (depth > 0)
        ring = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (ring == MAP_FAILED) {
        gait_geometry_done(&geometry);
        return depth > 0 ? -ENOMEM : -E2BIG;
    }
    (void)mlock(ring, bytes); /* best effort: `gait doctor` says when the limit is too small */
    ring->geometry = geometry;
    ring->depth = depth;
    ring->mapped_bytes = bytes;
    place_slots(ring, raw_bytes);
    for (int s = 0; s < GAIT_STAGE_COUNT; s++)
        atomic_init(&ring->stage[s].hold, NOTHING);
    *ret_ring = ring;
    return 0;
}

void gait_ring_free(struct gait_ring *ring)
{
    if (!ring)
        return;
    gait_geometry_done(&ring->geometry);
    munmap(ring, ring->mapped_bytes);
}

const struct gait_geometry *gait_ring_geometry(const struct gait_ring *ring)
{
    return &ring->geometry;
}

/* --- producer -------------------------------------------------------------------------------- */

static bool is_spill(const struct gait_ring *ring, const struct gait_slot *slot)
{
    return slot >= ring->slot + ring->depth;
}

/*
 * Take the slot of `index` for writing. The claim is said before the pin is looked at; the publisher does it the other way round.
 * A claim is only taken back before anything was written.
 */
static bool claim(struct gait_ring *ring, uint64_t index)
{
    struct producer *p = &ring->producer;

    if (index < relaxed(&p->claim))
        return true;
    if (index - acquired(&ring->freed) >= ring->depth)
        return false;
    atomic_store(&p->claim, index + 1);
    if (index >= ring->depth && atomic_load(&ring->stage[GAIT_STAGE_PUBLISHER].hold) == index - ring->depth) {
        atomic_store(&p->claim, index);
        return false;
    }
    return true;
}

static struct gait_slot *assemble(struct gait_ring *ring, unsigned which)
{
    struct producer *p = &ring->producer;
    uint64_t index = relaxed(&p->head);
    struct gait_slot *slot;

    if (p->assembly[which])
        return p->assembly[which];
    if (which > 0 && !is_spill(ring, p->assembly[0]))
        index++;
    if (claim(ring, index))
        slot = slot_at(ring, index);
    else /* the spill slot that the other assembly does not use */
        slot = &ring->slot[ring->depth + (p->assembly[0] == &ring->slot[ring->depth])];
    memset(&slot->meta, 0, sizeof slot->meta);
    slot->calibration_version = 0;
    p->assembly[which] = slot;
    return slot;
}

struct gait_slot *gait_ring_acquire(struct gait_ring *ring, unsigned ahead)
{
    struct gait_slot *first = assemble(ring, 0);

    return ahead == 0 ? first : assemble(ring, 1);
}

bool gait_ring_has_room(struct gait_ring *ring)
{
    struct producer *p = &ring->producer;

    if (p->assembly[0])
        return !is_spill(ring, p->assembly[0]);
    return claim(ring, relaxed(&p->head));
}

void gait_ring_abandon(struct gait_ring *ring)
{
    ring->producer.assembly[0] = ring->producer.assembly[1] = NULL;
}

static uint32_t add_counts(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static uint32_t lost(const _Atomic uint32_t *gap)
{
    return atomic_load_explicit(gap, memory_order_acquire);
}

static void lose(_Atomic uint32_t *gap, uint32_t frames)
{
    atomic_store_explicit(gap, add_counts(lost(gap), frames), memory_order_release);
}

static int spill(struct gait_ring *ring, const struct gait_slot *slot)
{
    struct producer *p = &ring->producer;

    lose(&p->gap_ring, add_counts(slot->meta.gap_ring, 1));
    lose(&p->gap_device, slot->meta.gap_device);
    atomic_store_explicit(&p->spilled, relaxed(&p->spilled) + 1, memory_order_relaxed);
    return -ENOSPC;
}

void gait_ring_forget_lost(struct gait_ring *ring)
{
    atomic_store_explicit(&ring->producer.gap_ring, 0, memory_order_release);
    atomic_store_explicit(&ring->producer.gap_device, 0, memory_order_release);
}

/* The frame is published before the counts that it carries are put back: who finds no frame finds the counts. */
static int take(struct gait_ring *ring, struct gait_slot *slot)
{
    struct producer *p = &ring->producer;
    uint64_t head = relaxed(&p->head);

    slot->meta.index = head;
    slot->meta.connection = p->connection;
    slot->meta.gap_ring = add_counts(slot->meta.gap_ring, lost(&p->gap_ring));
    slot->meta.gap_device = add_counts(slot->meta.gap_device, lost(&p->gap_device));
    slot->lost_ring = p->all_ring += slot->meta.gap_ring;
    slot->lost_device = p->all_device += slot->meta.gap_device;
    if (p->reconnect)
        slot->meta.flags |= GAIT_FRAME_RECONNECT;
    p->reconnect = false;
    release(&p->head, head + 1);
    gait_ring_forget_lost(ring);
    raise_to(&p->high_water, head + 1 - relaxed(&ring->freed));
    return 0;
}

int gait_ring_commit(struct gait_ring *ring)
{
    struct producer *p = &ring->producer;
    struct gait_slot *slot = assemble(ring, 0);
    int r = is_spill(ring, slot) ? spill(ring, slot) : take(ring, slot);

    p->assembly[0] = p->assembly[1];
    p->assembly[1] = NULL;
    return r;
}

void gait_ring_reconnected(struct gait_ring *ring)
{
    gait_ring_abandon(ring);
    ring->producer.connection++;
    ring->producer.reconnect = true;
}

/* --- pipeline and recorder ------------------------------------------------------------------- */

static void let_go(struct stage *stage)
{
    if (relaxed(&stage->hold) != NOTHING)
        release(&stage->hold, NOTHING);
}

void gait_ring_lost_behind(const struct gait_ring *ring, uint32_t *ret_device, uint32_t *ret_ring)
{
    uint64_t index = relaxed(&ring->stage[GAIT_STAGE_PIPELINE].cursor);

    *ret_ring = lost(&ring->producer.gap_ring);
    *ret_device = lost(&ring->producer.gap_device);
    if (acquired(&ring->producer.head) == index)
        return;
    *ret_ring = slot_at(ring, index)->meta.gap_ring;
    *ret_device = slot_at(ring, index)->meta.gap_device;
}

/* Say that slot `index` is being read, then look whether the pipeline is still beyond it. */
static bool hold(struct gait_ring *ring, struct stage *stage, uint64_t index)
{
    atomic_store(&stage->hold, index);
    if (atomic_load(&ring->stage[GAIT_STAGE_PIPELINE].cursor) > index)
        return true;
    let_go(stage);
    return false;
}

struct gait_slot *gait_ring_peek(struct gait_ring *ring, enum gait_stage stage)
{
    struct stage *self = &ring->stage[stage];
    uint64_t index = relaxed(&self->cursor);
    uint64_t head = acquired(&ring->producer.head);

    raise_to(&self->lag_high_water, head - index);
    if (stage == GAIT_STAGE_PIPELINE)
        return index < head ? slot_at(ring, index) : NULL;
    if (stage != GAIT_STAGE_RECORDER || !hold(ring, self, index))
        return NULL;
    return slot_at(ring, index);
}

void gait_ring_advance(struct gait_ring *ring, enum gait_stage stage)
{
    struct stage *self = &ring->stage[stage];

    release(&self->cursor, relaxed(&self->cursor) + 1);
    let_go(self);
}

int gait_ring_skip_recorder(struct gait_ring *ring, uint64_t index)
{
    struct stage *self = &ring->stage[GAIT_STAGE_RECORDER];

    let_go(self);
    if (index < relaxed(&self->cursor))
        return -ERANGE;
    if (index == relaxed(&self->cursor))
        return 0;
    if (!hold(ring, self, index - 1))
        return -ERANGE;
    release(&self->cursor, index);
    let_go(self);
    return 0;
}

/* Why the pipeline may not go back to index, or 0. The holds are looked at before the cursor: who let go has moved it. */
static int rewind_refused(const struct gait_ring *ring, uint64_t index)
{
    uint64_t recorder = atomic_load(&ring->stage[GAIT_STAGE_RECORDER].hold);
    uint64_t publisher = atomic_load(&ring->stage[GAIT_STAGE_PUBLISHER].hold);

    if (index < acquired(&ring->stage[GAIT_STAGE_RECORDER].cursor))
        return -ERANGE;
    if ((recorder != NOTHING && recorder >= index) || (publisher != NOTHING && publisher >= index))
        return -EAGAIN;
    return 0;
}

int gait_ring_rewind(struct gait_ring *ring, uint64_t index)
{
    struct stage *self = &ring->stage[GAIT_STAGE_PIPELINE];
    uint64_t old = relaxed(&self->cursor);
    int r;

    if (index > old)
        return -ERANGE;
    r = rewind_refused(ring, index);
    if (r < 0)
        return r;
    atomic_store(&self->cursor, index);
    r = rewind_refused(ring, index);
    if (r < 0)
        atomic_store(&self->cursor, old);
    return r;
}

int gait_ring_release(struct gait_ring *ring, uint64_t index)
{
    if (index < relaxed(&ring->freed) || index > acquired(&ring->stage[GAIT_STAGE_RECORDER].cursor))
        return -ERANGE;
    release(&ring->freed, index);
    return 0;
}

/* --- publisher ------------------------------------------------------------------------------- */

static void skip_to(struct stage *self, uint64_t index)
{
    uint64_t passed = index - relaxed(&self->cursor);

    self->untold += passed;
    atomic_store_explicit(&self->skipped, relaxed(&self->skipped) + passed, memory_order_relaxed);
    release(&self->cursor, index);
}

/* Where to go on from a slot that the producer has taken back: the newest frame, or nothing yet. */
static uint64_t newest(uint64_t index, uint64_t worked)
{
    return worked > index + 2 ? worked - 1 : index + 1;
}

const struct gait_slot *gait_ring_pin(struct gait_ring *ring, uint64_t *ret_skipped)
{
    struct stage *self = &ring->stage[GAIT_STAGE_PUBLISHER];

    *ret_skipped = 0;
    for (;;) {
        uint64_t index = relaxed(&self->cursor);
        uint64_t worked = acquired(&ring->stage[GAIT_STAGE_PIPELINE].cursor);

        raise_to(&self->lag_high_water, acquired(&ring->producer.head) - index);
        if (index >= worked)
            return NULL;
        if (worked - index > ring->depth / 2) {
            skip_to(self, worked - 1);
            index = worked - 1;
        }
        if (!hold(ring, self, index))
            return NULL;
        if (atomic_load(&ring->producer.claim) <= index + ring->depth) {
            *ret_skipped = self->untold;
            self->untold = 0;
            return slot_at(ring, index);
        }
        let_go(self);
        skip_to(self, newest(index, worked));
    }
}

void gait_ring_unpin(struct gait_ring *ring)
{
    if (relaxed(&ring->stage[GAIT_STAGE_PUBLISHER].hold) != NOTHING)
        gait_ring_advance(ring, GAIT_STAGE_PUBLISHER);
}

const struct gait_slot *gait_ring_preview(struct gait_ring *ring, uint64_t *ret_index)
{
    struct stage *self = &ring->stage[GAIT_STAGE_PUBLISHER];
    uint64_t index = relaxed(&self->cursor);

    if (index >= acquired(&ring->producer.head) || index < acquired(&ring->stage[GAIT_STAGE_PIPELINE].cursor))
        return NULL;
    atomic_store(&self->hold, index);
    if (atomic_load(&ring->producer.claim) > index + ring->depth) { /* worked and overwritten since */
        let_go(self);
        return NULL;
    }
    *ret_index = index;
    return slot_at(ring, index);
}

void gait_ring_preview_end(struct gait_ring *ring)
{
    let_go(&ring->stage[GAIT_STAGE_PUBLISHER]);
}

/* --- anybody --------------------------------------------------------------------------------- */

const struct gait_slot *gait_ring_at(const struct gait_ring *ring, uint64_t index)
{
    /* a rewind that is refused moves the pipeline's cursor back for a moment; what the recorder has passed stays worked */
    uint64_t recorder = acquired(&ring->stage[GAIT_STAGE_RECORDER].cursor);
    uint64_t pipeline = acquired(&ring->stage[GAIT_STAGE_PIPELINE].cursor);

    if (index < acquired(&ring->freed) || (index >= recorder && index >= pipeline))
        return NULL;
    return slot_at(ring, index);
}

uint64_t gait_ring_cursor(const struct gait_ring *ring, enum gait_stage stage)
{
    return acquired(&ring->stage[stage].cursor);
}

uint64_t gait_ring_head(const struct gait_ring *ring)
{
    return acquired(&ring->producer.head);
}

uint64_t gait_ring_freed(const struct gait_ring *ring)
{
    return acquired(&ring->freed);
}

/* The cursors move while we look: behind first, then ahead, so that no difference is negative. */
void gait_ring_stats(const struct gait_ring *ring, struct gait_ring_stats *ret_stats)
{
    struct gait_ring_stats s = {.depth_frames = ring->depth, .memory_bytes = ring->mapped_bytes};
    uint64_t freed = acquired(&ring->freed), cursor[GAIT_STAGE_COUNT], head;

    for (int i = 0; i < GAIT_STAGE_COUNT; i++)
        cursor[i] = acquired(&ring->stage[i].cursor);
    head = acquired(&ring->producer.head);
    for (int i = 0; i < GAIT_STAGE_COUNT; i++) {
        s.lag[i] = head - cursor[i];
        s.lag_high_water[i] = relaxed(&ring->stage[i].lag_high_water);
    }
    s.depth_s = (double)ring->depth / ring->geometry.rate_hz;
    s.taken = head;
    s.spilled = relaxed(&ring->producer.spilled);
    s.skipped = relaxed(&ring->stage[GAIT_STAGE_PUBLISHER].skipped);
    s.fill = head - freed;
    s.high_water = relaxed(&ring->producer.high_water);
    *ret_stats = s;
}
