// Exports under way: one after another, on a thread of its own, each at the pace at which it is
// read. A person who was watched over for years has hundreds of thousands of records, and none of
// gRPC's threads waits for a slow reader. Thread safe.

#ifndef SERVICES_CARE_ADAPTERS_EXPORTS_H_
#define SERVICES_CARE_ADAPTERS_EXPORTS_H_

#include <deque>
#include <functional>
#include <memory>

#include "veille/rights/v1/rights_service.pb.h"

#include "common/rpc/server_stream.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "services/care/app/rights_desk.h"

namespace veille::care {

class ExportStream final : public rpc::WriteStream<rights::v1::ExportPatientResponse> {
 public:
  explicit ExportStream(grpc::CallbackServerContext* context);
  void DrainForShutdown() override;

 private:
  void OnClosed() override {}
};

class Exports {
 public:
  explicit Exports(RightsDesk& desk);
  ~Exports() { Stop(); }

  // Closes the stream when it is done. RESOURCE_EXHAUSTED when too many wait.
  absl::Status Add(const Caller& caller, const rights::v1::ExportPatientRequest& request,
                   std::shared_ptr<ExportStream> stream);
  // Ends the one under way and sends those who wait away.
  void Stop();

 private:
  struct Waiting {
    Caller caller;
    rights::v1::ExportPatientRequest request;
    std::shared_ptr<ExportStream> stream;
  };

  void Run();
  absl::Status Carry(const Waiting& waiting);

  RightsDesk& desk_;
  Mutex mu_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<Waiting> waiting_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<ExportStream> under_way_ ABSL_GUARDED_BY(mu_);
  Worker thread_;
};

}  // namespace veille::care

#endif  // SERVICES_CARE_ADAPTERS_EXPORTS_H_
