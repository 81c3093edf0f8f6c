# Trials have the same bits whoever compiles the way of a frame and however: gcc and clang, -O0 and -O2, scalar and vector. Two walks, a chain of
# touching steps, and the emed recording where there is one. Scenes come from one object, so that only the code under test changes. The gate
# takes the two ways that differ in everything.
set -eu
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
lib=$GAIT_SOURCE_DIR/libgait
sources=$(ls "$lib"/{core,metrics,pipeline,formats/in}/*.c)
flags="-std=gnu11 -D_GNU_SOURCE -ffp-contract=off -fno-math-errno -I$lib -I$lib/include -I$lib/formats/in -I$GAIT_SOURCE_DIR/tests/lib"
first=
for source in "$GAIT_SOURCE_DIR"/tests/lib/{scene,assert_close}.c "$GAIT_SOURCE_DIR/tests/unit/pipeline/pipeline_digest.c"; do
    cc $flags -O1 -c "$source" -o "$out/$(basename "$source" .c).o"
done
ways=("gcc -O2" "clang -O0 -DGAIT_SCALAR")
[ "${GAIT_TIER:-gate}" = gate ] || ways+=("gcc -O0 -DGAIT_SCALAR" "clang -O2 -DGAIT_SCALAR" "clang -O0")
for way in "${ways[@]}"; do
    command -v ${way%% *} >/dev/null || continue
    $way $flags $sources "$out"/*.o -lcmocka -lm -lpthread -o "$out/digest"
    got=$("$out/digest" "${GAIT_DATA:-}/pressuRe/emed_test.lst")
    echo "$got $way"
    first=${first:-$got}
    [ "$got" = "$first" ] || { echo "other bits than the first" >&2; exit 1; }
done
[ -n "$first" ] || { echo "skipped: no compiler found" >&2; exit 77; }
