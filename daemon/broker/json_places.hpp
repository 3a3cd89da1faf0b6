// The places in a JSON document that a reader looks at.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eph {

// Where to look: JSON pointers (RFC 6901) without escapes, in which `*` is every element of an array:
// "/usage/input_tokens". Made once, for any number of readers.
class JsonPlaces {
public:
    enum class Names { exact, any_case };  // any_case: as Go's readers compare them

    explicit JsonPlaces(const std::vector<std::string>& places, Names names = Names::exact);

    static constexpr int nothing = -1;
    std::size_t count() const { return count_; }
    int place(int node) const { return node < 0 ? nothing : at(node).place; }
    int elements(int node) const { return node < 0 ? nothing : at(node).elements; }
    int member(int node, std::string_view name) const;
    bool has_members(int node) const { return node >= 0 && !at(node).members.empty(); }

private:
    struct Node {
        std::vector<std::pair<std::string, int>> members;
        int elements = nothing;
        int place = nothing;
    };
    const Node& at(int node) const { return tree_[static_cast<std::size_t>(node)]; }
    int node_for(int from, std::string name);

    Names names_;
    std::size_t count_;
    std::vector<Node> tree_{1};
};

}  // namespace eph
