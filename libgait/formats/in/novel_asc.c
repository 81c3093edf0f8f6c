/*
 * novel pedar and pliance ASCII (.asc): known, and refused with the reason.
 *
 *     file name: ... date/time ...
 *     mat type s2160_001                                    pedar: the insole's type
 *     total times [secs]: ... time per frame [secs]: ... scanning rate [Hz]: ...
 *     pressure values in kPa
 *     time[secs]  4  5  6 ...                               numbers of the sensors
 *     5.79167  0.000  13.333 ...
 *
 * The file numbers its sensors and says neither where they lie nor how large they are. Those of an insole are of different sizes (99 of them, by insole size), and
 * a pliance mat's pitch belongs to its type: without the maker's table no force, no area and no place follows from the numbers.
 */
#include "format.h"

#include <errno.h>

static int detect(const struct formats_text *text)
{
    return formats_holds(text, FORMATS_HEAD_BYTES, "time[secs]") ? 80 : 0;
}

static int header(struct formats_file *file, struct formats_cursor *cursor, struct gait_error *err)
{
    (void)cursor;
    return gait_error_set(
        err, -EINVAL,
        "%s: a pedar or pliance text numbers its sensors but does not say where they lie and how large "
        "they are: it cannot be read (docs/SESSION.md)",
        file->text.name);
}

static int frame(const struct formats_file *file, struct formats_cursor *cursor, float *raw,
                 struct formats_frame *ret_frame, struct gait_error *err)
{
    (void)file;
    (void)cursor;
    (void)raw;
    (void)ret_frame;
    (void)err;
    return 0;
}

const struct formats_format formats_novel_asc = {
    .info = {"novel-asc", "novel pedar and pliance ASCII"}, .detect = detect, .header = header, .frame = frame};
