// The pages, each as one text.
#pragma once

#include <string>

#include "common/reference.hpp"
#include "docs/manual/roff.hpp"

namespace eph::manual {

std::string eph_page();         // eph(1), roff
std::string ephd_page();        // ephd(8), roff
std::string config_page();      // eph-config(5), roff
std::string errors_markdown();  // docs/errors.md

void add_environment(Page& page, reference::Program program);
void add_files(Page& page);

}  // namespace eph::manual
