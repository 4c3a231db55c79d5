/* SPDX-License-Identifier: BSD-3-Clause
 *
 * behave: a PE that does what its arguments say, one after the other.
 *
 *   verb[=value][@pe]      "@pe": only on this PE
 *
 *   init finalize barrier  barriers=N        hang: wait for what never comes     spin: compute for ever
 *   old_barrier: of the active set of all PEs
 *   sleep=S                exit=N  _exit=N   kill=SIGNAL: oneself                global_exit=N
 *   ignore=SIGNAL          handle=SIGNAL: print it and go on                     misuse: a put out of range
 *   say=TEXT  part=TEXT (without line end)   complain=TEXT (on stderr)           pid
 *   lines=N: long lines of one letter        copy: stdin to stdout               isatty  size (of the terminal)
 *   system=COMMAND: its status must be 0
 *   daemon: leave a sleeping process behind, in a session of its own
 */
#include <shmem.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int me;
static long never = 0;
static long psync[SHMEM_BARRIER_SYNC_SIZE];

static void print_signal(int number) {
  char text[32];
  const int length = snprintf(text, sizeof text, "signal %d\n", number);
  if (write(1, text, (size_t)length) < 0) _exit(99);
}

static void print_lines(long count) {
  char line[301];
  memset(line, 'a' + me % 26, 300);
  line[300] = '\0';
  for (long i = 0; i < count; ++i) {
    fputs(line + 300 - (i % 300), stdout);
    if (i % 7 == 0) fflush(stdout); /* in the middle of the line */
    puts(line + i % 50);
  }
}

static void leave_daemon(void) {
  if (fork() != 0) return;
  setsid();
  if (fork() != 0) _exit(0);
  execlp("sleep", "sleep", "300", (char*)NULL);
  _exit(1);
}

static void act(const char* verb, const char* value) {
  const long number = strtol(value, NULL, 10);
  if (!strcmp(verb, "init")) {
    shmem_init();
    if (shmem_my_pe() != me) exit(98);
  } else if (!strcmp(verb, "finalize")) {
    shmem_finalize();
  } else if (!strcmp(verb, "barrier")) {
    shmem_barrier_all();
  } else if (!strcmp(verb, "barriers")) {
    for (long i = 0; i < number; ++i) shmem_barrier_all();
  } else if (!strcmp(verb, "old_barrier")) {
    shmem_barrier(0, 0, shmem_n_pes(), psync);
  } else if (!strcmp(verb, "hang")) {
    shmem_long_wait_until(&never, SHMEM_CMP_NE, 0);
  } else if (!strcmp(verb, "spin")) {
    for (volatile long i = 0;; ++i) {
    }
  } else if (!strcmp(verb, "sleep")) {
    usleep((useconds_t)(strtod(value, NULL) * 1e6));
  } else if (!strcmp(verb, "exit")) {
    exit((int)number);
  } else if (!strcmp(verb, "_exit")) {
    fflush(NULL);
    _exit((int)number);
  } else if (!strcmp(verb, "kill")) {
    fflush(NULL);
    kill(getpid(), (int)number);
    pause();
  } else if (!strcmp(verb, "global_exit")) {
    shmem_global_exit((int)number);
  } else if (!strcmp(verb, "ignore")) {
    signal((int)number, SIG_IGN);
  } else if (!strcmp(verb, "handle")) {
    signal((int)number, print_signal);
  } else if (!strcmp(verb, "misuse")) {
    shmem_long_p(&never, 1, shmem_n_pes() + 5);
  } else if (!strcmp(verb, "say")) {
    puts(value);
    fflush(stdout);
  } else if (!strcmp(verb, "part")) {
    fputs(value, stdout);
    fflush(stdout);
  } else if (!strcmp(verb, "complain")) {
    fprintf(stderr, "%s\n", value);
  } else if (!strcmp(verb, "pid")) {
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
  } else if (!strcmp(verb, "lines")) {
    print_lines(number);
  } else if (!strcmp(verb, "copy")) {
    for (int c; (c = getchar()) != EOF;) putchar(c);
    fflush(stdout);
  } else if (!strcmp(verb, "isatty")) {
    printf("isatty %d %d %d\n", isatty(0), isatty(1), isatty(2));
  } else if (!strcmp(verb, "size")) {
    struct winsize size = {0, 0, 0, 0};
    ioctl(1, TIOCGWINSZ, &size);
    printf("size %d x %d\n", size.ws_row, size.ws_col);
  } else if (!strcmp(verb, "system")) {
    if (system(value) != 0) exit(96);
  } else if (!strcmp(verb, "daemon")) {
    leave_daemon();
  } else {
    fprintf(stderr, "behave: %s?\n", verb);
    exit(97);
  }
}

int main(int argc, char** argv) {
  /* Before shmem_init, as each launcher says it. */
  const char* names[] = {"SHMEM4PY_JOB_PE", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID"};
  for (int i = 0; i < 4; ++i) {
    if (getenv(names[i]) != NULL) {
      me = atoi(getenv(names[i]));
      break;
    }
  }
  for (int i = 1; i < argc; ++i) {
    char verb[4096];
    snprintf(verb, sizeof verb, "%s", argv[i]);
    char* at = strrchr(verb, '@');
    if (at != NULL) {
      *at = '\0';
      if (atoi(at + 1) != me) continue;
    }
    char* value = strchr(verb, '=');
    if (value != NULL) *value++ = '\0';
    act(verb, value != NULL ? value : "");
  }
  return 0;
}
