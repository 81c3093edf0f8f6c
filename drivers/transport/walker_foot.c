#include "walker_foot.h"

#include <math.h>

enum { HEEL = 0, ARCH = 1, FIRST_METATARSAL = 2, HALLUX = WALKER_HALLUX, FIRST_TOE = 8 };

#define REFERENCE_MASS_KG   70.0
#define REFERENCE_LENGTH_MM 250.0
#define HEEL_PRINT_U_MM     12.0
#define PHASE_TOLERANCE     1e-9 /* a frame at the very moment of landing counts, whatever the rounding of its time */

static const double metatarsal_v_mm[5] = {-26, -12, 2, 16, 30};

/* What differs between a slow and a normal step, for 70 kg and 250 mm; the arch's pressure and width stand in the config. */
struct shape {
    double heel_kPa, heel_from, heel_to;
    double arch_from, arch_to;
    double metatarsal_kPa[5], metatarsal_from;
    double hallux_kPa;
};

static const struct shape *shape_of(enum mat_walker_preset preset)
{
    static const struct shape slow = {300, -0.12, 0.66, 0.10, 0.80, {150, 210, 200, 120, 90}, 0.15, 200};
    static const struct shape normal = {270, -0.12, 0.575, 0.12, 0.62, {240, 350, 330, 200, 135}, 0.13, 260};
    static const struct shape run = {480, -0.10, 0.50, 0.08, 0.60, {420, 600, 560, 350, 250}, 0.10, 420};

    return preset == MAT_WALKER_SLOW ? &slow : preset == MAT_WALKER_RUN ? &run : &normal;
}

double walker_foot_axis_rad(void)
{
    return atan2(-metatarsal_v_mm[1], (0.72 - 0.012) * REFERENCE_LENGTH_MM - HEEL_PRINT_U_MM);
}

static void put_toes(struct walker_blob *blob, const struct shape *shape)
{
    double length = REFERENCE_LENGTH_MM;

    blob[HALLUX] = (struct walker_blob){0.93 * length, -24, 8, 7, shape->hallux_kPa, 0.5, 1, 0, true};
    for (int k = 0; k < 4; k++)
        blob[FIRST_TOE + k] =
            (struct walker_blob){(0.93 - 0.02 * k) * length, -8.0 + 11 * k, 5, 5, 40, 0.5, 0.97, 0, true};
}

static void put_metatarsals(struct walker_blob *blob, const struct shape *shape)
{
    for (int k = 0; k < 5; k++)
        blob[FIRST_METATARSAL + k] = (struct walker_blob){(0.72 - 0.012 * k) * REFERENCE_LENGTH_MM,
                                                          metatarsal_v_mm[k],
                                                          12,
                                                          8,
                                                          shape->metatarsal_kPa[k],
                                                          shape->metatarsal_from + 0.015 * (4 - k),
                                                          1,
                                                          0,
                                                          false};
}

/* Grow or shrink to a length; the same force then needs another pressure. */
static void scale(struct walker_foot *foot, double size, double pressure)
{
    for (int i = 0; i < WALKER_BLOBS; i++) {
        struct walker_blob *b = &foot->blob[i];

        b->u_mm *= size;
        b->v_mm *= size;
        b->sigma_u_mm *= size;
        b->sigma_v_mm *= size;
        b->peak_kPa *= pressure / (size * size);
    }
}

static void find_ends(struct walker_foot *foot, double size)
{
    foot->heel_u_mm = HEEL_PRINT_U_MM * size;
    foot->back_u_mm = foot->front_u_mm = foot->heel_u_mm;
    for (int i = 0; i < WALKER_BLOBS; i++) {
        const struct walker_blob *b = &foot->blob[i];
        double reach = b->peak_kPa > 1 ? b->sigma_u_mm * sqrt(2 * log(b->peak_kPa)) : 0;

        foot->back_u_mm = fmin(foot->back_u_mm, b->u_mm - reach);
        foot->front_u_mm = fmax(foot->front_u_mm, b->u_mm + reach);
    }
}

/* The metatarsals land at once loaded, as the heel does else; the heel comes late, lightly and leaves early. */
static void land_on_forefoot(struct walker_foot *foot, double heel_from)
{
    foot->blob[HEEL].from = 0.20;
    foot->blob[HEEL].to = 0.55;
    foot->blob[HEEL].peak_kPa *= 0.4;
    foot->blob[ARCH].from = 0.10;
    for (int i = FIRST_METATARSAL; i < HALLUX; i++)
        foot->blob[i].from = heel_from;
}

void walker_foot_make(const struct mat_walker_config *config, const struct walker_load *load,
                      struct walker_foot *ret_foot)
{
    const struct shape *shape = shape_of(config->preset);
    struct walker_blob *blob = ret_foot->blob;
    double size = config->foot_length_mm / REFERENCE_LENGTH_MM;

    blob[HEEL] = (struct walker_blob){
        30, 0, 19, 16, shape->heel_kPa * config->heel_scale * load->heel, shape->heel_from, shape->heel_to, 0, false};
    blob[ARCH] = (struct walker_blob){105,
                                      12,
                                      35,
                                      config->arch_width,
                                      config->arch_kPa * load->arch,
                                      shape->arch_from,
                                      shape->arch_to,
                                      config->collapse,
                                      false};
    put_metatarsals(blob, shape);
    put_toes(blob, shape);
    if (config->strike == MAT_WALKER_FORE)
        land_on_forefoot(ret_foot, shape->heel_from);
    for (int i = FIRST_METATARSAL; i < WALKER_BLOBS; i++)
        blob[i].peak_kPa *= load->fore;
    scale(ret_foot, size, config->mass_kg / REFERENCE_MASS_KG * load->all);
    find_ends(ret_foot, size);
}

double walker_blob_window(const struct walker_blob *blob, double phase)
{
    if (phase < -PHASE_TOLERANCE || phase > 1 + PHASE_TOLERANCE || phase <= blob->from || phase >= blob->to)
        return 0;
    return 0.5 * (1 - cos(2 * M_PI * (phase - blob->from) / (blob->to - blob->from)));
}

double walker_blob_sigma_v(const struct walker_blob *blob, double phase)
{
    double z = (phase - blob->from) / (blob->to - blob->from);

    return blob->sigma_v_mm * (1 + blob->widen * fmin(fmax(z, 0), 1));
}

double walker_blob_force_N(const struct walker_blob *blob, double phase)
{
    return 2 * M_PI * blob->sigma_u_mm * walker_blob_sigma_v(blob, phase) * blob->peak_kPa * 1e-3 *
           walker_blob_window(blob, phase);
}

double walker_foot_force_N(const struct walker_foot *foot, double phase)
{
    double force = 0;

    for (int i = 0; i < WALKER_BLOBS; i++)
        force += walker_blob_force_N(&foot->blob[i], phase);
    return force;
}
