// The registry's use cases: who may, whether it is sound, stored at once, and in the book.
//
// A change reads the home, changes a copy, checks all of it, and stores it where nobody else was
// faster; else it begins anew. So a change of one device never undoes another's. Thread safe;
// blocks for the store.

#ifndef SERVICES_CARE_APP_CARE_DESK_H_
#define SERVICES_CARE_APP_CARE_DESK_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

#include "common/time/clock.h"
#include "services/care/app/audit_trail.h"
#include "services/care/app/home_store.h"
#include "services/care/app/personal_records.h"
#include "services/care/core/resource.h"
#include "services/care/core/rights.h"

namespace veille::care {

// One call: by whom, of which method of CareService.
struct Call {
  Caller caller;
  const char* method = "";
};

// A resource as it stands, with the home that holds it.
struct View {
  std::shared_ptr<const v1::HomeRecord> home;
  const google::protobuf::Message* item = nullptr;
  std::string etag;
  uint64_t revision = 0;
};

struct Page {
  std::shared_ptr<const v1::HomeRecord> home;
  std::vector<const google::protobuf::Message*> items;
  std::string next;  // The id that the next page begins behind; empty at the end.
};

struct HomePage {
  std::vector<v1::HomeRecord> homes;
  std::string next;
};

struct PlanPage {
  std::vector<store::v1::StoredPlan> plans;
  uint64_t next = 0;  // The next page begins before this revision; 0 at the end.
};

// Of a change.
struct Terms {
  std::string etag{};          // The resource must be this; empty: whatever it is.
  std::string request_id{};    // Empty: none.
  bool allow_missing = false;  // Of a home: it is created where there is none.
  bool validate_only = false;
};

class CareDesk {
 public:
  // Without `records` people are removed whatever is stored of them: where nothing is encrypted,
  // and so nobody can be erased instead.
  CareDesk(HomeStore& store, AuditTrail& audit, std::shared_ptr<const Clock> clock,
           PersonalRecords* records = nullptr)
      : store_(store), audit_(audit), clock_(std::move(clock)), records_(records) {}

  // Pages by ids; `after` empty: from the beginning.
  absl::StatusOr<HomePage> ListHomes(const Call& call, int limit, const std::string& after);
  absl::StatusOr<Page> List(const Call& call, const Target& target, int limit,
                            const std::string& after);
  absl::StatusOr<View> Get(const Call& call, const Target& target);
  // `before` 0: from the newest.
  absl::StatusOr<PlanPage> ListPlans(const Call& call, const Target& target, int limit,
                                     uint64_t before);
  // One of the history, with the home as it is now.
  absl::StatusOr<View> GetPlan(const Call& call, const Target& target, uint64_t revision);

  // Without an id in `item` it is given one, that of the request where there is one.
  absl::StatusOr<View> Create(const Call& call, Target target,
                              const google::protobuf::Message& item, const Terms& terms);
  absl::StatusOr<View> Update(const Call& call, const Target& target,
                              const google::protobuf::Message& item,
                              const google::protobuf::FieldMask& mask, const Terms& terms);
  absl::Status Delete(const Call& call, const Target& target, const Terms& terms);
  absl::StatusOr<View> Rollback(const Call& call, const Target& target, uint64_t revision,
                                const Terms& terms);

 private:
  // Changes a home. `exists` is false for one that is being created.
  using Edit = std::function<absl::Status(uint64_t new_revision, v1::HomeRecord& home)>;
  struct Change {
    const Call& call;
    const Target& target;
    const Terms& terms;
    std::string action;          // "device.update"
    std::string request_digest;  // Empty without a request id.
    bool creates_home = false;
    bool removes_home = false;
    Edit edit;
  };

  absl::StatusOr<View> Commit(const Change& change);
  absl::StatusOr<View> TryCommit(const Change& change);
  absl::StatusOr<View> Store(const Change& change, const store::v1::StoredHome& stored,
                             v1::HomeRecord after);
  // FAILED_PRECONDITION where somebody would be lost of whom more is stored.
  absl::Status CheckLeaving(const v1::HomeRecord& before, const v1::HomeRecord& after);
  absl::Status CheckEtag(const Change& change, const v1::HomeRecord& home) const;
  // Ids that the home gains are reserved before, those that it loses are released behind.
  absl::Status ClaimIds(const v1::HomeRecord& before, const v1::HomeRecord& after,
                        const std::string& home_id);
  absl::Status ClaimId(const std::string& unique_id, const std::string& home_id);
  // What ClaimId would say, of a request that changes nothing.
  absl::Status CheckId(const std::string& unique_id, const std::string& home_id);
  absl::StatusOr<bool> Has(const std::string& home_id, const std::string& unique_id);
  void ReleaseIds(const v1::HomeRecord& before, const v1::HomeRecord& after,
                  const std::string& home_id);

  // The home, where the caller may do that with it.
  absl::StatusOr<store::v1::StoredHome> Open(const Call& call, const Target& target);
  absl::Status Shown(const Call& call, const std::string& action, const Target& target);
  store::v1::AuditEntry Entry(const Call& call, const std::string& action, const Target& target,
                              const absl::Status& outcome) const;

  HomeStore& store_;
  AuditTrail& audit_;
  const std::shared_ptr<const Clock> clock_;
  PersonalRecords* const records_;
};

}  // namespace veille::care

#endif  // SERVICES_CARE_APP_CARE_DESK_H_
