#include "proto/shared/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <initializer_list>

namespace fathom {

void ReserveStandardStreams() {
  for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    // Open for reading alone, so that output is not lost without an error. The
    // lowest free descriptor is this one, as those below it are taken.
    if (open("/dev/null", O_RDONLY) == stream) continue;
    if (open("/", O_RDONLY) != stream) _exit(1);
  }
}

}  // namespace fathom
