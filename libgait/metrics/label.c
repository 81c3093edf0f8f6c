#include "metrics/label.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int label_init(uint32_t rows, uint32_t cols, struct label *ret_label)
{
    const size_t most = (size_t)rows * ((cols + 1) / 2);
    struct label l = {.rows = rows, .cols = cols, .words = (cols + 63) / 64};

    l.run = malloc(most * sizeof *l.run);
    l.next_run = malloc(most * sizeof *l.next_run);
    l.parent = malloc(most * sizeof *l.parent);
    l.component = malloc(most * sizeof *l.component);
    if (!l.run || !l.next_run || !l.parent || !l.component) {
        label_done(&l);
        return -ENOMEM;
    }
    *ret_label = l;
    return 0;
}

void label_done(struct label *label)
{
    free(label->run);
    free(label->next_run);
    free(label->parent);
    free(label->component);
    memset(label, 0, sizeof *label);
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

/* The earlier run becomes the root, so that components come out in order of their first run. */
static void join(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = root_of(parent, a);
    b = root_of(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

/* Appends the runs of one row. */
static void runs_of_row(struct label *l, const uint64_t *mask, uint32_t row)
{
    uint32_t open = UINT32_MAX; /* a run that reached the end of the word before */

    for (uint32_t w = 0; w < l->words; w++) {
        uint64_t bits = mask[w];

        while (bits) {
            const uint32_t first = (uint32_t)__builtin_ctzll(bits);
            const uint64_t shifted = ~(bits >> first);
            const uint32_t n = shifted ? (uint32_t)__builtin_ctzll(shifted) : 64;
            const uint32_t length = n < 64 - first ? n : 64 - first;

            if (first == 0 && open != UINT32_MAX) {
                l->run[open].last += length;
            } else {
                open = l->runs;
                l->parent[open] = open;
                l->run[l->runs++] =
                    (struct run){.row = row, .first = w * 64 + first, .last = w * 64 + first + length - 1};
            }
            bits = first + length == 64 ? 0 : bits >> (first + length) << (first + length);
            if (first + length < 64)
                open = UINT32_MAX;
        }
        if (!(mask[w] >> 63))
            open = UINT32_MAX;
    }
}

/* Joins each run with those of the row above that it touches, corners included. */
static void touch(struct label *l, uint32_t above, uint32_t row_begin)
{
    uint32_t a = above;

    for (uint32_t b = row_begin; b < l->runs; b++) {
        while (a < row_begin && l->run[a].last + 1 < l->run[b].first)
            a++;
        for (uint32_t k = a; k < row_begin && l->run[k].first <= l->run[b].last + 1; k++)
            join(l->parent, k, b);
    }
}

static void add_run(struct component *c, const struct run *run, const float *p_kPa)
{
    double p = 0, px = 0;

    for (uint32_t col = run->first; col <= run->last; col++) {
        p += (double)p_kPa[col];
        px += (double)p_kPa[col] * ((double)col + 0.5);
        c->peak_kPa = p_kPa[col] > c->peak_kPa ? p_kPa[col] : c->peak_kPa;
    }
    c->cells += run->last - run->first + 1;
    c->p_kPa += p;
    c->px += px;
    c->py += p * ((double)run->row + 0.5);
    c->row1 = run->row;
    c->col0 = run->first < c->col0 ? run->first : c->col0;
    c->col1 = run->last > c->col1 ? run->last : c->col1;
}

/* Numbers the roots in order, sums their runs and links them. */
static void collect(struct label *l, const float *p_kPa, uint32_t stride)
{
    for (uint32_t i = 0; i < l->runs; i++) {
        const uint32_t root = root_of(l->parent, i);
        struct component *c;

        l->run[i].component = root == i ? l->components++ : l->run[root].component;
        c = &l->component[l->run[i].component];
        if (root == i)
            *c = (struct component){.row0 = l->run[i].row, .col0 = UINT32_MAX, .first_run = i};
        else
            l->next_run[c->last_run] = i;
        c->last_run = i;
        l->next_run[i] = UINT32_MAX;
        add_run(c, &l->run[i], p_kPa + (size_t)l->run[i].row * stride);
    }
}

uint32_t label_mask(struct label *label, const uint64_t *mask, const float *p_kPa, uint32_t stride)
{
    uint32_t above = 0;

    label->runs = label->components = 0;
    for (uint32_t r = 0; r < label->rows; r++) {
        const uint32_t begin = label->runs;

        runs_of_row(label, mask + (size_t)r * label->words, r);
        touch(label, above, begin);
        above = begin;
    }
    collect(label, p_kPa, stride);
    return label->components;
}
