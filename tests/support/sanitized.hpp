// Whether this is a sanitized build: its programs need several times the memory, and see to deadly signals themselves.
#pragma once

#if defined(__has_feature)
#define EPH_HAS(feature) __has_feature(feature)
#else
#define EPH_HAS(feature) 0
#endif

namespace eph::test {

#if defined(__SANITIZE_ADDRESS__) || EPH_HAS(address_sanitizer)
inline constexpr bool address_sanitized = true;
#else
inline constexpr bool address_sanitized = false;
#endif

#if defined(__SANITIZE_THREAD__) || EPH_HAS(thread_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = address_sanitized;
#endif

// UndefinedBehaviorSanitizer, which runs beside AddressSanitizer, asks whether an object is one by means of a pipe. So
// where a program is to have no descriptor left, it would see no objects any more.
inline constexpr bool works_without_descriptors = !address_sanitized;

}  // namespace eph::test

#undef EPH_HAS
