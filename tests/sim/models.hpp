// What the model endpoints share: one turn of a conversation, and each provider's way of putting it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "answers.hpp"
#include "router.hpp"
#include "sim.hpp"

namespace eph::sim {

struct Tokens {
    std::size_t input;   // all of it, the cached ones included
    std::size_t cached;  // of the input
    std::size_t output;
};

struct Turn {
    std::string id;  // a random part for the ids in the answer
    std::string model;
    std::string reply;
    std::vector<std::string> pieces;  // the reply as it is streamed: word by word
    Tokens tokens{};
    Timestamp at;
    bool stream = false;
};

// model_text.cpp
// The text that a person said last: messages are [{role, <content>: "text" or [{text}, ...]}, ...].
std::string last_user_text(const Json& messages, const char* content);
Turn take_turn(Sim& sim, const Json& body, const std::string& user_text);
std::string event(std::string_view name, const Json& data);  // an empty name leaves the event line out
Answer stream_of(std::vector<std::string> events);

// openai_responses.cpp, openai_chat.cpp
Answer responses(Sim& sim, const Call& call, const Params& params);
Answer responses_websocket(Sim& sim, const Call& call, const Params& params);
Answer chat_completions(Sim& sim, const Call& call, const Params& params);

// anthropic.cpp
Answer messages(Sim& sim, const Call& call, const Params& params);
Answer count_message_tokens(Sim& sim, const Call& call, const Params& params);
Answer anthropic_error(unsigned status, std::string_view type, std::string_view message);

// gemini.cpp
Answer generate_content(Sim& sim, const Call& call, const Params& params);
Answer stream_generate_content(Sim& sim, const Call& call, const Params& params);
Answer count_gemini_tokens(Sim& sim, const Call& call, const Params& params);
Answer gemini_error(unsigned status, std::string_view name, std::string_view message, std::string_view reason = {});

}  // namespace eph::sim
