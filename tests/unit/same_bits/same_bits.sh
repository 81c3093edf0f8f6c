# Frames, footfalls and trials have the same bits whoever compiles the way of a frame and however: this build's compiler and flags, gcc and clang, -O0 and
# -O2, scalar and vector. Scenes come from one library, $1, so that only the code under test changes. The gate takes the way that differs in
# everything.
set -eu
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
lib=$GAIT_SOURCE_DIR/libgait
flags="-std=gnu11 -D_GNU_SOURCE -ffp-contract=off -fno-math-errno -I$lib -I$lib/include -I$lib/formats/in -I$GAIT_SOURCE_DIR/tests/lib"
recording=${GAIT_DATA:-}/pressuRe/emed_test.lst
ways=("clang -O0 -DGAIT_SCALAR")
[ "${GAIT_TIER:-gate}" = gate ] || ways+=("gcc -O0 -DGAIT_SCALAR" "clang -O2 -DGAIT_SCALAR" "clang -O2" "clang -O0" "gcc -O0" "gcc -O2 -DGAIT_SCALAR")

# digests FOLDER: what the three programs there print.
digests() {
    local level
    for level in frame footfall trial; do
        "$1/digest_$level" "$recording"
    done
}

# made WAY FOLDER: the three programs, compiled that way.
made() {
    local level
    mkdir "$2"
    (cd "$2" && $1 $flags -c "$lib"/{core,metrics,pipeline,formats/in}/*.c)
    for level in frame footfall trial; do
        $1 $flags "$GAIT_SOURCE_DIR/tests/unit/same_bits/digest_$level.c" "$test_lib" "$2"/*.o -lcmocka -lm -lpthread -o "$2/digest_$level"
    done
}

test_lib=$1
first=$(digests "$GAIT_BUILD_DIR/tests/bin")
echo "this build:" $first
for way in "${ways[@]}"; do
    command -v "${way%% *}" >/dev/null || { echo "not compared: ${way%% *} is not installed"; continue; }
    made "$way" "$out/${way// /}"
    got=$(digests "$out/${way// /}")
    echo "$way:" $got
    [ "$got" = "$first" ] || { echo "other bits than this build" >&2; exit 1; }
done
