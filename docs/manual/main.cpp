// eph-manual: prints a manual page, or docs/errors.md. Used by the build alone.
#include <array>
#include <iostream>
#include <string_view>

#include "docs/manual/pages.hpp"

int main(int argc, char** argv) {
    struct Text {
        std::string_view name;
        std::string (*write)();
    };
    using namespace eph::manual;
    constexpr std::array texts{Text{"eph.1", eph_page}, Text{"ephd.8", ephd_page}, Text{"eph-config.5", config_page},
                               Text{"errors.md", errors_markdown}};
    for (const Text& each : texts) {
        if (argc != 2 || each.name != argv[1]) continue;
        std::cout << each.write();
        return 0;
    }
    std::cerr << "Usage: eph-manual eph.1 | ephd.8 | eph-config.5 | errors.md\n";
    return 64;
}
