#!/usr/bin/env bash
# A batch system of one machine that answers as Slurm's commands do, as far as
# `fathom autoscale slurm` uses them: linked as sbatch, squeue and scancel into a
# folder on the PATH. Its jobs are files in $FAKE_SLURM:
#   jobs/ID_TASK   "STATE PID", and scripts/ID, the script of the array
#   cores          how many jobs may run at a time
#   refuse         sbatch fails while it exists
#   log            every command, a line each
# Whoever calls squeue moves the queue on: that starts what has a place.
set -uo pipefail
cd "$FAKE_SLURM" || exit 1
mkdir -p jobs scripts out
exec 9>lock
flock 9
printf '%s %s\n' "$(basename "$0")" "$*" >>log

start() { # start JOB
  local id=${1%_*} task=${1#*_}
  (
    exec 9>&-
    export SLURM_JOB_ID=$id SLURM_ARRAY_JOB_ID=$id SLURM_ARRAY_TASK_ID=$task
    SLURM_JOB_END_TIME=$(($(date +%s) + $(cat seconds 2>/dev/null || echo 3600)))
    export SLURM_JOB_END_TIME
    exec setsid bash "scripts/$id"
  ) >>"out/$1" 2>&1 </dev/null &
  printf 'RUNNING %s\n' $! >"jobs/$1"
}

case $(basename "$0") in
sbatch)
  if [[ -e refuse ]]; then
    echo 'sbatch: error: Batch job submission failed: Job violates accounting/QOS policy' >&2
    exit 1
  fi
  id=$(($(cat next 2>/dev/null || echo 100) + 1))
  echo "$id" >next
  cat >"scripts/$id"
  last=0
  for word in "$@"; do
    [[ $word == --array=0-* ]] && last=${word#--array=0-}
  done
  for ((task = 0; task <= last; ++task)); do echo 'PENDING 0' >"jobs/${id}_$task"; done
  echo "$id;fake"
  ;;
squeue)
  running=0
  shopt -s nullglob
  for file in jobs/*; do
    read -r state pid <"$file"
    [[ $state == RUNNING ]] || continue
    if kill -0 "$pid" 2>/dev/null; then running=$((running + 1)); else rm "$file"; fi
  done
  while read -r file; do
    [[ -e $file ]] || continue
    read -r state pid <"$file"
    if [[ $state == PENDING ]] && ((running < $(cat cores))); then
      start "$(basename "$file")"
      running=$((running + 1))
    fi
  done < <(find jobs -type f | sort -V)
  while read -r file; do
    [[ -e $file ]] || continue
    read -r state pid <"$file"
    echo "$(basename "$file")|$state"
  done < <(find jobs -type f | sort -V)
  ;;
scancel)
  pending=''
  for word in "$@"; do
    case $word in
    --state=PENDING) pending=yes ;;
    *)
      [[ -e jobs/$word ]] || continue
      read -r state pid <"jobs/$word"
      if [[ $state == PENDING ]]; then
        rm "jobs/$word"
      elif [[ -z $pending ]]; then
        kill -TERM "$pid"
      fi
      ;;
    esac
  done
  ;;
esac
