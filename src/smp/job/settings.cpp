// SPDX-License-Identifier: BSD-3-Clause
#include "smp/job/settings.h"

#include <cstdlib>
#include <cstring>

#include "smp/error.h"

namespace shmem::smp {

namespace {

struct Row {
  const char* name;
  const char* older_name;
  const char* preset;
  const char* text;
};

constexpr Row kRows[] = {
#define SHMEM_SETTING(enumerator, name, older_name, preset, text) {name, older_name, preset, text},
#include "smp/job/settings.def"
#undef SHMEM_SETTING
};

}  // namespace

const char* setting(Setting which, const char** name) noexcept {
  const Row& row = kRows[static_cast<int>(which)];
  for (const char* candidate : {row.name, row.older_name}) {
    const char* value = *candidate != '\0' ? std::getenv(candidate) : nullptr;
    if (value == nullptr) continue;
    if (name != nullptr) *name = candidate;
    return value;
  }
  return nullptr;
}

bool parse_nbytes(const char* text, std::uint64_t* nbytes) noexcept {
  // By hand: strtod would take exponents, hexadecimal digits and the locale's decimal point, too. A long double
  // holds all integers below 2^64.
  long double value = 0;
  long double unit = 1;
  int digits = 0;
  bool fraction = false;
  for (; (*text >= '0' && *text <= '9') || (*text == '.' && !fraction); ++text) {
    if (*text == '.') {
      fraction = true;
      continue;
    }
    ++digits;
    value = value * 10 + (*text - '0');
    if (fraction) unit *= 10;
  }
  if (digits == 0) return false;
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
    case '\0':
      break;
    default:
      return false;
  }
  value /= unit;
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
    return fail(Status::kInvalid, "%s=%s is no size: a number with an optional k, m, g or t", name, text);
  }
  if (*nbytes == 0) *nbytes = 1;
  return Status::kOk;
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
