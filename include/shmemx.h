/* SPDX-License-Identifier: BSD-3-Clause
 *
 * shmemx.h: what this library offers beyond OpenSHMEM 1.6. All names begin with shmemx_ or SHMEMX_.
 *
 * The standard's void routines cannot report an error and cannot be interrupted. Here a process may choose that
 * errors come back instead of ending the job, and that a function of its own is asked in every wait whether to
 * go on. Routines behave as the standard says for programs that call nothing of this header.
 */
#ifndef SHMEMX_H
#define SHMEMX_H

#include <shmem.h>
#include <stddef.h>
#include <stdint.h>

#define SHMEMX_HAS_ERRORS 1
#define SHMEMX_HAS_INTERRUPT 1
#define SHMEMX_HAS_IDLE_HOOK 1
#define SHMEMX_HAS_PLACE_HOOK 1
#define SHMEMX_HAS_NOTES 1
#define SHMEMX_HAS_BLOCKS 1
#define SHMEMX_HAS_HEAP_INFO 1

#ifdef __cplusplus
extern "C" {
#endif

/* Statuses. */
enum {
  SHMEMX_SUCCESS = 0,
  SHMEMX_ERR_INTERRUPTED = 1, /* the interrupt check asked to leave a wait */
  SHMEMX_ERR_ENDING = 2,      /* the job is ending */
  SHMEMX_ERR_NOMEM = 3,       /* the symmetric heap is used up, on all PEs alike */
  SHMEMX_ERR_MISMATCH = 4,    /* PEs called a collective with different arguments */
  SHMEMX_ERR_INVALID = 5,     /* an argument cannot be */
  SHMEMX_ERR_POISONED = 6,    /* a collective on this team was left before its end */
  SHMEMX_ERR_UNSUPPORTED = 7,
  SHMEMX_ERR_SYSTEM = 8,
  SHMEMX_ERR_LEFT = 9 /* the call waits for a PE that has finalised, or whose program has ended */
};

/* What a routine does that fails: END (the default) prints routine, argument and PE and ends the job; RETURN
 * keeps status and message for the calling thread and returns (a null pointer, zero, or nonzero from routines
 * with a status). Process-wide; may be called before shmem_init. */
enum { SHMEMX_ERRORS_END = 0, SHMEMX_ERRORS_RETURN = 1 };
void shmemx_set_error_mode(int mode);

/* Status of the first failure on this thread since the last call, and clears it. The message stays valid until
 * the next failure on this thread. */
int shmemx_take_error(void);
const char* shmemx_error_message(void);

/* `check` is asked in every wait whose sleep a signal or the timer (every 20 ms, less often in jobs of more than 31
 * PEs) ends; if it returns nonzero the wait ends with SHMEMX_ERR_INTERRUPTED. A collective left that way poisons its
 * team. NULL: none. */
void shmemx_set_interrupt_check(int (*check)(void* argument), void* argument);

/* `hook` is called when a wait turns out to be a long one, more than some microseconds, once a wait and on the thread
 * that waits: what the process holds and others of its threads need, such as an interpreter's lock, can be given away
 * there. It must not wait itself and must not call this library. NULL: none. */
void shmemx_set_idle_hook(void (*hook)(void));

/* `hook` is called when a wait has lasted for some tenths of a second, once a wait and on the thread that waits. It
 * writes the place in the program that waits, such as file and line, into `text`, which has room for `size` bytes and
 * holds "" before; people read it when the job stands still. Returns how many other threads of the process may call
 * this library, or -1 if it does not know. With a size of 0 that number alone is wanted: a wait for a store fails with
 * SHMEMX_ERR_LEFT when all other PEs have left and neither another thread nor a child process could store. The hook
 * must not wait and must not call this library. NULL: none; then a wait fails so only if the process has one thread. */
void shmemx_set_place_hook(int (*hook)(char* text, size_t size));

/* Collective allocation with a status: `*out` is NULL unless SHMEMX_SUCCESS. size 0 gives a block, too; alignment 0:
 * natural; hints as shmem_malloc_with_hints; clear: fill with zeros. greatest: this PE's number, in; the greatest of
 * all PEs', out, if the status is SHMEMX_SUCCESS or SHMEMX_ERR_NOMEM; may be NULL, which counts as 0. */
int shmemx_alloc(size_t size, size_t alignment, long hints, int clear, uint64_t* greatest, void** out);
int shmemx_free(void* pointer);

/* The live heap block around an address of this PE; 0 and nothing written if there is none. */
int shmemx_block(const void* address, void** begin, size_t* size);

/* The symmetric heap of this PE in bytes: its size, what is allocated (each block a multiple of 64), and the largest
 * block that could be. Returns a status; nothing is written unless SHMEMX_SUCCESS. */
int shmemx_heap_info(size_t* size, size_t* used, size_t* largest_free);

/* Words for the operation that PE `pe` is in at this moment ("in shmem_put with PE 3"), and of a long wait for how long
 * and for what ("in shmem_barrier_all for 3.2 s, to which PE 1 has not come"). Returns the length as snprintf does. May
 * be called in a signal handler. */
int shmemx_operation(int pe, char* text, size_t size);

/* Wakes by the timer that found a store of the library already done, and sleeps, on this PE so far. */
void shmemx_wait_counts(uint64_t* late_wakes, uint64_t* sleeps);

/* Seconds of a clock that never steps back, from an arbitrary begin; also known from other libraries. */
double shmemx_wtime(void);

#ifdef __cplusplus
}
#endif

#endif /* SHMEMX_H */
