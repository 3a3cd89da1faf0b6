# What makes a flaw in memory harder to use, and two builds of one source the same: see SECURITY.md. tests/package/hardened looks
# whether it is in the programs, scripts/reproducible whether two builds are one.
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)  # else CMake compiles for PIE, but leaves the linking to the compiler's own default

set(release $<NOT:$<CONFIG:Debug>>)
target_compile_definitions(eph_options INTERFACE
  $<${release}:_FORTIFY_SOURCE=3> $<${release}:_GLIBCXX_ASSERTIONS>)
# No path of the machine that built it: neither of the source nor of the build.
target_compile_options(eph_options INTERFACE $<${release}:-ffile-prefix-map=${CMAKE_BINARY_DIR}=build>
  $<${release}:-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.>)
if(NOT APPLE)
  target_compile_options(eph_options INTERFACE $<${release}:-fstack-clash-protection>)
  target_link_options(eph_options INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
# CET: functions that may be called through pointers are marked, and the program says that it keeps to a shadow stack. It has to be
# told to: Debian's start files say nothing. They do no harm to a shadow stack; indirect branches they might, so that note is left out.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" AND NOT APPLE)
  target_compile_options(eph_options INTERFACE $<${release}:-fcf-protection=full>)
  target_link_options(eph_options INTERFACE $<${release}:-Wl,-z,shstk>)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  target_compile_options(eph_options INTERFACE $<${release}:-mbranch-protection=standard>)
endif()
