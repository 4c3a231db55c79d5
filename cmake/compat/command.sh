# oshcc, oshc++, oshCC, oshcxx, oshrun: the usual names, for Makefiles that call them. This one file is all of them.
#
# The command shmem4py of this installation is in bin/ of the prefix, or beside the package if pip has installed into a
# folder of its own (--target). Otherwise the one on PATH is used.
case ${0##*/} in
  oshcc) set -- cc "$@" ;;
  oshrun) set -- run --engine smp "$@" ;;
  *) set -- c++ "$@" ;;
esac
file=$(readlink -f -- "$0")
here=${file%/*}
for command in "$here/../../../../../bin/shmem4py" "$here/../../bin/shmem4py"; do
  if [ -x "$command" ]; then exec "$command" "$@"; fi
done
exec shmem4py "$@"
