// SPDX-License-Identifier: BSD-3-Clause
//
// Notices: texts that PEs write about themselves as a whole, on the way from their streams to our output: the error
// that ends a PE, or its place (smp/notice.h). Equal texts of several PEs are shown once, with the PEs in front of each
// line.
//
// To find equal ones, a notice is held until those of other PEs can have arrived. Nothing else is ever held, and the
// time is short:
//   - An error ends its PE, and so the job, which no PE outlives by more than some tenths of a second. It is held until
//     the job has ended.
//   - A place is held while other PEs that were asked at the same time have not answered.
//   - Anything that a PE writes after a notice releases the notice first, so a PE's output keeps its order.
//   - If a PE dies or stops in the middle of a notice, the part that has arrived is shown.
//   - Each kind has a time limit, so no notice is held for ever.
// Ctrl-C makes an error on every PE, at many places; only the most frequent of these errors is shown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/output.h"

namespace shmem::launcher {

// The text "PE 0-3, 7". Sorts the PEs.
std::string pes_text(std::vector<int> pes);

class Notices {
 public:
  enum class Kind { kError, kPlace };

  Notices(int npes, bool label) : label_(label), titles_(static_cast<std::size_t>(npes)) {}

  // `sink`: the destination of the PE's stream. `title`: the kind of an error, such as ValueError; may be empty.
  void add(int pe, Kind kind, std::string_view title, std::string text, Sink& sink);
  // The PE writes something else, which comes after its notices.
  void goes_on(int pe);
  // Tells that `count` PEs have been asked where they are.
  void expect_places(int count);
  // Whether some of them have not answered yet and may still do so.
  [[nodiscard]] bool awaits_places() const { return expected_ > 0; }

  void release_all();
  [[nodiscard]] std::int64_t deadline_ns() const;  // when to call check; INT64_MAX: never
  void check(std::int64_t now_ns);

  // "PE 0-3 raised ValueError": the PE and all others that have written an error of the same title. "" if the PE has
  // written none.
  [[nodiscard]] std::string raised(int pe) const;

 private:
  struct Notice {
    Kind kind;
    std::string title;
    std::string text;
    Sink* sink;
    std::vector<int> pes;  // that have written it
  };

  void release(Kind kind);
  void choose_interrupt();
  void show(const Notice& notice) const;

  bool label_;
  std::vector<Notice> held_;
  std::vector<std::string> titles_;  // of each PE's error
  int expected_ = 0;                 // places that have not arrived
  bool interrupt_shown_ = false;
  std::int64_t errors_until_ns_ = INT64_MAX;
  std::int64_t places_until_ns_ = INT64_MAX;
};

}  // namespace shmem::launcher
