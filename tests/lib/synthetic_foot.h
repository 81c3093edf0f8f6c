#ifndef SYNTHETIC_FOOT_H
#define SYNTHETIC_FOOT_H

/*
 * A foot made of Gaussian blobs of pressure, each rising and falling in its own window of the stance: forces, centres and impulses are known by
 * formula (metrics.md 10, T3). Nothing here comes from the code under test.
 */

#include <stdbool.h>
#include <stdint.h>

#include "contact_maker.h"

struct blob {
    double u_mm, v_mm;       /* from the heel, + lateral */
    double sigma_u, sigma_v; /* mm */
    double kPa;              /* at its centre and its time */
    double from, to;         /* parts of the stance; raised cosine between them */
};

enum { SYNTHETIC_BLOBS = 12 };

struct synthetic_foot {
    struct blob blob[SYNTHETIC_BLOBS];
    int blobs;
    double stance_s;
};

struct pose {
    double x_mm, y_mm; /* where u = 0, v = 0 lies */
    double turn_deg;   /* of the foot's axis against +y, + towards +x */
    bool left;
    double kPa_scale; /* 0: 1 */
};

/* A slow, heavy step: heel-off late, the first frame already loaded (250 mm, 0.69 s). */
void synthetic_slow(struct synthetic_foot *foot);
/* A step at normal speed: heel-off at about 55 %, a third of the impulse under the heel, higher arch (0.63 s). */
void synthetic_normal(struct synthetic_foot *foot);
/* Changes the arch blob: its pressure and width. */
void synthetic_arch(struct synthetic_foot *foot, double kPa, double sigma_v);

double raised_cosine(double t, double from, double to);

/* The whole stance into a contact: frames from t = 0 to its end at the geometry's rate. */
void synthetic_walk_over(const struct synthetic_foot *foot, const struct pose *pose, struct contact_maker *maker);

#endif
