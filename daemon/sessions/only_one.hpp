// While it lives, nothing else changes the key of that session. Included only by the sources of sessions/.
#pragma once

#include "daemon/sessions/sessions.hpp"

namespace eph {

struct Sessions::OnlyOne {
    OnlyOne(Sessions& all, SessionId session) : sessions(all), id(std::move(session)) { sessions.changing_.insert(id); }
    ~OnlyOne() {
        sessions.changing_.erase(id);
        sessions.settled_.notify();
    }
    OnlyOne(const OnlyOne&) = delete;
    OnlyOne& operator=(const OnlyOne&) = delete;

    Sessions& sessions;
    SessionId id;
};

}  // namespace eph
