// The roots of a device that is signed in. It has no certificate whose renewal would bring new
// ones, so it asks for them: over a connection that those it has vouch for, as long as a rotation
// leaves both in force.

#ifndef SERVICES_CLIENT_FRESH_ROOTS_H_
#define SERVICES_CLIENT_FRESH_ROOTS_H_

#include <string>

#include "absl/status/status.h"

#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "services/client/sign_in.h"

namespace veille::client {

// Stores what the identity service at `address` trusts now, where it is something else.
absl::Status FreshenRoots(const SignIns& own, const std::string& address);

// Does so at once and four times a day, for as long as it lives: for a command that goes on for
// months. What fails is tried again then. Channels take what is stored by themselves.
class RootsKeeper {
 public:
  RootsKeeper(SignIns own, std::string address);
  ~RootsKeeper();

 private:
  void Run();

  const SignIns own_;
  const std::string address_;
  Mutex mu_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  Worker worker_;
};

}  // namespace veille::client

#endif  // SERVICES_CLIENT_FRESH_ROOTS_H_
