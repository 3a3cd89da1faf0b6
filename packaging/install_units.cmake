# Run by cmake --install: systemd's units, with the path of the ephd that is installed beside them. None is enabled.
cmake_path(ABSOLUTE_PATH eph_bindir BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" NORMALIZE)
set(EPHD "${eph_bindir}/ephd")

function(install_units destination)
  foreach(source ${ARGN})
    cmake_path(GET source FILENAME name)
    string(REGEX REPLACE "\\.in$" "" name ${name})
    configure_file(${source} ${eph_made}/${name} @ONLY)
    file(INSTALL ${eph_made}/${name} DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/${destination}")
  endforeach()
endfunction()

file(GLOB user_units ${eph_source}/systemd/*.in ${eph_source}/systemd/*.socket)
file(GLOB system_units ${eph_source}/systemd/system/*)
install_units(user ${user_units})
install_units(system ${system_units})
