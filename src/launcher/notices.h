// SPDX-License-Identifier: BSD-3-Clause
//
// What PEs tell of themselves as a whole, on its way from their streams to our output: the error that ends a PE, or
// where it is (smp/notice.h). Equal texts of several PEs go out once, with the PEs in front of each line.
//
// For that a notice must be held until those of other PEs can have come. Nothing else is ever held, and the time is
// short:
//   - An error ends its PE, and so the job, in which nobody lives longer than some tenths of a second. It is held until
//     the job has ended.
//   - A place is held while other PEs that were asked at the same time have not answered.
//   - What a PE writes after a notice lets the notice out first, so the order of a PE's output stays what it was.
//   - A PE that dies in the middle of a notice, or stops there, has told what has come so far.
//   - Each kind has a time limit, so that no notice can be held for ever.
// Ctrl-C makes an error of every PE, at as many places as there are; of these the most frequent is shown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/output.h"

namespace shmem::launcher {

// "PE 0-3, 7"; sorts.
std::string words_for_pes(std::vector<int> pes);

class Notices {
 public:
  enum class Kind { kError, kPlace };

  Notices(int npes, bool label) : label_(label), titles_(static_cast<std::size_t>(npes)) {}

  // `sink`: where the PE's stream goes. `title`: of an error, such as ValueError; may be empty.
  void add(int pe, Kind kind, std::string_view title, std::string text, Sink& sink);
  // This PE has something else to write, which comes after what it has told.
  void goes_on(int pe);
  // So many PEs have been asked where they are.
  void expect_places(int count);
  // Whether some have not answered yet, and may still.
  [[nodiscard]] bool awaits_places() const { return expected_ > 0; }

  void release_all();
  [[nodiscard]] std::int64_t deadline_ns() const;  // when to call check; INT64_MAX: not by itself
  void check(std::int64_t now_ns);

  // "PE 0-3 raised ValueError": the PE and all others that have told an error of that title. "" if it has told none.
  [[nodiscard]] std::string raised(int pe) const;

 private:
  struct Notice {
    Kind kind;
    std::string title;
    std::string text;
    Sink* sink;
    std::vector<int> pes;  // that have told it
  };

  void release(Kind kind);
  void choose_interrupt();
  void show(const Notice& notice) const;

  bool label_;
  std::vector<Notice> held_;
  std::vector<std::string> titles_;  // of each PE's error
  int expected_ = 0;                 // places that have not come
  bool interrupt_shown_ = false;
  std::int64_t errors_until_ns_ = INT64_MAX;
  std::int64_t places_until_ns_ = INT64_MAX;
};

}  // namespace shmem::launcher
