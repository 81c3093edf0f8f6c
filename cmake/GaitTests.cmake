# How tests are declared. Labels are the names of the folders under tests/; a test exits 77 to skip.
set(Python3_EXECUTABLE /usr/bin/python3 CACHE FILEPATH "the system's python, which has Debian's modules")

# Called by the functions below: labels, time-out, environment. FULL_TIMEOUT holds when GAIT_TIER is full; the tests read the tier
# from the environment, where scripts/check puts it.
function(gait_test_properties test label timeout full_timeout)
  if(GAIT_TIER STREQUAL "full" AND full_timeout)
    set(timeout ${full_timeout})
  endif()
  if(GAIT_SANITIZE) # several times slower, and a time-out is there for hangs
    math(EXPR timeout "${timeout} * 5")
  endif()
  # Processors count double, so that a test that mostly waits can take half of one: WAITS below. What may take long begins first.
  set_tests_properties(${test} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${timeout} LABELS "${label}" PROCESSORS 2 COST ${timeout})
  set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT
    "GAIT_DATA=${GAIT_DATA}" "GAIT_SOURCE_DIR=${PROJECT_SOURCE_DIR}" "GAIT_BUILD_DIR=${PROJECT_BINARY_DIR}"
    "GAIT_BIN_DIR=${PROJECT_BINARY_DIR}/bin" "PYTHONDONTWRITEBYTECODE=1"
    "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/lib/tsan.supp" "UBSAN_OPTIONS=print_stacktrace=1"
    # What was freed is kept for 16 MB of others, not 256: most of the time went into fresh pages for libhdf5. Libraries are preloaded before ASan's.
    "ASAN_OPTIONS=quarantine_size_mb=16:verify_asan_link_order=0")
endfunction()

# gait_add_test(NAME x LABEL unit SOURCES x.c ... [LIBS ...] [TIMEOUT s] [FULL_TIMEOUT s] [EXTRA_LABELS tsan] [ARGS ...] [SERIAL])
#
# A cmocka binary, run as the test LABEL.NAME. Libraries of this project are linked in their _static form, so that internal
# symbols can be reached; their internal headers are found as "core/x.h", "mats/x.h".
function(gait_add_test)
  cmake_parse_arguments(arg "SERIAL" "NAME;LABEL;TIMEOUT;FULL_TIMEOUT" "SOURCES;LIBS;EXTRA_LABELS;ARGS" ${ARGN})
  if(NOT GAIT_TESTS)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(GAIT_TESTS_OF_OPTIONS AND arg_LABEL STREQUAL "unit" AND arg_LIBS STREQUAL "gait" AND NOT arg_NAME STREQUAL "version")
    return() # lint.includes sees to it that no option reaches libgait's part of libc alone
  endif()
  set(target ${arg_LABEL}_${arg_NAME})
  gait_static_names(libs ${arg_LIBS})
  add_executable(${target} ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/bin")
  target_link_libraries(${target} PRIVATE gait_test_lib ${libs} PkgConfig::CMOCKA m gait_build)
  if(GAIT_SANITIZE STREQUAL "thread" AND NOT "tsan" IN_LIST arg_EXTRA_LABELS) # the preset runs what carries the label, and nothing else need be built
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
  add_test(NAME ${arg_LABEL}.${arg_NAME} COMMAND ${target} ${arg_ARGS})
  gait_test_properties(${arg_LABEL}.${arg_NAME} "${arg_LABEL};${arg_EXTRA_LABELS}" ${arg_TIMEOUT} "${arg_FULL_TIMEOUT}")
  if(arg_SERIAL)
    set_tests_properties(${arg_LABEL}.${arg_NAME} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()

# gait_add_script_test(NAME x LABEL interop SCRIPT x.py [ARGS ...] [TIMEOUT s] [FULL_TIMEOUT s] [EXTRA_LABELS ...] [ENV A=b ...] [SERIAL] [WAITS])
#
# A python (.py) or shell (anything else) test. It finds programs in $GAIT_BIN_DIR, the tree in $GAIT_SOURCE_DIR, the build in
# $GAIT_BUILD_DIR, recordings in $GAIT_DATA. WAITS: for what takes its time and little of a processor.
function(gait_add_script_test)
  cmake_parse_arguments(arg "SERIAL;WAITS" "NAME;LABEL;SCRIPT;TIMEOUT;FULL_TIMEOUT" "ARGS;EXTRA_LABELS;ENV" ${ARGN})
  if(NOT GAIT_TESTS)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  get_filename_component(script "${arg_SCRIPT}" ABSOLUTE)
  if(script MATCHES "\\.py$")
    set(runner "${Python3_EXECUTABLE}")
  else()
    set(runner bash)
  endif()
  set(test ${arg_LABEL}.${arg_NAME})
  add_test(NAME ${test} COMMAND ${runner} "${script}" ${arg_ARGS})
  gait_test_properties(${test} "${arg_LABEL};${arg_EXTRA_LABELS}" ${arg_TIMEOUT} "${arg_FULL_TIMEOUT}")
  if(arg_ENV)
    set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT ${arg_ENV})
  endif()
  if(arg_SERIAL)
    set_tests_properties(${test} PROPERTIES RUN_SERIAL ON)
  endif()
  if(arg_WAITS)
    set_tests_properties(${test} PROPERTIES PROCESSORS 1)
  endif()
endfunction()

# gait_add_fuzz(NAME x SOURCES x.c [LIBS ...] [CORPUS dir] [TIMEOUT s])
#
# One byte boundary: x.c defines LLVMFuzzerTestOneInput. Everywhere it runs the corpus (fuzz.x); with GAIT_FUZZ libFuzzer searches
# from there for GAIT_FUZZ_SECONDS, and what it finds stays in the build folder.
set(GAIT_FUZZ_SECONDS 10 CACHE STRING "how long each fuzz target searches")
function(gait_add_fuzz)
  cmake_parse_arguments(arg "" "NAME;CORPUS;TIMEOUT" "SOURCES;LIBS" ${ARGN})
  if(NOT arg_TIMEOUT)
    math(EXPR arg_TIMEOUT "60 + 2 * ${GAIT_FUZZ_SECONDS}")
  endif()
  set(target fuzz_${arg_NAME})
  set(corpus "")
  if(arg_CORPUS)
    get_filename_component(corpus "${arg_CORPUS}" ABSOLUTE)
  endif()
  gait_static_names(libs ${arg_LIBS})
  add_executable(${target} ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/bin")
  target_link_libraries(${target} PRIVATE ${libs} m gait_build)
  if(NOT TARGET fuzz_targets)
    add_custom_target(fuzz_targets)
  endif()
  add_dependencies(fuzz_targets ${target})
  if(GAIT_FUZZ)
    set(found "${PROJECT_BINARY_DIR}/tests/found/${arg_NAME}")
    file(MAKE_DIRECTORY "${found}")
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    # libFuzzer ends with 77 when it finds something, which would count as a skip here
    add_test(NAME fuzz.${arg_NAME} COMMAND ${target} -error_exitcode=99 -max_total_time=${GAIT_FUZZ_SECONDS} -timeout=10 -print_final_stats=1
             -artifact_prefix=${found}/crash- ${found} ${corpus})
  else()
    target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests/lib/fuzz_main.c")
    add_test(NAME fuzz.${arg_NAME} COMMAND ${target} ${corpus})
  endif()
  gait_test_properties(fuzz.${arg_NAME} fuzz ${arg_TIMEOUT} "")
endfunction()
