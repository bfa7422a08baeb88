// Passing a Status or StatusOr up, in one line.

#ifndef COMMON_BASE_STATUS_MACROS_H_
#define COMMON_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define VEILLE_RETURN_IF_ERROR(expression)                                                    \
  do {                                                                                        \
    if (absl::Status veille_status = (expression); !veille_status.ok()) return veille_status; \
  } while (false)

#define VEILLE_MACRO_JOIN_(a, b) a##b
#define VEILLE_MACRO_JOIN(a, b) VEILLE_MACRO_JOIN_(a, b)
#define VEILLE_ASSIGN_OR_RETURN_(holder, lhs, expression) \
  auto holder = (expression);                             \
  if (!holder.ok()) return std::move(holder).status();    \
  lhs = *std::move(holder)
#define VEILLE_ASSIGN_OR_RETURN(lhs, expression) \
  VEILLE_ASSIGN_OR_RETURN_(VEILLE_MACRO_JOIN(veille_result_, __LINE__), lhs, expression)

#endif  // COMMON_BASE_STATUS_MACROS_H_
