// How deeply a JSON text is nested, before anything is made of it.
#pragma once

#include <cstddef>
#include <string_view>

namespace eph {

// The deepest honest document, of a client, a provider or a file, has seven levels. Each costs its byte in the text,
// and fifty times that once it is read.
inline constexpr std::size_t deepest_json = 64;

// More than `limit` levels of objects and lists? Of a text that is no JSON the answer means nothing: the parser says
// so.
bool nested_deeper(std::string_view json, std::size_t limit = deepest_json);

}  // namespace eph
