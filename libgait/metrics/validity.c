/* Which numbers a footfall may have (the validity matrix of metrics.md 5): what may not be said becomes NaN with its reason, never 0. */
#include "metrics/foot.h"

enum need {
    FULL = 1 << 0,      /* the whole foot on the mat, one foot, to its end */
    HEEL = 1 << 1,      /* at least the whole heel */
    TIME = 1 << 2,      /* no frames missing */
    STRIKE = 1 << 3,    /* a heel strike */
    HEEL_AREA = 1 << 4, /* a heel strike, or a heel that lands on 15 cm2 or more */
    SIDE = 1 << 5,      /* medial and lateral are known */
    GAIT = 1 << 6,      /* not standing */
    PLACE = 1 << 7,     /* positions on the mat mean something: no unknown belt under the foot */
    RATE50 = 1 << 8,
};

struct rule {
    enum gait_metric first, last;
    unsigned needs;
};

static const struct rule RULES[] = {
    {GAIT_METRIC_STANCE, GAIT_METRIC_STANCE, FULL | TIME | RATE50},
    {GAIT_METRIC_FORCE_MAX, GAIT_METRIC_FORCE_MAX_BW, FULL | RATE50},
    {GAIT_METRIC_IMPULSE, GAIT_METRIC_IMPULSE_BW, FULL | TIME | RATE50},
    {GAIT_METRIC_PEAK, GAIT_METRIC_PEAK, FULL | RATE50},
    {GAIT_METRIC_CONTACT_AREA_MAX, GAIT_METRIC_FOOTPRINT_AREA, FULL | PLACE | RATE50},
    {GAIT_METRIC_LENGTH, GAIT_METRIC_WIDTH, FULL | PLACE},
    {GAIT_METRIC_F1, GAIT_METRIC_F2_TIME, FULL | TIME | GAIT | RATE50},
    {GAIT_METRIC_FFC_TIME, GAIT_METRIC_CROSSOVER, FULL | TIME | STRIKE | GAIT | PLACE | RATE50},
    {GAIT_METRIC_FMC, GAIT_METRIC_FFF, SIDE},
    {GAIT_METRIC_PHASE_ICP, GAIT_METRIC_PHASE_FFP, SIDE},
    {GAIT_METRIC_STRIKE_INDEX, GAIT_METRIC_STRIKE_INDEX, FULL | TIME | GAIT | PLACE | RATE50},
    {GAIT_METRIC_AXIS, GAIT_METRIC_AXIS, FULL | PLACE},
    {GAIT_METRIC_PROGRESSION_ANGLE, GAIT_METRIC_PROGRESSION_ANGLE, FULL | PLACE | GAIT | SIDE},
    {GAIT_METRIC_HEEL31_PEAK, GAIT_METRIC_HEEL31_FORCE_MAX_BW, HEEL | STRIKE | GAIT | PLACE | RATE50},
    {GAIT_METRIC_HEEL31_IMPULSE, GAIT_METRIC_HEEL31_IMPULSE_BW, HEEL | TIME | STRIKE | GAIT | PLACE | RATE50},
    {GAIT_METRIC_HEEL31_SHARE, GAIT_METRIC_HEEL31_SHARE, FULL | TIME | PLACE | RATE50},
    {GAIT_METRIC_HEEL31_PTI_PEAK, GAIT_METRIC_HEEL31_RATE_MAX, HEEL | TIME | STRIKE | GAIT | PLACE | RATE50},
    {GAIT_METRIC_HEEL31_PEAK_KIND, GAIT_METRIC_HEEL31_PEAK_TIME, HEEL | TIME | STRIKE | GAIT | PLACE | RATE50},
    {GAIT_METRIC_HEEL31_PEAK_TIME_PCT, GAIT_METRIC_HEEL31_PEAK_TIME_PCT, FULL | TIME | STRIKE | GAIT | PLACE | RATE50},
    {GAIT_METRIC_HEEL31_CONTACT_TIME, GAIT_METRIC_HEEL31_CONTACT_TIME, HEEL | TIME | STRIKE | GAIT | PLACE | RATE50},
    {GAIT_METRIC_HEEL31_CONTACT_TIME_PCT, GAIT_METRIC_HEEL31_CONTACT_TIME_PCT,
     FULL | TIME | STRIKE | GAIT | PLACE | RATE50},
    {GAIT_METRIC_HEEL31_AREA_AT_PEAK, GAIT_METRIC_HEEL31_AREA_AT_PEAK, HEEL | STRIKE | GAIT | PLACE | RATE50},
    {GAIT_METRIC_HEEL31_ML_INDEX, GAIT_METRIC_HEEL31_ML_INDEX, FULL | TIME | STRIKE | GAIT | SIDE | PLACE | RATE50},
    {GAIT_METRIC_HEEL27_PEAK, GAIT_METRIC_HEEL27_FORCE_MAX, HEEL | STRIKE | GAIT | PLACE | RATE50},
    {GAIT_METRIC_HEEL27_IMPULSE, GAIT_METRIC_HEEL27_IMPULSE, HEEL | TIME | STRIKE | GAIT | PLACE | RATE50},
    {GAIT_METRIC_HEEL27_SHARE, GAIT_METRIC_HEEL27_SHARE, FULL | TIME | STRIKE | GAIT | PLACE | RATE50},
    {GAIT_METRIC_FORE_IMPULSE, GAIT_METRIC_FORE_PTI_PEAK, FULL | TIME | GAIT | PLACE | RATE50},
    {GAIT_METRIC_HALLUX_IMPULSE, GAIT_METRIC_HALLUX_PEAK, FULL | TIME | GAIT | SIDE | PLACE | RATE50},
    {GAIT_METRIC_FORE_HEEL_IMPULSE, GAIT_METRIC_FORE_HEEL_PEAK, FULL | TIME | STRIKE | GAIT | PLACE | RATE50},
    {GAIT_METRIC_PUSH_OFF_RATE, GAIT_METRIC_PUSH_OFF_RATE, FULL | TIME | GAIT | RATE50},
    {GAIT_METRIC_ARCH_INDEX, GAIT_METRIC_MID_SHARE, FULL | TIME | HEEL_AREA | GAIT | PLACE | RATE50},
    {GAIT_METRIC_MEDIAL_MID_SHARE, GAIT_METRIC_MEDIAL_MID_PEAK, FULL | TIME | HEEL_AREA | GAIT | SIDE | PLACE | RATE50},
    {GAIT_METRIC_DAI_MEAN, GAIT_METRIC_DMF_MEAN, FULL | TIME | STRIKE | GAIT | PLACE | RATE50},
    {GAIT_METRIC_MID_CONTACT_TIME, GAIT_METRIC_MID_CONTACT_TIME, FULL | TIME | HEEL_AREA | GAIT | PLACE | RATE50},
    {GAIT_METRIC_SWAY_PATH, GAIT_METRIC_SWAY_ELLIPSE, FULL | TIME | PLACE | RATE50},
    {GAIT_METRIC_STANDING_LOAD, GAIT_METRIC_STANDING_LOAD, FULL | TIME | RATE50},
    {GAIT_METRIC_LMFI_FMC, GAIT_METRIC_PRONATION_INDEX, FULL | TIME | GAIT | SIDE | PLACE | RATE50},
    {GAIT_METRIC_CPE, GAIT_METRIC_CPEI_AXIS, FULL | TIME | STRIKE | GAIT | SIDE | PLACE | RATE50},
    {GAIT_METRIC_COP_VELOCITY_MEAN, GAIT_METRIC_COP_ML_RANGE, FULL | TIME | GAIT | PLACE | RATE50},
};

/* Why the foot is not wholly there, or NONE. */
static enum gait_reason not_full(uint32_t flags)
{
    if (flags & GAIT_FOOTFALL_MERGED_FEET)
        return GAIT_REASON_MERGED_FEET;
    if (flags & GAIT_FOOTFALL_CUT)
        return GAIT_REASON_CUT;
    return flags & GAIT_FOOTFALL_PARTIAL ? GAIT_REASON_PARTIAL : GAIT_REASON_NONE;
}

static bool unknown_belt(const struct gait_trial_state *state)
{
    return state->parameters.surface == GAIT_TREADMILL && isnan(state->parameters.belt_speed_m_per_s);
}

static enum gait_reason refused(const struct gait_measure_scratch *m, bool standing, unsigned needs)
{
    enum gait_reason full = not_full(m->flags);
    bool strike = m->events.heel_strike;

    if (full != GAIT_REASON_NONE && ((needs & FULL) || !(full == GAIT_REASON_PARTIAL && m->heel_whole)))
        return full;
    if ((needs & GAIT) && standing)
        return GAIT_REASON_STANDING;
    if ((needs & PLACE) && unknown_belt(m->contact->state))
        return GAIT_REASON_TREADMILL;
    if ((needs & TIME) && (m->flags & GAIT_FOOTFALL_GAP))
        return GAIT_REASON_GAP;
    if ((needs & RATE50) && foot_low_fs(m->dt_s))
        return GAIT_REASON_LOW_FS;
    if ((needs & STRIKE) && !strike)
        return GAIT_REASON_NO_HEEL_STRIKE;
    if ((needs & HEEL_AREA) && !strike && m->third_mm2[0] < 1500)
        return GAIT_REASON_NO_HEEL_STRIKE;
    if ((needs & SIDE) && m->side == GAIT_SIDE_UNKNOWN)
        return GAIT_REASON_SIDE_UNKNOWN;
    return GAIT_REASON_NONE;
}

static void refuse_rows(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    const double nan = NO_VALUE;
    const struct gait_region_numbers none = {nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan};

    for (int r = 0; r < GAIT_REGION_COUNT; r++) {
        bool heel = r == GAIT_REGION_HEEL31 || r == GAIT_REGION_HEEL27;
        unsigned needs = (heel ? HEEL : FULL) | (r == GAIT_REGION_FOOT ? 0 : PLACE) | (r >= GAIT_REGION_MH ? SIDE : 0);

        if (refused(m, false, needs) != GAIT_REASON_NONE)
            f->region[r] = none;
        else if (heel && not_full(m->flags) != GAIT_REASON_NONE)
            f->region[r].share_pct = NO_VALUE;
    }
}

/* Standing has its own names: the same print, another thing. */
static void static_forms(bool standing, struct gait_footfall *f)
{
    static const enum gait_metric pair[][2] = {{GAIT_METRIC_STATIC_ARCH_INDEX, GAIT_METRIC_ARCH_INDEX},
                                               {GAIT_METRIC_STATIC_MAI, GAIT_METRIC_MAI},
                                               {GAIT_METRIC_STATIC_CSI, GAIT_METRIC_CSI},
                                               {GAIT_METRIC_STATIC_STAHELI, GAIT_METRIC_STAHELI}};

    for (size_t i = 0; i < sizeof(pair) / sizeof(pair[0]); i++)
        foot_put(f, pair[i][0], standing ? f->value[pair[i][1]] : NO_VALUE,
                 standing ? (enum gait_reason)f->reason[pair[i][1]] : GAIT_REASON_NOT_COMPUTED);
}

void foot_validity(struct gait_measure_scratch *m, struct gait_footfall *f)
{
    bool standing = f->gait_class == GAIT_CLASS_STANDING;

    static_forms(standing && not_full(m->flags) == GAIT_REASON_NONE && !unknown_belt(m->contact->state), f);
    for (size_t i = 0; i < sizeof(RULES) / sizeof(RULES[0]); i++) {
        enum gait_reason why = refused(m, standing, RULES[i].needs);

        for (int k = (int)RULES[i].first; why != GAIT_REASON_NONE && k <= (int)RULES[i].last; k++)
            foot_put(f, (enum gait_metric)k, NO_VALUE, why);
    }
    refuse_rows(m, f);
}

void foot_validity_of_sums(const struct gait_trial_state *state, uint32_t flags, struct gait_footfall *f)
{
    const bool slow = foot_low_fs(1 / state->geometry.rate_hz);

    for (size_t i = 0; RULES[i].last <= GAIT_METRIC_FOOTPRINT_AREA; i++) {
        enum gait_reason why = not_full(flags);

        if (why == GAIT_REASON_NONE && (RULES[i].needs & PLACE) && unknown_belt(state))
            why = GAIT_REASON_TREADMILL;
        if (why == GAIT_REASON_NONE && (RULES[i].needs & TIME) && (flags & GAIT_FOOTFALL_GAP))
            why = GAIT_REASON_GAP;
        if (why == GAIT_REASON_NONE && (RULES[i].needs & RATE50) && slow)
            why = GAIT_REASON_LOW_FS;
        for (int k = (int)RULES[i].first; why != GAIT_REASON_NONE && k <= (int)RULES[i].last; k++)
            foot_put(f, (enum gait_metric)k, NO_VALUE, why);
    }
}

void foot_forget_side(struct gait_footfall *f)
{
    const double nan = NO_VALUE;
    const struct gait_region_numbers none = {nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan};

    for (size_t i = 0; i < sizeof(RULES) / sizeof(RULES[0]); i++)
        for (int k = RULES[i].first; (RULES[i].needs & SIDE) && k <= (int)RULES[i].last; k++)
            foot_put(f, (enum gait_metric)k, NO_VALUE, GAIT_REASON_SIDE_UNKNOWN);
    for (int r = GAIT_REGION_MH; r < GAIT_REGION_COUNT; r++)
        f->region[r] = none;
}
