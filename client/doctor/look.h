#ifndef FATHOM_CLIENT_DOCTOR_LOOK_H_
#define FATHOM_CLIENT_DOCTOR_LOOK_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/doctor/facts.h"

// Looks at things, and changes nothing.
namespace fathom::client {

// Looks at this machine through the files of the system below `root`, "" but in
// tests.
MachineFacts LookAtMachine(const std::string& root);

// Looks at the files that `credentials` name; and at the file of a
// coordinator's tokens, unless its name is empty.
std::vector<FileFacts> LookAtFiles(const ClientCredentials& credentials,
                                   const std::string& tokens);

// Looks at a coordinator: by a connection of its own, and by calls, each of
// which takes `timeout` at most.
ServerFacts LookAtServer(const std::string& address,
                         const ClientCredentials& credentials,
                         absl::Duration timeout);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DOCTOR_LOOK_H_
