#ifndef FATHOM_SERVER_CPU_TIME_H_
#define FATHOM_SERVER_CPU_TIME_H_

#include <time.h>

#include "absl/time/time.h"

namespace fathom::server {

// What processes cost that have worked for this thread and have ended.
inline thread_local absl::Duration cpu_time_of_children = absl::ZeroDuration();

// Returns the processor time that the calling thread has taken so far, and what
// has worked for it elsewhere as far as it is in cpu_time_of_children.
inline absl::Duration CpuTimeOfThread() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return absl::DurationFromTimespec(time) + cpu_time_of_children;
}

}  // namespace fathom::server

#endif  // FATHOM_SERVER_CPU_TIME_H_
