# The frame level gives the same bits whoever compiles it and however: gcc and clang, -O0 and -O2, scalar and vector.
set -eu
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
metrics=$GAIT_SOURCE_DIR/libgait/metrics
core=$GAIT_SOURCE_DIR/libgait/core
first=
for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    for flags in "-O0" "-O2" "-O0 -DGAIT_SCALAR" "-O2 -DGAIT_SCALAR"; do
        $compiler -std=gnu11 -D_GNU_SOURCE -ffp-contract=off $flags -I"$GAIT_SOURCE_DIR/libgait" -I"$GAIT_SOURCE_DIR/libgait/include" \
            "$GAIT_SOURCE_DIR/tests/unit/metrics/digest.c" "$metrics"/{calibrate,contact,dead_cells,label}.c "$core"/{calibration,frame}.c \
            -lm -o "$out/digest"
        got=$("$out/digest")
        echo "$got $compiler $flags"
        first=${first:-$got}
        [ "$got" = "$first" ] || { echo "other bits than the first" >&2; exit 1; }
    done
done
[ -n "$first" ] || { echo "no compiler found" >&2; exit 77; }
