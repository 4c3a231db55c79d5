// SPDX-License-Identifier: BSD-3-Clause
//
// What the loader refuses, and with which message. FAKE_FOLDER has the plug-ins of engine.cmake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "loader.h"

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string refusal(const std::string& path) {
  shmem::engine::Plugin plugin;
  std::string error;
  EXPECT_FALSE(plugin.open(path.c_str(), error));
  return error;
}

std::string fake(const char* name) {
  return std::string(FAKE_FOLDER "/") + name + ".so";
}

TEST(Loader, MissingFileIsNamed) {
  EXPECT_THAT(refusal("/no/such/engine_x.so"), HasSubstr("/no/such/engine_x.so"));
}

TEST(Loader, LibraryWithoutEntryIsNoEngine) {
  EXPECT_THAT(refusal("libm.so.6"), HasSubstr("it has no engine table"));
}

TEST(Loader, NullTableIsNoEngine) {
  EXPECT_THAT(refusal(fake("fake_null")), HasSubstr("it has no engine table"));
}

TEST(Loader, OtherMagicIsNoEngine) {
  EXPECT_THAT(refusal(fake("fake_magic")), HasSubstr("it has no engine table"));
}

TEST(Loader, OtherVersionAsksToCompileAgain) {
  EXPECT_THAT(refusal(fake("fake_version")),
              AllOf(HasSubstr("fake_version.so"), HasSubstr("version 99"), HasSubstr("add-engine")));
}

TEST(Loader, TableShorterThanItsHeaderAsksToCompileAgain) {
  EXPECT_THAT(refusal(fake("fake_size")), AllOf(HasSubstr("16 bytes"), HasSubstr("add-engine")));
}

// A plug-in of a newer package has slots that we do not know, and need not.
TEST(Loader, LongerTableFits) {
  shmem::engine::Plugin plugin;
  std::string error;
  ASSERT_TRUE(plugin.open(fake("fake_longer").c_str(), error)) << error;
  EXPECT_STREQ(plugin.table().name, "fake");
  EXPECT_NE(plugin.table().clear_lock, nullptr);
}

// What lies beyond the size of a plug-in's table is not read: its slots are empty.
TEST(Loader, SlotBeyondTheSizeIsMissing) {
  EXPECT_THAT(refusal(fake("fake_shorter")), HasSubstr("lacks clear_lock"));
}

// The first slot that must be there is named.
TEST(Loader, EmptySlotIsNamed) {
  EXPECT_THAT(refusal(fake("fake_empty")), HasSubstr("lacks init_thread"));
}

}  // namespace
