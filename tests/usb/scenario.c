#include "scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

int scenario_main(int argc, char **argv, const struct scenario *scenarios, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct CMUnitTest test[] = {{scenarios[i].name, scenarios[i].run, NULL, NULL, NULL}};

        if (argc == 2 && strcmp(argv[1], scenarios[i].name) == 0)
            return cmocka_run_group_tests(test, NULL, NULL);
    }
    fprintf(stderr, "give the name of one scenario:\n");
    for (size_t i = 0; i < n; i++)
        fprintf(stderr, "    %s\n", scenarios[i].name);
    return 2;
}
