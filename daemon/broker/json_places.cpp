// A tree of names, walked along with the document.
#include "daemon/broker/json_places.hpp"

#include <algorithm>

#include "common/text.hpp"

namespace eph {

JsonPlaces::JsonPlaces(const std::vector<std::string>& places, Names names) : names_(names), count_(places.size()) {
    for (std::size_t i = 0; i < places.size(); ++i) {
        int node = 0;
        for (std::size_t from = 1; from <= places[i].size();) {
            const std::size_t to = std::min(places[i].find('/', from), places[i].size());
            node = node_for(node, places[i].substr(from, to - from));
            from = to + 1;
        }
        tree_[static_cast<std::size_t>(node)].place = static_cast<int>(i);
    }
}

int JsonPlaces::node_for(int from, std::string name) {
    if (names_ == Names::any_case) name = lower(name);
    const int fresh = static_cast<int>(tree_.size());
    Node& node = tree_[static_cast<std::size_t>(from)];
    if (name == "*") {
        if (node.elements >= 0) return node.elements;
        node.elements = fresh;
    } else {
        for (const auto& [known, child] : node.members)
            if (known == name) return child;
        node.members.emplace_back(std::move(name), fresh);
    }
    tree_.emplace_back();  // `node` dangles from here on
    return fresh;
}

int JsonPlaces::member(int node, std::string_view name) const {
    for (const auto& [known, child] : at(node).members) {
        if (known.size() != name.size()) continue;
        if (names_ == Names::exact ? name == known : same_letters(name, known)) return child;
    }
    return nothing;
}

}  // namespace eph
