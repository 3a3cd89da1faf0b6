// What each command does. They throw Error; main() turns it into words and the exit status.
#pragma once

#include "client/cli.hpp"

namespace eph {

int run_session(const Arguments& arguments);
int show_status(const Arguments& arguments);
int list_sessions(const Arguments& arguments);
int stop_session(const Arguments& arguments);
int create_key(const Arguments& arguments);
int list_keys(const Arguments& arguments);
int revoke_key(const Arguments& arguments);
int clean_up(const Arguments& arguments);
int set_up_account(const Arguments& arguments);
int check_account(const Arguments& arguments);
int install_pi(const Arguments& arguments);
int show_help(const Arguments& arguments);

}  // namespace eph
