#!/usr/bin/python3
"""Trial and session files through readers that share no code with ours: h5py, xarray by both engines, ncdump, Octave."""
import math
import os
import shutil
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print("skipped: %s; install python3-h5py and python3-numpy" % missing)
    sys.exit(77)

BIN = os.path.join(os.environ["GAIT_BUILD_DIR"], "tests", "bin", "interop_make_session")
SESSION = "2025-03-04-S017/2025-03-04-S017.h5"
problems = []
skipped = []


def check(ok, what):
    if not ok:
        problems.append(what)



def check_frames(group, frames, where):
    """Frame i of the fixture has force i + 0.1, area i + 0.2, ... and raw counts 12 i + cell."""
    i = np.arange(frames)
    check(group["raw"].shape == (frames, 4, 3) and group["raw"].dtype == np.uint16, where + ": shape or type of raw")
    check(np.array_equal(group["raw"][...].reshape(frames, 12), 12 * i[:, None] + np.arange(12)), where + ": raw")
    check(np.array_equal(group["force_N"], i + 0.1), where + ": force_N")
    check(np.array_equal(group["cop_y_mm"], i + 0.6), where + ": cop_y_mm")
    check(np.array_equal(group["seq"], 2000 + i), where + ": seq")
    check(np.array_equal(group["t_mat_ns"], 5000000000 + 10000000 * i), where + ": t_mat_ns")
    check(np.allclose(group["time"], 0.01 * i, rtol=0, atol=1e-12), where + ": time")


def check_pressure(group):
    """kPa by the definition, computed here in double precision: table curve, offset, gain, scale, clamp at 0."""
    raw, state = group["raw"][...].astype(float), group["state"]
    count, kPa = state["curve_count"][...].astype(float), state["curve_kPa"][...].astype(float)
    p = np.interp(raw - state["offset"][...], count, kPa) * (state.attrs["calibration.scale"] * state["gain"][...])
    cell = state["cell"][...]
    got = group["pressure"][...]
    check(np.allclose(got[:, cell == 0], p[:, cell == 0], rtol=1e-5, atol=1e-4), "pressure is not what the definition gives")
    check(np.isnan(got[:, cell == 1]).all(), "pressure is not NaN where there is no sensel")


def check_everything_described(h5, where):
    """Numbers carry units, every axis a scale, no dataset a compound or a text; Octave, netCDF and xarray ask for it."""
    def visit(name, item):
        if not isinstance(item, h5py.Dataset):
            return
        check(item.dtype.kind in "uif", "%s: %s has a type that some reader refuses" % (where, name))
        scale = h5py.h5ds.is_scale(item.id)
        if scale and item.attrs.get("NAME", b"").startswith(b"This is a netCDF dimension"):
            return
        check(isinstance(item.attrs.get("units"), str), "%s: %s has no units" % (where, name))
        check("long_name" in item.attrs, "%s: %s has no long_name" % (where, name))
        if not scale:
            for axis in item.dims:
                check(len(axis) == 1, "%s: an axis of %s has no scale" % (where, name))
    h5.visititems(visit)


def check_h5py(folder):
    with h5py.File(os.path.join(folder, "trial-003.h5"), "r") as h5:
        group = h5["trial-003"]
        check(h5.attrs["format"] == "gait session" and h5.attrs["format_version"] == "1.1", "format attributes")
        check_frames(group, 40, "trial file")
        check_pressure(group)
        check_everything_described(h5, "trial file")
        check(group["raw"].chunks == (16, 4, 3) and group["raw"].shuffle and group["raw"].compression == "gzip", "filters of raw")
        foot = group["footfalls"]
        check(foot["side"][0] == 2 and foot["side"].attrs["flag_meanings"].split()[2] == "right", "side in words")
        check(foot["stance_s"].attrs["units"] == "s" and foot["force_max_N"].attrs["units"] == "N", "units of metrics")
        check(abs(foot["t_ic_s"][0] - 0.012345678) < 1e-12, "t_ic_s")
        check(np.isnan(foot["impulse_Ns"][0]) and foot["reasons/impulse_Ns"][0] == 7, "a NaN and its reason")
        check(foot["reasons/impulse_Ns"].attrs["flag_meanings"].split()[7] == "gap", "reason in words")
        check(list(group["regions/region"].attrs["flag_meanings"].split())[1] == "heel31", "regions in words")
        check(list(group["regions/region"].attrs["masks"])[:5] == ["foot", "heel31", "heel27", "thirds", "thirds"], "a mask for each region")
        check([foot[m].attrs.get("mask") for m in ("heel31_peak_kPa", "dai_mean", "hallux_peak_kPa", "stance_s")]
              == ["heel31", "thirds", "prc11", None], "masks of metrics")
        check(group["curves/force_N"].shape == (1, 101), "curves")
        check(list(group["cop/footfall"][...]) == [1] * 6 and math.isnan(group["cop/x_mm"][0]), "path of the centre of pressure")
        check(list(group["pictures/max_kPa"][0, 1, :]) == [10.5, 21, 31.5], "maximum picture on its rows of the mat")
        check(sorted(zip(group["gaps/frame"][...], group["gaps/gap_device"][...], group["gaps/gap_ring"][...]))
              == [(4, 2, 0), (5, 0, 1), (8, 3, 4)], "gaps")
        check(group["clock"].attrs["boot_id"] == "3a6f1c2e-0000-4000-8000-123456789abc", "boot id")
        check(list(h5["events"].attrs["texts"]) == ["operator saw it", "12 minutes left"], "texts of events")
        check(bytes(h5["events/text"][1]).rstrip(b"\0") == b"12 minutes left", "texts of events as bytes")
    with h5py.File(os.path.join(folder, SESSION), "r") as h5:
        check(h5.attrs["subject.mass_kg"] == 71.5 and h5.attrs["protocol"] == "pre_post", "session.json at the root")
        check(h5.attrs["kind"] == "session", "kind")
        check_frames(h5["trial-001"], 15, "session, trial 1")
        check_frames(h5["trial-002"], 25, "session, trial 2")
        check_everything_described(h5, "session")
        check(list(h5["events/trial"][...]) == [1, 2], "events of both trials")


def check_xarray(folder):
    try:
        import xarray
    except ImportError:
        skipped.append("xarray (install python3-xarray)")
        return
    for engine in ("h5netcdf", "netcdf4"):
        try:
            for name, trial, frames, feet in (("trial-003.h5", "trial-003", 40, 1), (SESSION, "trial-002", 25, 2),
                                              ("empty.h5", "trial-001", 0, 0)):
                path = os.path.join(folder, name)
                for part in ("", "/footfalls", "/footfalls/reasons", "/regions", "/curves", "/cop", "/pictures", "/gaps", "/clock",
                             "/journal", "/state"):
                    xarray.open_dataset(path, group=trial + part, engine=engine).load().close()
                with xarray.open_dataset(path, group=trial, engine=engine) as ds:
                    check(dict(ds.sizes) == {"time": frames, "y": 4, "x": 3}, "%s: %s: sizes %s" % (engine, name, dict(ds.sizes)))
                    check({"time", "y", "x"} <= set(ds.coords), "%s: coordinates" % engine)
                    check(np.allclose(ds.x, [2.54, 7.62, 12.7]) and ds.x.attrs["units"] == "mm", "%s: x" % engine)
                    check(ds.time.dtype == np.float64 and ds.time.attrs["units"] == "s", "%s: time stays seconds" % engine)
                    if frames:
                        check(float(ds.force_N.sel(time=0.03, method="nearest")) == 3.1, "%s: force by time" % engine)
                with xarray.open_dataset(path, group=trial + "/footfalls", engine=engine) as ds:
                    check(list(ds.footfall) == list(range(1, feet + 1)), "%s: footfalls" % engine)
                with xarray.open_dataset(path, group=trial + "/regions", engine=engine) as ds:
                    check(ds.area_cm2.dims == ("footfall", "region"), "%s: regions" % engine)
        except (ImportError, ValueError) as failure:
            if "unrecognized engine" in str(failure):
                skipped.append(engine)
            else:
                raise


def check_ncdump(folder):
    if not shutil.which("ncdump"):
        skipped.append("ncdump (install netcdf-bin)")
        return
    for name, line in (("trial-003.h5", "ushort raw(time, y, x) ;"), (SESSION, "double stance_s(footfall) ;"), ("empty.h5", "double force_N(time) ;")):
        done = subprocess.run(["ncdump", "-h", os.path.join(folder, name)], capture_output=True, text=True)
        check(done.returncode == 0 and line in done.stdout, "ncdump -h %s: %s" % (name, done.stderr or "no " + line))
        check("phony" not in done.stdout, "ncdump -h %s: a dimension without a name" % name)


def check_octave(folder):
    octave = shutil.which("octave-cli")
    if not octave:
        skipped.append("Octave (install octave)")
        return
    script = os.path.join(folder, "look.m")
    with open(script, "w", encoding="utf-8") as file:
        file.write('s = load("%s/trial-003.h5"); t = s.trial_003;\n' % folder
                   + 'printf("%s %d %d %d\\n", class(t.raw), size(t.raw));\n'
                   'printf("%.17g %.17g\\n", t.force_N(4), t.footfalls.axis_x);\n'
                   'printf("[%s]\\n", strtrim(char(s.events.text(:, 2)\')));\n'
                   + 'e = load("%s/empty.h5"); u = load("%s/%s");\n' % (folder, folder, SESSION)
                   + 'printf("%d %d\\n", numel(fieldnames(u.trial_002.footfalls)) > 100, u.trial_002.raw(1, 1, 25));\n')
    done = subprocess.run([octave, "--no-gui", "--norc", "-q", script], capture_output=True, text=True)
    expected = ["uint16 3 4 40", "3.1000000000000001", "[12 minutes left]", "1 288"]
    lines = done.stdout.splitlines()
    check(len(lines) == 4 and all(a.startswith(b) for a, b in zip(lines, expected)) and "while reading" not in done.stderr,
          "Octave: %s %s" % (lines, done.stderr.splitlines()[:3]))


def check_r(folder):
    r = shutil.which("Rscript")
    if not r or subprocess.run([r, "-e", "library(hdf5r)"], capture_output=True, check=False).returncode:
        skipped.append("R (install r-cran-hdf5r)")
        return
    script = os.path.join(folder, "look.R")
    with open(script, "w", encoding="utf-8") as file:
        file.write('library(hdf5r)\n'
                   't <- H5File$new("%s/trial-003.h5", "r")[["trial-003"]]\n' % folder
                   + 'cat(dim(t[["raw"]][,,]), "\\n")\n'
                   'cat(sprintf("%.17g %s\\n", t[["force_N"]][4], h5attr(t[["force_N"]], "units")))\n'
                   + 'u <- H5File$new("%s/%s", "r")\n' % (folder, SESSION)
                   + 'cat(u[["trial-002/raw"]][1, 1, 25], "\\n")\n')
    done = subprocess.run([r, "--vanilla", script], capture_output=True, text=True, check=False)
    check([x.strip() for x in done.stdout.splitlines()] == ["3 4 40", "3.1000000000000001 N", "288"], "R: %s %s" % (done.stdout.splitlines(), done.stderr.splitlines()[:3]))


def main():
    folder = tempfile.mkdtemp(prefix="gait-interop-")
    try:
        subprocess.run([BIN, folder], check=True)
        check_h5py(folder)
        check_xarray(folder)
        check_ncdump(folder)
        check_octave(folder)
        check_r(folder)
    finally:
        shutil.rmtree(folder)
    print("\n".join(problems[:30]) or "h5py, xarray, ncdump, Octave and R agree" + ("; not tried: " + ", ".join(skipped) if skipped else ""))
    return 1 if problems else 0


sys.exit(main())
