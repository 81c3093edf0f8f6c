/*
 * The words that every part of gaitd shares about a mat and one of its frames:
 * what a cell is, how large it is, what one frame carries besides its cells.
 * Plain data, no behaviour beyond checks and copies.
 */
#ifndef GAIT_FRAME_H
#define GAIT_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gait/api.h>

/* The type of one raw sample as the mat delivers it. Values are stored in files: append only. */
enum gait_dtype {
    GAIT_DTYPE_INVALID = 0,
    GAIT_U8 = 1,
    GAIT_U16 = 2,
    GAIT_I16 = 3,
    GAIT_F32 = 4,
};

/* What stands at a place of the matrix. Values are stored in files: append only. */
enum gait_cell {
    GAIT_CELL_OK = 0,
    GAIT_CELL_MISSING = 1, /* there is no sensel here (insole outline): NaN, never 0 */
    GAIT_CELL_DEAD = 2,    /* there is one and it does not measure: filled from its neighbours */
};

enum {
    GAIT_ID_MAX = 64, /* a mat id: [A-Za-z0-9._-]{1,64} */
    GAIT_ROWS_MAX = 2048,
    GAIT_COLS_MAX = 2048,
    GAIT_CELLS_MAX = 1 << 20,
    GAIT_PADS_MAX = 16, /* of a tiled mat */
};

#define GAIT_PAD_MISSING UINT32_MAX

/*
 * A mat's matrix. Cell (r,c) has its centre at ((c+0.5)*pitch_x_mm, (r+0.5)*pitch_y_mm); x runs across
 * the mat (columns), y along the walkway (rows), z up; row 0 lies at y = 0. The two pitches may differ.
 */
struct gait_geometry {
    uint32_t rows, cols;
    double pitch_x_mm, pitch_y_mm;
    double rate_hz; /* nominal */
    enum gait_dtype dtype;
    uint8_t *cell; /* enum gait_cell [rows*cols], or NULL: all are GAIT_CELL_OK */
};

/* Facts about a frame, as bits of gait_frame_meta.flags. Stored in files with flag_meanings: append only. */
enum gait_frame_flag {
    GAIT_FRAME_GAP_ESTIMATED = 1u << 0, /* the mat has no counter: the gap before this frame is judged by time */
    GAIT_FRAME_PARTIAL = 1u << 1,       /* parts of the frame never came */
    GAIT_FRAME_SATURATED = 1u << 2,     /* at least one cell at its ceiling */
    GAIT_FRAME_PRE_TRIGGER = 1u << 3,   /* taken before trial start was asked for */
    GAIT_FRAME_PAD_MISSING = 1u << 4,   /* a pad of a tiled mat gave nothing: its cells are missing */
    GAIT_FRAME_PAD_STALE = 1u << 5,     /* a pad's last complete frame is older than one clock-pad period */
    GAIT_FRAME_RECONNECT = 1u << 6,     /* first frame after the mat came back */
    GAIT_FRAME_BAD_CELLS = 1u << 7,     /* non-finite samples were taken as missing */
};

/* What a frame of a tiled mat was made of, in the order of the profile's pads. */
struct gait_frame_pads {
    uint32_t n;                     /* 0: the mat is not tiled */
    uint32_t age_us[GAIT_PADS_MAX]; /* of each pad's frame when the clock pad's came; GAIT_PAD_MISSING: not in it */
};

/*
 * What is known of a frame before anybody looks at its cells. `t_mat_ns` is what the metrics use.
 */
struct gait_frame_meta {
    uint64_t index;        /* number of this frame in its ring since the ring was made, gaps not counted */
    uint64_t seq;          /* the mat's own frame counter, unwrapped to 64 bits; else a copy of index */
    uint64_t tick;         /* the mat's own clock as it came, unwrapped, in its own ticks; 0 when it has none */
    uint64_t t_arrival_ns; /* CLOCK_MONOTONIC at completion of the transfer */
    uint64_t t_mat_ns;     /* the mat's own time: from ticks, else seq * period, else the fit; never backwards */
    uint64_t t_ns;         /* t_mat_ns placed on CLOCK_MONOTONIC by the running fit; computed once, never backwards */
    uint32_t gap_device;   /* frames the mat lost just before this one */
    uint32_t gap_ring;     /* frames we could not take just before this one */
    uint32_t connection;   /* rises by one at each reconnect */
    uint32_t flags;        /* enum gait_frame_flag */
    struct gait_frame_pads pads;
};

/*
 * The reduction of one frame, made by the pipeline. Only cells with p >= p_on (with hysteresis) count.
 * cop_* are NaN below the CoP force floor.
 */
struct gait_frame_numbers {
    double force_N;
    double area_mm2;
    double peak_kPa;
    double mean_kPa; /* force over area; NaN with no contact */
    double cop_x_mm, cop_y_mm;
    uint32_t contact_cells;
    uint32_t saturated_cells;
    uint32_t peak_cell;      /* index r*cols+c; UINT32_MAX with no contact */
    uint32_t open_footfalls; /* open after this frame */
};

/**
 * Size of one sample of a type.
 *
 * Unit     bytes; 0 for GAIT_DTYPE_INVALID.
 * Thread   any.
 */
GAIT_API size_t gait_dtype_size(enum gait_dtype dtype);

/** NumPy's little-endian name of a type ("u1", "<u2", "<i2", "<f4"), or "?"; static storage. Thread: any. */
GAIT_API const char *gait_dtype_name(enum gait_dtype dtype);

/**
 * Say whether a geometry can be worked with.
 *
 * Thread   any.
 * Returns  0; -EINVAL when a size, pitch, rate or type is out of range or not finite.
 */
GAIT_API int gait_geometry_check(const struct gait_geometry *g);

/**
 * Copy a geometry with its cell map.
 *
 * Owner    the copy is the caller's: gait_geometry_done().
 * Returns  0; -EINVAL (gait_geometry_check); -ENOMEM.
 */
GAIT_API int gait_geometry_copy(const struct gait_geometry *g, struct gait_geometry *ret_copy);

/** Free what gait_geometry_copy() took and clear the struct; NULL is fine. */
GAIT_API void gait_geometry_done(struct gait_geometry *g);

/** True when both describe the same matrix: sizes, pitches, type and cell map (the rate is not compared). */
GAIT_API bool gait_geometry_equal(const struct gait_geometry *a, const struct gait_geometry *b);

/** Number of cells. */
static inline size_t gait_geometry_cells(const struct gait_geometry *g)
{
    return (size_t)g->rows * g->cols;
}

/** Area of one cell in mm2. */
static inline double gait_geometry_cell_area_mm2(const struct gait_geometry *g)
{
    return g->pitch_x_mm * g->pitch_y_mm;
}

/** Bytes of one raw frame. */
static inline size_t gait_geometry_frame_bytes(const struct gait_geometry *g)
{
    return gait_geometry_cells(g) * gait_dtype_size(g->dtype);
}

/**
 * Write a mat id that is safe in a path and a topic: [A-Za-z0-9._-] stay, every other byte becomes %XX.
 *
 * Shape    ret_id[GAIT_ID_MAX + 1], always terminated.
 * Returns  0; -EINVAL raw is empty, "." or ".."; -ENAMETOOLONG it does not fit (nothing written).
 */
GAIT_API int gait_mat_id(const char *raw, char ret_id[GAIT_ID_MAX + 1]);

enum { GAIT_SUBJECT_MAX = 32 };

/**
 * Whether a word is a pseudonym and not a person's name: a letter, then letters, digits, '-', '_', with at least one digit, at most GAIT_SUBJECT_MAX.
 *
 * Returns  false for NULL too.
 */
GAIT_API bool gait_subject_ok(const char *subject);

#endif
