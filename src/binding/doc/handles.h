// SPDX-License-Identifier: BSD-3-Clause
//
// Docstrings of Ctx and Team.
#pragma once

namespace shmem::binding::doc {

// clang-format off
inline constexpr char kEnter[] =
    "__enter__($self)\n--\n\nReturn the object itself.\n";

inline constexpr char kExit[] =
    "__exit__($self, kind=None, error=None, trace=None)\n--\n\nDestroy the object.\n";

inline constexpr char kCtx[] =
    "Ctx(ctx=None)\n--\n\n"
    "Communication context: operations on it are ordered and completed apart from those on others.\n\n"
    "Parameters\n----------\n"
    "ctx : Ctx, optional\n    Context to make an alias of; the invalid context if left out.\n"
    "\nNotes\n-----\n"
    "Two contexts are equal if they are aliases of one. A context is true unless it is invalid or destroyed. As a\n"
    "context manager it is destroyed at the end.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> t = shmem.zeros(1)\n"
    ">>> with shmem.Ctx.create() as ctx:\n"
    "...     shmem.put(t, 1.5, shmem.my_pe(), ctx=ctx)\n"
    "...     ctx.quiet()\n"
    ">>> float(t[0])\n1.5\n";

inline constexpr char kCtxCreate[] =
    "create(options=0, team=None)\n--\n\n"
    "Create a context.\n\n"
    "Parameters\n----------\n"
    "options : CTX, optional\n    ``CTX_PRIVATE``, ``CTX_SERIALIZED``, ``CTX_NOSTORE``, or several with ``|``.\n"
    "team : Team, optional\n    Team that PE numbers refer to; all PEs if left out.\n"
    "\nReturns\n-------\nCtx\n"
    "\nRaises\n------\nRuntimeError\n    The library cannot create it.\nValueError\n    Unknown options.\n"
    "\nNotes\n-----\nOpenSHMEM routines: ``shmem_ctx_create``, ``shmem_team_create_ctx``.\n";

inline constexpr char kCtxDestroy[] =
    "destroy($self)\n--\n\n"
    "Complete all operations and destroy the context. The default context itself stays.\n\n"
    "Notes\n-----\nOpenSHMEM routine: ``shmem_ctx_destroy``.\n";

inline constexpr char kCtxGetTeam[] =
    "get_team($self)\n--\n\n"
    "Team that the context was created from.\n\nReturns\n-------\nTeam\n"
    "\nRaises\n------\nRuntimeError\n    The context is invalid.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_ctx_get_team``.\n";

inline constexpr char kCtxFence[] =
    "fence($self)\n--\n\n"
    "Order operations on the context: to each PE, those before arrive before those after.\n\n"
    "Notes\n-----\nOpenSHMEM routine: ``shmem_ctx_fence``.\n";

inline constexpr char kCtxQuiet[] =
    "quiet($self)\n--\n\n"
    "Wait until all operations of this PE on the context are complete.\n\n"
    "Notes\n-----\nOpenSHMEM routine: ``shmem_ctx_quiet``.\n";

inline constexpr char kCtxSessionStart[] =
    "session_start($self, options=0, total_ops=None)\n--\n\n"
    "Hint that many operations on the context follow.\n\n"
    "Parameters\n----------\n"
    "options : int, optional\n    Flags of the session.\n"
    "total_ops : int, optional\n    How many operations, if known.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_ctx_session_start``.\n";

inline constexpr char kCtxSessionStop[] =
    "session_stop($self)\n--\n\n"
    "End what `session_start` began.\n\nNotes\n-----\nOpenSHMEM routine: ``shmem_ctx_session_stop``.\n";

inline constexpr char kTeam[] =
    "Team(team=None)\n--\n\n"
    "Set of PEs, with numbers of their own.\n\n"
    "Parameters\n----------\n"
    "team : Team, optional\n    Team to make an alias of; the invalid team if left out.\n"
    "\nNotes\n-----\n"
    "Two teams are equal if they are aliases of one. A team is true unless it is invalid or destroyed; a PE that is not\n"
    "in a new team gets the invalid one. As a context manager it is destroyed at the end, which is collective.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> even = shmem.TEAM_WORLD.split_strided(0, 2)\n"
    ">>> bool(even) == (shmem.my_pe() % 2 == 0)\nTrue\n"
    ">>> even.destroy()\n";

inline constexpr char kTeamSplitStrided[] =
    "split_strided($self, start=0, stride=1, size=None, config=None, *, num_contexts=None)\n--\n\n"
    "New team of the PEs ``start``, ``start + stride``, …; collective over this team.\n\n"
    "Parameters\n----------\n"
    "start : int, optional\n    First PE, numbered as in this team.\n"
    "stride : int, optional\n    Distance from one PE to the next; may be negative.\n"
    "size : int, optional\n    Number of PEs. Left out: as many as there are.\n"
    "config : mapping, optional\n    Configuration: ``num_contexts``.\n"
    "num_contexts : int, optional\n    The number of contexts that will be created; comes before `config`.\n"
    "\nReturns\n-------\nTeam\n    The invalid team on PEs that are not in it.\n"
    "\nRaises\n------\nIndexError\n    There is no PE `start`.\nValueError\n    There are not so many PEs.\n"
    "TypeError\n    An unknown configuration parameter.\nRuntimeError\n    The library cannot create it.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_team_split_strided``.\n";

inline constexpr char kTeamSplit2d[] =
    "split_2d($self, xrange)\n--\n\n"
    "New teams of the rows and columns of a grid with rows of `xrange` PEs; collective over this team.\n\n"
    "Parameters\n----------\nxrange : int\n    PEs in a row.\n"
    "\nReturns\n-------\ntuple of Team\n    This PE's row and this PE's column.\n"
    "\nRaises\n------\nValueError\n    `xrange` is less than 1.\nRuntimeError\n    The library cannot create them.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_team_split_2d``.\n";

inline constexpr char kTeamGetConfig[] =
    "get_config($self)\n--\n\n"
    "Configuration of the team.\n\nReturns\n-------\ndict\n    ``num_contexts``.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_team_get_config``.\n";

inline constexpr char kTeamMyPe[] =
    "my_pe($self)\n--\n\n"
    "Number of this PE in the team.\n\nReturns\n-------\nint\n"
    "\nRaises\n------\nRuntimeError\n    The team is invalid.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_team_my_pe``.\n";

inline constexpr char kTeamNPes[] =
    "n_pes($self)\n--\n\n"
    "Number of PEs in the team.\n\nReturns\n-------\nint\n"
    "\nRaises\n------\nRuntimeError\n    The team is invalid.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_team_n_pes``.\n";

inline constexpr char kTeamTranslatePe[] =
    "translate_pe($self, pe=None, team=None)\n--\n\n"
    "Number in another team of a PE of this one.\n\n"
    "Parameters\n----------\n"
    "pe : int, optional\n    PE, numbered as in this team; this PE if left out.\n"
    "team : Team, optional\n    The other team; all PEs if left out.\n"
    "\nReturns\n-------\nint\n"
    "\nRaises\n------\nRuntimeError\n    The PE is not in the other team, or a team is invalid.\n"
    "IndexError\n    There is no such PE in this team.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_team_translate_pe``.\n";

inline constexpr char kTeamCreateCtx[] =
    "create_ctx($self, options=0)\n--\n\n"
    "Create a context whose PE numbers are those of the team.\n\n"
    "Parameters\n----------\n"
    "options : CTX, optional\n    ``CTX_PRIVATE``, ``CTX_SERIALIZED``, ``CTX_NOSTORE``, or several with ``|``.\n"
    "\nReturns\n-------\nCtx\n"
    "\nRaises\n------\nRuntimeError\n    The library cannot create it.\nValueError\n    Unknown options.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_team_create_ctx``.\n";

inline constexpr char kTeamPtr[] =
    "ptr($self, target, pe)\n--\n\n"
    "View of the array of a PE of the team, for plain loads and stores.\n\n"
    "Parameters\n----------\n"
    "target : numpy.ndarray\n    Symmetric array, or view of one.\n"
    "pe : int\n    PE, numbered as in the team.\n"
    "\nReturns\n-------\nnumpy.ndarray or None\n    None where that memory cannot be mapped here.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_team_ptr``.\n";

inline constexpr char kTeamSync[] =
    "sync($self)\n--\n\n"
    "Wait until all PEs of the team are here. What they put need not have arrived.\n\n"
    "Notes\n-----\nOpenSHMEM routine: ``shmem_team_sync``.\n";

inline constexpr char kTeamDestroy[] =
    "destroy($self)\n--\n\n"
    "Destroy the team and its contexts; collective over it. The constants stay.\n\n"
    "Notes\n-----\nOpenSHMEM routine: ``shmem_team_destroy``.\n";
// clang-format on

}  // namespace shmem::binding::doc
