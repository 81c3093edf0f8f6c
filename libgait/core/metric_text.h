/*
 * What each metric is, in words: definition, source, when it is valid, known bias. One macro a metric of metric_list.h;
 * metric_table.c does not compile while one is missing. Read by `gait metrics`, session files and docs/METRICS.md.
 */
#ifndef CORE_METRIC_TEXT_H
#define CORE_METRIC_TEXT_H

/* words that come back */
#define FULL_STEP     "full step; not partial, merged or cut"
#define HEEL_INSIDE   "heel and first contact inside the mat, no gap inside the stance"
#define HEEL_STRIKE   "heel strike, walking or rearfoot running; not partial, merged or cut"
#define ARCH_PRINT    "full heel-strike print; no midfoot contact is a true 0, flagged no_midfoot"
#define FOOT_FLAT     "heel strike, not partial, HO - FFC >= 0.15 s with >= 5 frames between them, rate >= 50 Hz"
#define SIDED_STEP    "full step with known side"
#define OURS          "project definition"
#define HEEL31_MASK   "mask heel31: u < 0.31 of the length"
#define HEEL27_MASK   "mask heel27: u < 0.27 of the length"
#define FOREFOOT_MASK "cells with u >= 0.55 of the length, toes included"
#define REGIONS_MASK  "eleven-region mask, PRC-like; the maker's own is proprietary"
#define THIRDS_MASK   "toeless thirds, border cells split by area"
#define LMFI_SOURCE   "after Willems et al. 2006 and De Cock, from memory"

#define TEXT_STANCE                                                                                                    \
    "Time from initial contact to toe-off, both the crossings of 20 N, interpolated between frames.", OURS, FULL_STEP, \
        "At 50 Hz 5.5 ms too long (SD 3.7 ms) against 100 Hz; below 100 Hz flagged coarse_time."
#define TEXT_FORCE_MAX                                                                                 \
    "Largest total normal force of the foot in one frame.", "sum of p*A over active cells", FULL_STEP, \
        "The mat sees normal force only; 3 % of the force of a blob lies below a threshold of 10 kPa."
#define TEXT_FORCE_MAX_BW                                                                   \
    "force_max_N in percent of body weight, mass*9.80665.", "sum of p*A over active cells", \
        FULL_STEP "; mass measured that day", "As force_max_N, and the scale's error of the mat goes in fully."
#define TEXT_IMPULSE                                                                               \
    "Integral of total force over the contact: trapezoid with one zero frame padded at each end.", \
        "equals the rectangle sum of vendor files", FULL_STEP,                                     \
        "A recording that starts loaded misses what came before; flagged ic_extrapolated."
#define TEXT_IMPULSE_BW                                                     \
    "impulse_Ns over body weight, in percent of body weight times second.", \
        "equals the rectangle sum of vendor files", FULL_STEP "; mass measured that day", "As impulse_Ns."
#define TEXT_PEAK                                                                                   \
    "Largest pressure of any cell in any frame.", OURS, FULL_STEP "; a lower bound when saturated", \
        "Falls with cell size: about 5 % from 5 mm to 10 mm cells. Below 100 Hz flagged coarse_peak."
#define TEXT_CONTACT_AREA_MAX                                                    \
    "Largest area in contact in one frame.", "pressuRe contact_area", FULL_STEP, \
        "Depends on the threshold; compare only at the same p_on and pitch."
#define TEXT_FOOTPRINT_AREA                                                               \
    "Area of all cells that were in contact in any frame.", "maximum picture", FULL_STEP, \
        "Depends on the threshold and grows 7 to 12 % on 10 mm cells."
#define TEXT_LENGTH \
    "Extent of the print along the foot axis, toes included, edge to edge.", OURS, FULL_STEP, "Grain of one cell."
#define TEXT_TOELESS_LENGTH                                                      \
    "98th percentile along the axis of the outer edges of non-toe cells.", OURS, \
        FULL_STEP "; equals the length when no toes are seen",                   \
        "Follows the toe cut; with toes_default read with care."
#define TEXT_WIDTH "Largest extent of the print across the foot axis.", OURS, FULL_STEP, "Grain of one cell."
#define TEXT_F1                                                                                                 \
    "Highest maximum of total force with prominence >= 5 % of its largest value, before 50 % of stance.", OURS, \
        FULL_STEP "; walking with two force peaks", "Slow walking often has no first peak: NaN, never a substitute."
#define TEXT_F1_TIME "Time of f1_N in percent of stance.", OURS, "as f1_N", "Grain of one frame."
#define TEXT_TROUGH  "Smallest total force between f1_N and f2_N.", OURS, "both peaks exist", "Shallow in slow walking."
#define TEXT_TROUGH_TIME \
    "Time of trough_N in percent of stance.", OURS, "as trough_N", "A flat trough makes its time uncertain."
#define TEXT_F2                                                                                                        \
    "Last maximum of total force with prominence >= 5 % of its largest value, after the first peak.", OURS, FULL_STEP, \
        "None known."
#define TEXT_F2_TIME "Time of f2_N in percent of stance.", OURS, "as f2_N", "Grain of one frame."
#define TEXT_FFC_TIME                                                                              \
    "Forefoot contact: first time that cells beyond 0.55 of the length carry 10 N, after initial " \
    "contact, interpolated.",                                                                      \
        OURS, HEEL_STRIKE, "Starts early in recordings that begin loaded."
#define TEXT_FFC "ffc_s in percent of stance.", OURS, HEEL_STRIKE, "As ffc_s."
#define TEXT_FMC                                                                 \
    "First of the five metatarsal regions to reach p_on, in percent of stance.", \
        "phases after De Cock et al. 2005, from memory", HEEL_STRIKE "; side known", "Follows the eleven-region mask."
#define TEXT_FFF                                                                      \
    "Time when all five metatarsal regions have reached p_on, in percent of stance.", \
        "phases after De Cock et al. 2005, from memory", HEEL_STRIKE "; side known",  \
        "One light fifth metatarsal delays it; NaN when one never lands."
#define TEXT_HO_TIME                                                                                 \
    "Heel-off: last crossing of heel31 force through the larger of 10 N and 5 % of its peak, after " \
    "initial contact, interpolated.",                                                                \
        OURS, HEEL_STRIKE, "A 2 % level would read 4 % of stance later and repeats less well."
#define TEXT_HO                                      \
    "ho_s in percent of stance.", OURS, HEEL_STRIKE, \
        "Read it beside stance_s: both move with speed. At 50 Hz +0.3 points."
#define TEXT_HEEL_FLAT  "Foot-flat time: heel-off minus forefoot contact.", OURS, HEEL_STRIKE, "Falls with speed."
#define TEXT_PROPULSION "Toe-off minus heel-off.", OURS, HEEL_STRIKE, "Falls with speed."
#define TEXT_PHASE_ICP                                                                           \
    "Initial contact phase: initial contact to first metatarsal contact, in percent of stance.", \
        "phases after De Cock et al. 2005, from memory", HEEL_STRIKE "; side known", "Grain of one frame."
#define TEXT_PHASE_FFCP                                                                             \
    "Forefoot contact phase: first to last of the five metatarsal contacts, in percent of stance.", \
        "phases after De Cock et al. 2005, from memory", HEEL_STRIKE "; side known", "Follows the eleven-region mask."
#define TEXT_PHASE_FFP                                                          \
    "Foot-flat phase: all metatarsals down to heel-off, in percent of stance.", \
        "phases after De Cock et al. 2005, from memory", HEEL_STRIKE "; side known", "Falls with speed."
#define TEXT_PHASE_FFPOP                                                                                           \
    "Push-off phase: heel-off to toe-off, in percent of stance.", "phases after De Cock et al. 2005, from memory", \
        HEEL_STRIKE "; side known", "Rises with speed."
#define TEXT_CROSSOVER                                                                                   \
    "Time when forefoot force (beyond 0.55 of the length) first exceeds heel31 force for good, percent " \
    "of stance.",                                                                                        \
        OURS, HEEL_STRIKE, "None known."
#define TEXT_STRIKE_INDEX                                                     \
    "Centre of pressure at initial contact over foot length, from the heel.", \
        "Cavanagh and LaFortune 1980, from memory", FULL_STEP, "Too far forward in a recording that starts loaded."
#define TEXT_SIDE_CONFIDENCE                                                                             \
    "Weight of the votes for the side given over the weight of all votes cast; 1 when an operator said " \
    "it.",                                                                                               \
        OURS, "always", "Votes from the print abstain on partial footfalls."
#define TEXT_AXIS                                                                                        \
    "Angle of the foot axis (heel centre to second metatarsal) against +y of the mat, positive towards " \
    "+x.",                                                                                               \
        "Cavanagh-type axis; van Schie and Boulton 2000", FULL_STEP, "Repeats within 0.4 degree on synthetic feet."
#define TEXT_PROGRESSION_ANGLE                                                                                 \
    "Angle between foot axis and direction of progression, + is toe-out for both feet.", "Cavanagh-type axis", \
        FULL_STEP "; side known",                                                                              \
        "On a mat with one footfall progression comes from its own path or the declared walkway."
#define TEXT_STEP_LENGTH                                                                              \
    "Distance of heel centres of this and the previous footfall along the direction of progression.", \
        "heel points in order of initial contact", "previous footfall of the other side on the mat",  \
        "Refused on a treadmill without belt speed."
#define TEXT_STEP_WIDTH                                                                                              \
    "Distance of this heel centre from the line of progression through the previous one, across it.", "heel points", \
        "previous footfall of the other side on the mat",                                                            \
        "Direction of progression from two or three steps is uncertain by a degree or two."
#define TEXT_STRIDE_LENGTH                                                                                      \
    "Distance of heel centres of this and the footfall before the previous, along progression.", "heel points", \
        "two earlier footfalls on the mat", "Refused on a treadmill without belt speed."
#define TEXT_STEP_TIME                                                                             \
    "Initial contact minus the previous footfall's initial contact.", "order of initial contacts", \
        "previous footfall of the other side on the mat; both initial contacts known", "As initial contact."
#define TEXT_STRIDE_TIME                                                                            \
    "Initial contact minus that of the footfall before the previous.", "order of initial contacts", \
        "two earlier footfalls on the mat; both initial contacts known", "As initial contact."
#define TEXT_DOUBLE_SUPPORT                                                                       \
    "Overlap of this stance with the other foot's, both ends added.", "overlap of stance phases", \
        "neighbours before and after on the mat; all four events known", "Follows the 20 N event level."
#define TEXT_DUTY_FACTOR                                                                                           \
    "Stance time over stride time.", "stance over stride", "three consecutive footfalls on the mat; events known", \
        "Above 0.5 walking, below running."
#define TEXT_SWING                                                   \
    "Stride time minus stance time.", "three consecutive footfalls", \
        "three consecutive footfalls on the mat; events known", "Follows the 20 N event level."
#define TEXT_CADENCE                                                                                        \
    "60*(n-1) over the time from first to last known initial contact of the crossing.", "steps per minute", \
        "two or more footfalls on the mat; no merged feet", "None known."
#define TEXT_SPEED                                                                                              \
    "Sum of step lengths over sum of step times between first and last known initial contact of the crossing.", \
        "heel points", "two or more footfalls on the mat, overground", "Mean over the mat, not of the whole walk."
#define TEXT_HEEL31_PEAK                                                                \
    "Largest pressure of any cell of the heel in any frame.", HEEL31_MASK, HEEL_INSIDE, \
        "-5 % on 10 mm cells; at 50 Hz -3 % with SD 12 %."
#define TEXT_HEEL31_P95                                                                                        \
    "95th percentile of the heel's active cells in the frame of its peak pressure.", HEEL31_MASK, HEEL_INSIDE, \
        "Less moved by one cell than the peak."
#define TEXT_HEEL31_FORCE_MAX \
    "Largest force under the heel in one frame.", HEEL31_MASK, HEEL_INSIDE, "Clipping at 255 kPa costs about 7 %."
#define TEXT_HEEL31_FORCE_MAX_BW                                                                          \
    "heel31_force_max_N in percent of body weight.", HEEL31_MASK, HEEL_INSIDE "; mass measured that day", \
        "As heel31_force_max_N."
#define TEXT_HEEL31_IMPULSE                                                                 \
    "Integral of heel force, trapezoid with padded zero frames.", HEEL31_MASK, HEEL_INSIDE, \
        "Within 5 % of a clinician's hand-drawn heel on 119 of 120 steps, bias -0.1 %."
#define TEXT_HEEL31_IMPULSE_BW                                                                  \
    "heel31_impulse_Ns over body weight, in percent of body weight times second.", HEEL31_MASK, \
        HEEL_INSIDE "; mass measured that day", "As heel31_impulse_Ns."
#define TEXT_HEEL31_SHARE                                                   \
    "Heel impulse over total impulse, in percent.", HEEL31_MASK, FULL_STEP, \
        "A share: it moves when another region moves. Read the impulse beside it."
#define TEXT_HEEL31_PTI_PEAK                                                                            \
    "Pressure-time integral, novel's form: sum over frames of the heel's largest pressure times frame " \
    "time.",                                                                                            \
        HEEL31_MASK "; as in novel software", HEEL_INSIDE,                                              \
        "About twice heel31_pti_mean_kPas on the same data: never compare the two."
#define TEXT_HEEL31_PTI_MEAN                                                              \
    "Pressure-time integral, Melai's form: heel impulse over the heel's footprint area.", \
        HEEL31_MASK "; Melai et al.", HEEL_INSIDE, "Depends on the threshold through the area."
#define TEXT_HEEL31_SLOPE50                                                                   \
    "Heel force 50 ms after initial contact over 50 ms: the headline landing measure.", OURS, \
        HEEL_INSIDE "; rate >= 100 Hz",                                                       \
        "Too high in a recording that starts loaded. Normal force only, not a force plate's loading rate."
#define TEXT_HEEL31_SLOPE50_BW                                                                                     \
    "heel31_slope_0_50ms_N_per_s over body weight.", OURS, HEEL_INSIDE "; rate >= 100 Hz, mass measured that day", \
        "As heel31_slope_0_50ms_N_per_s."
#define TEXT_HEEL31_RATE_20_80                                                                                   \
    "0.6 of the first heel peak over the time from its 20 % to its 80 %.", "force-plate running practice",       \
        HEEL_INSIDE "; >= 5 samples between the two times, a peak with prominence >= 5 % before 50 % of stance", \
        "Not usable on most 100 Hz mats at normal speed: NaN low_fs."
#define TEXT_HEEL31_RATE_MAX                                                                                     \
    "Largest central difference of heel force up to the first heel peak.", OURS, HEEL_INSIDE "; rate >= 200 Hz", \
        "A single noisy frame makes it; lower rates read lower."
#define TEXT_HEEL31_PEAK_KIND                                                                                      \
    "What the first heel peak is: 1 a transient (a higher one follows), 2 the heel's maximum.", OURS, HEEL_INSIDE, \
        "Loading rates of the two kinds are never averaged."
#define TEXT_HEEL31_PEAK_TIME                                                                                    \
    "Time from initial contact to the first heel peak (prominence >= 5 %, before half of stance).", HEEL31_MASK, \
        HEEL_INSIDE "; a first peak", "Grain of one frame; the last frame of a flat top."
#define TEXT_HEEL31_PEAK_TIME_PCT \
    "heel31_time_to_peak_s in percent of stance.", HEEL31_MASK, HEEL_INSIDE, "Grain of one frame."
#define TEXT_HEEL31_CONTACT_TIME \
    "Time with at least 10 N under the heel.", HEEL31_MASK, HEEL_INSIDE, "Grain of one frame."
#define TEXT_HEEL31_CONTACT_TIME_PCT \
    "heel31_contact_time_s in percent of stance.", HEEL31_MASK, HEEL_INSIDE, "Grain of one frame."
#define TEXT_HEEL31_AREA_AT_PEAK                                                                    \
    "Area of the heel's active cells in the frame of its largest force.", HEEL31_MASK, HEEL_INSIDE, \
        "Depends on the threshold."
#define TEXT_HEEL31_ML_INDEX                                                                                      \
    "(medial - lateral)/(medial + lateral) of the heel impulses beside the foot axis; + is medial.", HEEL31_MASK, \
        HEEL_INSIDE "; side known", "Weak: 0.87 to 0.98 as a ratio on one rotated synthetic foot."
#define TEXT_HEEL27_PEAK                                                                                        \
    "Largest pressure of any cell of the heel, for comparison with emed literature.", HEEL27_MASK, HEEL_INSIDE, \
        "As heel31_peak_kPa."
#define TEXT_HEEL27_FORCE_MAX                                                                          \
    "Largest heel force in one frame, for comparison with emed literature.", HEEL27_MASK, HEEL_INSIDE, \
        "2.5 times as sensitive to an error of length as heel31."
#define TEXT_HEEL27_IMPULSE                                                         \
    "Heel impulse, for comparison with emed literature.", HEEL27_MASK, HEEL_INSIDE, \
        "-3.2 % against clinicians' own heels; within 5 % on 73 %."
#define TEXT_HEEL27_SHARE                                                                              \
    "Heel impulse over total impulse, for comparison with emed literature.", HEEL27_MASK, HEEL_INSIDE, \
        "As heel27_impulse_Ns."
#define TEXT_FORE_IMPULSE "Integral of forefoot force, toes included.", FOREFOOT_MASK, FULL_STEP, "None known."
#define TEXT_FORE_SHARE \
    "Forefoot impulse over total impulse, in percent.", FOREFOOT_MASK, FULL_STEP, "A share: read the impulse beside it."
#define TEXT_FORE_PEAK "Largest pressure of any forefoot cell.", FOREFOOT_MASK, FULL_STEP, "Falls with cell size."
#define TEXT_FORE_PTI_PEAK                                                                            \
    "Sum over frames of the forefoot's largest pressure times frame time.", FOREFOOT_MASK, FULL_STEP, \
        "Not comparable with the mean form."
#define TEXT_HALLUX_IMPULSE \
    "Integral of hallux force.", REGIONS_MASK, FULL_STEP "; toes seen, side known", "Follows the toe cut."
#define TEXT_HALLUX_PEAK \
    "Largest pressure of any hallux cell.", REGIONS_MASK, FULL_STEP "; toes seen, side known", "Follows the toe cut."
#define TEXT_FORE_HEEL_IMPULSE \
    "Forefoot impulse over heel31 impulse.", FOREFOOT_MASK, FULL_STEP, "A ratio: read both impulses beside it."
#define TEXT_FORE_HEEL_PEAK \
    "Forefoot peak pressure over heel31 peak pressure.", FOREFOOT_MASK, FULL_STEP, "Both peaks fall with cell size."
#define TEXT_PUSH_OFF_RATE                                                                             \
    "0.6 of the last force peak over the time from its 80 % to its 20 % on the way to toe-off.", OURS, \
        FULL_STEP "; >= 5 samples between the two times", "Low rates smooth it."
#define TEXT_ARCH_INDEX                                                                                   \
    "Middle third of the toeless footprint over the whole toeless footprint.",                            \
        "Cavanagh and Rodgers 1987; " THIRDS_MASK, ARCH_PRINT,                                            \
        "Falls with the threshold (0.227 at 10 kPa, 0.192 at 40). Dynamic electronic prints are not ink " \
        "prints: no arch-type label."
#define TEXT_MAI                                                                                                   \
    "As the arch index, each cell weighted by its maximum pressure.", "Chu et al. 1995; " THIRDS_MASK, ARCH_PRINT, \
        "Another weight gives another number; see the impulse form."
#define TEXT_MAI_IMPULSE                                                                                  \
    "As the arch index, each cell weighted by its impulse.", "Chu et al. 1995; " THIRDS_MASK, ARCH_PRINT, \
        "About 1 % below the maximum-pressure form."
#define TEXT_CSI                                                                                               \
    "Smallest midfoot width over largest forefoot width, across the axis, in percent.", "Chippaux and Smirak", \
        ARCH_PRINT "; NaN waist_open where a row of the midfoot has no contact",                               \
        "Steps of 5.5 points for one 5 mm cell."
#define TEXT_STAHELI                                                                                         \
    "Smallest midfoot width over largest heel width.", "Staheli et al. 1987", ARCH_PRINT "; NaN waist_open", \
        "Grain of one cell of width."
#define TEXT_MID_AREA "Footprint area of the middle third.", THIRDS_MASK, ARCH_PRINT, "Depends on the threshold."
#define TEXT_MID_FORCE_MAX \
    "Largest force under the middle third in one frame.", THIRDS_MASK, ARCH_PRINT, "Hardly moves with the threshold."
#define TEXT_MID_IMPULSE \
    "Integral of the force under the middle third.", THIRDS_MASK, ARCH_PRINT, "Hardly moves with the threshold."
#define TEXT_MID_SHARE                                                                                         \
    "Impulse of the middle third over total impulse, toes in the total, in percent.", THIRDS_MASK, ARCH_PRINT, \
        "A share: read the impulse beside it."
#define TEXT_MEDIAL_MID_SHARE                                                                                \
    "As mid_share_pct with only the cells medial of the foot axis.", THIRDS_MASK, ARCH_PRINT "; side known", \
        "Small numbers; depends on the axis."
#define TEXT_MEDIAL_MID_FORCE_MAX                                                                       \
    "Largest force under the medial half of the middle third.", THIRDS_MASK, ARCH_PRINT "; side known", \
        "Depends on the foot axis; a whole cell of width or length is its grain."
#define TEXT_MEDIAL_MID_AREA                                                                          \
    "Footprint area of the medial half of the middle third.", THIRDS_MASK, ARCH_PRINT "; side known", \
        "Depends on threshold and axis."
#define TEXT_MEDIAL_MID_PEAK                                                                            \
    "Largest pressure in the medial half of the middle third.", THIRDS_MASK, ARCH_PRINT "; side known", \
        "Depends on the axis."
#define TEXT_DAI_MEAN                                                                              \
    "Mean over foot flat (FFC to HO) of the area in contact in the middle third over the toeless " \
    "footprint area: the headline of midfoot contact spread.",                                     \
        OURS ", fixed denominator", FOOT_FLAT,                                                     \
        "A contact-area proxy: arch height is not measured. Depends on the threshold."
#define TEXT_DAI_PEAK                                                                               \
    "Maximum over foot flat of the same ratio after a running median of 30 ms, at least 3 frames.", \
        OURS ", fixed denominator", FOOT_FLAT, "As dai_mean."
#define TEXT_DDAI                                                                            \
    "Mean of the same ratio over 50-80 % of foot flat minus its mean over 20-40 %; signed.", \
        OURS "; exploratory, no verdict", FOOT_FLAT "; >= 3 frames in each window",          \
        "Shows where in the step the arch spreads; not to be judged alone."
#define TEXT_DMF_MEAN                                                                     \
    "Mean force under the middle third over foot flat, in percent of body weight.", OURS, \
        FOOT_FLAT "; mass measured that day", "Hardly moves with the threshold."
#define TEXT_MID_CONTACT_TIME \
    "Time with force under the middle third.", THIRDS_MASK, ARCH_PRINT, "Depends on the threshold."
#define STATIC_PRINT "standing on the whole foot"
#define TEXT_STATIC_ARCH_INDEX                                                                      \
    "Arch index of a standing footprint.", "Cavanagh and Rodgers 1987; " THIRDS_MASK, STATIC_PRINT, \
        "Lower than in walking: dynamic and standing prints are never compared."
#define TEXT_STATIC_MAI                                                                                            \
    "Modified arch index of a standing footprint, weighted by maximum pressure.", "Chu et al. 1995", STATIC_PRINT, \
        "Never beside the dynamic one."
#define TEXT_STATIC_CSI                                                                                       \
    "Chippaux-Smirak index of a standing footprint.", "Chippaux and Smirak", STATIC_PRINT "; NaN waist_open", \
        "Steps of 5.5 points for one 5 mm cell."
#define TEXT_STATIC_STAHELI                                                                           \
    "Staheli index of a standing footprint.", "Staheli et al. 1987", STATIC_PRINT "; NaN waist_open", \
        "Grain of one cell of width."
#define TEXT_SWAY_PATH                                                                             \
    "Length of the centre of pressure's path under this foot while standing.", OURS, STATIC_PRINT, \
        "Grows with the frame rate through noise: compare at one rate only."
#define TEXT_SWAY_VELOCITY "sway_path_mm over the time of standing.", OURS, STATIC_PRINT, "As sway_path_mm."
#define TEXT_SWAY_ELLIPSE                                                                                           \
    "Area of the 95 % ellipse of the centre of pressure: pi * 5.991 * sqrt of the covariance's determinant.", OURS, \
        STATIC_PRINT, "One foot's, not the body's."
#define TEXT_STANDING_LOAD \
    "Mean force under this foot while standing.", OURS, STATIC_PRINT, "Left against right needs both feet on the mat."
#define TEXT_STANDING_SHARE                                                                                    \
    "standing_load_N in percent of the mean force of all feet that were on the mat in the same frames.", OURS, \
        STATIC_PRINT, "100 with one foot on the mat."
#define TEXT_BODY_SWAY_PATH                                                                                     \
    "Length of the path of the centre of pressure of all feet on the mat, while this foot was standing.", OURS, \
        "standing; not with frames missing", "As sway_path_mm. Jumps when a foot comes or goes."
#define TEXT_BODY_SWAY_VELOCITY \
    "body_sway_path_mm over the time of standing.", OURS, "standing; not with frames missing", "As body_sway_path_mm."
#define TEXT_BODY_SWAY_ELLIPSE                                                               \
    "Area of the 95 % ellipse of the same centre of pressure, as sway_ellipse95_cm2.", OURS, \
        "standing; not with frames missing", "As body_sway_path_mm."
#define TEXT_LMFI_FMC                                                                                             \
    "100*[(MH+M1+M2)-(LH+M4+M5)]/total force at first metatarsal contact; + is medial.", LMFI_SOURCE, SIDED_STEP, \
        "Exploratory; follows the eleven-region mask."
#define TEXT_LMFI_FFF                                                                                          \
    "100*[(MH+M1+M2)-(LH+M4+M5)]/total force at full forefoot contact; + is medial.", LMFI_SOURCE, SIDED_STEP, \
        "Exploratory; follows the eleven-region mask."
#define TEXT_LMFI_HO                                                                              \
    "100*[(MH+M1+M2)-(LH+M4+M5)]/total force at heel-off; + is medial.", LMFI_SOURCE, SIDED_STEP, \
        "Exploratory; follows the eleven-region mask."
#define TEXT_LMFI_TO                                                                                    \
    "100*[(MH+M1+M2)-(LH+M4+M5)]/total force at 95 % of stance; + is medial.", LMFI_SOURCE, SIDED_STEP, \
        "Exploratory; follows the eleven-region mask."
#define TEXT_LMFI_FORE_10_30                                                                                      \
    "100*[(M1+M2)-(M4+M5)]/(M1+...+M5) of the impulses between 10 and 30 % of stance; + is medial.", LMFI_SOURCE, \
        SIDED_STEP, "Exploratory: within-foot SD about 15 points."
#define TEXT_LMFI_FORE_30_60                                                                                      \
    "100*[(M1+M2)-(M4+M5)]/(M1+...+M5) of the impulses between 30 and 60 % of stance; + is medial.", LMFI_SOURCE, \
        SIDED_STEP, "Exploratory: within-foot SD about 15 points."
#define TEXT_LMFI_FORE_60_95                                                                                      \
    "100*[(M1+M2)-(M4+M5)]/(M1+...+M5) of the impulses between 60 and 95 % of stance; + is medial.", LMFI_SOURCE, \
        SIDED_STEP, "Exploratory: within-foot SD about 15 points."
#define TEXT_LMFI_ICP                                                                                      \
    "100*[(MH+M1+M2)-(LH+M4+M5)]/total force, of the impulses of the initial contact phase; + is medial.", \
        LMFI_SOURCE, SIDED_STEP, "Exploratory; follows the eleven-region mask."
#define TEXT_LMFI_FFCP                                                                                      \
    "100*[(MH+M1+M2)-(LH+M4+M5)]/total force, of the impulses of the forefoot contact phase; + is medial.", \
        LMFI_SOURCE, SIDED_STEP, "Exploratory; follows the eleven-region mask."
#define TEXT_LMFI_FFP                                                                                             \
    "100*[(MH+M1+M2)-(LH+M4+M5)]/total force, of the impulses of the foot-flat phase; + is medial.", LMFI_SOURCE, \
        SIDED_STEP, "Exploratory; follows the eleven-region mask."
#define TEXT_LMFI_FFPOP                                                                                          \
    "100*[(MH+M1+M2)-(LH+M4+M5)]/total force, of the impulses of the push-off phase; + is medial.", LMFI_SOURCE, \
        SIDED_STEP, "Exploratory; follows the eleven-region mask."
#define TEXT_PRONATION_INDEX                                                                                      \
    "(medial - lateral)/(medial + lateral) of the impulses beside the foot axis; + is medial.", OURS, SIDED_STEP, \
        "2 degrees of axis move it by 0.07: exploratory, best with the session's axis."
#define TEXT_CPE                                                                                          \
    "Distance of the centre of pressure from the chord of its path, on the distal-third line across the " \
    "medial tangent; + is lateral.",                                                                      \
        "Song et al. 1996; construction of this project",                                                 \
        FULL_STEP ", heel strike, path >= 0.6 of the length, crosses the line; side known",               \
        "Constructions disagree between devices: no absolute labels."
#define TEXT_CPEI                                                               \
    "cpe_mm over the forefoot's width on that line, in percent; + is lateral.", \
        "Song et al. 1996; construction of this project", "as cpe_mm", "As cpe_mm. Within-foot SD about 6.5."
#define TEXT_CPEI_AXIS                                                                             \
    "As cpei_pct with the line across the foot axis.", "variant of Song et al. 1996", "as cpe_mm", \
        "More robust than the tangent; not the same number."
#define TEXT_COP_VELOCITY_MEAN                                                                            \
    "Mean velocity of the centre of pressure along the foot, 3-frame mean, first and last 5 % of stance " \
    "dropped.",                                                                                           \
        OURS, FULL_STEP, "Noise at small forces is dropped with the ends."
#define TEXT_COP_VELOCITY_MAX \
    "Largest of the same velocity.", OURS, FULL_STEP, "Landing noise: raw maxima are ten times the mean."
#define TEXT_COP_VELOCITY_LANDING_MEAN                                                                     \
    "Mean velocity of the centre of pressure along the foot in landing (initial to forefoot contact), as " \
    "cop_velocity_mean.",                                                                                  \
        OURS, FULL_STEP "; heel strike", "Noise at small forces is dropped with the ends."
#define TEXT_COP_VELOCITY_LANDING_MAX                                                                         \
    "Largest velocity of the centre of pressure along the foot in landing (initial to forefoot contact), as " \
    "cop_velocity_mean.",                                                                                     \
        OURS, FULL_STEP "; heel strike", "Noise makes it."
#define TEXT_COP_VELOCITY_FLAT_MEAN                                                                           \
    "Mean velocity of the centre of pressure along the foot in foot flat (forefoot contact to heel-off), as " \
    "cop_velocity_mean.",                                                                                     \
        OURS, FULL_STEP "; heel strike", "Noise at small forces is dropped with the ends."
#define TEXT_COP_VELOCITY_FLAT_MAX                                                                               \
    "Largest velocity of the centre of pressure along the foot in foot flat (forefoot contact to heel-off), as " \
    "cop_velocity_mean.",                                                                                        \
        OURS, FULL_STEP "; heel strike", "Noise makes it."
#define TEXT_COP_VELOCITY_PUSH_MEAN                                                                                    \
    "Mean velocity of the centre of pressure along the foot in push-off (heel-off to toe-off), as cop_velocity_mean.", \
        OURS, FULL_STEP "; heel strike", "Noise at small forces is dropped with the ends."
#define TEXT_COP_VELOCITY_PUSH_MAX                                                                     \
    "Largest velocity of the centre of pressure along the foot in push-off (heel-off to toe-off), as " \
    "cop_velocity_mean.",                                                                              \
        OURS, FULL_STEP "; heel strike", "Noise makes it."
#define TEXT_COP_ML_RANGE                                                                             \
    "Range of the centre of pressure across the foot over the same part of stance.", OURS, FULL_STEP, \
        "Sensitive to the axis."

#endif
