#ifndef FATHOM_SERVER_API_CALLER_H_
#define FATHOM_SERVER_API_CALLER_H_

#include <string>

#include "grpcpp/security/auth_context.h"
#include "grpcpp/server_context.h"
#include "proto/shared/token.h"
#include "server/coordinator/ownership.h"

// Who makes a call: what the gatekeeper, which sees the token, notes in the
// context of the call for those who carry it out.
namespace fathom {

inline constexpr char kCallerNameProperty[] = "fathom_caller";
inline constexpr char kCallerRoleProperty[] = "fathom_role";

inline void NoteCaller(const TokenEntry& token, grpc::AuthContext* context) {
  context->AddProperty(kCallerNameProperty, token.name);
  context->AddProperty(kCallerRoleProperty, std::string(RoleName(token.role)));
}

// Without a gatekeeper there is nothing noted, and everyone may do everything.
inline Caller CallerOf(const grpc::ServerContextBase& context) {
  const auto noted = context.auth_context();
  const auto value = [&](const char* property) {
    const auto values = noted->FindPropertyValues(property);
    return values.empty() ? std::string()
                          : std::string(values[0].data(), values[0].size());
  };
  Caller caller{.name = value(kCallerNameProperty)};
  const std::string role = value(kCallerRoleProperty);
  caller.may_change_all =
      role.empty() || role == std::string(RoleName(Role::kAdmin));
  return caller;
}

}  // namespace fathom

#endif  // FATHOM_SERVER_API_CALLER_H_
