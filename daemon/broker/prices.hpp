// STAND-IN until branch "meter" is merged.
#pragma once

namespace eph {

class Prices {};

}  // namespace eph
