# The Debian packages: one component each, as the install() lines name them. cmake/debian holds what dpkg runs and reads.
set(debian "${PROJECT_SOURCE_DIR}/cmake/debian")
set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON) # /etc and /lib lie outside /usr
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL gaitd gait-clients libgait0 libgait-dev)
if(GAIT_HAVE_LWS)
  list(APPEND CPACK_COMPONENTS_ALL gaitweb)
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(GAIT_PACKAGE_RELEASE 1 CACHE STRING "revision of the Debian packages of this version")
set(CPACK_DEBIAN_PACKAGE_RELEASE ${GAIT_PACKAGE_RELEASE})
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PROJECT_BINARY_DIR}/lib")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

# gait_debian(PACKAGE SECTION section SUMMARY text DESCRIPTION text [DEPENDS text] [RECOMMENDS text] [SUGGESTS text] [EXTRA file...] [DOCS page...])
function(gait_debian package)
  cmake_parse_arguments(arg "" "SECTION;SUMMARY;DESCRIPTION;DEPENDS;RECOMMENDS;SUGGESTS" "EXTRA;DOCS" ${ARGN})
  string(TOUPPER ${package} upper)
  set(CPACK_COMPONENT_${upper}_DESCRIPTION "${arg_SUMMARY}\n${arg_DESCRIPTION}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${arg_SECTION} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "${arg_DEPENDS}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_RECOMMENDS "${arg_RECOMMENDS}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_SUGGESTS "${arg_SUGGESTS}" PARENT_SCOPE)
  list(TRANSFORM arg_EXTRA PREPEND "${debian}/")
  set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA "${arg_EXTRA}" PARENT_SCOPE)
  set(doc ${CMAKE_INSTALL_DATADIR}/doc/${package})
  install(FILES "${debian}/copyright" DESTINATION ${doc} COMPONENT ${package})
  foreach(page IN LISTS arg_DOCS)
    get_filename_component(folder ${page} DIRECTORY)
    install(FILES "${PROJECT_BINARY_DIR}/doc/pages/${package}/${page}" DESTINATION ${doc}/${folder} COMPONENT ${package})
    set_property(GLOBAL APPEND PROPERTY GAIT_PAGES_MADE "${PROJECT_BINARY_DIR}/doc/pages/${package}/${page}")
    set_property(GLOBAL APPEND PROPERTY GAIT_PAGES_FROM "${PROJECT_SOURCE_DIR}/docs/${page}")
  endforeach()
  if(arg_DOCS)
    list(JOIN arg_DOCS "," pages)
    set_property(GLOBAL APPEND PROPERTY GAIT_PAGES "${package}:${pages}")
  endif()
  install(FILES "${PROJECT_BINARY_DIR}/doc/changelog.gz" "${PROJECT_BINARY_DIR}/doc/changelog.Debian.gz" DESTINATION ${doc} COMPONENT ${package})
  configure_file("${debian}/lintian-overrides.in" "${PROJECT_BINARY_DIR}/doc/${package}.overrides" @ONLY)
  if(EXISTS "${debian}/${package}/lintian-overrides")
    file(READ "${debian}/${package}/lintian-overrides" own)
    file(APPEND "${PROJECT_BINARY_DIR}/doc/${package}.overrides" "${own}")
  endif()
  install(FILES "${PROJECT_BINARY_DIR}/doc/${package}.overrides" DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME ${package}
          COMPONENT ${package})
endfunction()

set(changelog.Debian_from "${debian}/changelog")
set(changelog_from "${PROJECT_SOURCE_DIR}/CHANGELOG.md")
foreach(text IN ITEMS changelog changelog.Debian)
  add_custom_command(OUTPUT "${PROJECT_BINARY_DIR}/doc/${text}.gz" DEPENDS "${${text}_from}" VERBATIM
    COMMAND sh -c "mkdir -p doc && gzip -9nc $1 >doc/$2.gz" - "${${text}_from}" ${text} WORKING_DIRECTORY "${PROJECT_BINARY_DIR}")
  list(APPEND texts "${PROJECT_BINARY_DIR}/doc/${text}.gz")
endforeach()
add_custom_target(package_texts ALL DEPENDS ${texts})

set(version "${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")
set(same "libgait0 (= ${version})")

gait_debian(gaitd SECTION science
  SUMMARY "daemon for the pressure mats of a gait lab"
  DESCRIPTION "Reads pressure mats over USB, finds footfalls and computes heel loading and\narch collapse while the foot is on the mat, records everything and publishes\nit live over ZeroMQ. What is lost is counted and said."
  DEPENDS "${same}, gait-clients (= ${version}), systemd, udev, init-system-helpers (>= 1.54~)"
  EXTRA gaitd/postinst gaitd/prerm gaitd/postrm gaitd/conffiles
  DOCS ADD-A-MAT.md CONFIG.md CONTROL.md MAT-KEYS.md OPEN-MAT.md SECURITY.md STREAM.md schema/control-1.0.json schema/stream-1.0.json)
gait_debian(gait-clients SECTION science
  SUMMARY "command line for gait labs' pressure mats, and a virtual mat"
  DESCRIPTION "gait commands gaitd, watches its streams, analyses and compares recordings\nand writes them in other forms. matsim is a virtual USB pressure mat with a\nsynthetic walker, for trying all of it without a mat."
  DEPENDS "${same}" SUGGESTS "gaitd, usbip"
  DOCS COMPARE.md MATSIM.md METRICS.md PROTOCOL-KEYS.md PROTOCOLS.md SESSION.md USER.md WALKER.md)
gait_debian(libgait0 SECTION libs
  SUMMARY "frames, footfalls, sessions and streams of pressure mats"
  DESCRIPTION "C libraries that gaitd and its clients are made of: frames and metrics\n(libgait), session files (libgait-session), live streams (libgait-stream),\nexport (libgait-export) and before/after statistics (libgait-compare)."
  EXTRA libgait0/shlibs libgait0/triggers)
gait_debian(libgait-dev SECTION libdevel
  SUMMARY "headers of libgait"
  DESCRIPTION "Headers, pkg-config and CMake files for programs that read gait sessions,\nanalyse frames or subscribe to gaitd's live streams."
  DEPENDS "${same}"
  DOCS CONTROL.md SESSION.md STREAM.md schema/control-1.0.json schema/stream-1.0.json)
gait_debian(gaitweb SECTION science
  SUMMARY "browser page for the pressure mats of a gait lab"
  DESCRIPTION "Shows what gaitd streams in a browser: the mat live, footfalls, trends.\nWith a right of its own it also captures trials. It is installed stopped:\nsystemctl enable --now gaitweb."
  DEPENDS "${same}, gait-clients (= ${version}), systemd, init-system-helpers (>= 1.54~)" RECOMMENDS gaitd
  EXTRA gaitweb/postinst gaitweb/prerm gaitweb/postrm
  DOCS WEB.md)

# The pages as they are installed; without pictures: the four of USER.md alone are larger than the package it is in.
get_property(pages GLOBAL PROPERTY GAIT_PAGES)
get_property(pages_made GLOBAL PROPERTY GAIT_PAGES_MADE)
get_property(pages_from GLOBAL PROPERTY GAIT_PAGES_FROM)
list(REMOVE_DUPLICATES pages_from)
add_custom_command(OUTPUT ${pages_made} DEPENDS "${PROJECT_SOURCE_DIR}/scripts/lib/docpages.py" ${pages_from} VERBATIM
  COMMAND python3 "${PROJECT_SOURCE_DIR}/scripts/lib/docpages.py" "${PROJECT_SOURCE_DIR}/docs" "${PROJECT_BINARY_DIR}/doc/pages" ${pages})
add_custom_target(package_pages ALL DEPENDS ${pages_made})
