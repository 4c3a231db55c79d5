// SPDX-License-Identifier: BSD-3-Clause
//
// Call: what all members of a team must call alike. It travels with every message, so that its reader can compare it
// with its own call (exchange.h). With it the operators and element types of reductions, and the text of all of them
// for messages.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "smp/pe.h"

namespace shmem::smp {

enum class ReduceOp : std::uint8_t {
#define SHMEM_OPERATOR(name, constant, text, group) constant,
#include "tables/operators.def"
};
inline constexpr const char* kReduceOpTexts[] = {
#define SHMEM_OPERATOR(name, constant, text, group) text,
#include "tables/operators.def"
};
inline constexpr int kReduceOpCount = std::size(kReduceOpTexts);

// C types map to them by size and class.
enum class ElementType : std::uint8_t {
#define SHMEM_ELEMENT_TYPE(name, constant, text, dtype, routine, unsigned_routine, T) constant,
#include "tables/element_types.def"
};
inline constexpr const char* kElementTypeTexts[] = {
#define SHMEM_ELEMENT_TYPE(name, constant, text, dtype, routine, unsigned_routine, T) text,
#include "tables/element_types.def"
};
inline constexpr int kElementTypeCount = std::size(kElementTypeTexts);

inline constexpr std::uint8_t kElementNbytes[kElementTypeCount] = {
#define SHMEM_ELEMENT_TYPE(name, constant, text, dtype, routine, unsigned_routine, T) sizeof(T),
#include "tables/element_types.def"
};

[[nodiscard]] constexpr std::size_t element_nbytes(ElementType type) noexcept {
  return kElementNbytes[static_cast<int>(type)];
}

[[nodiscard]] const char* reduce_op_text(ReduceOp op) noexcept;          // "sum"
[[nodiscard]] const char* element_type_text(ElementType type) noexcept;  // "complex double"

struct Call {
  Operation operation = Operation::kNone;
  ElementType type = ElementType::kInt8;
  ReduceOp op = ReduceOp::kSum;
  std::int16_t argument = -1;  // a root, a variant
  std::uint64_t nbytes = 0;    // 0 where members may differ in it

  // All but the size, in the low half of a word.
  [[nodiscard]] std::uint64_t pack() const noexcept {
    return static_cast<std::uint64_t>(operation) | static_cast<std::uint64_t>(type) << 8 |
           static_cast<std::uint64_t>(op) << 12 |
           static_cast<std::uint64_t>(static_cast<std::uint16_t>(argument)) << 16;
  }
  // All of it as one number, for a team's history. Odd factors: no two sizes below 4 GB give the same one.
  [[nodiscard]] std::uint32_t digest() const noexcept {
    return static_cast<std::uint32_t>(pack()) + static_cast<std::uint32_t>(nbytes) * 0x85ebca6bu +
           static_cast<std::uint32_t>(nbytes >> 32) * 0xc2b2ae35u;
  }

  [[nodiscard]] static Call unpack(std::uint64_t call, std::uint64_t nbytes) noexcept {
    return {static_cast<Operation>(call & 0xff), static_cast<ElementType>(call >> 8 & 0xf),
            static_cast<ReduceOp>(call >> 12 & 0xf), static_cast<std::int16_t>(call >> 16 & 0xffff), nbytes};
  }
};
static_assert(kReduceOpCount <= 16 && kElementTypeCount <= 16);

// A call as text for messages: "shmem_reduce (sum of double, 64 bytes)".
struct CallText {
  char text[160];
  explicit CallText(const Call& call) noexcept;
};

// What a PE has noted that it is in (Note::pack), the same way: "shmem_broadcast (root PE 0)".
struct NoteText {
  char text[80];
  explicit NoteText(std::uint64_t note) noexcept;
};

}  // namespace shmem::smp
