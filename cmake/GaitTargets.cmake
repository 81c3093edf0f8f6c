# The few functions that the folders' CMakeLists.txt use.

# Adds a folder when it has landed already. Only while the tree is under construction.
function(gait_add_if_present dir)
  if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${dir}/CMakeLists.txt")
    add_subdirectory(${dir})
  endif()
endfunction()

# gait_add_library(NAME ALIAS a [SHARED] [SOURCES ...] [INCLUDE ...] [PUBLIC ...] [PRIVATE ...])
#
# One library in two forms made of the same objects:
#   NAME         what programs link and what is installed: SHARED with hidden symbols, or an archive
#   NAME_static  an archive in which internal symbols can be reached, for test binaries; the libraries
#                of this project that it needs are taken in their _static form too
# INCLUDE: folders for internal headers (seen by this library and by whoever links NAME_static).
# PUBLIC, PRIVATE: libraries it links. Without SOURCES it is an INTERFACE library until the first file lands.
function(gait_add_library name)
  cmake_parse_arguments(arg "SHARED" "ALIAS" "SOURCES;INCLUDE;PUBLIC;PRIVATE" ${ARGN})
  if(NOT arg_SOURCES)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${arg_PUBLIC})
    add_library(gait::${arg_ALIAS} ALIAS ${name})
    return()
  endif()
  if(arg_SHARED)
    add_library(${name} SHARED ${arg_SOURCES})
    set_target_properties(${name} PROPERTIES VERSION 0.${PROJECT_VERSION_MINOR}.${PROJECT_VERSION_PATCH} SOVERSION 0
                                             EXPORT_NAME ${arg_ALIAS})
    if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
      set_target_properties(${name} PROPERTIES INSTALL_RPATH "$ORIGIN")
    endif()
    set_property(GLOBAL APPEND PROPERTY GAIT_INSTALLED_LIBRARIES ${name})
  else()
    add_library(${name} STATIC ${arg_SOURCES})
  endif()
  add_library(gait::${arg_ALIAS} ALIAS ${name})
  add_library(${name}_static STATIC $<TARGET_OBJECTS:${name}>)
  set_target_properties(${name}_static PROPERTIES LINKER_LANGUAGE C)

  target_include_directories(${name} PRIVATE ${arg_INCLUDE})
  target_include_directories(${name}_static INTERFACE ${arg_INCLUDE})
  if(NOT arg_SHARED)
    target_include_directories(${name} INTERFACE ${arg_INCLUDE})
  endif()
  target_link_libraries(${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:gait_build>)
  gait_static_names(public ${arg_PUBLIC})
  gait_static_names(private ${arg_PRIVATE})
  target_link_libraries(${name}_static PUBLIC ${public} PRIVATE ${private})
endfunction()

# The _static forms of libraries of this project; other names stay as they are.
function(gait_static_names ret)
  set(names "")
  foreach(lib IN LISTS ARGN)
    set(real ${lib})
    if(TARGET ${lib})
      get_target_property(aliased ${lib} ALIASED_TARGET)
      if(aliased)
        set(real ${aliased})
      endif()
    endif()
    if(TARGET ${real}_static)
      set(real ${real}_static)
    endif()
    list(APPEND names ${real})
  endforeach()
  set(${ret} "${names}" PARENT_SCOPE)
endfunction()

# gait_add_program(TARGET COMPONENT package [OUTPUT name] [SOURCES ...] [LIBS ...] [DESTINATION dir] [MAN section] [COMPLETION]): a program with our
# flags, installed. MAN, COMPLETION: with GAIT_PACKAGE a man page and a bash completion are made from its --help.
function(gait_add_program target)
  cmake_parse_arguments(arg "COMPLETION" "OUTPUT;DESTINATION;COMPONENT;MAN" "SOURCES;LIBS" ${ARGN})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_LIBS} gait_build)
  if(arg_OUTPUT)
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${arg_OUTPUT})
  endif()
  if(NOT arg_DESTINATION)
    set(arg_DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
  # Finds our libraries beside it wherever the installation stands.
  if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    file(RELATIVE_PATH up "/x/${arg_DESTINATION}" "/x/${CMAKE_INSTALL_LIBDIR}")
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN/${up}")
  endif()
  install(TARGETS ${target} RUNTIME DESTINATION ${arg_DESTINATION} COMPONENT ${arg_COMPONENT})
  if(NOT arg_OUTPUT)
    set(arg_OUTPUT ${target})
  endif()
  if(GAIT_PACKAGE AND arg_MAN)
    gait_man_page(${target} ${arg_OUTPUT} ${arg_MAN} ${arg_COMPONENT})
  endif()
  if(GAIT_PACKAGE AND arg_COMPLETION)
    gait_completion(${target} ${arg_OUTPUT} ${arg_COMPONENT})
  endif()
endfunction()

# Runs scripts/lib/manpage.py over a program that was just built.
function(gait_man_page target name section component)
  set(page "${PROJECT_BINARY_DIR}/man/${name}.${section}.gz")
  add_custom_command(OUTPUT "${page}" DEPENDS ${target} "${PROJECT_SOURCE_DIR}/scripts/lib/manpage.py" VERBATIM
    COMMAND sh -c "mkdir -p man && SOURCE_DATE_EPOCH=$1 python3 $2 man $3 $4 >man/$5 && gzip -9nf man/$5" - ${GAIT_EPOCH}
            "${PROJECT_SOURCE_DIR}/scripts/lib/manpage.py" ${section} $<TARGET_FILE:${target}> ${name}.${section}
    WORKING_DIRECTORY "${PROJECT_BINARY_DIR}")
  add_custom_target(man_${target} ALL DEPENDS "${page}")
  install(FILES "${page}" DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT ${component})
endfunction()

function(gait_completion target name component)
  set(file "${PROJECT_BINARY_DIR}/completions/${name}")
  add_custom_command(OUTPUT "${file}" DEPENDS ${target} "${PROJECT_SOURCE_DIR}/scripts/lib/manpage.py" VERBATIM
    COMMAND sh -c "mkdir -p completions && python3 $1 completion $2 >completions/$3" - "${PROJECT_SOURCE_DIR}/scripts/lib/manpage.py"
            $<TARGET_FILE:${target}> ${name}
    WORKING_DIRECTORY "${PROJECT_BINARY_DIR}")
  add_custom_target(completion_${target} ALL DEPENDS "${file}")
  install(FILES "${file}" DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT ${component})
endfunction()
