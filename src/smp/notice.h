// SPDX-License-Identifier: BSD-3-Clause
//
// Notices: what a PE tells about itself as a whole, the error that ends it or where it is, on its way to the launcher.
//
// A notice travels in the PE's standard error between two marks. So it keeps its place in the PE's output, it is not
// lost with a PE that dies in the middle of it (the launcher has what was written), and it needs no second channel. The
// launcher takes the marks out, and shows equal notices of several PEs once (launcher/notices.h).
//
// Marks are written only where the launcher reads: it notes in each control block which files the PE's streams are, and
// a descriptor that is another file now (`2>errors`, the launcher of another library) gets none; the caller then prints
// the text by itself. A mark is an "application program command" of terminals, which show nothing of it.
//
// Invariant: a notice changes nothing but the stream, and may be told in a signal handler.
#pragma once

#include <cstddef>
#include <string_view>

#include "smp/pe.h"

namespace shmem::smp {

// kNoticeMark "error:" title kNoticeMarkEnd text kNoticeMark kNoticeOver kNoticeMarkEnd; "place:" instead of "error:".
inline constexpr std::string_view kNoticeMark = "\x1b_shmem4py:";
inline constexpr std::string_view kNoticeMarkEnd = "\x1b\\";
inline constexpr std::string_view kNoticeOver = "over";
inline constexpr std::string_view kNoticeError = "error:";
inline constexpr std::string_view kNoticePlace = "place:";
inline constexpr std::size_t kNoticeTitleNbytes = 128;  // longer titles are cut

enum class NoticeKind { kError, kPlace };

// False, and nothing is written, unless `fd` is a stream that this PE's launcher reads. The text ends with a newline.
// Async-signal-safe.
[[nodiscard]] bool tell_launcher(const Pe& pe, int fd, NoticeKind kind, std::string_view title,
                                 std::string_view text) noexcept;

}  // namespace shmem::smp
