// SPDX-License-Identifier: BSD-3-Clause
//
// The text of calls and notes for messages (call.h). Nothing here keeps or shares anything.
#include "smp/team/call.h"

#include <cstdio>

namespace shmem::smp {

const char* reduce_op_text(ReduceOp op) noexcept {
  return static_cast<int>(op) < kReduceOpCount ? kReduceOpTexts[static_cast<int>(op)] : "?";
}

const char* element_type_text(ElementType type) noexcept {
  return static_cast<int>(type) < kElementTypeCount ? kElementTypeTexts[static_cast<int>(type)] : "?";
}

CallText::CallText(const Call& call) noexcept {
  const char* name = operation_name(call.operation);
  const auto nbytes = static_cast<unsigned long long>(call.nbytes);
  switch (call.operation) {
    case Operation::kBroadcast:
      std::snprintf(text, sizeof text, "%s (root %d, %llu bytes)", name, call.argument, nbytes);
      break;
    case Operation::kReduce:
      std::snprintf(text, sizeof text, "%s (%s of %s, %llu bytes)", name, reduce_op_text(call.op),
                    element_type_text(call.type), nbytes);
      break;
    case Operation::kScan:
      std::snprintf(text, sizeof text, "%s (%s, %s, %llu bytes)", name, call.argument != 0 ? "inclusive" : "exclusive",
                    element_type_text(call.type), nbytes);
      break;
    case Operation::kTeamSplit:
      std::snprintf(text, sizeof text, "%s (start or range %d, stride %d, size %d)", name, call.argument,
                    static_cast<int>(call.nbytes >> 32), static_cast<int>(call.nbytes));
      break;
    case Operation::kCollect:
      std::snprintf(text, sizeof text, "%s", name);
      break;
    default:
      std::snprintf(text, sizeof text, "%s (%llu bytes)", name, nbytes);
  }
}

NoteText::NoteText(std::uint64_t packed) noexcept {
  const Note note = Note::unpack(packed);
  const auto operation = static_cast<Operation>(note.operation);
  std::snprintf(text, sizeof text, operation == Operation::kBroadcast ? "%s (root PE %d)" : "%s",
                operation_name(operation), note.pe);
}

}  // namespace shmem::smp
