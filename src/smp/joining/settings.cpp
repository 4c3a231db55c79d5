// SPDX-License-Identifier: BSD-3-Clause
//
// Looks up and reads the environment variables of settings.def (settings.h). Every call reads the environment anew, and
// nothing is kept or shared.
#include "smp/joining/settings.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "smp/error.h"

namespace shmem::smp {

namespace {

constexpr std::int64_t kDefaultStallNs = 10'000'000'000;
constexpr double kMostSeconds = 1e9;

struct Row {
  const char* name;
  const char* older_name;
  const char* preset;
  const char* text;
};

constexpr Row kRows[] = {
#define SHMEM_SETTING(enumerator, name, older_name, preset, text) {name, older_name, preset, text},
#include "smp/joining/settings.def"
#undef SHMEM_SETTING
};

}  // namespace

const char* setting(Setting which, const char** name) noexcept {
  const Row& row = kRows[static_cast<int>(which)];
  for (const char* candidate : {row.name, row.older_name}) {
    const char* value = *candidate != '\0' ? std::getenv(candidate) : nullptr;
    if (value == nullptr || *value == '\0') continue;
    if (name != nullptr) *name = candidate;
    return value;
  }
  return nullptr;
}

bool parse_nbytes(const char* text, std::uint64_t* nbytes) noexcept {
  // By hand: strtod would take hexadecimal digits, "inf" and the locale's decimal point, too. A long double holds all
  // integers below 2^64.
  const auto is_digit = [](char character) { return character >= '0' && character <= '9'; };
  const auto is_blank = [](char character) { return character == ' ' || character == '\t'; };
  while (is_blank(*text)) ++text;
  if (*text == '+') ++text;
  long double value = 0;
  int digits = 0;
  int exponent = 0;
  bool fraction = false;
  for (;; ++text) {
    if (*text == '.' && !fraction) {
      fraction = true;
    } else if (is_digit(*text)) {
      ++digits;
      value = value * 10 + (*text - '0');
      if (fraction) --exponent;
    } else if (*text != '_' || digits == 0 || !is_digit(text[1])) {  // 1_000_000
      break;
    }
  }
  if (digits == 0) return false;
  if (*text == 'e' || *text == 'E') {
    const bool negative = text[1] == '-';
    const char* power = text + (negative || text[1] == '+' ? 2 : 1);
    if (!is_digit(*power)) return false;
    int magnitude = 0;
    for (; is_digit(*power); ++power) magnitude = std::min(magnitude * 10 + (*power - '0'), 9999);
    exponent += negative ? -magnitude : magnitude;
    text = power;
  }
  while (is_blank(*text)) ++text;
  switch (*text) {
    case 'k':
    case 'K':
      value *= 0x1p10L;
      break;
    case 'm':
    case 'M':
      value *= 0x1p20L;
      break;
    case 'g':
    case 'G':
      value *= 0x1p30L;
      break;
    case 't':
    case 'T':
      value *= 0x1p40L;
      break;
    case 'b':
    case 'B':
    case '\0':
      break;
    default:
      return false;
  }
  long double power = 1;
  for (int i = std::min(std::abs(exponent), 5000); i > 0; --i) power *= 10;
  value = exponent < 0 ? value / power : value * power;
  if (!(value < 0x1p63L)) return false;
  const auto whole = static_cast<std::uint64_t>(value);
  *nbytes = static_cast<long double>(whole) < value ? whole + 1 : whole;
  return true;
}

Status requested_heap_nbytes(std::uint64_t* nbytes) noexcept {
  *nbytes = 0;
  const char* name = nullptr;
  const char* text = setting(Setting::kSymmetricSize, &name);
  if (text == nullptr) return Status::kOk;
  if (!parse_nbytes(text, nbytes)) {
    return fail(Status::kInvalid,
                "%s=%s is no size: write a number such as 512m, 2g or 1e9, with an optional k, m, g or t", name, text);
  }
  if (*nbytes == 0) *nbytes = 1;
  return Status::kOk;
}

bool parse_stall(const char* text, std::int64_t* stall_ns) noexcept {
  char* end = nullptr;
  const double seconds = std::strtod(text, &end);
  if (end == text || *end != '\0' || !(seconds >= 0 && seconds < kMostSeconds)) return false;
  *stall_ns = static_cast<std::int64_t>(seconds * 1e9);
  return true;
}

Status requested_stall_ns(std::int64_t* stall_ns) noexcept {
  *stall_ns = kDefaultStallNs;
  const char* name = nullptr;
  const char* text = setting(Setting::kStall, &name);
  if (text == nullptr || parse_stall(text, stall_ns)) return Status::kOk;
  return fail(Status::kInvalid, "%s=%s is not %s", name, text, kStallRule);
}

std::string version_text() {
  return "shmem4py " SHMEM4PY_VERSION ", an OpenSHMEM 1.6 library for one machine\n";
}

std::string settings_text() {
  std::string text = "Environment variables of shmem4py " SHMEM4PY_VERSION ":\n";
  for (const Row& row : kRows) {
    text += "  ";
    text += row.name;
    if (*row.older_name != '\0') text += std::string(" (deprecated: ") + row.older_name + ")";
    text += std::string("\n      ") + row.text + "\n      default: " + row.preset;
    if (const char* value = std::getenv(row.name)) text += std::string("; here: \"") + value + "\"";
    text += "\n";
  }
  return text;
}

}  // namespace shmem::smp
