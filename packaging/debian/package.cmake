# cpack -G DEB: what Debian's package is called and says of itself. scripts/package builds it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME eph)
set(CPACK_PACKAGE_VENDOR eph)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
set(CPACK_SET_DESTDIR ON)  # so that units name ephd where it will be, not where it is staged
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/finish.cmake)
set(CPACK_EPH_SOURCE ${CMAKE_SOURCE_DIR})  # for finish.cmake

set(EPH_MAINTAINER "The eph authors <maintainers@eph.example>" CACHE STRING "Who answers for the package")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${EPH_MAINTAINER})
set(CPACK_EPH_MAINTAINER ${EPH_MAINTAINER})
set(CPACK_EPH_DATE ${EPH_RELEASE_DATE})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS openssh-client)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libsecret-tools, pass")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "AI agents on remote hosts with keys that die with the session
eph lets an AI agent (Pi) work on a remote host without leaving an API key
there. It makes a disposable key for the one session, opens one SSH
connection, hands the key to the agent, and has it revoked when the session
ends, however it ends: that is the work of ephd, a daemon of the user's own,
which knows every key that was ever asked for and does not rest before the
provider has confirmed that each is gone.
.
No service is enabled by installing the package: eph starts ephd when it needs
it, and its units for systemd are there for those who prefer them.")
include(CPack)
