// Filling the templates in.
#include "client/services/service_text.hpp"

#include <algorithm>

#include "templates.hpp"

namespace eph {
namespace {

std::string fill(std::string text, std::string_view name, std::string_view value) {
    for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at + value.size()))
        text.replace(at, name.size(), value);
    return text;
}

std::string escaped_for_xml(std::string_view value) {
    std::string text;
    for (const char c : value) {
        switch (c) {
            case '&':
                text += "&amp;";
                break;
            case '<':
                text += "&lt;";
                break;
            case '>':
                text += "&gt;";
                break;
            default:
                text += c;
        }
    }
    return text;
}

std::string exec_line(std::string_view ephd) { return "\nExecStart=" + unit_program(ephd) + "\n"; }

}  // namespace

std::string unit_program(std::string_view path) {
    const bool plain = std::none_of(path.begin(), path.end(), [](unsigned char c) {
        return c <= ' ' || c == '"' || c == '\'' || c == '\\' || c == '%' || c == ';';
    });
    if (plain) return std::string{path};
    std::string quoted = "\"";
    for (const char c : path) {
        if (c == '"' || c == '\\') quoted += '\\';
        if (c == '%') quoted += c;
        quoted += c;
    }
    return quoted + "\"";
}

std::string service_unit(const std::filesystem::path& ephd) {
    return std::string{written_by_eph} + fill(std::string{service_template}, "@EPHD@", unit_program(ephd.string()));
}

std::string socket_unit() { return std::string{written_by_eph} + std::string{socket_template}; }

std::string launchd_plist(const std::filesystem::path& ephd, const std::filesystem::path& log,
                          const std::filesystem::path& socket) {
    std::string text{plist_template};
    text = fill(std::move(text), "@EPHD@", escaped_for_xml(ephd.string()));
    text = fill(std::move(text), "@LOG@", escaped_for_xml(log.string()));
    return fill(std::move(text), "@SOCKET@", escaped_for_xml(socket.string()));
}

bool runs(std::string_view unit, const std::filesystem::path& ephd) {
    return unit.find(exec_line(ephd.string())) != unit.npos;
}

}  // namespace eph
