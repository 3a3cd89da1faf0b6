// What a request says of itself: its model, and how long an answer it wants. Nothing of it is kept but that.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "daemon/broker/json_scan.hpp"
#include "daemon/broker/meter.hpp"
#include "daemon/broker/upstream.hpp"

namespace eph {

class RequestScan {
public:
    // `path`: below the base path, without the query; it fits `allowed`.
    RequestScan(const Upstream& upstream, const AllowedPath& allowed, std::string_view path);

    void push(std::string_view bytes);  // of the body, in any pieces
    RequestFacts facts() const;         // when the body has come to its end
    // A reader may act on what has come: the document is whole, or none.
    bool decided() const { return scan_.complete() || scan_.broken(); }

private:
    std::optional<std::int64_t> largest(std::size_t first, std::size_t last, std::int64_t none) const;
    std::optional<std::int64_t> bound() const;
    std::optional<std::int64_t> answers() const;

    ApiFamily family_;
    bool computes_;
    bool generates_;
    bool in_path_;
    std::string path_model_;
    std::string pattern_;
    JsonScan scan_;
    std::uint64_t bytes_ = 0;
};

// Where a request says what RequestScan looks for (Upstream::request_places).
std::shared_ptr<const JsonPlaces> request_places(const ModelPlace& model);

// What stands for the first * of `pattern` in `path`, percent-decoded; "" where they do not fit.
std::string first_star(std::string_view pattern, std::string_view path);

}  // namespace eph
