#ifndef FATHOM_CLIENT_VIEW_SERVICE_TEXT_H_
#define FATHOM_CLIENT_VIEW_SERVICE_TEXT_H_

#include <string>

#include "client/analysis/why/service_look.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// Returns what is known of disk and network, a line each as far as there is
// something: "disk:     a commit takes 0.004 s in the mean, ...".
std::string ServiceText(const ServiceLook& look);

// Returns the same numbers as an object, null for what is not known.
nlohmann::ordered_json ServiceJson(const ServiceLook& look);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_SERVICE_TEXT_H_
