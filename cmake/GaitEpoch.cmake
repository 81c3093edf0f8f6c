# GAIT_EPOCH: the time that packages carry, in seconds since 1970. SOURCE_DATE_EPOCH, else that of the newest entry of cmake/debian/changelog.
set(GAIT_EPOCH "$ENV{SOURCE_DATE_EPOCH}")
if(NOT GAIT_EPOCH MATCHES "^[0-9]+$")
  file(STRINGS "${PROJECT_SOURCE_DIR}/cmake/debian/changelog" line LIMIT_COUNT 1 REGEX "^ -- ")
  string(REGEX REPLACE "^.*>  " "" line "${line}")
  execute_process(COMMAND date -u -d "${line}" +%s OUTPUT_VARIABLE GAIT_EPOCH OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
