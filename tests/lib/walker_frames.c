/* Prints the walker's frames as raw samples: walker_frames TEXT COUNT. What a mat that walks so must send. */
#include <stdio.h>
#include <stdlib.h>

#include "transport/walker.h"

static int fail(const char *what)
{
    fprintf(stderr, "walker_frames: %s\n", what);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct gait_frame_meta meta = {0};
    struct gait_error err = {0};
    struct gait_frame_source *source;
    struct mat_walker_config config;
    size_t bytes;
    void *raw;

    mat_walker_default(&config);
    if (argc != 3 || mat_walker_parse(argv[1], &config, &err) < 0 || mat_walker_new(&config, &source, &err) < 0)
        return fail(argc == 3 ? err.text : "wants a walker's text and a count");
    bytes = gait_geometry_frame_bytes(&gait_source_info(source)->geometry);
    raw = malloc(bytes);
    for (long n = strtol(argv[2], NULL, 10); raw && n > 0 && gait_source_next(source, raw, &meta, &err) == 1; n--)
        fwrite(raw, 1, bytes, stdout);
    free(raw);
    gait_source_free(source);
    return raw ? EXIT_SUCCESS : fail("no memory");
}
