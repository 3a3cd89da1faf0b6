// What every child of eph's and ephd's gets, and does not get.
#pragma once

#include <string>
#include <vector>

namespace eph {

// The program's own environment without the credentials that it was given and without what is meant for it alone.
std::vector<std::string> clean_environment();

// Marks every descriptor from `first` on to be closed at the next exec: sockets of eph's, the lease's above all, are
// nobody else's.
void close_on_exec_from(int first);

}  // namespace eph
