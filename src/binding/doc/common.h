// SPDX-License-Identifier: BSD-3-Clause
//
// Docstrings, one header per area. The first line of each is the signature: people read it, inspect.signature
// reads it, and the argument parser is made of it (arguments.h). What several docstrings share is here.
#pragma once

// clang-format off
#define DOC_SIGNATURE(name, parameters) name parameters "\n--\n\n"

#define DOC_CTX \
  "ctx : Ctx, optional\n" \
  "    Context of the operation; the default context if left out. PE numbers are those of its team.\n"

#define DOC_TEAM \
  "team : Team, optional\n" \
  "    Team whose PEs take part; all PEs if left out.\n"

#define DOC_PE "pe : int\n    Number of the remote PE.\n"

#define DOC_RAISES_REMOTE \
  "TypeError\n" \
  "    An argument is not an array, or the dtypes differ or cannot be used here.\n" \
  "ValueError\n" \
  "    An array that has to be symmetric is not, is a `ptr` view, or reaches beyond its block; an array that is\n" \
  "    written is read-only; a size or shape does not fit.\n" \
  "FreedError\n" \
  "    The memory of an array has been freed.\n" \
  "IndexError\n" \
  "    There is no such PE.\n"

#define DOC_RAISES_COLLECTIVE \
  "TypeError\n" \
  "    An argument is not an array, or the dtypes differ or cannot be used here.\n" \
  "ValueError\n" \
  "    An array is not symmetric or not contiguous, target is read-only, both overlap, a size does not fit, or\n" \
  "    the PEs' sizes, or what they call, do not match.\n" \
  "FreedError\n" \
  "    The memory of an array has been freed.\n" \
  "RuntimeError\n" \
  "    An earlier collective on this team was interrupted, or its PEs called different ones.\n" \
  "KeyboardInterrupt\n" \
  "    Ctrl-C while waiting; no collective works on this team afterwards.\n"
// clang-format on
