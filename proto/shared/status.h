#ifndef FATHOM_PROTO_SHARED_STATUS_H_
#define FATHOM_PROTO_SHARED_STATUS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function when `expr` is not OK.
#define RETURN_IF_ERROR(expr)                                       \
  do {                                                              \
    if (absl::Status fathom_status_ = (expr); !fathom_status_.ok()) \
      return fathom_status_;                                        \
  } while (false)

// Evaluates a StatusOr; returns its error from the enclosing function, or
// assigns its value to `lhs`.
#define ASSIGN_OR_RETURN(lhs, expr) \
  FATHOM_ASSIGN_OR_RETURN_(FATHOM_CONCAT_(fathom_or_, __LINE__), lhs, expr)
#define FATHOM_CONCAT_INNER_(a, b) a##b
#define FATHOM_CONCAT_(a, b) FATHOM_CONCAT_INNER_(a, b)
#define FATHOM_ASSIGN_OR_RETURN_(tmp, lhs, expr) \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = *std::move(tmp)

#endif  // FATHOM_PROTO_SHARED_STATUS_H_
