// SPDX-License-Identifier: BSD-3-Clause
//
// The options, the help text and the messages about wrong options.
#include "launcher/options.h"

#include <getopt.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "smp/error.h"
#include "smp/joining/settings.h"
#include "smp/memory/layout.h"

namespace shmem::launcher {

namespace {

constexpr char kUsage[] =
    "usage: %s [-n N] [--label] [--timeout S] [--stall S] [--bind core|none] [--heap SIZE] [--] program args...\n";

// `shmem4py run` sets argv[0] to its own name, so that messages name the command that users know.
constexpr char kRunName[] = "shmem4py run";
const char* own_name = "shmem4py-launch";

constexpr char kHelp[] =
    "Runs a program as N processing elements (PEs) on this machine.\n"
    "\n"
    "  -n, --npes N      number of PEs (1)\n"
    "  -l, --label       put \"[pe] \" in front of each line of output\n"
    "  -t, --timeout S   end the job with status 124 after S seconds, and say where each PE is\n"
    "      --stall S     say where each PE waits once the job has stood still for S seconds (10; 0: never)\n"
    "  -b, --bind core   one core for each PE; none: all of them. By default cores are bound where\n"
    "                    there are enough that no other job has bound\n"
    "      --heap SIZE   symmetric heap of each PE, such as 512m or 2g (SHMEM_SYMMETRIC_SIZE);\n"
    "                    by default all share what the machine has left\n"
    "      --with-parent end the job when our parent process ends, even by kill -9\n"
    "      --watch       the program is another library's launcher, which starts the PEs itself; it gets\n"
    "                    our signals, and nothing below it outlives it or us\n"
    "      --final-text TEXT\n"
    "                    with --watch: kill the launcher if it has not ended 5 s after it printed TEXT\n"
    "                    to its standard error\n"
    "  -h, --help        this text\n"
    "  -V, --version     version\n"
    "\n"
    "The exit status is that of the first PE that fails, 128 + N if signal N killed it. SIGINT and\n"
    "SIGTERM reach all PEs and end the job; a second SIGINT kills it. SIGUSR1 prints where each PE is.\n";

[[gnu::format(printf, 1, 2)]] int refuse(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  std::fputs("shmem4py: ", stderr);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
  std::fputc('\n', stderr);
  std::fprintf(stderr, kUsage, own_name);
  return 2;
}

// A whole number from 1 to `most`, or 0.
int parse_count(const char* text, int most) {
  char* end = nullptr;
  const long number = std::strtol(text, &end, 10);
  return end != text && *end == '\0' && number >= 1 && number <= most ? static_cast<int>(number) : 0;
}

std::int64_t parse_seconds(const char* text) {
  char* end = nullptr;
  const double seconds = std::strtod(text, &end);
  return end != text && *end == '\0' && seconds > 0 && seconds < 1e9 ? static_cast<std::int64_t>(seconds * 1e9) : 0;
}

}  // namespace

int parse_options(int argc, char** argv, Options* options) {
  constexpr int kHeap = 256;
  constexpr int kWatch = 257;
  constexpr int kFinalText = 258;
  constexpr int kWithParent = 259;
  constexpr int kStall = 260;
  static constexpr option kLong[] = {
      {"npes", required_argument, nullptr, 'n'},
      {"label", no_argument, nullptr, 'l'},
      {"timeout", required_argument, nullptr, 't'},
      {"stall", required_argument, nullptr, kStall},
      {"bind", required_argument, nullptr, 'b'},
      {"heap", required_argument, nullptr, kHeap},
      {"help", no_argument, nullptr, 'h'},
      {"version", no_argument, nullptr, 'V'},
      {"watch", no_argument, nullptr, kWatch},
      {"final-text", required_argument, nullptr, kFinalText},
      {"with-parent", no_argument, nullptr, kWithParent},
      {nullptr, 0, nullptr, 0},
  };
  if (std::strcmp(argv[0], kRunName) == 0) own_name = kRunName;
  opterr = 0;
  int option;
  // "+": options that follow the program's name belong to the program.
  while ((option = getopt_long(argc, argv, "+:n:lt:b:hV", kLong, nullptr)) != -1) {
    switch (option) {
      case 'n':
        options->npes = parse_count(optarg, smp::kMaxPes);
        if (options->npes == 0) return refuse("-n %s: a job has 1 to %d PEs", optarg, smp::kMaxPes);
        break;
      case 'l':
        options->label = true;
        break;
      case 't':
        options->timeout_ns = parse_seconds(optarg);
        if (options->timeout_ns == 0) return refuse("--timeout %s: a number of seconds above 0", optarg);
        break;
      case kStall:
        if (!smp::parse_stall(optarg, &options->stall_ns)) return refuse("--stall %s: %s", optarg, smp::kStallRule);
        break;
      case 'b':
        if (std::strcmp(optarg, "core") == 0) {
          options->bind = Bind::kCore;
        } else if (std::strcmp(optarg, "none") == 0) {
          options->bind = Bind::kNone;
        } else {
          return refuse("--bind %s: core or none", optarg);
        }
        break;
      case kHeap:
        if (!smp::parse_nbytes(optarg, &options->heap_nbytes) || options->heap_nbytes == 0) {
          return refuse("--heap %s: a number with an optional k, m, g or t", optarg);
        }
        break;
      case kWatch:
        options->watch = true;
        break;
      case kWithParent:
        options->with_parent = true;
        break;
      case kFinalText:
        if (*optarg == '\0') return refuse("--final-text needs a text that is not empty");
        options->final_text = optarg;
        break;
      case 'h':
        std::printf(kUsage, own_name);
        std::fputs(kHelp, stdout);
        return 0;
      case 'V':
        std::printf("shmem4py %s\n", SHMEM4PY_VERSION);
        return 0;
      case ':':
        return refuse("%s needs a value", argv[optind - 1]);
      default:
        return refuse("%s is no option", argv[optind - 1]);
    }
  }
  if (optind == argc) return refuse("no program to run");
  options->program = argv + optind;
  // With --watch the variables belong to another library, so they are not checked.
  if (!options->watch && ((options->heap_nbytes == 0 && !ok(smp::requested_heap_nbytes(&options->heap_nbytes))) ||
                          (options->stall_ns < 0 && !ok(smp::requested_stall_ns(&options->stall_ns))))) {
    std::fprintf(stderr, "shmem4py: %s\n", smp::failure_message());  // no fault of the command line
    return 2;
  }
  return -1;
}

}  // namespace shmem::launcher
