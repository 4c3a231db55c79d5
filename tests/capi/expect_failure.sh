#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# Runs a command that must fail, and say why.
#
# usage: expect_failure.sh STATUS PATTERN command args...    STATUS: the exit status, or "any" nonzero one
expected=$1
pattern=$2
shift 2
output=$("$@" 2>&1)
status=$?
printf '%s\n' "$output"
if [ "$expected" = any ]; then
  [ $status -ne 0 ] || { echo "the command succeeded"; exit 1; }
elif [ $status -ne "$expected" ]; then
  echo "the exit status is $status instead of $expected"
  exit 1
fi
printf '%s\n' "$output" | grep -Eq -- "$pattern" || { echo "nothing there matches: $pattern"; exit 1; }
