#ifndef FATHOM_CLIENT_UI_HTTP_WATCH_H_
#define FATHOM_CLIENT_UI_HTTP_WATCH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "client/connection.h"

namespace fathom::client {

// What has changed between two looks.
struct WatchChanges {
  std::vector<int64_t> sweeps = {};  // Numbers, ascending.
  bool list = false;
  bool workers = false;
  // Something is as it was not before, and not only further: a sweep is new,
  // has ended, is paused.
  bool states = false;
  // The look before does not count: it failed, or there was none.
  bool is_first = false;

  bool any() const { return list || workers || !sweeps.empty(); }
};

// Remembers what a coordinator or ledger said, to find what has changed. A look
// takes the newest hundred sweeps, some others, and the workers, whatever else
// there is.
//
// Not thread-safe.
class Watch {
 public:
  // Asks for the newest sweeps, for those of `sweeps` that are not among them,
  // and the workers. Returns the errors of the calls.
  absl::StatusOr<WatchChanges> Look(Connection& connection,
                                    std::vector<int64_t> sweeps);

  // Forgets everything: the next look is a first one.
  void Forget();

 private:
  bool has_looked_ = false;
  absl::flat_hash_map<int64_t, size_t> sweeps_;  // Hashes of what was said.
  size_t list_ = 0;
  size_t states_ = 0;
  size_t workers_ = 0;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_WATCH_H_
