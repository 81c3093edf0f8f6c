/* What stands behind the plain table: findings, verdicts, and the change in the window beside that of all passes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "print.h"
#include "study.h"

enum { COLUMNS = 80 };

/* Words until the margin, further lines indented. */
static void print_wrapped(const char *text, int indent, int column)
{
    for (bool first = true; *text; first = false) {
        size_t word = strcspn(text, " ");

        if (!first && column + 1 + (int)word > COLUMNS) {
            printf("\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)word, text);
        column += (int)word;
        text += word + (text[word] == ' ');
    }
    putchar('\n');
}

static void print_findings(const struct client *client, const struct study *study)
{
    static const struct {
        const char *word;
        enum print_colour colour;
    } kinds[] = {
        [GAIT_DESIGN_NOTE] = {"note", PRINT_PLAIN},
        [GAIT_DESIGN_WARNING] = {"warning", PRINT_YELLOW},
        [GAIT_DESIGN_REFUSED] = {"REFUSED", PRINT_RED},
    };

    for (int severity = GAIT_DESIGN_REFUSED; severity >= GAIT_DESIGN_NOTE; severity--)
        for (size_t i = 0; i < study->n_finding; i++) {
            const struct gait_design_finding *f = &study->finding[i];

            if ((int)f->severity != severity)
                continue;
            printf("%s%s:%s ", print_colour(client, kinds[severity].colour), kinds[severity].word,
                   print_colour(client, PRINT_PLAIN));
            print_wrapped(f->text, 2, 2 + (int)strlen(kinds[severity].word));
        }
}

static void print_change(const char *what, const struct gait_stats_estimate *e, size_t n_pre, size_t n_post, int digits)
{
    if (!isfinite(e->value))
        printf("    %-26s -", what);
    else if (!isfinite(e->ci.lo))
        printf("    %-26s %+.*f", what, digits, print_rounded(e->value, digits));
    else
        printf("    %-26s %+.*f (%+.*f to %+.*f)", what, digits, print_rounded(e->value, digits), digits,
               print_rounded(e->ci.lo, digits), digits, print_rounded(e->ci.hi, digits));
    if (n_pre + n_post)
        printf("  n %zu, %zu", n_pre, n_post);
    putchar('\n');
}

static void print_mdc(const struct gait_design_comparison *c, int digits)
{
    if (c->mdc_source == GAIT_DESIGN_MDC_NONE)
        printf("    %-26s not known (no_mdc)\n", "MDC95");
    else if (c->mdc_source == GAIT_DESIGN_MDC_LITERATURE)
        printf("    %-26s %.*f  literature default\n", "MDC95", digits, c->mdc95);
    else
        printf("    %-26s %.*f (%.*f to %.*f)  this lab's baseline%s%s\n", "MDC95", digits, c->mdc95, digits,
               c->mdc_ci.lo, digits, c->mdc_ci.hi, *c->mdc_note ? ", " : "", c->mdc_note);
}

static void print_judged(const struct client *client, const struct study *study, const struct gait_design_comparison *c)
{
    enum print_colour colour = c->verdict.kind == GAIT_VERDICT_REFUSED        ? PRINT_RED
                               : c->verdict.kind == GAIT_VERDICT_BEYOND_ERROR ? PRINT_BOLD
                                                                              : PRINT_PLAIN;
    int digits = print_digits(gait_metric_info(c->metric)->unit);

    printf("\n%s%s, %s, %s against %s%s\n", print_colour(client, PRINT_BOLD), gait_metric_info(c->metric)->name,
           c->foot == GAIT_DESIGN_BOTH ? "both feet" : gait_design_foot_name(c->foot), c->timepoint,
           study->plan.baseline, print_colour(client, PRINT_PLAIN));
    printf("  %s%s:%s ", print_colour(client, colour), gait_verdict_name(c->verdict.kind),
           print_colour(client, PRINT_PLAIN));
    print_wrapped(c->sentence, 4, 4 + (int)strlen(gait_verdict_name(c->verdict.kind)));
    if (c->why[0] && c->verdict.kind != GAIT_VERDICT_REFUSED) {
        printf("    ");
        print_wrapped(c->why, 4, 4);
    }
    print_change("change, passes in window", &c->change, c->pre.n, c->post.n, digits);
    print_change("change, all passes", &c->all, c->all_pre.n, c->all_post.n, digits);
    if (c->has_adjusted)
        print_change("the same at equal speed", &c->adjusted.group, 0, 0, digits);
    print_mdc(c, digits);
    if (c->permutation.total && c->permutation.p_min < 1)
        printf("    %-26s %.2g (smallest possible %.2g)\n", "permutation p", c->permutation.p, c->permutation.p_min);
    if (c->effective)
        printf("    passes repeat each other (r1 %.2f, %.2f): the interval counts fewer\n", c->r1_pre, c->r1_post);
}

static void print_group(const struct client *client, const struct study *study, const struct gait_design_group *g)
{
    int digits = print_digits(gait_metric_info(g->metric)->unit);

    printf("\n%s%s, %s, %s against %s%s\n", print_colour(client, PRINT_BOLD), gait_metric_info(g->metric)->name,
           g->kind == GAIT_DESIGN_ONE_FOOT ? "treated foot"
           : g->foot == GAIT_DESIGN_BOTH   ? "both feet"
                                           : gait_design_foot_name(g->foot),
           g->timepoint, study->plan.baseline, print_colour(client, PRINT_PLAIN));
    printf("  %s: ", gait_design_group_verdict_name(g->verdict));
    print_wrapped(g->sentence, 4, 4 + (int)strlen(gait_design_group_verdict_name(g->verdict)));
    if (*g->arm)
        printf("    %s against %s\n", g->arm, g->reference);
    print_change("effect", &g->effect, 0, 0, digits);
    printf("    %-26s %zu counted, %zu left out\n", "people", g->n, g->n_left_out);
    if (g->kind == GAIT_DESIGN_GROUP && g->n > 1)
        printf("    %-26s %.2g sign flips, %.2g Wilcoxon\n    %-26s %zu up, %zu down beyond their MDC95\n", "p",
               g->p_permutation, g->p_wilcoxon, "responders", g->responders_up, g->responders_down);
    if (g->order_tested)
        print_change(g->kind == GAIT_DESIGN_CROSSOVER ? "period" : "side", &g->order, 0, 0, digits);
}

void verdict_print(const struct client *client, const struct study *study)
{
    if (study->n_finding)
        putchar('\n');
    print_findings(client, study);
    for (size_t i = 0; i < study->n_judged; i++)
        print_judged(client, study, &study->judged[i]);
    for (size_t i = 0; i < study->n_group; i++)
        print_group(client, study, &study->group[i]);
    if (study->n_judged + study->n_group) {
        putchar('\n');
        print_wrapped("Intervals are 95 %. Primary metrics, adjusted together (Holm); all others are numbers without a "
                      "verdict. What each number means: docs/COMPARE.md.",
                      0, 0);
    }
}
