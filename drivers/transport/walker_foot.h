/*
 * A foot as blobs of pressure, each p = P exp(-x^2/2su^2 - y^2/2sv^2) h(t), so that forces are known exactly: 2 pi su sv P h(t).
 */
#ifndef MAT_WALKER_FOOT_H
#define MAT_WALKER_FOOT_H

#include <stdbool.h>

#include "walker.h"

enum { WALKER_BLOBS = 12, WALKER_HALLUX = 7 }; /* heel, arch, five metatarsals, hallux, four toes */

/* Place in the foot's frame: u from the heel along the foot, v across it, + lateral. */
struct walker_blob {
    double u_mm, v_mm, sigma_u_mm, sigma_v_mm;
    double peak_kPa;
    double from, to; /* phase of stance: h is a raised cosine between them, also where they lie outside 0..1 */
    double widen;    /* sigma_v grows by this share until `to` */
    bool toe;
};

struct walker_foot {
    struct walker_blob blob[WALKER_BLOBS];
    double heel_u_mm;             /* centre of the print's rear fifth, by which steps are measured */
    double back_u_mm, front_u_mm; /* where the pressure has fallen below 1 kPa */
};

/* Pressure factors of one step; 1 each is the foot as configured. */
struct walker_load {
    double all, heel, arch, fore;
};

/** The foot of a person (mass, length, arch, heel scale) under one step's load. */
void walker_foot_make(const struct mat_walker_config *config, const struct walker_load *load,
                      struct walker_foot *ret_foot);

/**
 * How far the foot's axis, from the centre of the heel's print to the second metatarsal, is turned inwards from the frame's u.
 *
 * Unit     rad; the same for every foot.
 * Source   Cavanagh-type axis, as the metrics find it: the rear fifth of the print has its centre at u = 12 of 250 mm.
 */
double walker_foot_axis_rad(void);

/** h at a phase of stance; 0 outside 0..1: landing and leaving are sudden where a window reaches beyond. */
double walker_blob_window(const struct walker_blob *blob, double phase);

/** sigma_v at a phase, in mm. */
double walker_blob_sigma_v(const struct walker_blob *blob, double phase);

/** Exact force of one blob on an endless mat, in N. */
double walker_blob_force_N(const struct walker_blob *blob, double phase);

/** Exact force of the foot on an endless mat, in N. */
double walker_foot_force_N(const struct walker_foot *foot, double phase);

#endif
