# cmake --install: programs, manual pages, completions, units, documents. --prefix and DESTDIR work.
include(GNUInstallDirs)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # what is installed is named below, and is built before
set(EPH_ZSH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING "Where zsh looks for completions")

install(TARGETS eph ephd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${CMAKE_BINARY_DIR}/man/eph.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_BINARY_DIR}/man/eph-config.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES ${CMAKE_BINARY_DIR}/man/ephd.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)

install(FILES client/completion/eph.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME eph)
install(FILES client/completion/eph.zsh DESTINATION ${EPH_ZSH_COMPLETIONS} RENAME _eph)
install(FILES client/completion/eph.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

install(FILES daemon/broker/prices.json DESTINATION ${CMAKE_INSTALL_DATADIR}/eph)

file(GLOB documents CONFIGURE_DEPENDS docs/*.md docs/*.yaml)
install(FILES README.md SECURITY.md LICENSE ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Units name ephd by its path, which is known only now that the prefix is: hence at install time.
if(CMAKE_SYSTEM_NAME STREQUAL Linux)
  install(CODE "set(eph_source \"${CMAKE_SOURCE_DIR}\")\nset(eph_made \"${CMAKE_BINARY_DIR}/units\")\n\
set(eph_bindir \"${CMAKE_INSTALL_BINDIR}\")")
  install(SCRIPT packaging/install_units.cmake)
endif()
