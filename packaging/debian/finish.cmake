# Run by cpack between staging and packing: what only a Debian package has, or has elsewhere.
file(GLOB_RECURSE staged_program ${CPACK_TEMPORARY_DIRECTORY}/*/bin/ephd)
list(LENGTH staged_program count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "ephd was not staged once below ${CPACK_TEMPORARY_DIRECTORY}: ${staged_program}")
endif()
cmake_path(GET staged_program PARENT_PATH usr)
cmake_path(GET usr PARENT_PATH usr)
set(debian ${CPACK_EPH_SOURCE}/packaging/debian)
set(documents ${usr}/share/doc/eph)
set(everybodys FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)  # whatever those of the sources are

file(REMOVE ${documents}/LICENSE)
configure_file(${debian}/copyright ${documents}/copyright COPYONLY ${everybodys})  # file(INSTALL) would add DESTDIR, which is set here
configure_file(${debian}/eph.lintian-overrides ${usr}/share/lintian/overrides/eph COPYONLY ${everybodys})
file(MAKE_DIRECTORY ${usr}/share/zsh/vendor-completions)
file(RENAME ${usr}/share/zsh/site-functions/_eph ${usr}/share/zsh/vendor-completions/_eph)
file(REMOVE_RECURSE ${usr}/share/zsh/site-functions)

execute_process(COMMAND date -R -u -d ${CPACK_EPH_DATE} OUTPUT_VARIABLE EPH_DATE OUTPUT_STRIP_TRAILING_WHITESPACE)
set(EPH_VERSION ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})
set(EPH_MAINTAINER ${CPACK_EPH_MAINTAINER})
configure_file(${debian}/changelog.in ${documents}/changelog.Debian @ONLY ${everybodys})

file(GLOB_RECURSE long_texts ${usr}/share/man/*.[158] ${documents}/changelog.Debian)
execute_process(COMMAND gzip -9n ${long_texts} COMMAND_ERROR_IS_FATAL ANY)
