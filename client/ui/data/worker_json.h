#ifndef FATHOM_CLIENT_UI_DATA_WORKER_JSON_H_
#define FATHOM_CLIENT_UI_DATA_WORKER_JSON_H_

#include "client/ui/data/rates.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// Returns how a worker stands.
nlohmann::ordered_json WorkerJson(const v1::Worker& worker,
                                  const WorkerRates::Rate& rate);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_WORKER_JSON_H_
