// SPDX-License-Identifier: BSD-3-Clause
//
// Expands one piece of code for each type of a group in types.def.
//
// Use: define SHMEM_STAMP_<GROUP>(NAME, CTYPE, CLASS) for the groups wanted, then include this file. It expands each
// macro for every type of its group and undefines it. There is no include guard: each inclusion is one expansion.
// SHMEM_STAMP_ALL is expanded for every row.

#ifndef SHMEM_STAMP_IF
#define SHMEM_STAMP_IF(FLAG, ...) SHMEM_STAMP_IF_##FLAG(__VA_ARGS__)
#define SHMEM_STAMP_IF_0(...)
#define SHMEM_STAMP_IF_1(...) __VA_ARGS__
#endif

#ifndef SHMEM_STAMP_ALL
#define SHMEM_STAMP_ALL(NAME, T, CLASS)
#endif
#ifndef SHMEM_STAMP_RMA
#define SHMEM_STAMP_RMA(NAME, T, CLASS)
#endif
#ifndef SHMEM_STAMP_AMO
#define SHMEM_STAMP_AMO(NAME, T, CLASS)
#endif
#ifndef SHMEM_STAMP_AMO_EXT
#define SHMEM_STAMP_AMO_EXT(NAME, T, CLASS)
#endif
#ifndef SHMEM_STAMP_AMO_BIT
#define SHMEM_STAMP_AMO_BIT(NAME, T, CLASS)
#endif
#ifndef SHMEM_STAMP_SYNC
#define SHMEM_STAMP_SYNC(NAME, T, CLASS)
#endif
#ifndef SHMEM_STAMP_WAIT
#define SHMEM_STAMP_WAIT(NAME, T, CLASS)
#endif
#ifndef SHMEM_STAMP_OLD_AMO
#define SHMEM_STAMP_OLD_AMO(NAME, T, CLASS)
#endif
#ifndef SHMEM_STAMP_OLD_AMO_EXT
#define SHMEM_STAMP_OLD_AMO_EXT(NAME, T, CLASS)
#endif
#ifndef SHMEM_STAMP_REDUCE_BIT
#define SHMEM_STAMP_REDUCE_BIT(NAME, T, CLASS)
#endif
#ifndef SHMEM_STAMP_REDUCE_ORD
#define SHMEM_STAMP_REDUCE_ORD(NAME, T, CLASS)
#endif
#ifndef SHMEM_STAMP_REDUCE_SUM
#define SHMEM_STAMP_REDUCE_SUM(NAME, T, CLASS)
#endif
#ifndef SHMEM_STAMP_TO_ALL_BIT
#define SHMEM_STAMP_TO_ALL_BIT(NAME, T, CLASS)
#endif
#ifndef SHMEM_STAMP_TO_ALL_ORD
#define SHMEM_STAMP_TO_ALL_ORD(NAME, T, CLASS)
#endif
#ifndef SHMEM_STAMP_TO_ALL_SUM
#define SHMEM_STAMP_TO_ALL_SUM(NAME, T, CLASS)
#endif

#define SHMEM_TYPE(NAME, T, BASE, CLASS, RMA, AMO, AMO_EXT, AMO_BIT, SYNC, WAIT, OLD_AMO, OLD_AMO_EXT, REDUCE_BIT, \
                   REDUCE_ORD, REDUCE_SUM, TO_ALL_BIT, TO_ALL_ORD, TO_ALL_SUM)                                     \
  SHMEM_STAMP_ALL(NAME, T, CLASS)                                                                                  \
  SHMEM_STAMP_IF(RMA, SHMEM_STAMP_RMA(NAME, T, CLASS))                                                             \
  SHMEM_STAMP_IF(AMO, SHMEM_STAMP_AMO(NAME, T, CLASS))                                                             \
  SHMEM_STAMP_IF(AMO_EXT, SHMEM_STAMP_AMO_EXT(NAME, T, CLASS))                                                     \
  SHMEM_STAMP_IF(AMO_BIT, SHMEM_STAMP_AMO_BIT(NAME, T, CLASS))                                                     \
  SHMEM_STAMP_IF(SYNC, SHMEM_STAMP_SYNC(NAME, T, CLASS))                                                           \
  SHMEM_STAMP_IF(WAIT, SHMEM_STAMP_WAIT(NAME, T, CLASS))                                                           \
  SHMEM_STAMP_IF(OLD_AMO, SHMEM_STAMP_OLD_AMO(NAME, T, CLASS))                                                     \
  SHMEM_STAMP_IF(OLD_AMO_EXT, SHMEM_STAMP_OLD_AMO_EXT(NAME, T, CLASS))                                             \
  SHMEM_STAMP_IF(REDUCE_BIT, SHMEM_STAMP_REDUCE_BIT(NAME, T, CLASS))                                               \
  SHMEM_STAMP_IF(REDUCE_ORD, SHMEM_STAMP_REDUCE_ORD(NAME, T, CLASS))                                               \
  SHMEM_STAMP_IF(REDUCE_SUM, SHMEM_STAMP_REDUCE_SUM(NAME, T, CLASS))                                               \
  SHMEM_STAMP_IF(TO_ALL_BIT, SHMEM_STAMP_TO_ALL_BIT(NAME, T, CLASS))                                               \
  SHMEM_STAMP_IF(TO_ALL_ORD, SHMEM_STAMP_TO_ALL_ORD(NAME, T, CLASS))                                               \
  SHMEM_STAMP_IF(TO_ALL_SUM, SHMEM_STAMP_TO_ALL_SUM(NAME, T, CLASS))

#include "interface/types.def"

#undef SHMEM_TYPE
#undef SHMEM_STAMP_ALL
#undef SHMEM_STAMP_RMA
#undef SHMEM_STAMP_AMO
#undef SHMEM_STAMP_AMO_EXT
#undef SHMEM_STAMP_AMO_BIT
#undef SHMEM_STAMP_SYNC
#undef SHMEM_STAMP_WAIT
#undef SHMEM_STAMP_OLD_AMO
#undef SHMEM_STAMP_OLD_AMO_EXT
#undef SHMEM_STAMP_REDUCE_BIT
#undef SHMEM_STAMP_REDUCE_ORD
#undef SHMEM_STAMP_REDUCE_SUM
#undef SHMEM_STAMP_TO_ALL_BIT
#undef SHMEM_STAMP_TO_ALL_ORD
#undef SHMEM_STAMP_TO_ALL_SUM
