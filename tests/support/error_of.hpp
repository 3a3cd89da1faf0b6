// The Error that a call throws, for tests of its words.
#pragma once

#include <string>

#include "common/error.hpp"
#include "tests/support/catch.hpp"

namespace eph::test {

// Fails the test when nothing, or nothing of ours, is thrown.
template <class Call>
Error error_of(Call&& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    } catch (const std::exception& error) {
        FAIL("not an eph::Error: " << error.what());
    }
    FAIL("nothing was thrown");
    throw Error{Code::internal, "unreachable"};
}

}  // namespace eph::test
