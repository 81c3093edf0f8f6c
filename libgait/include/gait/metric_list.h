/*
 * Names, units and tiers of all metrics, in stored order. Append within reason: files carry names, not numbers, so order is free,
 * but a name once shipped keeps its meaning (a changed meaning raises algorithm_version and deserves a new name).
 */
#ifndef GAIT_METRIC_LIST_H
#define GAIT_METRIC_LIST_H

/* clang-format off */
#define GAIT_METRIC_LIST(M)                                                     \
    /* whole foot */                                                            \
    M(STANCE, "stance_s", "s", STEP)                                            \
    M(FORCE_MAX, "force_max_N", "N", STEP)                                      \
    M(FORCE_MAX_BW, "force_max_pctBW", "percent", STEP)                         \
    M(IMPULSE, "impulse_Ns", "N s", STEP)                                       \
    M(IMPULSE_BW, "impulse_pctBWs", "percent s", STEP)                          \
    M(PEAK, "peak_kPa", "kPa", STEP)                                            \
    M(CONTACT_AREA_MAX, "contact_area_max_cm2", "cm2", STEP)                    \
    M(FOOTPRINT_AREA, "footprint_area_cm2", "cm2", STEP)                        \
    M(LENGTH, "length_mm", "mm", STEP)                                          \
    M(TOELESS_LENGTH, "toeless_length_mm", "mm", STEP)                          \
    M(WIDTH, "width_mm", "mm", STEP)                                            \
    M(F1, "f1_N", "N", STEP)                                                    \
    M(F1_TIME, "f1_time_pct", "percent", STEP)                                  \
    M(TROUGH, "trough_N", "N", STEP)                                            \
    M(TROUGH_TIME, "trough_time_pct", "percent", STEP)                          \
    M(F2, "f2_N", "N", STEP)                                                    \
    M(F2_TIME, "f2_time_pct", "percent", STEP)                                  \
    /* events and phases */                                                     \
    M(FFC_TIME, "ffc_s", "s", STEP)                                             \
    M(FFC, "ffc_pct", "percent", STEP)                                          \
    M(FMC, "fmc_pct", "percent", STEP)                                          \
    M(FFF, "fff_pct", "percent", STEP)                                          \
    M(HO_TIME, "ho_s", "s", STEP)                                               \
    M(HO, "ho_pct", "percent", STEP)                                            \
    M(HEEL_FLAT, "heel_flat_s", "s", STEP)                                      \
    M(PROPULSION, "propulsion_s", "s", STEP)                                    \
    M(PHASE_ICP, "phase_initial_contact_pct", "percent", STEP)                  \
    M(PHASE_FFCP, "phase_forefoot_contact_pct", "percent", STEP)                \
    M(PHASE_FFP, "phase_foot_flat_pct", "percent", STEP)                        \
    M(PHASE_FFPOP, "phase_push_off_pct", "percent", STEP)                       \
    M(CROSSOVER, "heel_forefoot_crossover_pct", "percent", STEP)                \
    M(STRIKE_INDEX, "strike_index", "1", STEP)                                  \
    /* side, axis, place */                                                     \
    M(SIDE_CONFIDENCE, "side_confidence", "1", STEP)                            \
    M(AXIS, "axis_deg", "degree", STEP)                                         \
    M(PROGRESSION_ANGLE, "progression_angle_deg", "degree", STEP)               \
    M(STEP_LENGTH, "step_length_mm", "mm", STEP)                                \
    M(STEP_WIDTH, "step_width_mm", "mm", STEP)                                  \
    M(STRIDE_LENGTH, "stride_length_mm", "mm", STEP)                            \
    M(STEP_TIME, "step_time_s", "s", STEP)                                      \
    M(STRIDE_TIME, "stride_time_s", "s", STEP)                                  \
    M(DOUBLE_SUPPORT, "double_support_s", "s", SESSION)                         \
    M(DUTY_FACTOR, "duty_factor", "1", SESSION)                                 \
    M(SWING, "swing_s", "s", SESSION)                                           \
    M(CADENCE, "cadence_per_min", "min-1", SESSION)                             \
    M(SPEED, "speed_m_per_s", "m s-1", SESSION)                                 \
    /* heel, mask heel31 */                                                     \
    M(HEEL31_PEAK, "heel31_peak_kPa", "kPa", STEP)                              \
    M(HEEL31_P95, "heel31_p95_kPa", "kPa", STEP)                                \
    M(HEEL31_FORCE_MAX, "heel31_force_max_N", "N", STEP)                        \
    M(HEEL31_FORCE_MAX_BW, "heel31_force_max_pctBW", "percent", STEP)           \
    M(HEEL31_IMPULSE, "heel31_impulse_Ns", "N s", STEP)                         \
    M(HEEL31_IMPULSE_BW, "heel31_impulse_pctBWs", "percent s", STEP)            \
    M(HEEL31_SHARE, "heel31_share_pct", "percent", STEP)                        \
    M(HEEL31_PTI_PEAK, "heel31_pti_peak_kPas", "kPa s", STEP)                   \
    M(HEEL31_PTI_MEAN, "heel31_pti_mean_kPas", "kPa s", STEP)                   \
    M(HEEL31_SLOPE50, "heel31_slope_0_50ms_N_per_s", "N s-1", STEP)             \
    M(HEEL31_SLOPE50_BW, "heel31_slope_0_50ms_BW_per_s", "s-1", STEP)           \
    M(HEEL31_RATE_20_80, "heel31_loading_rate_20_80_N_per_s", "N s-1", STEP)    \
    M(HEEL31_RATE_MAX, "heel31_loading_rate_max_N_per_s", "N s-1", STEP)        \
    M(HEEL31_PEAK_KIND, "heel31_peak_kind", "1", STEP)                          \
    M(HEEL31_PEAK_TIME, "heel31_time_to_peak_s", "s", STEP)                     \
    M(HEEL31_PEAK_TIME_PCT, "heel31_time_to_peak_pct", "percent", STEP)         \
    M(HEEL31_CONTACT_TIME, "heel31_contact_time_s", "s", STEP)                  \
    M(HEEL31_CONTACT_TIME_PCT, "heel31_contact_time_pct", "percent", STEP)      \
    M(HEEL31_AREA_AT_PEAK, "heel31_area_at_peak_cm2", "cm2", STEP)              \
    M(HEEL31_ML_INDEX, "heel31_medial_lateral_index", "1", STEP)                \
    /* heel, mask heel27, beside emed literature */                             \
    M(HEEL27_PEAK, "heel27_peak_kPa", "kPa", STEP)                              \
    M(HEEL27_FORCE_MAX, "heel27_force_max_N", "N", STEP)                        \
    M(HEEL27_IMPULSE, "heel27_impulse_Ns", "N s", STEP)                         \
    M(HEEL27_SHARE, "heel27_share_pct", "percent", STEP)                        \
    /* forefoot and hallux */                                                   \
    M(FORE_IMPULSE, "forefoot_impulse_Ns", "N s", STEP)                         \
    M(FORE_SHARE, "forefoot_share_pct", "percent", STEP)                        \
    M(FORE_PEAK, "forefoot_peak_kPa", "kPa", STEP)                              \
    M(FORE_PTI_PEAK, "forefoot_pti_peak_kPas", "kPa s", STEP)                   \
    M(HALLUX_IMPULSE, "hallux_impulse_Ns", "N s", STEP)                         \
    M(HALLUX_PEAK, "hallux_peak_kPa", "kPa", STEP)                              \
    M(FORE_HEEL_IMPULSE, "forefoot_heel_impulse_ratio", "1", STEP)              \
    M(FORE_HEEL_PEAK, "forefoot_heel_peak_ratio", "1", STEP)                    \
    M(PUSH_OFF_RATE, "push_off_rate_N_per_s", "N s-1", STEP)                    \
    /* arch, masks thirds */                                                    \
    M(ARCH_INDEX, "arch_index", "1", STEP)                                      \
    M(MAI, "modified_arch_index", "1", STEP)                                    \
    M(MAI_IMPULSE, "modified_arch_index_impulse", "1", STEP)                    \
    M(CSI, "chippaux_smirak_pct", "percent", STEP)                              \
    M(STAHELI, "staheli_index", "1", STEP)                                      \
    M(MID_AREA, "midfoot_area_cm2", "cm2", STEP)                                \
    M(MID_FORCE_MAX, "midfoot_force_max_N", "N", STEP)                          \
    M(MID_IMPULSE, "midfoot_impulse_Ns", "N s", STEP)                           \
    M(MID_SHARE, "mid_share_pct", "percent", STEP)                              \
    M(MEDIAL_MID_SHARE, "medial_mid_share_pct", "percent", STEP)                \
    M(MEDIAL_MID_FORCE_MAX, "medial_mid_force_max_N", "N", STEP)                \
    M(MEDIAL_MID_AREA, "medial_mid_area_cm2", "cm2", STEP)                      \
    M(MEDIAL_MID_PEAK, "medial_mid_peak_kPa", "kPa", STEP)                      \
    M(DAI_MEAN, "dai_mean", "1", STEP)                                          \
    M(DAI_PEAK, "dai_peak", "1", STEP)                                          \
    M(DDAI, "ddai", "1", STEP)                                                  \
    M(DMF_MEAN, "dmf_mean_pctBW", "percent", STEP)                              \
    M(MID_CONTACT_TIME, "mid_contact_time_s", "s", STEP)                        \
    /* standing: the same print indices under their own names */                \
    M(STATIC_ARCH_INDEX, "static_arch_index", "1", STEP)                        \
    M(STATIC_MAI, "static_modified_arch_index", "1", STEP)                      \
    M(STATIC_CSI, "static_chippaux_smirak_pct", "percent", STEP)                \
    M(STATIC_STAHELI, "static_staheli_index", "1", STEP)                        \
    M(SWAY_PATH, "sway_path_mm", "mm", STEP)                                    \
    M(SWAY_VELOCITY, "sway_velocity_mm_per_s", "mm s-1", STEP)                  \
    M(SWAY_ELLIPSE, "sway_ellipse95_cm2", "cm2", STEP)                          \
    M(STANDING_LOAD, "standing_load_N", "N", STEP)                              \
    M(STANDING_SHARE, "standing_share_pct", "percent", STEP)                    \
    M(BODY_SWAY_PATH, "body_sway_path_mm", "mm", STEP)                          \
    M(BODY_SWAY_VELOCITY, "body_sway_velocity_mm_per_s", "mm s-1", STEP)        \
    M(BODY_SWAY_ELLIPSE, "body_sway_ellipse95_cm2", "cm2", STEP)                \
    /* medio-lateral, + is medial (CPEI: + is lateral) */                       \
    M(LMFI_FMC, "lmfi_fmc_pct", "percent", STEP)                                \
    M(LMFI_FFF, "lmfi_fff_pct", "percent", STEP)                                \
    M(LMFI_HO, "lmfi_ho_pct", "percent", STEP)                                  \
    M(LMFI_TO, "lmfi_to_pct", "percent", STEP)                                  \
    M(LMFI_FORE_10_30, "lmfi_forefoot_10_30_pct", "percent", STEP)              \
    M(LMFI_FORE_30_60, "lmfi_forefoot_30_60_pct", "percent", STEP)              \
    M(LMFI_FORE_60_95, "lmfi_forefoot_60_95_pct", "percent", STEP)              \
    M(LMFI_ICP, "lmfi_initial_contact_pct", "percent", STEP)                    \
    M(LMFI_FFCP, "lmfi_forefoot_contact_pct", "percent", STEP)                  \
    M(LMFI_FFP, "lmfi_foot_flat_pct", "percent", STEP)                          \
    M(LMFI_FFPOP, "lmfi_push_off_pct", "percent", STEP)                         \
    M(PRONATION_INDEX, "pronation_index", "1", STEP)                            \
    M(CPE, "cpe_mm", "mm", STEP)                                                \
    M(CPEI, "cpei_pct", "percent", STEP)                                        \
    M(CPEI_AXIS, "cpei_axis_pct", "percent", STEP)                              \
    M(COP_VELOCITY_MEAN, "cop_velocity_mean_mm_per_s", "mm s-1", STEP)          \
    M(COP_VELOCITY_MAX, "cop_velocity_max_mm_per_s", "mm s-1", STEP)            \
    M(COP_VELOCITY_LANDING_MEAN, "cop_velocity_landing_mean_mm_per_s", "mm s-1", STEP)\
    M(COP_VELOCITY_LANDING_MAX, "cop_velocity_landing_max_mm_per_s", "mm s-1", STEP)\
    M(COP_VELOCITY_FLAT_MEAN, "cop_velocity_foot_flat_mean_mm_per_s", "mm s-1", STEP)\
    M(COP_VELOCITY_FLAT_MAX, "cop_velocity_foot_flat_max_mm_per_s", "mm s-1", STEP)\
    M(COP_VELOCITY_PUSH_MEAN, "cop_velocity_push_off_mean_mm_per_s", "mm s-1", STEP)\
    M(COP_VELOCITY_PUSH_MAX, "cop_velocity_push_off_max_mm_per_s", "mm s-1", STEP)\
    M(COP_ML_RANGE, "cop_ml_range_mm", "mm", STEP)

#endif
