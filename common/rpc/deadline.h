// "At most this long", as gRPC wants to hear it. Real, monotonic time, and so safe from clocks that
// are set.

#ifndef COMMON_RPC_DEADLINE_H_
#define COMMON_RPC_DEADLINE_H_

#include "absl/time/time.h"
#include <grpc/support/time.h>

namespace veille::rpc {

// context.set_deadline(DeadlineAfter(absl::Seconds(3)));
inline gpr_timespec DeadlineAfter(absl::Duration span) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(absl::ToInt64Nanoseconds(span), GPR_TIMESPAN));
}

}  // namespace veille::rpc

#endif  // COMMON_RPC_DEADLINE_H_
