#include "services/care/adapters/exports.h"

#include <utility>

#include "common/rpc/status.h"

namespace veille::care {
namespace {

using rights::v1::ExportPatientRequest;
using rights::v1::ExportPatientResponse;

// Parts that are made and not read yet; most have a few KiB, and none more than a stored value, so
// an export takes some MiB however long the person was watched over.
constexpr std::size_t kMaxParts = 64;
// Who reads nothing for so long has gone, and others wait.
constexpr absl::Duration kPatience = absl::Seconds(30);
// Operators ask by hand.
constexpr std::size_t kMaxWaiting = 8;

}  // namespace

ExportStream::ExportStream(grpc::CallbackServerContext* context)
    : WriteStream({.max_queued_writes = kMaxParts}, context) {}

void ExportStream::DrainForShutdown() {
  Close(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the service is stopping"));
}

Exports::Exports(RightsDesk& desk) : desk_(desk), thread_("exports", [this] { Run(); }) {}

absl::Status Exports::Add(const Caller& caller, const ExportPatientRequest& request,
                          std::shared_ptr<ExportStream> stream) {
  MutexLock lock(mu_);
  if (stopping_) return absl::UnavailableError("the service is stopping");
  if (waiting_.size() >= kMaxWaiting)
    return absl::ResourceExhaustedError("other exports are under way; try again in some minutes");
  waiting_.push_back({caller, request, std::move(stream)});
  changed_.NotifyAll();
  return absl::OkStatus();
}

void Exports::Stop() {
  std::deque<Waiting> left;
  {
    MutexLock lock(mu_);
    stopping_ = true;
    left.swap(waiting_);
    if (under_way_ != nullptr) under_way_->DrainForShutdown();
    changed_.NotifyAll();
  }
  for (const Waiting& waiting : left) waiting.stream->DrainForShutdown();
  thread_.Join();
}

void Exports::Run() {
  while (true) {
    Waiting next;
    {
      MutexLock lock(mu_);
      under_way_ = nullptr;
      while (!stopping_ && waiting_.empty()) changed_.Wait(mu_);
      if (stopping_) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
      under_way_ = next.stream;
    }
    next.stream->Close(rpc::ToGrpc(Carry(next)));
  }
}

absl::Status Exports::Carry(const Waiting& waiting) {
  return desk_.Export(waiting.caller, waiting.request,
                      [&waiting](ExportPatientResponse part) -> absl::Status {
                        if (waiting.stream->SendWhenRoom(std::move(part), kPatience))
                          return absl::OkStatus();
                        return absl::ResourceExhaustedError("the client does not read: ask again");
                      });
}

}  // namespace veille::care
