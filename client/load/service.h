#ifndef FATHOM_CLIENT_LOAD_SERVICE_H_
#define FATHOM_CLIENT_LOAD_SERVICE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "client/analysis/why/service_look.h"
#include "client/connection.h"

namespace fathom::client {

// Returns what a coordinator and these workers measure. A coordinator that is
// older, or too busy to say, measures nothing.
absl::StatusOr<ServiceLook> LoadService(Connection& connection,
                                        const std::vector<v1::Worker>& workers);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_LOAD_SERVICE_H_
