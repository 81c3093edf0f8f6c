/* Files that browsers look at: recordings read by a child (review/store.h), and their comparison. A browser names them by number only. */
#ifndef GAIT_WEB_REVIEWS_H
#define GAIT_WEB_REVIEWS_H

#include <stddef.h>

#include <gait/error.h>

enum {
    REVIEWS_MAX = 4, /* open at once: the one that was opened first goes when another one comes */
    REVIEWS_HEADROOM = 32,
    REVIEWS_BYTES_MAX = 8 << 20, /* of one answer */
    REVIEWS_FRAMES_MAX = 512,
};

struct reviews;

/* An answer. bytes is the caller's: free(bytes - REVIEWS_HEADROOM). */
struct reviews_body {
    const char *type; /* static storage */
    const char *name; /* to be saved under, or NULL */
    unsigned char *bytes;
    size_t size;
};

int reviews_new(struct reviews **ret_reviews);
void reviews_free(struct reviews *reviews);

/** Open a file, or find it open. Thread: any. Returns its number, from 1; negative errno with err. */
int reviews_open(struct reviews *reviews, const char *path, struct gait_error *err);

/** Wait until there is a trial, or it has failed. Returns 0; -EBADMSG, err says why. */
int reviews_wait(struct reviews *reviews, int number, struct gait_error *err);

/**
 * What a path below /review/ names: N/trials.json, N/T/footfalls.bin, N/T/frames-FIRST.bin (at most 512, each message with its size as u32 before it),
 * N/compare.json, N/report.pdf. T counts trials from 0. Thread: any.
 *
 * Returns  0; -ENOENT there is no such thing; -ENOMEM, -EIO.
 */
int reviews_answer(struct reviews *reviews, const char *path, struct reviews_body *ret_body);

#endif
