/*
 * Who gets what: permuted blocks in an order that only the key tells. The key (32 bytes, from getrandom) lies in allocation/key beside the sessions' folder,
 * readable by gaitd alone; neither the protocol nor any session file says the order. What was drawn is kept sealed.
 */
#ifndef GAITD_ALLOCATION_H
#define GAITD_ALLOCATION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <gait/error.h>

#include "protocol/protocol.h"

enum { ALLOCATION_KEY_BYTES = 32, ALLOCATION_SHA_TEXT = 64 };

enum { ALLOCATION_FOLDER_MAX = 600, ALLOCATION_PATH_MAX = 750 };

struct allocation {
    char folder[ALLOCATION_FOLDER_MAX];
    uint8_t key[ALLOCATION_KEY_BYTES];
};

/** Take the key under the folder that holds the sessions' folder, to open seals. Returns 0; -ENOKEY it is not there; other negative errno; with err. */
int allocation_open(const char *sessions, struct allocation *ret_allocation, struct gait_error *err);
/** The same to draw or to seal: the first key is made. -ENOKEY: it is not there, and a study's list is, so that it was. */
int allocation_open_to_draw(const char *sessions, struct allocation *ret_allocation, struct gait_error *err);
void allocation_done(struct allocation *allocation);

/**
 * Place of the n-th person in a study's order: which of `choices`.
 *
 * Every block holds each choice equally often. Pure: the same key gives the same order.
 */
unsigned allocation_draw(const uint8_t key[ALLOCATION_KEY_BYTES], const char *study, const char *stratum,
                         const uint32_t *block, unsigned blocks, unsigned choices, unsigned index);

/**
 * Number of a subject in a study's list, from 0; a new one is written down, synced, before it is told.
 *
 * Returns  0; -EEXIST the study was begun under another protocol (ret_sha tells which) and nothing is changed; -EBADMSG a line of the list is no place;
 *          negative errno with err.
 */
int allocation_index(const struct allocation *allocation, const char *study, const char *stratum, const char *subject,
                     const char *sha256, bool anyway, unsigned *ret_index, struct gait_error *err);

/**
 * Consent was withdrawn: a subject's place in a study's list stays taken, under no name. allocation_forget.c.
 *
 * Returns  0, also when it has none; negative errno with err, and the list is as it was.
 */
int allocation_forget(const char *sessions, const char *study, const char *subject, struct gait_error *err);

/** Where the key and the lists lie, and a study's list there. */
void allocation_folder(const char *sessions, char ret_folder[ALLOCATION_FOLDER_MAX]);
void allocation_list_path(const char *folder, const char *study, char ret_path[ALLOCATION_PATH_MAX]);

/** Letter of a choice in reports that are blind: 'A', 'B', ... */
char allocation_letter(const uint8_t key[ALLOCATION_KEY_BYTES], const char *study, unsigned choices, unsigned choice);

/** Seal an object; open one. Text is base64. Returns NULL: no memory; not sealed with this key. */
json_t *allocation_seal(const struct allocation *allocation, const json_t *value);
json_t *allocation_unseal(const struct allocation *allocation, const char *sealed);

void allocation_sha256(const char *text, size_t length, char ret_hex[ALLOCATION_SHA_TEXT + 1]);

#endif
