/* SPDX-License-Identifier: BSD-3-Clause
 *
 * shmemx.h: what this library offers beyond OpenSHMEM 1.6. All names begin with shmemx_ or SHMEMX_.
 *
 * The standard's void routines cannot report an error and cannot be interrupted. With this header a process may choose
 * that errors are returned instead of ending the job, and may set a function that every wait asks whether to go on. For
 * programs that call nothing of this header, all routines behave as the standard says.
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
#define SHMEMX_HAS_NOTICES 1
#define SHMEMX_HAS_WAKE 1
#define SHMEMX_HAS_DEADLINE 1
#define SHMEMX_HAS_TEAM_COMPARE 1
#define SHMEMX_HAS_WORKSPACE 1

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
  SHMEMX_ERR_INVALID = 5,     /* an argument is not valid */
  SHMEMX_ERR_POISONED = 6,    /* a collective on this team was left before its end */
  SHMEMX_ERR_UNSUPPORTED = 7,
  SHMEMX_ERR_SYSTEM = 8,
  SHMEMX_ERR_LEFT = 9,    /* the call waits for a PE that has finalised, or whose program has ended */
  SHMEMX_ERR_TIMEOUT = 11 /* the deadline of a wait has passed */
};

/* What a routine does when it fails. END (the default): it prints routine, argument and PE and ends the job. RETURN: it
 * keeps status and message for the calling thread and returns (a null pointer, zero, or nonzero from routines with a
 * status). Process-wide; may be called before shmem_init. */
enum { SHMEMX_ERRORS_END = 0, SHMEMX_ERRORS_RETURN = 1 };
void shmemx_set_error_mode(int mode);

/* Returns the status of the first failure on this thread since the last call, and clears it. The message stays valid
 * until the next failure on this thread. */
int shmemx_take_error(void);
const char* shmemx_error_message(void);

/* Sets `check`, which every wait calls when a signal or the timer ends its sleep (the timer every 20 ms, less often in
 * jobs of more than 31 PEs). If it returns nonzero, the wait ends with SHMEMX_ERR_INTERRUPTED, and in a collective the
 * team is poisoned. NULL: none. */
void shmemx_set_interrupt_check(int (*check)(void* argument), void* argument);

/* Sets until when waits of the calling thread last: a time of CLOCK_MONOTONIC in nanoseconds, or 0: for ever. A wait
 * whose condition does not hold by then ends with SHMEMX_ERR_TIMEOUT; a collective that ends so poisons its team. Where
 * the process has not chosen SHMEMX_ERRORS_RETURN, that ends the job. Returns the deadline before. */
int64_t shmemx_set_deadline(int64_t monotonic_ns);

/* Sets `hook`, which is called once in each wait that lasts longer than some microseconds, on the waiting thread. It
 * can release what other threads of the process need, such as an interpreter's lock. It must not wait and must not call
 * this library. NULL: none. */
void shmemx_set_idle_hook(void (*hook)(void));

/* Sets `hook`, which is called once in each wait that lasts some tenths of a second, on the waiting thread. It writes
 * the place in the program that waits, such as file and line, into `text`, which has room for `size` bytes and holds ""
 * before. People read it when the job stands still. It returns how many other threads of the process may call this
 * library, or -1 if it does not know. If `size` is 0, only that number is wanted: a wait for a store fails with
 * SHMEMX_ERR_LEFT when all other PEs have left and no other thread and no child process could store. The hook must not
 * wait and must not call this library. NULL: none; then a wait fails in this way only if the process has one thread. */
void shmemx_set_place_hook(int (*hook)(char* text, size_t size));

/* Collective allocation with a status: `*out` is NULL unless the status is SHMEMX_SUCCESS. size 0 gives a block, too.
 * alignment 0: natural. hints: as in shmem_malloc_with_hints. clear: fill with zeros. greatest: in, this PE's number;
 * out, the greatest number of all PEs if the status is SHMEMX_SUCCESS or SHMEMX_ERR_NOMEM; NULL counts as 0. */
int shmemx_alloc(size_t size, size_t alignment, long hints, int clear, uint64_t* greatest, void** out);
int shmemx_free(void* pointer);

/* Finds the live heap block around an address of this PE. Returns 0 and writes nothing if there is none. */
int shmemx_block(const void* address, void** begin, size_t* size);

/* The symmetric heap of this PE in bytes: its size, what is allocated (each block a multiple of 64), and the largest
 * block that could be allocated. Returns a status, and writes nothing unless that is SHMEMX_SUCCESS. */
int shmemx_heap_info(size_t* size, size_t* used, size_t* largest_free);

/* The workspace: symmetric memory of this PE beside its heap, of the same size on all PEs, which is there from
 * shmem_init to shmem_finalize and is not touched by the library. It is for a layer above, such as a language's
 * binding, which divides it among its calls; a page of it takes memory once it is used. Returns a status, and writes
 * nothing unless that is SHMEMX_SUCCESS. */
int shmemx_workspace(void** memory, size_t* size);

/* Writes a text for the operation that PE `pe` is in now ("in shmem_put with PE 3") and, in a long wait, for how long
 * and for what it waits ("in shmem_barrier_all for 3.2 s, to which PE 1 has not come"). Returns the length as snprintf
 * does. May be called in a signal handler. */
int shmemx_operation(int pe, char* text, size_t size);

/* Hands a text about this PE to the launcher, which shows equal texts of several PEs once and puts the PEs in front of
 * its lines: the error that ends the PE, with its title ("ValueError"), or where the PE is. The text ends with a
 * newline. 0, and nothing is written, if `fd` is no stream that `shmem4py run` reads: then it is for the caller to
 * print. Async-signal-safe. */
enum { SHMEMX_NOTICE_ERROR = 0, SHMEMX_NOTICE_PLACE = 1 };
int shmemx_tell_launcher(int fd, int kind, const char* title, const char* text, size_t size);

/* To be called after stores through a pointer of shmem_ptr: wakes PE `pe` if it waits for any of the nbytes at
 * `address`, which is this PE's own address of the object, as in a put. Without the call such a wait goes on until its
 * timer ends it (see shmemx_set_interrupt_check). The stores need no fence before it. */
void shmemx_wake(const void* address, size_t nbytes, int pe);

/* Adds `value` to what the members of `team` are compared by. All members must pass the same value before their next
 * collective on the team that moves data. If they do not, that call fails with SHMEMX_ERR_MISMATCH as it does where
 * sizes differ, and the team can be used afterwards. Waits for no PE. An invalid team is left alone. */
void shmemx_team_compare(shmem_team_t team, uint32_t value);

/* Counts on this PE so far: wakes by the timer that found a store of the library already done, and sleeps. */
void shmemx_wait_counts(uint64_t* late_wakes, uint64_t* sleeps);

/* Seconds of a clock that never steps back, from an arbitrary begin. Other libraries have this routine, too. */
double shmemx_wtime(void);

#ifdef __cplusplus
}
#endif

#endif /* SHMEMX_H */
