# docs/metrics-real.md, the second half of docs/METRICS.md, is what the recordings give today. With "write" as argument it is made anew.
set -u
page=$GAIT_SOURCE_DIR/docs/metrics-real.md
printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
"$GAIT_BUILD_DIR/tests/bin/real_table" >"$printed"
status=$?
[ $status = 0 ] || exit $status
[ "${1:-}" = write ] && cp "$printed" "$page"
diff -u "$page" "$printed"
