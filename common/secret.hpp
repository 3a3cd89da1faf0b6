// A credential in memory: locked, kept out of core dumps, wiped when it goes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eph {

// Move-only, neither formattable nor convertible to JSON. Each lives in pages of its own that mlock(2) holds in RAM. Of
// one thread, like all of eph: those who hold the same pages count themselves without locks.
class Secret {
public:
    Secret() = default;                      // none
    explicit Secret(std::string_view text);  // copies; the caller's copy stays the caller's to wipe
    static Secret take(std::string& text);   // copies, then wipes and empties `text`

    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    bool empty() const { return size_ == 0; }
    Secret copy() const;  // in the same pages: a text that never changes stands in one place, however many hold it

    // The text itself, valid while the Secret lives. Called in as few lines as possible.
    std::string_view reveal() const { return {data_, size_}; }

    // In time that depends on the lengths alone.
    bool equals(std::string_view other) const;

private:
    void release() noexcept;

    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t mapped_ = 0;
};

// Pages that mlock(2) holds in RAM, kept out of dumps and forks; for what holds secrets.
struct SecretPages {
    char* data = nullptr;
    std::size_t size = 0;  // at least what was asked for
};
SecretPages map_secret(std::size_t size);
void unmap_secret(char* data, std::size_t size) noexcept;  // wipes them first

void wipe_range(void* memory, std::size_t size);
void wipe(std::string& text);  // overwrites all of the string's memory, then empties it

}  // namespace eph
