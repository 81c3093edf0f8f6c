/*
 * What `gait web --to-pipe FILE` writes for whoever shows a file: records, each a head and a message as the page takes it. The reader of the file is a
 * process of its own, so this is a border: who reads it checks every length.
 */
#ifndef GAIT_REVIEW_RECORD_H
#define GAIT_REVIEW_RECORD_H

#include <stdint.h>

enum review_kind {
    REVIEW_TRIAL = 1, /* what the trial is; its footfalls and frames follow */
    REVIEW_FRAME,     /* runs of pressure (shrink.h), the frame's numbers in the header */
    REVIEW_FOOTFALL,  /* the header of docs/STREAM.md, the picture of largest pressures in tenths of kPa */
    REVIEW_END,       /* the file was read to its end */
};

enum {
    REVIEW_MAGIC = 0x57565247,   /* "GRVW", little-endian */
    REVIEW_BLOB = 0x54494147,    /* "GAIT": u32 this, u32 length, JSON of that length padded to 4 bytes, payload */
    REVIEW_BYTES_MAX = 64 << 20, /* one record */
};

struct review_head {
    uint32_t magic, kind;
    uint32_t trial; /* from 0, in the order of the file */
    uint32_t bytes; /* of the message behind */
};

#endif
