# What cpack makes: Debian packages of the preset `package`, and a source tarball.
#   cmake --preset package && cmake --build --preset package
#   cmake --build --preset package --target packages     build-package/*.deb: gaitd, gait-clients, gaitweb, libgait0, libgait-dev
#   cmake --build --preset package --target tarball      build-package/gaitd-VERSION.tar.gz
set(CPACK_PACKAGE_NAME gaitd)
set(CPACK_PACKAGE_VENDOR "the gaitd authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
set(CPACK_PACKAGE_CONTACT "the gaitd authors <gaitd@localhost>")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_PACKAGE_FILE_NAME "gaitd-${PROJECT_VERSION}")
set(CPACK_SOURCE_IGNORE_FILES "/\\.git(/|$)" "/build(-[^/]*)?/" "/\\.cache/" "/node_modules/" "/__pycache__/" "/compile_commands\\.json$")

if(GAIT_PACKAGE)
  include(GaitPackageDebian)
endif()
set(CPACK_PROJECT_CONFIG_FILE "${PROJECT_BINARY_DIR}/cmake/package-time.cmake")
file(WRITE "${CPACK_PROJECT_CONFIG_FILE}" "# files in packages carry the time of the changelog, whenever they were made\nset(ENV{SOURCE_DATE_EPOCH} \"${GAIT_EPOCH}\")\n")
include(CPack)

# cpack, under the one umask that gives the same bytes whoever packs
if(GAIT_PACKAGE)
  add_custom_target(packages COMMAND sh -c "umask 022 && exec \"$1\" --config CPackConfig.cmake" - "${CMAKE_CPACK_COMMAND}"
                    WORKING_DIRECTORY "${PROJECT_BINARY_DIR}" VERBATIM)
endif()
add_custom_target(tarball COMMAND sh -c "umask 022 && exec \"$1\" --config CPackSourceConfig.cmake" - "${CMAKE_CPACK_COMMAND}"
                  WORKING_DIRECTORY "${PROJECT_BINARY_DIR}" VERBATIM)
