// The desk where much comes at once: findings and receipts that share their round trips.

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <numeric>
#include <span>
#include <utility>

#include "common/base/status_macros.h"
#include "services/notifier/app/alert_desk.h"
#include "services/notifier/app/deliveries.h"

namespace veille::notifier {
namespace {

using store::v1::AlertRecord;

// How many were reached by all of them; an error when one failed.
absl::StatusOr<int> Sum(std::span<const absl::StatusOr<int>> reached) {
  int sum = 0;
  for (const absl::StatusOr<int>& one : reached) {
    VEILLE_RETURN_IF_ERROR(one.status());
    sum += *one;
  }
  return sum;
}

}  // namespace

std::vector<absl::Status> AlertDesk::OnFindings(const std::vector<QueuedFinding>& findings) {
  std::vector<absl::Status> results(findings.size());
  std::vector<std::size_t> at;      // The place of each change among the findings.
  std::deque<AlertRecord> records;  // Of the changes; they are pointed at.
  std::vector<AlertChange> changes;
  at.reserve(findings.size());
  changes.reserve(findings.size());
  const auto alone = [&](std::size_t i) {
    results[i] = OnFinding(findings[i].finding, findings[i].entry);
  };
  for (std::size_t i = 0; i < findings.size(); ++i) {
    Decision decision;
    std::optional<AlertRecord> record = RaiseNew(findings[i].finding, decision);
    if (!record) {
      alone(i);
      continue;
    }
    records.push_back(*std::move(record));
    absl::StatusOr<AlertChange> change =
        Prepare(nullptr, records.back(), std::move(decision), findings[i].entry);
    results[i] = change.status();
    if (!change.ok()) continue;
    changes.push_back(*std::move(change));
    at.push_back(i);
  }
  std::vector<absl::Status> stored(changes.size());
  StoreTogether(changes, RaiseTogether(changes, stored), stored);
  for (std::size_t c = 0; c < changes.size(); ++c) {
    if (stored[c].ok()) {
      findings_.Add();
      raised_.Add();
    }
    results[at[c]] = stored[c];
    // Not new after all.
    if (absl::IsAborted(stored[c])) alone(at[c]);
  }
  return results;
}

std::vector<std::size_t> AlertDesk::RaiseTogether(const std::vector<AlertChange>& changes,
                                                  std::vector<absl::Status>& results) {
  std::vector<std::size_t> rest, places;
  std::deque<AlertRecord> records;  // Pointed at.
  std::vector<NewAlert> alerts;
  places.reserve(changes.size());
  alerts.reserve(changes.size());
  for (std::size_t c = 0; c < changes.size(); ++c) {
    const AlertChange& change = changes[c];
    const bool simple = change.tells.size() == 1 && change.sends.empty() &&
                        change.tells[0].caregiver_ids_size() == 1 &&
                        change.tells[0].quiet_ids().empty();
    if (!simple) {
      rest.push_back(c);
      continue;
    }
    // As it will be when it is stored.
    records.push_back(*change.after);
    RecordSent(change.tells[0].version(), options_.clock->Now(), records.back());
    alerts.push_back({&records.back(), DeliveriesOf(change.tells[0], records.back()).front(),
                      change.done_entry});
    places.push_back(c);
  }
  const std::vector<absl::Status> raised = store_.RaiseAll(alerts);
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    results[places[i]] = raised[i];
    if (absl::IsUnimplemented(raised[i])) rest.push_back(places[i]);
    if (!raised[i].ok()) continue;
    Stored(changes[places[i]]);
    Count(1, changes[places[i]].tells[0], *alerts[i].record);
  }
  return rest;
}

void AlertDesk::StoreTogether(const std::vector<AlertChange>& changes,
                              const std::vector<std::size_t>& wanted,
                              std::vector<absl::Status>& results) {
  std::vector<AlertChange> chosen;
  chosen.reserve(wanted.size());
  for (const std::size_t c : wanted) chosen.push_back(changes[c]);
  const auto stored = store_.StoreAll(chosen);
  std::vector<InboxDelivery> deliveries;
  std::vector<std::size_t> counts;  // Of each tell, in order: how many deliveries it is.
  deliveries.reserve(chosen.size());
  counts.reserve(chosen.size());
  for (std::size_t c = 0; c < chosen.size(); ++c) {
    results[wanted[c]] = stored[c].status();
    if (!stored[c].ok()) continue;
    Stored(chosen[c]);
    for (const store::v1::Tell& tell : chosen[c].tells) {
      std::vector<InboxDelivery> these = DeliveriesOf(tell, *chosen[c].after);
      counts.push_back(these.size());
      std::move(these.begin(), these.end(), std::back_inserter(deliveries));
    }
  }
  const std::vector<absl::StatusOr<int>> reached = store_.DeliverAll(deliveries);
  std::span<const absl::StatusOr<int>> rest(reached);
  auto count = counts.begin();
  for (std::size_t c = 0; c < chosen.size(); ++c) {
    if (!stored[c].ok()) continue;
    for (std::size_t t = 0; t < chosen[c].tells.size(); ++t, ++count) {
      Told(chosen[c], t, *stored[c], Sum(rest.first(*count)));
      rest = rest.subspan(*count);
    }
  }
}

std::vector<absl::Status> AlertDesk::Receipts(const std::vector<DeviceReceipt>& receipts) {
  std::vector<absl::Status> results(
      receipts.size(),
      absl::AbortedError("the alert was changed by others again and again; try again"));
  std::vector<std::size_t> wanted(receipts.size());
  std::iota(wanted.begin(), wanted.end(), 0);
  for (int round = 0; round < kMaxRounds && !wanted.empty(); ++round)
    wanted = ReceiptRound(receipts, wanted, results);
  return results;
}

std::vector<std::size_t> AlertDesk::ReceiptRound(const std::vector<DeviceReceipt>& receipts,
                                                 const std::vector<std::size_t>& wanted,
                                                 std::vector<absl::Status>& results) {
  // What several devices say of one alert is one change of it.
  std::map<std::string, std::vector<std::size_t>> by_alert;
  for (const std::size_t i : wanted) by_alert[receipts[i].receipt.alert_id()].push_back(i);
  std::vector<std::string> ids;
  ids.reserve(by_alert.size());
  for (const auto& [id, places] : by_alert) ids.push_back(id);
  const std::vector<absl::StatusOr<AlertRecord>> before = store_.GetAll(ids);
  std::deque<AlertRecord> after;  // Pointed at.
  std::vector<AlertChange> changes;
  std::vector<std::size_t> of;  // Of each change: the place of its alert.
  changes.reserve(ids.size());
  of.reserve(ids.size());
  std::vector<bool> news(receipts.size());  // Which of the receipts say that it has arrived.
  for (std::size_t a = 0; a < ids.size(); ++a) {
    bool changed = false;
    if (before[a].ok()) after.push_back(*before[a]);
    for (const std::size_t i : by_alert[ids[a]]) {
      const DeviceReceipt& device = receipts[i];
      results[i] = before[a].status();
      if (!before[a].ok()) continue;
      if (!MaySee(before[a]->alert(), device.caregiver_id)) {
        results[i] = absl::NotFoundError("there is no such alert");
        Audit("alert.receipt", {device.caregiver_id, "", ""}, before[a]->alert(), results[i]);
        continue;
      }
      if (!RecordReceipt(device.caregiver_id, device.receipt.version(), device.receipt.state(),
                         options_.clock->Now(), after.back())) {
        continue;
      }
      changed = true;
      news[i] = device.receipt.state() == alert::v1::DELIVERY_STATE_DELIVERED;
    }
    if (!changed) continue;
    after.back().set_stored_version(before[a]->stored_version() + 1);
    AlertChange change;
    change.before = &*before[a];
    change.after = &after.back();
    changes.push_back(std::move(change));
    of.push_back(a);
  }
  const auto stored = store_.StoreAll(changes);
  std::vector<std::size_t> again;
  for (std::size_t c = 0; c < changes.size(); ++c) {
    for (const std::size_t i : by_alert[ids[of[c]]]) {
      if (results[i].ok()) results[i] = stored[c].status();
      if (absl::IsAborted(results[i])) again.push_back(i);
      if (news[i] && results[i].ok())
        latencies_.Observe(Latencies::Stage::kDelivered, *changes[c].after,
                           changes[c].after->alert().step(), options_.clock->Now());
    }
  }
  return again;
}

}  // namespace veille::notifier
