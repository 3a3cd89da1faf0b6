// How the sanitizers behave in every program of a sanitized build. Not by the environment, which eph and ephd clean for
// their children and tests set anew: a report that nobody sees would be no report.
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

// eph and ephd make themselves undumpable; only who may trace such a process can look for leaks in it at its end.
bool may_trace() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & (1u << CAP_SYS_PTRACE)) != 0;
}

}  // namespace

extern "C" {

const char* __asan_default_options() {
    return may_trace() ? "log_path=" EPH_REPORTS "/report:detect_leaks=1:detect_stack_use_after_return=1"
                       : "log_path=" EPH_REPORTS "/report:detect_leaks=0:detect_stack_use_after_return=1";
}

const char* __ubsan_default_options() { return "log_path=" EPH_REPORTS "/report:print_stacktrace=1"; }

const char* __tsan_default_options() {
    return "log_path=" EPH_REPORTS "/report:halt_on_error=0:second_deadlock_stack=1";
}

}  // extern "C"
