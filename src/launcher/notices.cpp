// SPDX-License-Identifier: BSD-3-Clause
//
// Holds equal notices together and shows them (notices.h).
#include "launcher/notices.h"

#include <algorithm>
#include <utility>

#include "smp/os/prim.h"

namespace shmem::launcher {

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kErrorsNs = 3'000 * kMillisecond;  // longer than a job takes to end (supervise.cpp)
constexpr std::int64_t kPlacesNs = 500 * kMillisecond;    // from one place to the next
constexpr char kInterrupt[] = "KeyboardInterrupt";
constexpr std::string_view kOurs = "shmem4py: ";  // in front of lines of the library and of the launcher

std::string ranges(std::vector<int> pes) {
  std::sort(pes.begin(), pes.end());
  std::string text;
  for (std::size_t i = 0; i < pes.size();) {
    std::size_t last = i;
    while (last + 1 < pes.size() && pes[last + 1] == pes[last] + 1) ++last;
    if (!text.empty()) text += ", ";
    text += std::to_string(pes[i]);
    if (last > i) text += "-" + std::to_string(pes[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace

std::string pes_text(std::vector<int> pes) {
  return "PE " + ranges(std::move(pes));
}

void Notices::add(int pe, Kind kind, std::string_view title, std::string text, Sink& sink) {
  if (text.empty() || text.back() != '\n') text += '\n';
  const std::int64_t now = smp::os::monotonic_ns();
  if (kind == Kind::kError) {
    titles_[static_cast<std::size_t>(pe)] = title;
    errors_until_ns_ = std::min(errors_until_ns_, now + kErrorsNs);
  } else {
    places_until_ns_ = now + kPlacesNs;
    if (expected_ > 0) --expected_;
  }
  const auto same = std::find_if(held_.begin(), held_.end(), [&](const Notice& other) {
    return other.kind == kind && other.sink == &sink && other.text == text;
  });
  // A second equal notice of the same PE is held on its own.
  if (same != held_.end() && std::find(same->pes.begin(), same->pes.end(), pe) == same->pes.end()) {
    same->pes.push_back(pe);
  } else {
    held_.push_back({kind, std::string(title), std::move(text), &sink, {pe}});
  }
  if (titles_.size() == 1) release_all();
  if (kind == Kind::kPlace && expected_ == 0) release(kind);
}

void Notices::expect_places(int count) {
  release(Kind::kPlace);
  expected_ = count;
  places_until_ns_ = count > 0 ? smp::os::monotonic_ns() + kPlacesNs : INT64_MAX;
}

void Notices::goes_on(int pe) {
  std::vector<Notice> kept;
  for (Notice& notice : std::exchange(held_, {})) {
    if (std::find(notice.pes.begin(), notice.pes.end(), pe) != notice.pes.end()) {
      interrupt_shown_ |= notice.title == kInterrupt;
      show(notice);
    } else {
      kept.push_back(std::move(notice));
    }
  }
  held_ = std::move(kept);
}

void Notices::release(Kind kind) {
  if (kind == Kind::kError) {
    choose_interrupt();
    errors_until_ns_ = INT64_MAX;
  } else {
    places_until_ns_ = INT64_MAX;
  }
  const auto first = std::stable_partition(held_.begin(), held_.end(), [&](const Notice& n) { return n.kind != kind; });
  // Errors stay in the order of their arrival, since the first may be the cause of the others.
  if (kind == Kind::kPlace) {
    const auto least = [](const Notice& notice) { return *std::min_element(notice.pes.begin(), notice.pes.end()); };
    std::sort(first, held_.end(), [&](const Notice& a, const Notice& b) { return least(a) < least(b); });
  }
  std::for_each(first, held_.end(), [this](const Notice& notice) { show(notice); });
  held_.erase(first, held_.end());
}

// Keeps one of all interrupts.
void Notices::choose_interrupt() {
  const auto interrupted = [](const Notice& notice) {
    return notice.kind == Kind::kError && notice.title == kInterrupt;
  };
  const Notice* chosen = nullptr;
  for (const Notice& notice : held_) {
    if (interrupted(notice) && (chosen == nullptr || notice.pes.size() > chosen->pes.size())) chosen = &notice;
  }
  if (chosen == nullptr) return;
  Notice shown = *chosen;
  std::vector<int> others;
  for (const Notice& notice : held_) {
    if (interrupted(notice) && &notice != chosen) others.insert(others.end(), notice.pes.begin(), notice.pes.end());
  }
  held_.erase(std::remove_if(held_.begin(), held_.end(), interrupted), held_.end());
  if (!std::exchange(interrupt_shown_, true)) {
    show(shown);
    if (!others.empty()) {
      shown.sink->put(kLauncher, "shmem4py: " + pes_text(others) + " raised KeyboardInterrupt elsewhere\n");
    }
  }
}

void Notices::release_all() {
  release(Kind::kPlace);
  release(Kind::kError);
}

std::int64_t Notices::deadline_ns() const {
  return std::min(errors_until_ns_, places_until_ns_);
}

void Notices::check(std::int64_t now_ns) {
  if (now_ns >= places_until_ns_) {
    expected_ = 0;
    release(Kind::kPlace);
  }
  if (now_ns >= errors_until_ns_) release(Kind::kError);
}

void Notices::show(const Notice& notice) const {
  const std::string mark = titles_.size() == 1 && !label_ ? ""
                           : label_                       ? "[" + ranges(notice.pes) + "] "
                                                          : pes_text(notice.pes) + ": ";
  std::string marked;
  for (std::string_view rest = notice.text; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n') + 1);  // the text ends with a newline
    rest.remove_prefix(line.size());
    // In the library's own errors "shmem4py: " stays in front of the PEs.
    if (!label_ && line.substr(0, kOurs.size()) == kOurs) {
      marked += kOurs;
      line.remove_prefix(kOurs.size());
    }
    marked += mark;
    marked += line;
  }
  notice.sink->put(kLauncher, marked);
}

std::string Notices::raised(int pe) const {
  if (pe < 0 || static_cast<std::size_t>(pe) >= titles_.size()) return "";
  const std::string& title = titles_[static_cast<std::size_t>(pe)];
  if (title.empty()) return "";
  std::vector<int> pes;
  for (std::size_t other = 0; other < titles_.size(); ++other) {
    if (titles_[other] == title) pes.push_back(static_cast<int>(other));
  }
  return pes_text(pes) + " raised " + title;
}

}  // namespace shmem::launcher
