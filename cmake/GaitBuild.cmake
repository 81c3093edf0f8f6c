# gait_build: the flags of every target of this project, linked PRIVATE. Nothing else sets flags.
include(CheckCCompilerFlag)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON) # __attribute__((cleanup)) and the GNU names of POSIX calls
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(GAIT_CCACHE ccache)
if(GAIT_CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
  # Build folders lie side by side: what one compiled is there for another that has the same flags.
  set(CMAKE_C_COMPILER_LAUNCHER "env;CCACHE_DEPEND=1;CCACHE_BASEDIR=${PROJECT_SOURCE_DIR};CCACHE_NOHASHDIR=1;${GAIT_CCACHE}")
endif()

add_library(gait_build INTERFACE)
target_compile_definitions(gait_build INTERFACE _GNU_SOURCE)

# Adds a compile option when the compiler accepts it.
function(gait_try_option option)
  string(MAKE_C_IDENTIFIER "GAIT_ACCEPTS_${option}" accepted)
  check_c_compiler_flag("${option}" ${accepted})
  if(${accepted})
    target_compile_options(gait_build INTERFACE "${option}")
  endif()
endfunction()

foreach(warning IN ITEMS all extra shadow undef vla strict-prototypes missing-prototypes cast-align conversion format=2
                         implicit-fallthrough)
  gait_try_option("-W${warning}")
endforeach()
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  gait_try_option(-Wdouble-promotion)
  gait_try_option(-Wno-format-truncation) # texts are cut on purpose; whether gcc notices depends on -O
else()
  # clang means NAN and INFINITY with double-promotion, and !x of a double with float-conversion; gcc guards the rest of both.
  gait_try_option(-Wno-float-conversion)
  gait_try_option(-Wno-sign-conversion) # gcc's -Wconversion leaves it out in C
endif()
gait_try_option(-ffp-contract=off) # live equals offline to the bit: no fused multiply-add behind our back
gait_try_option(-fno-math-errno)   # lets sqrt become one instruction; the result is the same
gait_try_option(-fvisibility=hidden)
if(GAIT_PACKAGE)
  # the same bytes wherever it is built
  gait_try_option("-ffile-prefix-map=${PROJECT_BINARY_DIR}=build")
  gait_try_option("-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.")
  gait_try_option("-ffile-prefix-map=..=.") # ccache gives relative paths
  gait_try_option(-fstack-protector-strong)
  gait_try_option(-fstack-clash-protection)
  gait_try_option(-fcf-protection)
  target_compile_definitions(gait_build INTERFACE _FORTIFY_SOURCE=2)
  target_link_options(gait_build INTERFACE LINKER:-z,relro,-z,now)
endif()
if(GAIT_WERROR AND NOT GAIT_PACKAGE AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
  # Hundreds of test programs are linked, and gold (of Debian's binutils) takes half the time.
  include(CheckLinkerFlag)
  check_linker_flag(C -fuse-ld=gold GAIT_ACCEPTS_GOLD)
  if(GAIT_ACCEPTS_GOLD)
    target_link_options(gait_build INTERFACE -fuse-ld=gold)
  endif()
endif()
if(GAIT_WERROR)
  target_compile_options(gait_build INTERFACE -Werror)
endif()

if(GAIT_SANITIZE)
  target_compile_options(gait_build INTERFACE "-fsanitize=${GAIT_SANITIZE}" -fno-omit-frame-pointer)
  target_link_options(gait_build INTERFACE "-fsanitize=${GAIT_SANITIZE}")
  if(GAIT_SANITIZE MATCHES "undefined")
    target_compile_options(gait_build INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()
if(GAIT_COVERAGE)
  target_compile_options(gait_build INTERFACE --coverage)
  target_link_options(gait_build INTERFACE --coverage)
endif()
if(GAIT_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "GAIT_FUZZ needs clang (libFuzzer): configure with --preset fuzz or -DCMAKE_C_COMPILER=clang")
  endif()
  target_compile_options(gait_build INTERFACE -fsanitize=fuzzer-no-link)
endif()
