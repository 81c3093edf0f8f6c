/* The verdict in words. It states a direction; it never says "better" unless that direction was registered. */
#include <gait/verdict.h>

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

struct text {
    char *at;
    size_t size;
    size_t length; /* of the whole text, cut or not */
};

GAIT_PRINTF(2, 3) static void put(struct text *text, const char *words, ...)
{
    size_t used = text->length < text->size ? text->length : text->size;
    va_list args;
    int n;

    va_start(args, words);
    n = vsnprintf(text->size ? text->at + used : NULL, text->size - used, words, args);
    va_end(args);
    if (n > 0)
        text->length += (size_t)n;
}

static const char *direction_word(enum gait_direction direction)
{
    return direction == GAIT_DIRECTION_INCREASE   ? "rose"
           : direction == GAIT_DIRECTION_DECREASE ? "fell"
                                                  : "did not change";
}

/* Between a number and its unit; a ratio has none. */
static const char *blank(const char *unit)
{
    return *unit ? " " : "";
}

static void put_change(struct text *text, const struct gait_verdict_input *in, const struct gait_verdict *v,
                       const char *label, const char *unit)
{
    put(text, "%s %s", label, direction_word(v->direction));
    if (v->direction != GAIT_DIRECTION_NONE)
        put(text, " by %.3g%s%s", fabs(in->change.value), blank(unit), unit);
    if (!isnan(v->ci95.lo))
        put(text, " (95 %% interval %.3g to %.3g)", v->ci95.lo, v->ci95.hi);
}

static void put_error(struct text *text, const struct gait_verdict_input *in, const char *unit)
{
    put(text, "%.3g%s%s%s", in->mdc95, blank(unit), unit, in->mdc_is_literature ? ", a literature default" : "");
}

static void put_beyond(struct text *text, const struct gait_verdict_input *in, const struct gait_verdict *v,
                       const char *unit)
{
    put(text, ", more than the measurement error of one person (");
    put_error(text, in, unit);
    put(text, ").");
    if (v->improved)
        put(text, " This is the direction registered beforehand as improvement.");
    else if (in->wanted != GAIT_DIRECTION_NONE)
        put(text, " This is against the direction registered beforehand as improvement.");
}

static void put_inconclusive(struct text *text, const struct gait_verdict_input *in, const struct gait_verdict *v,
                             const char *unit)
{
    put(text, ": inconclusive, a change of %.3g%s%s is not excluded.", v->largest_not_excluded, blank(unit), unit);
    if (v->reasons & GAIT_VERDICT_NO_MDC)
        put(text, " The measurement error of this metric is not known: the lab needs its own double baseline.");
    if (v->reasons & GAIT_VERDICT_CONSISTENT_SHIFT) {
        put(text, " Consistent shift, within measurement error (");
        put_error(text, in, unit);
        put(text, ").");
    } else if (v->reasons & GAIT_VERDICT_MDC_UNCERTAIN) {
        put(text, " It is above the measurement error (");
        put_error(text, in, unit);
        put(text, "), but that figure comes from too few people to be sure.");
    } else if (v->reasons & GAIT_VERDICT_MULTIPLICITY) {
        put(text, " Alone it would be beyond measurement error, not among all primary metrics.");
    }
}

static void put_none(struct text *text, const struct gait_verdict_input *in, const struct gait_verdict *v)
{
    const char *between = " ";

    put(text, "; no verdict:");
    if (v->reasons & GAIT_VERDICT_FEW_STEPS) {
        put(text, "%stoo few steps (5 or more are wanted before and after)", between);
        between = ", ";
    }
    if (v->reasons & GAIT_VERDICT_FEW_PASSES) {
        put(text, "%stoo few passes (4 or more are needed before and after)", between);
        between = ", ";
    }
    if (v->reasons & GAIT_VERDICT_NO_INTERVAL)
        put(text, "%sthe passes %s, so there is no interval", between,
            in->change.note == GAIT_STATS_NOTE_REPEATED ? "repeat each other so much that they count as one"
                                                        : "do not vary");
    put(text, ".");
}

int gait_verdict_sentence(const struct gait_verdict_input *input, const struct gait_verdict *verdict,
                          const char *metric_label, const char *unit, char *ret_text, size_t size)
{
    struct text text = {.at = ret_text, .size = size};

    if (!input || !verdict || !metric_label || !unit || (!ret_text && size > 0))
        return -EINVAL;
    if (verdict->kind == GAIT_VERDICT_REFUSED) {
        put(&text, "%s: not compared, %zu steps before and %zu after (3 are the least, 5 are wanted).", metric_label,
            input->steps_pre, input->steps_post);
        return (int)text.length;
    }
    put_change(&text, input, verdict, metric_label, unit);
    if (verdict->kind == GAIT_VERDICT_BEYOND_ERROR)
        put_beyond(&text, input, verdict, unit);
    else if (verdict->kind == GAIT_VERDICT_EQUIVALENT)
        put(&text, ": equivalent, the change is smaller than what was registered as worthwhile (%.3g %s).", input->swc,
            unit);
    else if (verdict->kind == GAIT_VERDICT_INCONCLUSIVE)
        put_inconclusive(&text, input, verdict, unit);
    else
        put_none(&text, input, verdict);
    if (verdict->kind != GAIT_VERDICT_NONE && verdict->reasons & GAIT_VERDICT_FEW_STEPS)
        put(&text, " Only 4 steps: read with care.");
    return (int)text.length;
}
