// Everything that is kept of one person, wherever it stands: the port that Redis implements. What
// an export reads and what an erasure deletes is found by the same walk. Thread safe; blocks.

#ifndef SERVICES_CARE_APP_PERSONAL_RECORDS_H_
#define SERVICES_CARE_APP_PERSONAL_RECORDS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

#include "veille/store/v1/audit.pb.h"
#include "veille/store/v1/rights.pb.h"

namespace veille::care {

// Whose.
struct PersonalScope {
  std::string home_id, patient_id;
  // Nobody else lives there: what belongs to the home belongs to the person.
  bool whole_home = false;
  std::vector<std::string> source_ids;
  // Devices that are somebody else's: what they said is not shown to this person.
  std::set<std::string> devices_of_others;
};

// One stored value, opened.
struct PersonalRecord {
  std::string data_class;  // "alert", "event"…
  std::string id;          // Where it stands within the class.
  const google::protobuf::Message* message = nullptr;
};

// Of one round of deletion, by class.
struct SweepCounts {
  std::map<std::string, uint64_t> erased;
  // What could not be deleted, as it stands together with what is others'. Without the key it says
  // nothing but ids and times; of a home where others live, see the certificate's remarks.
  std::map<std::string, uint64_t> left;
};

class PersonalRecords {
 public:
  virtual ~PersonalRecords() = default;

  // The home that has claimed the person's id; empty when none has.
  virtual absl::StatusOr<std::string> HomeOf(const std::string& patient_id) = 0;

  // Values whose keys are gone are passed over.
  using Visitor = std::function<absl::Status(const PersonalRecord&)>;
  virtual absl::Status Visit(const PersonalScope& scope, const Visitor& visitor) = 0;
  // Of the person, and of the home as a whole, as they were written: nearly in order of time.
  using OnAccess = std::function<absl::Status(const store::v1::AuditEntry&)>;
  virtual absl::Status VisitAccesses(const std::string& home_id, const std::string& patient_id,
                                     const OnAccess& on_access) = 0;

  // Whether anything is stored beside what the registry itself writes: somebody was watched over.
  virtual absl::StatusOr<bool> Holds(const PersonalScope& scope) = 0;

  // Deletes what it finds; idempotent. Works also when the keys are gone, and then deletes what
  // they have sealed.
  virtual absl::StatusOr<SweepCounts> Sweep(const PersonalScope& scope) = 0;
  // Waits until neither the data's nor the keys' Redis has anything in its files that is not in its
  // memory any more. DEADLINE_EXCEEDED when that takes too long.
  virtual absl::Status RewriteFiles() = 0;

  // The turn to carry erasures out, held while the object lives; a process that dies gives it back
  // within seconds. ABORTED while another instance has it.
  class Turn {
   public:
    virtual ~Turn() = default;
  };
  virtual absl::StatusOr<std::unique_ptr<Turn>> TakeTurn() = 0;
  // Erasures, by the person's id; without a format when there is none.
  virtual absl::StatusOr<store::v1::Erasure> GetErasure(const std::string& patient_id) = 0;
  virtual absl::StatusOr<std::vector<store::v1::Erasure>> ListErasures() = 0;
  // ABORTED when something else than `before` stands there: another instance goes on with it.
  virtual absl::Status PutErasure(const store::v1::Erasure& before,
                                  const store::v1::Erasure& after) = 0;
};

}  // namespace veille::care

#endif  // SERVICES_CARE_APP_PERSONAL_RECORDS_H_
