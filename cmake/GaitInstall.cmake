# Installs headers, the shared libraries, their .pc files and CMake targets (find_package(gait), gait::session, ...).
include(CMakePackageConfigHelpers)

set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/gait)
get_property(libraries GLOBAL PROPERTY GAIT_INSTALLED_LIBRARIES)

install(DIRECTORY libgait/include/gait DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT libgait-dev FILES_MATCHING PATTERN "*.h")
install(TARGETS ${libraries} EXPORT gait LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libgait0 NAMELINK_COMPONENT libgait-dev)
install(EXPORT gait NAMESPACE gait:: FILE gait-targets.cmake DESTINATION ${cmake_dir} COMPONENT libgait-dev)
file(WRITE "${PROJECT_BINARY_DIR}/cmake/gait-config.cmake" "include(\"\${CMAKE_CURRENT_LIST_DIR}/gait-targets.cmake\")\n")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/cmake/gait-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/cmake/gait-config.cmake" "${PROJECT_BINARY_DIR}/cmake/gait-config-version.cmake"
        DESTINATION ${cmake_dir} COMPONENT libgait-dev)

# One .pc file a library: gait -> libgait.pc, gait-session -> libgait-session.pc, ... The prefix is told from the file's
# own place, so that an installation can be moved.
set(about_gait "frames, metrics, pipeline, journals and vendors' recordings of gait lab pressure mats")
set(about_gait-session "session files (HDF5) of gait lab pressure mats")
set(about_gait-stream "live streams (ZeroMQ) of gait lab pressure mats")
set(about_gait-export "export of gait sessions to CSV, C3D, BIDS and MATLAB")
set(about_gait-compare "before and after statistics of gait sessions (links GSL: GPL-3)")
file(RELATIVE_PATH up "/x/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/x")
foreach(library IN LISTS libraries)
  set(PC_NAME lib${library})
  set(PC_ABOUT "${about_${library}}")
  set(PC_LIBRARY ${library})
  set(PC_REQUIRES "libgait = ${PROJECT_VERSION}")
  if(library STREQUAL "gait")
    set(PC_REQUIRES "")
  endif()
  set(PC_UP "${up}")
  configure_file(cmake/gait.pc.in "${PROJECT_BINARY_DIR}/pkgconfig/${PC_NAME}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/pkgconfig/${PC_NAME}.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT libgait-dev)
endforeach()
