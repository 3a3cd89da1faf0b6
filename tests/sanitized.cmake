# A sanitized build: every program reports into one directory, where scripts/sanitize looks when all tests are done; and
# tests may take longer.
file(MAKE_DIRECTORY ${EPH_REPORTS})
set(programs eph ephd eph-sim unit-tests client-tests remote-tests manual-tests contract-tests integration-tests)
add_library(eph_reports OBJECT tests/support/sanitizer_options.cpp)
target_compile_definitions(eph_reports PRIVATE EPH_REPORTS="${EPH_REPORTS}")
foreach(program ${programs})
  target_sources(${program} PRIVATE $<TARGET_OBJECTS:eph_reports>)
endforeach()
add_custom_target(sanitized)
add_dependencies(sanitized ${programs})
