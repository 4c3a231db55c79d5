// SPDX-License-Identifier: BSD-3-Clause
//
// Environment variables: sizes as the standard writes them, older names, the texts.
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "smp/error.h"
#include "smp/joining/settings.h"

namespace shmem::smp {
namespace {

std::optional<std::uint64_t> parsed(const char* text) {
  std::uint64_t nbytes = 0;
  return parse_nbytes(text, &nbytes) ? std::optional<std::uint64_t>(nbytes) : std::nullopt;
}

TEST(Sizes, NumbersWithAndWithoutUnit) {
  EXPECT_EQ(parsed("0"), 0u);
  EXPECT_EQ(parsed("20971520"), 20971520u);
  EXPECT_EQ(parsed("1k"), 1024u);
  EXPECT_EQ(parsed("20m"), 20971520u);
  EXPECT_EQ(parsed("3G"), 3u * (std::uint64_t{1} << 30));
  EXPECT_EQ(parsed("2T"), std::uint64_t{1} << 41);
  EXPECT_EQ(parsed("9223372036854775807"), 9223372036854775807u);
}

TEST(Sizes, FractionsAreRoundedUp) {
  EXPECT_EQ(parsed("3.1M"), 3250586u);  // the standard's example
  EXPECT_EQ(parsed(".5m"), 524288u);
  EXPECT_EQ(parsed("0.5m"), 524288u);
  EXPECT_EQ(parsed("1.5"), 2u);
  EXPECT_EQ(parsed("7."), 7u);
}

TEST(Sizes, WhatFollowsTheUnitIsIgnored) {
  EXPECT_EQ(parsed("20kk"), 20480u);
  EXPECT_EQ(parsed("1GiB"), std::uint64_t{1} << 30);
}

TEST(Sizes, FormsThatPeopleWrite) {
  EXPECT_EQ(parsed("1e6"), 1000000u);
  EXPECT_EQ(parsed("1E6"), 1000000u);
  EXPECT_EQ(parsed("1.5e9"), 1500000000u);
  EXPECT_EQ(parsed("25e+2"), 2500u);
  EXPECT_EQ(parsed("2500e-2"), 25u);
  EXPECT_EQ(parsed("1e-3"), 1u) << "rounded up";
  EXPECT_EQ(parsed("1e3k"), 1024000u);
  EXPECT_EQ(parsed("1_000_000"), 1000000u);
  EXPECT_EQ(parsed("+5"), 5u);
  EXPECT_EQ(parsed(" 2 GiB "), std::uint64_t{2} << 30);
  EXPECT_EQ(parsed("512 bytes"), 512u);
  EXPECT_EQ(parsed("512B"), 512u);
}

TEST(Sizes, EverythingElseIsRefused) {
  for (const char* text : {"",         " ",
                           "-1",       "+",
                           ".",        "k",
                           "e3",       "_1",
                           "1_",       "1__0",
                           "1x",       "1 x",
                           "1e",       "1ek",
                           "1e+",      "1e--3",
                           "0x10",     "inf",
                           "nan",      "1..2",
                           "1,5m",     "9223372036854775808",
                           "8388608t", "99999999999999999999999999",
                           "1e19",     "1e999999999"}) {
    EXPECT_FALSE(parsed(text)) << "\"" << text << "\"";
  }
}

class Environment : public testing::Test {
 protected:
  void SetUp() override { clear(); }
  void TearDown() override { clear(); }
  static void clear() {
    for (const char* name : {"SHMEM_SYMMETRIC_SIZE", "SMA_SYMMETRIC_SIZE", "SHMEM_DEBUG", "SMA_DEBUG"}) unsetenv(name);
  }
};

TEST_F(Environment, NothingSetLeavesTheDefault) {
  std::uint64_t nbytes = 7;
  EXPECT_EQ(requested_heap_nbytes(&nbytes), Status::kOk);
  EXPECT_EQ(nbytes, 0u);
  EXPECT_EQ(setting(Setting::kDebug), nullptr);
}

TEST_F(Environment, OlderNameCountsWhereTheNewOneIsNotSet) {
  std::uint64_t nbytes = 0;
  setenv("SMA_SYMMETRIC_SIZE", "1m", 1);
  EXPECT_EQ(requested_heap_nbytes(&nbytes), Status::kOk);
  EXPECT_EQ(nbytes, 1048576u);
  setenv("SHMEM_SYMMETRIC_SIZE", "2m", 1);
  EXPECT_EQ(requested_heap_nbytes(&nbytes), Status::kOk);
  EXPECT_EQ(nbytes, 2097152u);
  setenv("SMA_DEBUG", "", 1);
  EXPECT_EQ(setting(Setting::kDebug), nullptr) << "empty";
  setenv("SMA_DEBUG", "0", 1);
  EXPECT_NE(setting(Setting::kDebug), nullptr) << "any value";
}

TEST_F(Environment, EmptyCountsAsNotSet) {
  std::uint64_t nbytes = 7;
  setenv("SHMEM_SYMMETRIC_SIZE", "", 1);
  EXPECT_EQ(requested_heap_nbytes(&nbytes), Status::kOk);
  EXPECT_EQ(nbytes, 0u);
  setenv("SMA_SYMMETRIC_SIZE", "1m", 1);
  EXPECT_EQ(requested_heap_nbytes(&nbytes), Status::kOk);
  EXPECT_EQ(nbytes, 1048576u);
}

TEST_F(Environment, BadSizeNamesTheVariable) {
  std::uint64_t nbytes = 0;
  setenv("SMA_SYMMETRIC_SIZE", "plenty", 1);
  EXPECT_EQ(requested_heap_nbytes(&nbytes), Status::kInvalid);
  EXPECT_EQ(
      std::string(failure_message()),
      "SMA_SYMMETRIC_SIZE=plenty is no size: write a number such as 512m, 2g or 1e9, with an optional k, m, g or t");
}

TEST_F(Environment, ZeroAsksForTheSmallestHeapNotForTheDefault) {
  std::uint64_t nbytes = 0;
  setenv("SHMEM_SYMMETRIC_SIZE", "0", 1);
  EXPECT_EQ(requested_heap_nbytes(&nbytes), Status::kOk);
  EXPECT_EQ(nbytes, 1u);
}

TEST_F(Environment, TextHasEveryVariableAndItsValue) {
  setenv("SHMEM_SYMMETRIC_SIZE", "123k", 1);
  const std::string text = settings_text();
  for (const char* name : {"SHMEM_VERSION", "SHMEM_INFO", "SHMEM_SYMMETRIC_SIZE", "SHMEM_DEBUG", "SMA_DEBUG",
                           "SHMEM4PY_JOB_SOCKET", "\"123k\""}) {
    EXPECT_NE(text.find(name), std::string::npos) << name << " in\n" << text;
  }
  EXPECT_NE(version_text().find(SHMEM4PY_VERSION), std::string::npos);
}

}  // namespace
}  // namespace shmem::smp
