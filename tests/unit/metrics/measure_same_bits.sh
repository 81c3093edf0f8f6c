# A measured footfall has the same bits whoever compiles it and however: gcc and clang, -O0 and -O2. The feet themselves come from one object, so that
# only the code under test changes. The gate takes the two that differ in both.
set -eu
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
lib=$GAIT_SOURCE_DIR/libgait
parts="arch arch_dynamic axis classify cop cpei curve events heel hull measure mediolateral numbers print regions rows scratch series side sway thirds toecut
    totals validity"
sources=$(for f in $parts; do echo "$lib/metrics/$f.c"; done)
flags="-std=gnu11 -D_GNU_SOURCE -ffp-contract=off -fno-math-errno -I$lib -I$lib/include -I$GAIT_SOURCE_DIR/tests/lib"
first=
for source in "$GAIT_SOURCE_DIR"/tests/lib/{contact_maker,synthetic_foot}.c "$GAIT_SOURCE_DIR/tests/unit/metrics/measure_digest.c" \
    "$lib"/core/{footfall,frame,trial_state,calibration}.c; do
    cc $flags -O1 -c "$source" -o "$out/$(basename "$source" .c).o"
done
ways=("gcc -O2" "clang -O0")
[ "${GAIT_TIER:-gate}" = gate ] || ways+=("gcc -O0" "clang -O2")
for way in "${ways[@]}"; do
    command -v ${way%% *} >/dev/null || continue
    $way $flags $sources "$out"/*.o -lm -o "$out/digest"
    got=$("$out/digest")
    echo "$got $way"
    first=${first:-$got}
    [ "$got" = "$first" ] || { echo "other bits than the first" >&2; exit 1; }
done
[ -n "$first" ] || { echo "no compiler found" >&2; exit 77; }
