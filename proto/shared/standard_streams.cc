#include "proto/shared/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <initializer_list>

namespace fathom {

void ReserveStandardStreams() {
  for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    // Opened for reading only, so that output is not lost without an error. The
    // new descriptor is `stream`, as all lower ones are in use.
    if (open("/dev/null", O_RDONLY) == stream) continue;
    if (open("/", O_RDONLY) != stream) _exit(1);
  }
}

}  // namespace fathom
