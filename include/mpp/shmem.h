/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The header's deprecated place, kept for programs written for SGI SHMEM (standard, annex on deprecated API).
 */
#include "../shmem.h"
