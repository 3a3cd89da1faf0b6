// What each command does. They throw Error or Declined; main() turns that into words and the exit status.
#pragma once

#include "client/cli.hpp"
#include "common/error.hpp"

namespace eph {

// The person's answer to a question was no: eph ends with status 1.
struct Declined {
    Error why;
};

int run_session(const Arguments& arguments);
int exec_command(const Arguments& arguments);
int serve_broker(const Arguments& arguments);
int show_status(const Arguments& arguments);
int list_sessions(const Arguments& arguments);
int stop_session(const Arguments& arguments);
int extend_session(const Arguments& arguments);
int show_log(const Arguments& arguments);
int create_key(const Arguments& arguments);
int list_keys(const Arguments& arguments);
int revoke_key(const Arguments& arguments);
int clean_up(const Arguments& arguments);
int set_up_account(const Arguments& arguments);
int show_accounts(const Arguments& arguments);
int clear_account(const Arguments& arguments);
int check_account(const Arguments& arguments);
int print_completion(const Arguments& arguments);
int install_ephd(const Arguments& arguments);
int uninstall_ephd(const Arguments& arguments);
int start_ephd(const Arguments& arguments);
int stop_ephd(const Arguments& arguments);
int restart_ephd(const Arguments& arguments);
int show_ephd(const Arguments& arguments);
int show_ephd_log(const Arguments& arguments);
int install_pi(const Arguments& arguments);
int show_help(const Arguments& arguments);

// eph __complete WORDS... CURRENT, which the shells' scripts call: a line "word<tab>description" for each word that
// fits, and perhaps ":files<what of CURRENT stands before the name>" or ":programs".
int complete_words(std::vector<std::string> words);

}  // namespace eph
