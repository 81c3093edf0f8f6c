/* One scenario a process: main picks it by name. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <stddef.h>

struct scenario {
    const char *name;
    void (*run)(void **state);
};

#define SCENARIO(function)  \
    {                       \
#function, function \
    }

int scenario_main(int argc, char **argv, const struct scenario *scenarios, size_t n);

#endif
